//! Drills of break-glass by schedule. Each due time is served once: the drill is ordered, or people are told that it was
//! missed. It is never held late, and the ledger knows for which due time it was served last.

use std::collections::BTreeMap;

use glasskey_domain::command::{EmergencyCommand, NewEmergency};
use glasskey_domain::emergency::{Level, Purpose};
use glasskey_domain::event::Answer;
use glasskey_domain::settings::FederationSettings;
use glasskey_domain::{Book, Command, Directory, EmergencyId, FederationId, PersonId, RequestId, Seconds};
use jiff::Timestamp;

use super::refresh::{NextAt, sleep_until};
use super::{Engine, Stopped};

/// A drill that is due for longer is not held any more: it would come when nobody expects it. Longer than a restart or a
/// deployment takes.
const GRACE: Seconds = Seconds::minutes(10);
/// What was served this far in the future was served by a wrong clock, and does not count.
const CLOCK_WRONG_BY: Seconds = Seconds::hours(24);
/// How often it is looked whether one is due.
const LOOK_EVERY: Seconds = Seconds(1);

/// Who somebody of the configuration is, in this directory; or why that is nobody.
pub type WhoIs = Box<dyn Fn(&Directory, &str) -> Result<PersonId, String> + Send>;

/// What drills are held by.
pub struct Plan {
    /// The due time after another.
    pub next_at: NextAt,
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

/// What is due of one federation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Due {
    /// The last time that passed and is too long ago.
    missed: Option<Timestamp>,
    /// The last time that passed, and not too long ago.
    now: Option<Timestamp>,
}

/// Holds drills, until drained.
pub async fn run(engine: Engine, plan: Plan) {
    let mut draining = engine.draining();
    let mut served = served_before(&*engine.book().await, engine.settings().federations.keys(), plan.since);
    loop {
        let now = engine.now();
        engine.shared.beats.drills.send_replace(now);
        for (federation, settings) in &engine.settings().federations {
            let Some(last) = served.get_mut(federation) else { continue };
            if *last > CLOCK_WRONG_BY.after(now) {
                *last = now;
            }
            let due = due(&plan.next_at, *last, now);
            if let Some(missed) = due.missed {
                if tell_missed(&engine, federation, missed).await.is_err() {
                    return;
                }
                *last = missed;
            }
            let Some(at) = due.now else { continue };
            let Some(people) = canary(&engine, &plan.who_is, federation, settings) else { continue };
            if hold(&engine, federation, at, people).await.is_err() {
                return;
            }
            *last = at;
        }
        if sleep_until(&engine, LOOK_EVERY.after(engine.now()), &mut draining).await.is_err() {
            return;
        }
    }
}

/// For which due time each federation was served last, or from when on its due times count.
fn served_before<'a>(
    book: &Book,
    federations: impl Iterator<Item = &'a FederationId>,
    since: Timestamp,
) -> BTreeMap<FederationId, Timestamp> {
    let served = &book.watch().drill_due;
    federations.map(|id| (id.clone(), served.get(id).map_or(since, |served| since.max(*served)))).collect()
}

fn due(next_at: &NextAt, last: Timestamp, now: Timestamp) -> Due {
    let missed = latest(next_at, last, before(now, GRACE));
    Due { missed, now: latest(next_at, missed.unwrap_or(last), now) }
}

/// The last due time after `from` and not after `until`. Halves what is between, which may be months of seconds.
fn latest(next_at: &NextAt, from: Timestamp, until: Timestamp) -> Option<Timestamp> {
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
