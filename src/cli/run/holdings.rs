//! Where access is held and the company is read: AWS and, where it is configured, Okta, as the engine's ports.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use glasskey_domain::Holding;
use glasskey_domain::emergency::Provider;
use tokio::sync::watch::Receiver;

use crate::access::okta::{Known, Okta, OktaGroups, OktaGroupsWanted};
use crate::access::router::Router;
use crate::access::settings::AwsSettings;
use crate::cli::aws::{Aws, cut_place};
use crate::cli::company::Company;
use crate::config::{self, Config};
use crate::directory::read::WithOkta;
use crate::engine::Extras;
use crate::ports::{Access, DirectorySource};

/// What holds access, and what it is read from.
pub(super) struct Holdings {
    pub(super) aws: Arc<Aws>,
    /// All back ends.
    pub(super) access: Arc<dyn Access>,
    pub(super) directory: Arc<dyn DirectorySource>,
    /// Why the groups of Okta are those of an earlier reading, if they are.
    pub(super) okta_fault: Option<Receiver<Option<String>>>,
    pub(super) company: Company,
}

impl Holdings {
    /// Asks nobody anything yet.
    pub(super) fn new(config: &Config, aws: AwsSettings, okta: Option<Okta>) -> Self {
        let company = Company::default();
        let aws = Arc::new(Aws::new(aws, cut_place(config.cut_sessions.as_ref()), company.clone()));
        let whose = company.clone();
        // Also when none of its groups can be asked for any more: who is in one is taken out.
        let groups = okta.clone().map(|okta| {
            let known_of = move |holding: &_| whose.clone().known_of(holding);
            Arc::new(OktaGroups::new(okta, Arc::new(known_of))) as Arc<dyn Access>
        });
        let whose = company.clone();
        let keeper_of = Arc::new(move |group: &_| whose.keeper_of(group));
        let access: Arc<dyn Access> = Arc::new(Router::new(aws.clone(), groups, keeper_of));
        let wanted = config.providers.okta.as_ref().and_then(|okta| okta.groups.as_ref());
        let (directory, okta_fault) = match okta.zip(wanted) {
            Some((okta, wanted)) => {
                let whose = company.clone();
                let last = Arc::new(move || whose.directory());
                let source =
                    WithOkta::new(aws.clone(), okta, groups_wanted(wanted), of_emergencies(config), last);
                let fault = source.fault();
                (Arc::new(source) as Arc<dyn DirectorySource>, Some(fault))
            }
            None => (aws.clone() as Arc<dyn DirectorySource>, None),
        };
        Self { aws, access, directory, okta_fault, company }
    }

    /// What AWS can do beside giving and taking access. Sessions are freed also when none are cut any more.
    pub(super) fn extras(&self) -> Extras {
        Extras { sessions: Some(self.aws.clone()), people: Some(self.aws.clone()), offering: None }
    }
}

impl Company {
    fn known_of(self, holding: &Holding) -> BoxFuture<'static, Known> {
        let holding = holding.clone();
        async move {
            Known {
                member: self.member(&holding).await,
                person: self.person(holding.principal).await,
            }
        }
        .boxed()
    }
}

/// Which groups of Okta are read.
pub(crate) fn groups_wanted(groups: &config::OktaGroups) -> OktaGroupsWanted {
    match groups {
        config::OktaGroups::All => OktaGroupsWanted::All,
        config::OktaGroups::Named(names) => OktaGroupsWanted::Named(names.clone()),
    }
}

/// The groups by which emergencies are opened: nobody gets into them in another way.
pub(crate) fn of_emergencies(config: &Config) -> BTreeSet<String> {
    let federations = config.breakglass.federations.values();
    let places = federations.map(|one| &one.settings.place).filter(|place| place.provider == Provider::Okta);
    places.flat_map(|place| place.groups.values().cloned()).collect()
}
