//! Where each of the things of a request is: a bundle's are given and taken one by one, and told together.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::EndCause;
use crate::ids::RequestId;
use crate::target::Target;

/// One thing of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Which.
    pub target: Target,
    /// Where it is.
    pub state: PartState,
}

impl Part {
    /// Not given yet.
    #[must_use]
    pub fn wanted(target: Target) -> Self {
        Self { target, state: PartState::Wanted }
    }
}

/// Where one thing of a request is. `Out` is the end of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "part", rename_all = "kebab-case")]
pub enum PartState {
    /// Not confirmed.
    Wanted,
    /// The provider confirmed it.
    There {
        /// When.
        since: Timestamp,
    },
    /// It does not stay, though the request does; what may be there is being taken away.
    Leaving {
        /// Why.
        cause: EndCause,
    },
    /// The provider confirmed that it is not there (any more), or it is not ours.
    Out {
        /// Why, when it was not because the request ended.
        cause: Option<EndCause>,
        /// Another request of the same person that still needs it, which therefore stays.
        kept_by: Option<RequestId>,
    },
}

impl PartState {
    /// Whether nothing can happen to it any more.
    #[must_use]
    pub fn is_out(&self) -> bool {
        matches!(self, Self::Out { .. })
    }

    /// Whether the request still means to have it.
    #[must_use]
    pub fn is_meant(&self) -> bool {
        matches!(self, Self::Wanted | Self::There { .. })
    }
}
