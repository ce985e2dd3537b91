//! The loops that nobody waits for: whether Identity Center answers, access that no request explains, and the drills by
//! schedule.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use secrecy::SecretString;
use tokio::sync::watch::Receiver;

use super::SILENCE_MAX;
use crate::cli::aws::Aws;
use crate::config::{Config, Secrets};
use crate::directory::resolve;
use crate::engine::Engine;
use crate::engine::drift::{self, Managed};
use crate::engine::drills::{self, Plan};
use crate::engine::refresh::Freshness;
use crate::engine::watch::{self, Pulse};
use crate::telemetry::health::Watched;

/// Every loop there must be (pitfall 22).
pub(super) fn loops(config: &Config) -> Vec<Watched> {
    let drills = config.drill_schedule.as_ref().map(|_| "drills");
    let names = ["clerk", "scheduler", "center"].into_iter().chain(drills);
    names.map(|name| Watched { name, silence_max: SILENCE_MAX }).collect()
}

/// Starts them. `since`: from when on the due times of drills count.
pub(super) fn start(
    config: &Config,
    engine: &Engine,
    aws: &Arc<Aws>,
    heard: Receiver<Pulse>,
    since: Timestamp,
) {
    tokio::spawn(watch::run(engine.clone(), aws.clone(), heard));
    let managed = match &config.drift_permission_sets {
        Some(names) => Managed::Named(names.iter().cloned().collect()),
        None => Managed::All,
    };
    let schedule = config.reconcile_schedule.clone();
    let next_at = Box::new(move |last| schedule.next_after(last));
    tokio::spawn(drift::run(engine.clone(), aws.clone(), managed, next_at));
    if let Some(schedule) = config.standing_report_schedule.clone() {
        let next_at = Box::new(move |last| schedule.next_after(last));
        tokio::spawn(drift::report(engine.clone(), aws.clone(), next_at));
    }
    let Some(schedule) = config.drill_schedule.clone() else { return };
    let plan = Plan {
        next_at: Box::new(move |last| schedule.next_after(last)),
        who_is: Box::new(|directory, named| {
            resolve::person_by(directory, named).map_err(|no| no.to_string())
        }),
        since,
    };
    tokio::spawn(drills::run(engine.clone(), plan));
}

/// Says it loudly, once, when what asks for a fresh sign-in is about nothing in the company: at the start, and whenever the
/// company or the answer changed.
pub(super) async fn step_ups(config: Config, engine: Engine, mut read: Receiver<Freshness>) {
    let Some(sign_in) = config.sign_in else { return };
    let mut draining = engine.draining();
    let mut said = Vec::new();
    loop {
        let slips = sign_in.about_nothing(&config.aliases, &engine.directory());
        if slips != said {
            for slip in &slips {
                tracing::error!(
                    slip,
                    "`sign_in.step_up` is about no account and no organizational unit; nobody is asked to sign in by it"
                );
            }
            said = slips;
        }
        tokio::select! {
            more = read.changed() => if more.is_err() { return },
            _ = draining.wait_for(|draining| *draining) => return,
        }
    }
}

/// The external ids, by the role that asks for them.
pub(super) fn external_ids(config: &Config, secrets: &Secrets) -> BTreeMap<String, SecretString> {
    let of = |name| config.breakglass.federations.get(name)?.settings.place.cut.as_ref();
    let ids = secrets.external_ids.iter();
    ids.filter_map(|(name, secret)| Some((of(name)?.assume.clone(), secret.to_secret_string()))).collect()
}
