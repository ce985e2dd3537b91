//! Makes the identity provider agree with what an emergency wants: look, change side by side, look again; each step
//! committed. Nothing here touches Identity Center, the Identity Store or Organizations (P8).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use glasskey_domain::emergency::{EmergencyState, Provider};
use glasskey_domain::federation::{FederationChange, FederationStep, Looked, Made, next_step, wanted_open};
use glasskey_domain::{Emergency, EmergencyId, Outcome};

use super::perform::{AGAIN, LOOK_PAUSES, Performed, STEPS_MAX, outcome, pause};
use super::{Engine, Stopped};
use crate::ports::{Fault, Federation, IdentityProvider, Observed, SessionCutter, Urgency};

/// Where emergencies are opened and closed.
#[derive(Default)]
pub struct Federations {
    /// The identity providers that are configured.
    pub providers: BTreeMap<Provider, Arc<dyn IdentityProvider>>,
    /// Where sessions are cut, when an emergency account is configured.
    pub cutter: Option<Arc<dyn SessionCutter>>,
    /// One step at a time for each app: an emergency that takes over waits for the last call of the one before, which
    /// would undo its own.
    turns: Turns,
}

type Turns = Mutex<BTreeMap<(Provider, String), Arc<tokio::sync::Mutex<()>>>>;

impl Federations {
    /// The turn of whoever works on this app.
    fn turn(&self, emergency: &Emergency) -> Arc<tokio::sync::Mutex<()>> {
        let place = &emergency.ask.place;
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(turns.entry((place.provider, place.app.clone())).or_default())
    }
}

/// What stumbled on the way; the next step of the same kind comes after a pause.
#[derive(Default)]
struct Stumbled {
    look: Option<Performed>,
    make: Option<Performed>,
}

pub(super) async fn federation(engine: &Engine, id: &EmergencyId) -> Result<Performed, Stopped> {
    let mut stumbled = Stumbled::default();
    for _ in 0..STEPS_MAX {
        if *engine.shared.draining.borrow() {
            return Ok(Performed::Done);
        }
        let Some((emergency, _)) = next(engine, id).await else { return Ok(Performed::Done) };
        let turn = engine.shared.federations.turn(&emergency);
        let _mine = turn.lock().await;
        // As it is now that it is our turn.
        let Some((emergency, step)) = next(engine, id).await else { return Ok(Performed::Done) };
        let (FederationStep::Rest | FederationStep::Wait { .. }) = &step else {
            if let Some(again) = take(engine, &emergency, step, &mut stumbled).await? {
                return Ok(again);
            }
            continue;
        };
        return Ok(Performed::Done);
    }
    Ok(AGAIN)
}

async fn next(engine: &Engine, id: &EmergencyId) -> Option<(Emergency, FederationStep)> {
    let emergency = engine.book().await.emergency(id)?.clone();
    let step = next_step(&emergency, engine.now());
    Some((emergency, step))
}

/// Takes one step. Answers when it is time to come again instead.
async fn take(
    engine: &Engine,
    emergency: &Emergency,
    step: FederationStep,
    stumbled: &mut Stumbled,
) -> Result<Option<Performed>, Stopped> {
    match step {
        FederationStep::Look { looks } => {
            if stumbled.look.is_some() {
                return Ok(stumbled.look);
            }
            pause(&LOOK_PAUSES, usize::try_from(looks).unwrap_or(usize::MAX)).await;
            stumbled.look = look(engine, emergency).await?;
        }
        FederationStep::Make { changes } => {
            if stumbled.make.is_some() {
                return Ok(stumbled.make);
            }
            stumbled.make = make(engine, emergency, changes).await?;
        }
        FederationStep::Metadata => return metadata(engine, emergency).await,
        FederationStep::Rest | FederationStep::Wait { .. } => return Ok(Some(Performed::Done)),
    }
    Ok(None)
}

fn provider(engine: &Engine, emergency: &Emergency) -> Result<Arc<dyn IdentityProvider>, Fault> {
    let kind = emergency.ask.place.provider;
    engine.shared.federations.providers.get(&kind).cloned().ok_or_else(|| Fault::Transient {
        what: format!("{} is not in the configuration any more; put it back", kind.name()),
        retry_after: None,
    })
}

fn is_closing(emergency: &Emergency) -> bool {
    matches!(emergency.state, EmergencyState::Closing { .. })
}

/// Looks at all parts side by side; what could not be read is told, and what could is acted upon.
async fn look(engine: &Engine, emergency: &Emergency) -> Result<Option<Performed>, Stopped> {
    let mut faults = Vec::new();
    let mut looked = Looked::default();
    let cut = async {
        match (&emergency.ask.place.cut, &engine.shared.federations.cutter) {
            (Some(plan), Some(cutter)) if is_closing(emergency) => Some(cutter.look(plan).await),
            (Some(_), None) if is_closing(emergency) => Some(Err(Fault::Transient {
                what: "sessions cannot be cut: AWS is not configured any more".to_owned(),
                retry_after: None,
            })),
            (Some(_) | None, _) => None,
        }
    };
    match provider(engine, emergency) {
        Ok(provider) => {
            let place = &emergency.ask.place;
            let federation = Federation { app: &place.app, groups: &place.groups };
            let urgency = if is_closing(emergency) { Urgency::Ending } else { Urgency::Emergency };
            let look = async { tokio::join!(provider.observe(federation, urgency), cut) };
            let open = wanted_open(emergency, engine.now());
            // A slow look at what is open does not hold up the closing (P3).
            let (observed, cut) = tokio::select! {
                seen = look => seen,
                () = no_longer_open(engine, &emergency.ask.id), if open => return Ok(None),
            };
            looked = seen(observed, &mut faults);
            match cut {
                Some(Ok(seen)) => looked.cut = Some(seen),
                Some(Err(fault)) => faults.push(fault),
                None => {}
            }
        }
        Err(fault) => faults.push(fault),
    }
    for fault in &faults {
        tracing::warn!(id = %emergency.ask.id, %fault, "the federation could not be looked at; it is tried again");
    }
    let fault = faults.first().map(|fault| fault.what().to_owned());
    let id = emergency.ask.id.clone();
    outcome(engine, Outcome::FederationLooked { id, looked, fault }).await?;
    Ok(again_after(faults.iter()))
}

fn seen(observed: Observed, faults: &mut Vec<Fault>) -> Looked {
    let mut looked = Looked::default();
    match observed.app {
        Ok(active) => looked.app = Some(active),
        Err(fault) => faults.push(fault),
    }
    for (level, members) in observed.groups {
        match members {
            Ok(members) => {
                looked.groups.insert(level, members);
            }
            Err(fault) => faults.push(fault),
        }
    }
    looked
}

/// Comes again when something failed: not before the other side wants.
fn again_after<'a>(faults: impl Iterator<Item = &'a Fault>) -> Option<Performed> {
    let pauses = faults.map(|fault| match fault {
        Fault::Transient { retry_after, .. } => retry_after.unwrap_or(Duration::ZERO),
        Fault::Lost { .. } | Fault::Permanent { .. } => Duration::ZERO,
    });
    let longest = pauses.max()?;
    Some(Performed::Again { after: Some(longest).filter(|pause| !pause.is_zero()) })
}

/// Makes all changes side by side. What opens is let go of when the order to close comes meanwhile: it may have been done
/// then, and closing does not wait to be told (P3).
async fn make(
    engine: &Engine,
    emergency: &Emergency,
    changes: Vec<FederationChange>,
) -> Result<Option<Performed>, Stopped> {
    let made = join_all(changes.iter().map(|change| async move {
        if change.opens() {
            tokio::select! {
                made = one(engine, emergency, change) => made,
                () = no_longer_open(engine, &emergency.ask.id) => {
                    Err(Fault::Lost { what: "let go of, because it is to be closed".to_owned() })
                }
            }
        } else {
            one(engine, emergency, change).await
        }
    }))
    .await;
    let mut faults = Vec::new();
    for (change, made) in changes.iter().zip(&made) {
        let Err(fault) = made else { continue };
        tracing::warn!(id = %emergency.ask.id, ?change, %fault, "the identity provider did not do it");
        // Who is not there will not be there in a second: nothing waits for them.
        let person_is_missing =
            matches!((change, fault), (FederationChange::Add { .. }, Fault::Permanent { .. }));
        if !person_is_missing {
            faults.push(fault.clone());
        }
    }
    let results = changes.into_iter().zip(made.into_iter().map(how)).collect();
    outcome(engine, Outcome::FederationMade { id: emergency.ask.id.clone(), results }).await?;
    Ok(again_after(faults.iter()))
}

fn how(made: Result<Option<glasskey_domain::emergency::Member>, Fault>) -> Made {
    match made {
        Ok(member) => Made::Done { member },
        Err(Fault::Lost { what }) => Made::Lost { what },
        Err(Fault::Transient { what, .. }) => Made::NotDone { what },
        Err(Fault::Permanent { what }) => Made::Refused { what },
    }
}

/// Returns when the emergency is to be closed.
async fn no_longer_open(engine: &Engine, id: &EmergencyId) {
    let mut rounds = engine.rounds();
    loop {
        let now = engine.now();
        let open = engine.book().await.emergency(id).is_some_and(|emergency| wanted_open(emergency, now));
        if !open || rounds.changed().await.is_err() {
            return;
        }
    }
}

async fn one(
    engine: &Engine,
    emergency: &Emergency,
    change: &FederationChange,
) -> Result<Option<glasskey_domain::emergency::Member>, Fault> {
    let place = &emergency.ask.place;
    let group = |level| {
        place.groups.get(level).ok_or_else(|| Fault::Permanent { what: "there is no such group".to_owned() })
    };
    match change {
        FederationChange::Activate => provider(engine, emergency)?.activate(&place.app).await.map(|()| None),
        FederationChange::Deactivate => {
            provider(engine, emergency)?.deactivate(&place.app).await.map(|()| None)
        }
        FederationChange::Remove { level, member } => {
            provider(engine, emergency)?.remove(group(level)?, member).await.map(|()| None)
        }
        FederationChange::Add { level, person } => {
            let directory = engine.directory();
            let person = directory.people.get(person).ok_or_else(|| Fault::Permanent {
                what: format!("{person} is no longer in the directory"),
            })?;
            provider(engine, emergency)?.add(group(level)?, person).await.map(Some)
        }
        FederationChange::Cut { before } => {
            let (Some(plan), Some(cutter)) = (&place.cut, &engine.shared.federations.cutter) else {
                let what = "sessions cannot be cut: AWS is not configured any more".to_owned();
                return Err(Fault::Transient { what, retry_after: None });
            };
            cutter.cut(plan, *before).await.map(|()| None)
        }
    }
}

/// A drill fetches what a sign-in would need.
async fn metadata(engine: &Engine, emergency: &Emergency) -> Result<Option<Performed>, Stopped> {
    let fetched = match provider(engine, emergency) {
        Ok(provider) => provider.metadata(&emergency.ask.place.app).await,
        Err(fault) => Err(fault),
    };
    let fault = fetched.err().map(|fault| fault.what().to_owned());
    let id = emergency.ask.id.clone();
    outcome(engine, Outcome::MetadataFetched { id, fault }).await?;
    Ok(None)
}
