//! AWS as the engine's ports, connected as soon as it answers: the bot must start, and take back what is due, also when
//! it starts before AWS does.

use glasskey_domain::holding::Change;
use glasskey_domain::ids::OperationId;
use glasskey_domain::sessions::SessionCut;
use glasskey_domain::{Directory, GroupId, Holding, PermissionSetArn, PersonId, Target};
use jiff::Timestamp;
use tokio::sync::OnceCell;

use super::company::Company;
use crate::access::assignment_sessions::{CutPlace, SessionCuts};
use crate::access::assignments::Assignments;
use crate::access::aws::{AwsClients, AwsSettings, CallLimits};
use crate::access::identity_center::{IdentityCenter, groups_from};
use crate::access::people::StorePeople;
use crate::access::store_groups::StoreGroups;
use crate::config::{self, CutSessions};
use crate::directory::read::AwsDirectory;
use crate::ports::{
    Access, Answer, AssignmentList, AssignmentSessions, Center, Denial, DirectorySource, Fault, LivePeople,
    LivePerson, Progress, Seen, Started, Urgency,
};

/// From so many calls a second on, the configuration means "no budget": no real Identity Center answers more than 20.
const CALLS_UNLIMITED: u32 = 1_000;

/// AWS, perhaps not connected yet.
pub struct Aws {
    settings: AwsSettings,
    cut: CutPlace,
    connected: OnceCell<Connected>,
    company: Company,
}

struct Connected {
    clients: AwsClients,
    center: IdentityCenter,
    groups: StoreGroups,
    people: StorePeople,
    assignments: Assignments,
    sessions: SessionCuts,
    directory: AwsDirectory,
}

impl Aws {
    /// AWS as the settings say; asked for nothing yet. `cut` is where sessions are denied.
    #[must_use]
    pub fn new(settings: AwsSettings, cut: CutPlace, company: Company) -> Self {
        Self { settings, cut, connected: OnceCell::new(), company }
    }

    async fn connected(&self) -> Result<&Connected, Fault> {
        self.connected
            .get_or_try_init(|| async {
                let clients = AwsClients::connect(self.settings.clone()).await?;
                let company = self.company.clone();
                let groups = groups_from(move |person: &PersonId| {
                    let directory = company.directory()?;
                    directory
                        .people
                        .contains_key(person)
                        .then(|| directory.groups_of(person).cloned().collect())
                });
                let company = self.company.clone();
                let is_management = std::sync::Arc::new(move |account: &_| company.is_management(account));
                Ok(Connected {
                    center: IdentityCenter::connect(clients.clone(), groups).await?,
                    groups: StoreGroups::new(clients.clone()),
                    people: StorePeople::new(clients.clone()),
                    assignments: Assignments::new(clients.clone()),
                    sessions: SessionCuts::new(clients.clone(), self.cut.clone(), is_management),
                    directory: AwsDirectory::new(clients.clone()),
                    clients,
                })
            })
            .await
    }

    /// What keeps a holding at AWS.
    async fn keeping(&self, holding: &Holding) -> Result<&dyn Access, Fault> {
        let connected = self.connected().await?;
        Ok(match holding.target {
            Target::Assignment { .. } => &connected.center,
            Target::Membership { .. } => &connected.groups,
        })
    }
}

/// The settings of the configuration.
#[must_use]
pub fn settings(aws: &config::Aws) -> AwsSettings {
    let mut settings = AwsSettings::in_region(&aws.region);
    settings.endpoint_url = aws.endpoint_url.as_ref().map(ToString::to_string);
    settings.instance_arn.clone_from(&aws.instance_arn);
    if aws.calls_per_second >= CALLS_UNLIMITED {
        settings.limits = CallLimits::lifted();
    } else {
        settings.limits.identity_center.calls_per_second = Some(aws.calls_per_second);
    }
    settings
}

/// Where sessions are denied. What was denied is freed also when nothing is cut any more: where most have it.
#[must_use]
pub fn cut_place(cut: Option<&CutSessions>) -> CutPlace {
    match cut {
        None | Some(CutSessions::InlinePolicy) => CutPlace::InlinePolicy,
        Some(CutSessions::ServiceControlPolicy(policy)) => {
            CutPlace::ServiceControlPolicy { policy: policy.clone() }
        }
    }
}

impl Access for Aws {
    fn look<'a>(&'a self, holding: &'a Holding, urgency: Urgency) -> Answer<'a, Result<Seen, Fault>> {
        Box::pin(async move { self.keeping(holding).await?.look(holding, urgency).await })
    }

    fn start<'a>(
        &'a self,
        holding: &'a Holding,
        change: Change,
        urgency: Urgency,
    ) -> Answer<'a, Result<Started, Fault>> {
        Box::pin(async move { self.keeping(holding).await?.start(holding, change, urgency).await })
    }

    fn find<'a>(
        &'a self,
        holding: &'a Holding,
        change: Change,
        urgency: Urgency,
    ) -> Answer<'a, Result<Option<OperationId>, Fault>> {
        Box::pin(async move { self.keeping(holding).await?.find(holding, change, urgency).await })
    }

    fn poll<'a>(
        &'a self,
        change: Change,
        operation: &'a OperationId,
        urgency: Urgency,
    ) -> Answer<'a, Result<Progress, Fault>> {
        Box::pin(async move { self.connected().await?.center.poll(change, operation, urgency).await })
    }
}

impl LivePeople for Aws {
    fn read<'a>(
        &'a self,
        person: &'a PersonId,
        groups: &'a [GroupId],
    ) -> Answer<'a, Result<LivePerson, Fault>> {
        Box::pin(async move { self.connected().await?.people.read(person, groups).await })
    }
}

impl AssignmentSessions for Aws {
    fn deny<'a>(
        &'a self,
        holding: &'a Holding,
        wanted: &'a [SessionCut],
    ) -> Answer<'a, Result<Denial, Fault>> {
        Box::pin(async move { self.connected().await?.sessions.deny(holding, wanted).await })
    }
}

impl AssignmentList for Aws {
    fn list<'a>(&'a self, permission_set: &'a PermissionSetArn) -> Answer<'a, Result<Vec<Holding>, Fault>> {
        Box::pin(async move { self.connected().await?.assignments.list(permission_set).await })
    }
}

impl Center for Aws {
    fn ask(&self) -> Answer<'_, Result<(), Fault>> {
        Box::pin(async move {
            match self.connected.get() {
                Some(connected) => connected.clients.ask().await,
                // Connecting begins with the same question.
                None => self.connected().await.map(drop),
            }
        })
    }
}

impl DirectorySource for Aws {
    fn read(&self, now: Timestamp) -> Answer<'_, Result<Directory, Fault>> {
        Box::pin(async move { self.connected().await?.directory.read(now).await })
    }
}
