//! `glasskey store …`: back up, restore, rebuild. The ledger does it; here it is said.

use std::path::Path;

use serde_json::json;

use super::output::{Exit, Output};
use crate::ledger::{self, BackupReport, OpenFault};

/// Copies the journal to a new file.
pub fn backup(out: &mut Output, store: &Path, file: &Path) -> Exit {
    report(out, ledger::backup(store, file), &format!("backed up to {}", file.display()))
}

/// Makes a new store of a back-up.
pub fn restore(out: &mut Output, store: &Path, file: &Path) -> Exit {
    report(out, ledger::restore(file, store), &format!("restored to {}", store.display()))
}

/// Derives the state from the journal anew.
pub fn rebuild(out: &mut Output, store: &Path) -> Exit {
    match ledger::rebuild(store) {
        Ok(report) => {
            for alert in report.alerts() {
                out.note(&alert);
            }
            let head = report.head;
            out.say(
                &format!("rebuilt from {} records, head {}", head.seq, head.hash),
                &json!({ "records": head.seq, "hash": head.hash.to_string() }),
            );
            Exit::Fine
        }
        Err(why) => failed(out, &why.to_string()),
    }
}

fn report(out: &mut Output, done: Result<BackupReport, OpenFault>, what: &str) -> Exit {
    match done {
        Ok(BackupReport { head, segments }) => {
            out.say(
                &format!("{what}: {} records in {segments} segments, head {}", head.seq, head.hash),
                &json!({ "records": head.seq, "segments": segments, "hash": head.hash.to_string() }),
            );
            Exit::Fine
        }
        Err(why) => failed(out, &why.to_string()),
    }
}

fn failed(out: &mut Output, why: &str) -> Exit {
    out.fail(why, &json!({ "failed": why }));
    Exit::Refused
}
