//! Reading the whole directory from AWS, and the groups of Okta beside it: complete or not at all (P9), within the budget, one reading at a time.
//!
//! Most of its calls go to budgets of their own; those to Identity Center stand behind everybody else's.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use glasskey_domain::Directory;
use jiff::Timestamp;

use crate::access::aws::AwsClients;
use crate::access::failure::Failure;
use crate::ports::{Answer, DirectorySource, Fault};

mod identity_store;
mod okta;
mod organization;
mod permission_sets;

pub use okta::{LastRead, WithOkta};

/// Calls of one kind under way at once: enough to use the budget over a slow line, few enough to hold nobody up.
const AT_ONCE: usize = 4;
/// Longest reading: the largest organization (7,000 accounts in 2,000 units) takes 4,400 calls, 15 minutes within the budget.
const READING_MAX: Duration = Duration::from_secs(30 * 60);

type Reading = BoxFuture<'static, Result<Arc<Directory>, Fault>>;

/// Reads the directory of one instance of Identity Center and its organization.
#[derive(Debug, Clone)]
pub struct AwsDirectory {
    aws: AwsClients,
    under_way: Arc<Mutex<Option<WeakShared<Reading>>>>,
}

impl AwsDirectory {
    /// Through these clients.
    #[must_use]
    pub fn new(aws: AwsClients) -> Self {
        Self { aws, under_way: Arc::default() }
    }

    /// The reading under way, or a new one: two at once would spend the budget twice for the same.
    fn reading(&self, now: Timestamp) -> Shared<Reading> {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        let running = under_way.as_ref().and_then(WeakShared::upgrade);
        if let Some(running) = running.filter(|running| running.peek().is_none()) {
            return running;
        }
        let aws = self.aws.clone();
        let reading = async move {
            let read = tokio::time::timeout(READING_MAX, whole(&aws, now)).await;
            let read = read.unwrap_or_else(|_| {
                let minutes = READING_MAX.as_secs() / 60;
                let what = format!("reading the directory took more than {minutes} min");
                Err(Fault::Transient { what, retry_after: None })
            });
            read.map(Arc::new)
        };
        let reading = reading.boxed().shared();
        *under_way = reading.downgrade();
        reading
    }
}

impl DirectorySource for AwsDirectory {
    fn read<'a>(&'a self, now: Timestamp) -> Answer<'a, Result<Directory, Fault>> {
        Box::pin(async move { self.reading(now).await.map(Arc::unwrap_or_clone) })
    }
}

async fn whole(aws: &AwsClients, now: Timestamp) -> Result<Directory, Fault> {
    let read = futures_util::try_join!(
        identity_store::read(aws),
        organization::read(aws),
        permission_sets::read(aws)
    );
    let (store, organization, permission_sets) = read.map_err(|failure| in_context(failure.reading()))?;
    let directory = Directory {
        read_at: now,
        instance: aws.instance_arn().to_owned(),
        identity_store: aws.identity_store_id().to_owned(),
        people: store.people,
        groups: store.groups,
        memberships: store.memberships,
        accounts: organization.accounts,
        ous: organization.ous,
        permission_sets,
    };
    if directory.people.is_empty() {
        return Err(Fault::Permanent {
            what: format!(
                "the Identity Store `{}` shows no users, so nobody could ask for anything",
                aws.identity_store_id()
            ),
        });
    }
    Ok(directory)
}

fn in_context(fault: Fault) -> Fault {
    let told = |what: String| format!("the directory was not read: {what}");
    match fault {
        Fault::Transient { what, retry_after } => Fault::Transient { what: told(what), retry_after },
        Fault::Lost { what } => Fault::Transient { what: told(what), retry_after: None },
        Fault::Permanent { what } => Fault::Permanent { what: told(what) },
    }
}

/// `None` for what AWS says is gone meanwhile.
fn unless_gone<T>(answer: Result<T, Failure>) -> Result<Option<T>, Failure> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(failure) if failure.kind == crate::access::failure::Kind::NotFound => Ok(None),
        Err(failure) => Err(failure),
    }
}
