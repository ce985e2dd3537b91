//! Kinds of jobs: what is performed by one performer at a time, which go first, and how many may be at work.

use glasskey_domain::{EmergencyId, Holding, Job, Platform, RequestId, Subject, Tell};

/// Performers at work on each kind of step for access: each is a waiting task, and the provider's own budget bounds the
/// calls. Each kind has places of its own, so that a provider that lets granting hang takes none from ending (P3).
pub(super) const ACCESS_RUNNING_MAX: usize = 1_000;
/// Performers at work on one chat platform: its limits are per channel and far below this. Each platform has places of its
/// own, so that one that is down takes none from the other.
pub(super) const CHAT_RUNNING_MAX: usize = 16;

/// What is performed by one performer at a time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Holding(Holding),
    Timer(RequestId),
    Card(Subject, Platform),
    Tell(Tell),
    Federation(EmergencyId),
    EmergencyTimer(EmergencyId),
    Start(RequestId),
    Nudge(RequestId),
    EndAll,
    Sessions(Holding),
}

pub(super) fn key(job: &Job) -> Key {
    match job {
        Job::Reconcile { holding, .. } => Key::Holding(holding.clone()),
        // A request has one of these at a time: lapse, then expire, then overdue.
        Job::Expire { id } | Job::Overdue { id } | Job::Lapse { id } => Key::Timer(id.clone()),
        Job::Start { id } => Key::Start(id.clone()),
        Job::Nudge { id } => Key::Nudge(id.clone()),
        Job::EndAll => Key::EndAll,
        Job::Sessions { holding } => Key::Sessions(holding.clone()),
        Job::Card { id, on } => Key::Card(id.clone(), *on),
        Job::Tell { tell } => Key::Tell(tell.clone()),
        Job::Federation { id, .. } => Key::Federation(id.clone()),
        Job::EmergencyTimer { id } => Key::EmergencyTimer(id.clone()),
    }
}

/// Which go first when several are due; each has a limit of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    Timer,
    Ending,
    Emergency,
    Granting,
    Sessions,
    Chat(Platform),
}

pub(super) fn class(job: &Job) -> Class {
    match job {
        Job::Expire { .. }
        | Job::Overdue { .. }
        | Job::Lapse { .. }
        | Job::Start { .. }
        | Job::Nudge { .. }
        | Job::EndAll
        | Job::EmergencyTimer { .. } => Class::Timer,
        Job::Reconcile { ending: true, .. } | Job::Federation { closing: true, .. } => Class::Ending,
        Job::Sessions { .. } => Class::Sessions,
        Job::Federation { closing: false, .. } => Class::Emergency,
        Job::Reconcile { ending: false, .. } => Class::Granting,
        Job::Card { on, .. } => Class::Chat(*on),
        Job::Tell { tell } => Class::Chat(tell.on),
    }
}

/// Performers of a class that may be at work at once.
pub(super) fn places(class: Class) -> usize {
    match class {
        Class::Timer | Class::Ending | Class::Emergency | Class::Granting => ACCESS_RUNNING_MAX,
        // Each rewrites a policy that the others rewrite too.
        Class::Sessions => 1,
        Class::Chat(_) => CHAT_RUNNING_MAX,
    }
}
