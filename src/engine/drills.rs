//! Drills of break-glass by schedule. Each due time is served once: the drill is ordered, or people are told that it was
//! missed. It is never held late, and the ledger knows for which due time it was served last.

use std::collections::BTreeMap;

use glasskey_domain::command::{EmergencyCommand, NewEmergency};
use glasskey_domain::emergency::{Level, Purpose};
use glasskey_domain::event::Answer;
use glasskey_domain::settings::FederationSettings;
use glasskey_domain::{Book, Command, Directory, EmergencyId, FederationId, PersonId, RequestId, Seconds};
use jiff::Timestamp;

use super::refresh::sleep_until;
use super::{Engine, Stopped};

/// A drill that is due for longer is not held any more: it would come when nobody expects it. Longer than a restart or a
/// deployment takes.
const GRACE: Seconds = Seconds::minutes(10);
/// What was served this far in the future was served by a wrong clock, and does not count.
const CLOCK_WRONG_BY: Seconds = Seconds::hours(24);
/// How often it is looked whether one is due.
const LOOK_EVERY: Seconds = Seconds(1);

/// Who somebody of the configuration is, in this directory; or why that is nobody.
pub type WhoIs = Box<dyn Fn(&Directory, &str) -> Result<PersonId, String> + Send + Sync>;

/// The due time after another.
pub type DueAfter = Box<dyn Fn(Timestamp) -> Timestamp + Send + Sync>;

/// What drills are held by.
pub struct Plan {
    /// When they are due.
    pub next_at: DueAfter,
    /// Finds the canary.
    pub who_is: WhoIs,
    /// Due times before this are not ours: nobody was there to know of them. See [`known_since`].
    pub since: Timestamp,
}

/// From when on due times count, at a start: those that passed since the bot was last at work were missed. At the first
/// start ever, none was.
#[must_use]
pub fn known_since(book: &Book, now: Timestamp) -> Timestamp {
    // The last reading of the directory is the last sign of life; what was due right then may not have been served.
    let last_seen = book.directory().map(|read| read.at).filter(|at| *at <= now);
    last_seen.map_or(now, |at| before(at, GRACE))
}

/// How far the schedule of one federation was served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Served {
    /// For this due time, and those before.
    last: Timestamp,
    /// Since when the next one waits for its canary.
    waits_since: Option<Timestamp>,
}

/// Holds drills, until drained. What passed while nobody was there is told as missed, unless it was a moment ago; what
/// passes from then on is held, also when the clock jumps over it.
pub async fn run(engine: Engine, plan: Plan) {
    let mut draining = engine.draining();
    let settings = engine.settings();
    let federations = &settings.federations;
    let mut all = served_before(&*engine.book().await, federations.keys(), plan.since);
    for (federation, served) in &mut all {
        if let Some(missed) = latest(&plan.next_at, served.last, before(engine.now(), GRACE)) {
            served.last = missed;
            if tell_missed(&engine, federation, missed).await.is_err() {
                return;
            }
        }
    }
    loop {
        engine.shared.beats.drills.send_replace(engine.now());
        for (federation, settings) in federations {
            let Some(served) = all.get_mut(federation) else { continue };
            if serve(&engine, &plan, federation, settings, served).await.is_err() {
                return;
            }
        }
        if sleep_until(&engine, LOOK_EVERY.after(engine.now()), &mut draining).await.is_err() {
            return;
        }
    }
}

/// How far each federation was served before this start, or from when on its due times count.
fn served_before<'a>(
    book: &Book,
    federations: impl Iterator<Item = &'a FederationId>,
    since: Timestamp,
) -> BTreeMap<FederationId, Served> {
    let served = &book.watch().drill_due;
    let last = |id| served.get(id).map_or(since, |served| since.max(*served));
    federations.map(|id| (id.clone(), Served { last: last(id), waits_since: None })).collect()
}

async fn serve(
    engine: &Engine,
    plan: &Plan,
    federation: &FederationId,
    settings: &FederationSettings,
    served: &mut Served,
) -> Result<(), Stopped> {
    let now = engine.now();
    if served.last > CLOCK_WRONG_BY.after(now) {
        served.last = now;
    }
    let Some(due) = latest(&plan.next_at, served.last, now) else { return Ok(()) };
    let people = canary(engine, &plan.who_is, federation, settings);
    match people {
        Some(people) => hold(engine, federation, due, people).await?,
        None if now < GRACE.after(*served.waits_since.get_or_insert(now)) => return Ok(()),
        None => tell_missed(engine, federation, due).await?,
    }
    *served = Served { last: due, waits_since: None };
    Ok(())
}

/// The last due time after `from` and not after `until`. Halves what is between, which may be months of seconds.
fn latest(next_at: &DueAfter, from: Timestamp, until: Timestamp) -> Option<Timestamp> {
    if from >= until || next_at(from) > until {
        return None;
    }
    let (mut with, mut without) = (from, until);
    // Due times are whole seconds: between these two there is then only one.
    while without.as_second().saturating_sub(with.as_second()) > 1 {
        let middle = with.as_second().saturating_add(without.as_second()).div_euclid(2);
        let Ok(middle) = Timestamp::from_second(middle) else { break };
        if next_at(middle) <= until { with = middle } else { without = middle }
    }
    let mut last = next_at(with);
    while next_at(last) <= until {
        last = next_at(last);
    }
    Some(last)
}

fn before(at: Timestamp, by: Seconds) -> Timestamp {
    at.checked_sub(jiff::SignedDuration::from_secs(i64::from(by.0))).unwrap_or(Timestamp::MIN)
}

/// Who is put into the read-only group: nobody, or the canary. None while there should be one and is not: the drill waits
/// for them, and is missed when they do not come (P9).
fn canary(
    engine: &Engine,
    who_is: &WhoIs,
    federation: &FederationId,
    settings: &FederationSettings,
) -> Option<Vec<PersonId>> {
    let Some(named) = &settings.canary else { return Some(Vec::new()) };
    match who_is(&engine.directory(), named) {
        Ok(person) => Some(vec![person]),
        Err(why) => {
            tracing::error!(%federation, why, "a drill is due and its canary is nobody; mend `canary`");
            None
        }
    }
}

async fn hold(
    engine: &Engine,
    federation: &FederationId,
    due: Timestamp,
    people: Vec<PersonId>,
) -> Result<(), Stopped> {
    let new = NewEmergency {
        // The clerk gives it a free one.
        id: EmergencyId::from_bits(0, RequestId::SYMBOLS_MIN),
        federation: Some(federation.clone()),
        purpose: Purpose::Drill,
        level: Level::Ro,
        length: None,
        incident: None,
        reason: "a drill by schedule".to_owned(),
        people,
        due: Some(due),
    };
    match engine.inside(Command::Emergency(EmergencyCommand::Open(new))).await? {
        Answer::Done(_) => {
            tracing::info!(%federation, %due, "a drill is held");
            Ok(())
        }
        // What stood in its way is in the journal; that there was no drill is told.
        Answer::Refused(_) => tell_missed(engine, federation, due).await,
    }
}

async fn tell_missed(engine: &Engine, federation: &FederationId, due: Timestamp) -> Result<(), Stopped> {
    tracing::warn!(%federation, %due, "a drill was missed");
    engine.inside(Command::DrillMissed { federation: federation.clone(), due }).await.map(drop)
}

#[cfg(test)]
mod tests;
