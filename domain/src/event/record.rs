//! One decision, as the journal has it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Event;
use crate::decide::Reply;
use crate::ids::InteractionId;
use crate::person::Actor;
use crate::refusal::Refusal;

/// What was answered to a person, kept so that the same delivery coming again gets the same answer (P6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// Done.
    Done(Reply),
    /// Refused.
    Refused(Refusal),
}

/// One decision, as the journal has it: who, through which delivery, what was answered, what follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// When it was decided.
    pub at: Timestamp,
    /// Who brought it about.
    pub by: Actor,
    /// The delivery that carried it, for those that can come twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interaction: Option<InteractionId>,
    /// What was answered, for those that can come twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
    /// What happened.
    pub events: Vec<Event>,
}
