//! What it means: state + command + now → events → jobs.
//!
//! Pure: no clock, no I/O, no randomness. Time, ids and verdicts come in as arguments; everything that can go wrong
//! here is found by calling [`decide`](decide::decide) and looking at what it answers.

pub mod book;
pub mod command;
pub mod decide;
pub mod directory;
pub mod drift;
pub mod emergency;
pub mod event;
mod evolve;
pub mod federation;
pub mod holding;
pub mod ids;
pub mod item;
pub mod job;
pub mod person;
pub mod quorum;
pub mod reconcile;
pub mod refusal;
pub mod request;
pub mod rules;
pub mod sessions;
pub mod settings;
pub mod target;
pub mod time;
mod timers;
pub mod wanted;
pub mod watch;

pub use book::{Book, Touched};
pub use command::{Command, DriftCommand, EndScope, Matter, Outcome};
pub use decide::{Decision, Reply, World, decide};
pub use directory::Directory;
pub use emergency::Emergency;
pub use event::{Answer, Event, Record};
pub use holding::HoldingState;
pub use ids::{
    AccountId, EmergencyId, FederationId, GroupId, InteractionId, PermissionSetArn, PersonId, RequestId,
    Subject,
};
pub use item::{Item, ItemName};
pub use job::{Job, NoticeKind, Recipient, Tell};
pub use person::{Actor, ChatAccount, Door, Person, Platform, Who};
pub use refusal::Refusal;
pub use request::{AccessRequest, EndCause, PartState, State};
pub use rules::{Escalation, Question, Quorum, Rules, Terms, Verdict};
pub use settings::Settings;
pub use target::{Holding, Target, Via};
pub use time::Seconds;
pub use watch::Served;
