//! The System Log: what happened here, by whoever's hand.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::clock::iso;
use super::filter::Filter;
use super::paging::{Paging, page};
use super::serve::Incoming;
use super::wire::{Refusal, Reply};
use super::world::{LogEvent, World};

/// 100 events unless asked otherwise, 1,000 at most.
const EVENTS: Paging = Paging { rows_default: 100, rows_max: 1_000, endless: false };

/// Without `since`: seven days.
const SINCE_DEFAULT_MS: i64 = 7 * 24 * 3_600 * 1_000;

/// Without `until` the reader polls: the last page then has a `next` link as well, as Okta's has.
pub(super) fn list(world: &World, call: &Incoming) -> Result<Reply, Refusal> {
    let now_ms = world.now_ms();
    let until_ms = time(call, "until")?;
    let since_ms = time(call, "since")?.unwrap_or(until_ms.unwrap_or(now_ms) - SINCE_DEFAULT_MS);
    let filter = call.field("filter").map(Filter::parse).transpose()?;
    let words: Vec<String> =
        call.field("q").unwrap_or_default().split_whitespace().map(str::to_lowercase).collect();
    let descending = match call.field("sortOrder") {
        None | Some("ASCENDING") => false,
        Some("DESCENDING") => true,
        Some(_) => return Err(Refusal::invalid("sortOrder", "must be ASCENDING or DESCENDING")),
    };
    let events = world.events.iter();
    let within = events.filter(|e| e.at_ms >= since_ms && until_ms.is_none_or(|until| e.at_ms < until));
    let mut rows: Vec<(String, Value)> = within
        .map(|event| {
            let place = if descending { u64::MAX - event.number } else { event.number };
            (format!("{place:020}"), render(event))
        })
        .filter(|(_, event)| filter.as_ref().is_none_or(|f| f.fits(event, true)))
        .filter(|(_, event)| {
            let text = event.to_string().to_lowercase();
            words.iter().all(|word| text.contains(word))
        })
        .collect();
    rows.sort_by(|(a, _), (b, _)| a.cmp(b));
    let paging = Paging { endless: until_ms.is_none() && !descending, ..EVENTS };
    page(world, call, paging, rows, |event| event)
}

fn time(call: &Incoming, name: &str) -> Result<Option<i64>, Refusal> {
    let Some(text) = call.field(name) else { return Ok(None) };
    let at: Result<Timestamp, _> = text.parse();
    at.map(|at| Some(at.as_millisecond())).map_err(|_| Refusal::invalid(name, "is no ISO 8601 time"))
}

fn render(event: &LogEvent) -> Value {
    let target = |t: &super::world::Target| json!({ "id": t.id, "type": t.kind, "alternateId": t.name, "displayName": t.name });
    json!({
        "uuid": format!("00000000-0000-4000-8000-{:012}", event.number),
        "published": iso(event.at_ms),
        "eventType": event.event_type,
        "version": "0",
        "severity": "INFO",
        "displayMessage": event.event_type,
        "actor": {
            "id": event.actor.id,
            "type": event.actor.kind,
            "alternateId": event.actor.alternate_id,
            "displayName": event.actor.name,
        },
        "outcome": { "result": "SUCCESS" },
        "target": event.targets.iter().map(target).collect::<Vec<_>>(),
        "transaction": { "type": "WEB", "id": format!("twin-{}", event.number), "detail": {} },
        "debugContext": { "debugData": {} },
    })
}
