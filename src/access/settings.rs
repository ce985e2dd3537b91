//! What is needed to reach AWS: where it is, who we are, how long and how many calls may be. Plain data; no secret of its own.

use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::Credentials;

use super::budget::{
    BACKGROUND_CALLS_PER_SECOND, IDENTITY_CENTER_CALLS_PER_SECOND, IDENTITY_STORE_CALLS_PER_SECOND, Limits,
    ORGANIZATIONS_CALLS_PER_SECOND, OUTSTANDING_MAX,
};
use crate::ports::CenterEar;

/// How long each part of a call may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Until the connection stands.
    pub connect: Duration,
    /// Until the answer is there, connection included.
    pub attempt: Duration,
    /// Until the call is over, credentials included.
    pub operation: Duration,
}

impl Default for Timeouts {
    /// Measured as sensible in `reference/libraries.md` §4.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            attempt: Duration::from_secs(10),
            operation: Duration::from_secs(30),
        }
    }
}

/// The budgets of all providers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallLimits {
    /// All APIs of Identity Center together.
    pub identity_center: Limits,
    /// Each API of the Identity Store.
    pub identity_store: Limits,
    /// All APIs of Organizations together.
    pub organizations: Limits,
    /// Everything that can wait, of all of these together.
    pub background: Limits,
}

impl CallLimits {
    /// What AWS publishes, and less where others need their share.
    #[must_use]
    pub const fn published() -> Self {
        Self {
            identity_center: Limits {
                calls_per_second: Some(IDENTITY_CENTER_CALLS_PER_SECOND),
                outstanding: Some(OUTSTANDING_MAX),
                evenly: false,
            },
            identity_store: Limits::calls(IDENTITY_STORE_CALLS_PER_SECOND),
            organizations: Limits::calls(ORGANIZATIONS_CALLS_PER_SECOND),
            background: Limits::evenly(BACKGROUND_CALLS_PER_SECOND),
        }
    }

    /// None: for measuring against twins whose limits are lifted too.
    #[must_use]
    pub const fn lifted() -> Self {
        let none = Limits { calls_per_second: None, outstanding: None, evenly: false };
        Self { identity_center: none, identity_store: none, organizations: none, background: none }
    }
}

/// Who hears how the calls to Identity Center go: nobody, unless somebody listens.
#[derive(Clone, Default)]
pub struct Ear(Option<Arc<dyn CenterEar>>);

impl Ear {
    /// This one.
    #[must_use]
    pub fn of(ear: Arc<dyn CenterEar>) -> Self {
        Self(Some(ear))
    }

    pub(super) fn get(&self) -> Option<&dyn CenterEar> {
        self.0.as_deref()
    }
}

impl std::fmt::Debug for Ear {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "Ear(somebody)" } else { "Ear(nobody)" })
    }
}

/// What is needed to reach AWS.
#[derive(Debug, Clone)]
pub struct AwsSettings {
    /// The Region of Identity Center.
    pub region: String,
    /// Where all services are, when that is not AWS.
    pub endpoint_url: Option<String>,
    /// Which instance, when there may be several.
    pub instance_arn: Option<String>,
    /// `None` for the ordinary chain (environment, profile, web identity, container, instance).
    pub credentials: Option<Credentials>,
    /// How long calls may take.
    pub timeouts: Timeouts,
    /// How many calls there may be.
    pub limits: CallLimits,
    /// Who hears how they go.
    pub ear: Ear,
}

impl AwsSettings {
    /// AWS itself, in this Region, with the ordinary credentials and limits.
    #[must_use]
    pub fn in_region(region: &str) -> Self {
        Self {
            region: region.to_owned(),
            endpoint_url: None,
            instance_arn: None,
            credentials: None,
            timeouts: Timeouts::default(),
            limits: CallLimits::published(),
            ear: Ear::default(),
        }
    }
}
