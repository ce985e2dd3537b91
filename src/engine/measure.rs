//! What decisions and steps say to the metrics.

use std::time::Duration;

use glasskey_domain::event::EmergencyFact;
use glasskey_domain::holding::Change;
use glasskey_domain::time::milliseconds_between;
use glasskey_domain::{Book, Event, Record, RequestId, State};
use jiff::Timestamp;

/// Sets the gauges once at the start.
pub(super) fn open(book: &Book, now: Timestamp) {
    overdue(book, now);
    emergency_on(book);
}

/// How long a call that starts a change took.
pub(super) fn call(change: Change, took: Duration) {
    let phase = match change {
        Change::Create => "create-call",
        Change::Delete => "delete-call",
    };
    metrics::histogram!("glasskey_grant_seconds", "phase" => phase).record(took.as_secs_f64());
}

/// What one record says. It goes to the log too, so that whoever watches the log sees what the journal has.
#[expect(clippy::too_many_lines, reason = "a table: one arm for each fact, so that none is without")]
pub(super) fn record(record: &Record, book: &Book) {
    for event in &record.events {
        let text = serde_json::to_string(event).unwrap_or_default();
        tracing::info!(target: "glasskey::journal", event = text, "journal");
        match event {
            Event::Requested { .. } => count("requested"),
            Event::Refused { .. } => count("refused"),
            Event::Denied { .. } => count("denied"),
            Event::Withdrawn { .. } => count("withdrawn"),
            Event::Lapsed { .. } => count("lapsed"),
            Event::AlreadyHeld { .. } => count("already-held"),
            Event::RemovedByHand { .. } => count("removed-by-hand"),
            Event::GrantConfirmed { id, deadline } => granted(book, id, record.at, *deadline),
            Event::EndConfirmed { lateness_ms, kept_by: None, .. } => {
                count("ended");
                let lateness = Duration::from_millis(*lateness_ms);
                metrics::histogram!("glasskey_revoke_lateness_seconds").record(lateness.as_secs_f64());
                overdue(book, record.at);
            }
            Event::EndConfirmed { kept_by: Some(_), .. } => count("ended"),
            Event::OverdueTold { .. } => overdue(book, record.at),
            Event::Emergency { fact, .. } => emergency(fact, book, record.at),
            Event::UrgentUsed { .. } => count("urgent"),
            Event::Scheduled { .. } => count("scheduled"),
            Event::Extended { .. } => count("extended"),
            Event::Acknowledged { .. }
            | Event::Objected { .. }
            | Event::Reminded { .. }
            | Event::Escalated { .. }
            | Event::Warned { .. }
            | Event::ExtensionAsked { .. }
            | Event::ExtensionApproved { .. }
            | Event::ExtensionDenied { .. }
            | Event::ExtensionDropped { .. }
            | Event::PartHeld { .. }
            | Event::PartConfirmed { .. }
            | Event::PartEnding { .. }
            | Event::PartOut { .. }
            | Event::Doubted { .. }
            | Event::DoubtOver { .. }
            | Event::Stricter { .. }
            | Event::EndAllOrdered { .. }
            | Event::EndAllDone { .. }
            | Event::CutAsked { .. }
            | Event::Sessions { .. }
            | Event::Drift { .. }
            | Event::CenterSilent { .. }
            | Event::CenterAnswers { .. }
            | Event::DrillMissed { .. }
            | Event::Approved { .. }
            | Event::GrantOrdered { .. }
            | Event::ChangeIntended { .. }
            | Event::ChangeRunning { .. }
            | Event::ReplyLost { .. }
            | Event::CreateForgone { .. }
            | Event::ChangeSucceeded { .. }
            | Event::ChangeFailed { .. }
            | Event::Looked { .. }
            | Event::Trouble { .. }
            | Event::EndOrdered { .. }
            | Event::CardIntended { .. }
            | Event::CardShown { .. }
            | Event::CardUndeliverable { .. }
            | Event::TellIntended { .. }
            | Event::Told { .. }
            | Event::Undeliverable { .. }
            | Event::PersonBound { .. }
            | Event::PersonLinked { .. }
            | Event::PersonUnlinked { .. }
            | Event::DirectoryRead { .. }
            | Event::PolicyLoaded { .. }
            | Event::Started { .. }
            | Event::Stopped => {}
        }
    }
}

fn count(outcome: &'static str) {
    metrics::counter!("glasskey_requests_total", "outcome" => outcome).increment(1);
}

/// How long it took from the last approval to the confirmation: the deadline moved by exactly that.
fn granted(book: &Book, id: &RequestId, at: Timestamp, deadline: Timestamp) {
    count("granted");
    if let Some(request) = book.request(id) {
        let ordered = request.approvals.last().map_or(request.ask.at, |approval| approval.at);
        let took = Duration::from_millis(milliseconds_between(ordered, at));
        metrics::histogram!("glasskey_grant_seconds", "phase" => "total").record(took.as_secs_f64());
        tracing::info!(%id, took_ms = took.as_millis(), %deadline, "granted");
    }
}

/// What a fact about an emergency says.
fn emergency(fact: &EmergencyFact, book: &Book, at: Timestamp) {
    if let EmergencyFact::OffConfirmed { lateness_ms } = fact {
        let lateness = Duration::from_millis(*lateness_ms);
        metrics::histogram!("glasskey_revoke_lateness_seconds").record(lateness.as_secs_f64());
    }
    emergency_on(book);
    overdue(book, at);
}

fn emergency_on(book: &Book) {
    metrics::gauge!("glasskey_emergency_on").set(if book.emergency_on() { 1.0 } else { 0.0 });
}

fn overdue(book: &Book, now: Timestamp) {
    let late = book
        .requests()
        .filter(|request| matches!(request.state, State::Ending { .. }) && request.is_overdue(now))
        .count();
    let open = book.emergencies().filter(|emergency| emergency.is_overdue(now)).count();
    let late = late.saturating_add(open);
    #[expect(clippy::cast_precision_loss, reason = "a gauge of requests, far below 2^52")]
    metrics::gauge!("glasskey_overdue").set(late as f64);
}
