//! Looking for access that no request explains, by schedule: it lists, and nothing else; what follows is decided.

use std::collections::BTreeSet;
use std::sync::Arc;

use glasskey_domain::{Command, DriftCommand, Holding, PermissionSetArn};

use super::Engine;
use super::refresh::{NextAt, sleep_until};
use crate::ports::AssignmentList;

/// Which permission sets are looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Managed {
    /// All there are.
    All,
    /// Those of these names. One that is not there is none.
    Named(BTreeSet<String>),
}

/// Looks by schedule, until drained.
pub async fn run(engine: Engine, list: Arc<dyn AssignmentList>, managed: Managed, next_at: NextAt) {
    let mut draining = engine.draining();
    loop {
        let due = next_at(engine.now());
        if sleep_until(&engine, due, &mut draining).await.is_err() {
            return;
        }
        once(&engine, &*list, &managed).await;
    }
}

/// Looks once, and tells of it at once: a message for each permission set would be many. What cannot be listed whole is not
/// compared: could not ask is not "gone".
pub async fn once(engine: &Engine, list: &dyn AssignmentList, managed: &Managed) {
    let (mut of, mut all) = (Vec::new(), Vec::new());
    for set in permission_sets(engine, managed) {
        if *engine.draining().borrow() {
            return;
        }
        match list.list(&set).await {
            Ok(seen) => {
                of.push(set);
                all.extend(seen);
            }
            Err(fault) => tracing::warn!(%set, %fault, "who has a permission set could not be listed"),
        }
    }
    let listed = DriftCommand::Listed { of, seen: all };
    if engine.inside(Command::Drift(listed)).await.is_err() {
        tracing::debug!("the engine stops; the next look comes by schedule");
    }
}

/// Reports by schedule who has standing access, until drained.
pub async fn report(engine: Engine, list: Arc<dyn AssignmentList>, next_at: NextAt) {
    let mut draining = engine.draining();
    loop {
        let due = next_at(engine.now());
        if sleep_until(&engine, due, &mut draining).await.is_err() {
            return;
        }
        report_once(&engine, &*list).await;
    }
}

/// Reports once, if everything could be listed: half a report would look like a whole one.
pub async fn report_once(engine: &Engine, list: &dyn AssignmentList) {
    let mut standing: Vec<Holding> = Vec::new();
    for set in permission_sets(engine, &Managed::All) {
        match list.list(&set).await {
            Ok(seen) => standing.extend(seen),
            Err(fault) => {
                tracing::error!(%set, %fault, "there is no report of standing access: it could not be listed");
                return;
            }
        }
    }
    let book = engine.book().await;
    standing.retain(|holding| book.holding(holding).is_none());
    drop(book);
    let count = u32::try_from(standing.len()).unwrap_or(u32::MAX);
    let report = DriftCommand::Report { standing: count, some: standing };
    if engine.inside(Command::Drift(report)).await.is_err() {
        tracing::debug!("the engine stops; the next report comes by schedule");
    }
}

fn permission_sets(engine: &Engine, managed: &Managed) -> Vec<PermissionSetArn> {
    let directory = engine.directory();
    let is_managed = |name: &str| match managed {
        Managed::All => true,
        Managed::Named(names) => names.contains(name),
    };
    directory
        .permission_sets
        .values()
        .filter(|set| is_managed(&set.name))
        .map(|set| set.arn.clone())
        .collect()
}
