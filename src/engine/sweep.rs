//! Looking whether what people hold is still there: what somebody removed by hand is noticed, told, and not put back.
//!
//! It looks and nothing else; what follows from a look is decided like any other outcome. One look at a time, behind
//! everything that is more urgent.

use glasskey_domain::holding::{Operation, Origin, Sight};
use glasskey_domain::{Command, Holding, HoldingState, Outcome};

use super::Engine;
use super::refresh::{NextAt, sleep_until};
use crate::ports::Urgency;

/// Looks by schedule, until drained.
pub async fn run(engine: Engine, next_at: NextAt) {
    let mut draining = engine.draining();
    loop {
        let due = next_at(engine.now());
        if sleep_until(&engine, due, &mut draining).await.is_err() {
            return;
        }
        once(&engine).await;
    }
}

/// Looks once at everything that is held and quiet.
pub async fn once(engine: &Engine) {
    let quiet: Vec<HoldingState> =
        engine.book().await.holdings().filter(|state| is_quiet(state)).cloned().collect();
    for state in quiet {
        if *engine.draining().borrow() {
            return;
        }
        look(engine, &state).await;
    }
}

/// Held by a grant of ours, with nothing under way: whatever is under way looks for itself.
fn is_quiet(state: &HoldingState) -> bool {
    state.origin == Origin::Ours && state.operation == Operation::None && state.sight == Sight::Present
}

async fn look(engine: &Engine, before: &HoldingState) {
    let holding: Holding = before.holding.clone();
    let seen = match engine.shared.access.look(&holding, Urgency::Background).await {
        Ok(seen) => seen,
        Err(fault) => {
            // Could not ask is not "gone": the next round asks again.
            tracing::warn!(%holding, %fault, "what somebody holds could not be looked at");
            return;
        }
    };
    // What changed meanwhile was looked at by whoever changed it.
    if engine.book().await.holding(&holding) != Some(before) {
        return;
    }
    let looked = Outcome::Looked { holding, direct: seen.direct, groups: seen.groups, member: seen.member };
    if engine.inside(Command::Outcome(looked)).await.is_err() {
        tracing::debug!("the engine stops; the next start looks again");
    }
}
