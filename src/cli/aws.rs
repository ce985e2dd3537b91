//! AWS as the engine's ports, connected as soon as it answers: the bot must start, and take back what is due, also when
//! it starts before AWS does.

use std::sync::{Arc, OnceLock};

use glasskey_domain::holding::Change;
use glasskey_domain::ids::OperationId;
use glasskey_domain::{Directory, Holding, PersonId};
use jiff::Timestamp;
use tokio::sync::OnceCell;

use crate::access::aws::{AwsClients, AwsSettings, CallLimits};
use crate::access::identity_center::{IdentityCenter, groups_from};
use crate::config;
use crate::directory::read::AwsDirectory;
use crate::engine::{Engine, WeakEngine};
use crate::ports::{Access, Answer, Center, DirectorySource, Fault, Progress, Seen, Started, Urgency};

/// From so many calls a second on, the configuration means "no budget": no real Identity Center answers more than 20.
const CALLS_UNLIMITED: u32 = 1_000;

/// AWS, perhaps not connected yet.
pub struct Aws {
    settings: AwsSettings,
    connected: OnceCell<Connected>,
    /// Weak, because the engine holds us: a circle would keep the ledger open, and its lock, after the engine's end.
    engine: Arc<OnceLock<WeakEngine>>,
}

struct Connected {
    clients: AwsClients,
    center: IdentityCenter,
    directory: AwsDirectory,
}

impl Aws {
    /// AWS as the settings say; asked for nothing yet.
    #[must_use]
    pub fn new(settings: AwsSettings) -> Self {
        Self { settings, connected: OnceCell::new(), engine: Arc::default() }
    }

    /// Tells it the engine, whose directory knows the groups of people.
    pub fn knows(&self, engine: &Engine) {
        // Told once, at the wiring; a second time would be the same engine.
        let _again = self.engine.set(engine.downgrade());
    }

    async fn connected(&self) -> Result<&Connected, Fault> {
        self.connected
            .get_or_try_init(|| async {
                let clients = AwsClients::connect(self.settings.clone()).await?;
                let engine = Arc::clone(&self.engine);
                let groups = groups_from(move |person: &PersonId| {
                    let directory = engine.get()?.upgrade()?.directory();
                    directory
                        .people
                        .contains_key(person)
                        .then(|| directory.groups_of(person).cloned().collect())
                });
                let center = IdentityCenter::connect(clients.clone(), groups).await?;
                Ok(Connected { clients: clients.clone(), center, directory: AwsDirectory::new(clients) })
            })
            .await
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

impl Access for Aws {
    fn look<'a>(&'a self, holding: &'a Holding, urgency: Urgency) -> Answer<'a, Result<Seen, Fault>> {
        Box::pin(async move { self.connected().await?.center.look(holding, urgency).await })
    }

    fn start<'a>(
        &'a self,
        holding: &'a Holding,
        change: Change,
        urgency: Urgency,
    ) -> Answer<'a, Result<Started, Fault>> {
        Box::pin(async move { self.connected().await?.center.start(holding, change, urgency).await })
    }

    fn find<'a>(
        &'a self,
        holding: &'a Holding,
        change: Change,
        urgency: Urgency,
    ) -> Answer<'a, Result<Option<OperationId>, Fault>> {
        Box::pin(async move { self.connected().await?.center.find(holding, change, urgency).await })
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
