//! Cutting the sessions that outlive access: a deny on `aws:TokenIssueTime` for the person, in the permission set's inline policy
//! (which then is provisioned in the account), or in a service control policy that was made for it.
//!
//! It never touches a statement that is not its own, never says that a session is denied before AWS confirmed it, and never cuts
//! more than the sessions of one person with one permission set in one account. Sessions of other roles that were begun from
//! these (role chaining, at most an hour) are not ended by it: only what they could begin anew is.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_ssoadmin::types::StatusValues;
use glasskey_domain::sessions::SessionCut;
use glasskey_domain::{AccountId, Holding, PermissionSetArn};

use super::aws::AwsClients;
use super::budget::Rank;
use super::failure::{Failure, Kind};
use crate::ports::{Answer, AssignmentSessions, Denial, Fault};

mod document;
mod places;

use document::{Document, Statement};

/// IAM takes so many characters of the inline policies of a role, white space not counted (platform-rules 3.2).
const INLINE_CHARACTERS_MAX: usize = 10_240;
/// Organizations takes so many characters of a service control policy.
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>
const SERVICE_CONTROL_CHARACTERS_MAX: usize = 5_120;
/// Pauses between two questions how a provisioning is doing, in milliseconds: an account takes seconds. When they are over, it is
/// begun anew by the next try, which is harmless.
const POLL_PAUSES: [u64; 8] = [300, 700, 1_000, 2_000, 3_000, 5_000, 8_000, 10_000];

/// Where sessions are denied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CutPlace {
    /// In the inline policy of the permission set.
    InlinePolicy,
    /// In this service control policy.
    ServiceControlPolicy {
        /// Its id, as in `p-12345678`.
        policy: String,
    },
}

/// Whether an account is the management account.
pub type IsManagement = Arc<dyn Fn(&AccountId) -> bool + Send + Sync>;

/// Denies sessions by AWS.
#[derive(Clone)]
pub struct SessionCuts {
    aws: AwsClients,
    place: CutPlace,
    is_management: IsManagement,
    /// Between reading a policy and writing it nobody else of ours writes it.
    one_at_a_time: Arc<tokio::sync::Mutex<()>>,
}

impl std::fmt::Debug for SessionCuts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionCuts").field("place", &self.place).finish_non_exhaustive()
    }
}

/// What stands in the way.
enum Stopped {
    /// It cannot be done, ever.
    Refused(String),
    /// It may work later.
    Fault(Fault),
}

impl From<Fault> for Stopped {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// What is half made is not refused, or it would be forgotten: the next try finds it made, and may be refused then.
fn after_a_change(why: Stopped) -> Stopped {
    match why {
        Stopped::Refused(what) => Stopped::Fault(Fault::Permanent { what }),
        Stopped::Fault(fault) => Stopped::Fault(fault),
    }
}

impl SessionCuts {
    /// Through these clients, in this place.
    #[must_use]
    pub fn new(aws: AwsClients, place: CutPlace, is_management: IsManagement) -> Self {
        Self { aws, place, is_management, one_at_a_time: Arc::default() }
    }

    async fn make_so(
        &self,
        account: &AccountId,
        set: &PermissionSetArn,
        wanted: &[SessionCut],
    ) -> Result<(), Stopped> {
        match &self.place {
            CutPlace::InlinePolicy => self.by_inline_policy(account, set, wanted).await,
            CutPlace::ServiceControlPolicy { policy } => {
                self.by_service_control_policy(policy, account, set, wanted).await
            }
        }
    }

    async fn by_inline_policy(
        &self,
        account: &AccountId,
        set: &PermissionSetArn,
        wanted: &[SessionCut],
    ) -> Result<(), Stopped> {
        let accounts = match self.aws.accounts_with(set.as_str(), Rank::Ending).await {
            Ok(accounts) => accounts,
            Err(failure) if failure.kind == Kind::NotFound && self.is_gone(set).await? => return Ok(()),
            Err(failure) => return Err(failure.reading().into()),
        };
        // Where the permission set is in use no more, its role is gone, and its sessions with it.
        let in_use = |cut: &&SessionCut| {
            cut.holding.target.account().is_some_and(|one| accounts.iter().any(|id| id == one.as_str()))
        };
        let statements = Statement::of(set, wanted.iter().filter(in_use), None);
        let held = self.inline_policy(set).await?;
        let held = Document::parse(held.as_deref()).map_err(|why| unreadable("its inline policy", &why))?;
        let changed = !held.has_exactly(Statement::SID, &statements);
        if changed {
            match held.with(Statement::SID, &statements) {
                None => self.delete_inline_policy(set).await?,
                Some(text) => {
                    fits("the inline policy of the permission set", &text, INLINE_CHARACTERS_MAX)?;
                    self.put_inline_policy(set, &text).await?;
                }
            }
        }
        if accounts.iter().any(|id| id == account.as_str()) {
            self.provisioned(account, set)
                .await
                .map_err(|why| if changed { after_a_change(why) } else { why })?;
        }
        let shown = self.inline_policy(set).await?;
        self.confirmed(shown.as_deref(), Statement::SID, &statements)
    }

    async fn by_service_control_policy(
        &self,
        policy: &str,
        account: &AccountId,
        set: &PermissionSetArn,
        wanted: &[SessionCut],
    ) -> Result<(), Stopped> {
        let placing = wanted.iter().any(|cut| cut.holding.target.account() == Some(account));
        if placing && (self.is_management)(account) {
            let why = "service control policies do not bind the management account; set `requests.cut_sessions` to \
                       \"inline-policy\", or end the sessions there by hand";
            return Err(Stopped::Refused(why.to_owned()));
        }
        let name = match self.aws.permission_set(set.as_str(), Rank::Ending).await {
            Ok(set) => set.name,
            Err(failure) if failure.kind == Kind::NotFound => None,
            Err(failure) => return Err(failure.reading().into()),
        };
        // Of a permission set that is gone nothing is left to deny.
        let wanted = if name.is_some() { wanted } else { &[] };
        let statements = Statement::of(set, wanted.iter(), name.as_deref());
        let sid = Statement::sid_of(set);
        let held = self.service_control_policy(policy).await?;
        let held = Document::parse(Some(&held))
            .map_err(|why| unreadable(&format!("the service control policy `{policy}`"), &why))?;
        if !held.has_exactly(&sid, &statements) {
            let text = held.with(&sid, &statements).unwrap_or_else(|| Statement::NOTHING.to_owned());
            let what = format!("the service control policy `{policy}`");
            fits(&what, &text, SERVICE_CONTROL_CHARACTERS_MAX)?;
            self.update_service_control_policy(policy, &text).await?;
        }
        let shown = self.service_control_policy(policy).await?;
        self.confirmed(Some(&shown), &sid, &statements)
    }

    /// AWS shows what was written: before that nothing is said.
    fn confirmed(&self, shown: Option<&str>, sid: &str, wanted: &[Statement]) -> Result<(), Stopped> {
        let shown = Document::parse(shown).map_err(|why| unreadable("the policy", &why))?;
        if shown.has_exactly(sid, wanted) {
            return Ok(());
        }
        let what = "AWS does not show the changed policy yet".to_owned();
        Err(Stopped::Fault(Fault::Transient { what, retry_after: None }))
    }

    async fn is_gone(&self, set: &PermissionSetArn) -> Result<bool, Fault> {
        match self.aws.permission_set(set.as_str(), Rank::Ending).await {
            Ok(_) => Ok(false),
            Err(failure) if failure.kind == Kind::NotFound => Ok(true),
            Err(failure) => Err(failure.reading()),
        }
    }

    /// Puts the policy in force in an account, and waits for it.
    async fn provisioned(&self, account: &AccountId, set: &PermissionSetArn) -> Result<(), Stopped> {
        let operation = self.provision(account, set).await?;
        for pause in POLL_PAUSES {
            tokio::time::sleep(Duration::from_millis(pause)).await;
            let status = self.provisioning(&operation).await.map_err(|failure| failure.reading())?;
            match status.status() {
                Some(StatusValues::Succeeded) => return Ok(()),
                Some(StatusValues::InProgress) => {}
                Some(_) | None => {
                    let why = status.failure_reason().unwrap_or("AWS gives no reason");
                    let what = format!("AWS could not provision the permission set in {account}: {why}");
                    return Err(Stopped::Fault(Fault::Transient { what, retry_after: None }));
                }
            }
        }
        let what = format!("AWS is still provisioning the permission set in {account}");
        Err(Stopped::Fault(Fault::Transient { what, retry_after: None }))
    }
}

impl AssignmentSessions for SessionCuts {
    fn deny<'a>(
        &'a self,
        holding: &'a Holding,
        wanted: &'a [SessionCut],
    ) -> Answer<'a, Result<Denial, Fault>> {
        Box::pin(async move {
            let (Some(account), Some(set)) = (holding.target.account(), holding.target.permission_set())
            else {
                let why = "a membership has no sessions that could be named".to_owned();
                return Ok(Denial::Refused { why });
            };
            let _alone = self.one_at_a_time.lock().await;
            match self.make_so(account, set, wanted).await {
                Ok(()) => Ok(Denial::InForce),
                Err(Stopped::Refused(why)) => Ok(Denial::Refused { why }),
                Err(Stopped::Fault(fault)) => Err(fault),
            }
        })
    }
}

/// What follows from a change that AWS did not make.
fn not_changed(failure: &Failure) -> Stopped {
    match failure.kind {
        Kind::Denied | Kind::Key | Kind::Invalid | Kind::Quota | Kind::Other => {
            Stopped::Refused(failure.to_string())
        }
        Kind::NotSent
        | Kind::Lost
        | Kind::Throttled
        | Kind::Conflict
        | Kind::Trouble
        | Kind::Credentials
        | Kind::NotFound
        | Kind::NoSuchOperation => Stopped::Fault(failure.changing()),
    }
}

fn unreadable(what: &str, why: &str) -> Stopped {
    Stopped::Refused(format!("{what} is not one that can be added to: {why}; mend it by hand"))
}

/// Whether a policy is small enough. White space is not counted, and there is none in what we write but in what others wrote.
fn fits(what: &str, text: &str, most: usize) -> Result<(), Stopped> {
    let length = text.chars().filter(|c| !c.is_whitespace()).count();
    if length <= most {
        return Ok(());
    }
    Err(Stopped::Refused(format!(
        "{what} would have {length} characters, and AWS takes {most}; shorten what else is in it, or wait until older \
         denials are lifted, 12 hours after their time"
    )))
}

#[cfg(test)]
mod tests;
