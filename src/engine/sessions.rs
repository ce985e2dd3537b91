//! Denying the sessions that outlive access, and taking the denial back when no such session can live any more.

use glasskey_domain::sessions::{CutState, SessionCut};
use glasskey_domain::{Command, Holding, Outcome};

use super::perform::{AGAIN, Performed, outcome};
use super::{Engine, Stopped};
use crate::ports::{Denial, Fault};

/// Makes AWS deny the sessions of a holding, or not any more. The scheduler lets one of these run at a time, because those of
/// one permission set share one policy.
pub(super) async fn sessions(engine: &Engine, holding: &Holding) -> Result<Performed, Stopped> {
    let Some((cut, wanted)) = cuts(engine, holding).await else { return Ok(Performed::Done) };
    match cut.state {
        CutState::InForce => {
            engine.inside(Command::LiftCut { holding: holding.clone() }).await?;
            Ok(Performed::Done)
        }
        CutState::Placing | CutState::Lifting => deny(engine, &cut, &wanted).await,
    }
}

/// The cut, and all that are wanted on the same permission set.
async fn cuts(engine: &Engine, holding: &Holding) -> Option<(SessionCut, Vec<SessionCut>)> {
    let book = engine.book().await;
    let cut = book.cut(holding)?.clone();
    let set = holding.target.permission_set();
    let same = |other: &&SessionCut| other.is_wanted() && other.holding.target.permission_set() == set;
    let wanted = book.cuts().filter(same).cloned().collect();
    Some((cut, wanted))
}

async fn deny(engine: &Engine, cut: &SessionCut, wanted: &[SessionCut]) -> Result<Performed, Stopped> {
    let placing = cut.state == CutState::Placing;
    let (holding, before) = (cut.holding.clone(), cut.before);
    let Some(sessions) = &engine.shared.extras.sessions else {
        let why = "cutting sessions is not configured".to_owned();
        outcome(engine, Outcome::SessionsNotCut { holding, before, why }).await?;
        return Ok(Performed::Done);
    };
    match sessions.deny(&holding, wanted).await {
        Ok(Denial::InForce) if placing => outcome(engine, Outcome::SessionsCut { holding, before }).await?,
        Ok(Denial::InForce) => outcome(engine, Outcome::SessionsFreed { holding }).await?,
        Ok(Denial::Refused { why }) if placing => {
            outcome(engine, Outcome::SessionsNotCut { holding, before, why }).await?;
        }
        Ok(Denial::Refused { why }) => {
            outcome(engine, Outcome::SessionsTrouble { holding, what: why }).await?;
            return Ok(AGAIN);
        }
        Err(fault) => {
            tracing::warn!(%holding, %fault, "sessions were not cut, or not freed; it is tried again");
            let what = fault.what().to_owned();
            outcome(engine, Outcome::SessionsTrouble { holding, what }).await?;
            let after = match fault {
                Fault::Transient { retry_after, .. } => retry_after,
                Fault::Lost { .. } | Fault::Permanent { .. } => None,
            };
            return Ok(Performed::Again { after });
        }
    }
    Ok(Performed::Done)
}
