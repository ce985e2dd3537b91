//! Rows of the domain's book as keys and values of tables, and back.

use glasskey_domain::book::{Binding, DirectoryRef, Row, RowKey};
use glasskey_domain::drift::Drift;
use glasskey_domain::emergency::EmergencyState;
use glasskey_domain::event::Answer;
use glasskey_domain::sessions::SessionCut;
use glasskey_domain::watch::Watch;
use glasskey_domain::{AccessRequest, ChatAccount, Emergency, HoldingState, InteractionId, Job};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Put, Table, due_key};

/// Where the directory in force is named.
const DIRECTORY: &[u8] = b"directory";
/// Finished requests by id.
const BY_ID: &str = "id/";
/// Finished requests by time, the newest first.
pub(super) const BY_TIME: &str = "at/";

/// Sessions that are cut, by holding, in the table of emergencies.
const CUT: &str = "cut/";
/// Access that no request explains, by holding, in the table of emergencies.
const DRIFT: &str = "drift/";
/// What is watched, in the table of emergencies.
const WATCH: &[u8] = b"watch";
/// Emergencies that are not finished, by id.
const OPEN: &str = "open/";

#[derive(Serialize, Deserialize)]
struct Interaction {
    at: Timestamp,
    answer: Answer,
}

#[derive(Serialize, Deserialize)]
struct BindingRow {
    account: ChatAccount,
    binding: Binding,
}

#[derive(Serialize, Deserialize)]
struct JobRow {
    at: Timestamp,
    job: Job,
}

/// The key under which a finished request is found by id.
pub(super) fn closed_key(id: &str) -> Vec<u8> {
    format!("{BY_ID}{id}").into_bytes()
}

/// A key that sorts the newest first.
fn closed_time_key(request: &AccessRequest) -> Vec<u8> {
    let ms = request.state.since().map_or(0, |at| u64::try_from(at.as_millisecond()).unwrap_or(0));
    let mut key = BY_TIME.as_bytes().to_vec();
    key.extend((u64::MAX - ms).to_be_bytes());
    key.extend(request.ask.id.as_str().as_bytes());
    key
}

/// As [`closed_time_key`].
fn closed_emergency_time_key(emergency: &Emergency) -> Vec<u8> {
    let at = match &emergency.state {
        EmergencyState::Off { at, .. }
        | EmergencyState::Declined { at, .. }
        | EmergencyState::Withdrawn { at }
        | EmergencyState::Lapsed { at } => *at,
        EmergencyState::Proposed { .. }
        | EmergencyState::Opening { .. }
        | EmergencyState::On { .. }
        | EmergencyState::Closing { .. } => emergency.ask.at,
    };
    let ms = u64::try_from(at.as_millisecond()).unwrap_or(0);
    let mut key = BY_TIME.as_bytes().to_vec();
    key.extend((u64::MAX - ms).to_be_bytes());
    key.extend(emergency.ask.id.as_str().as_bytes());
    key
}

/// The changes to tables that a change to a row is.
pub(super) fn puts(key: &RowKey, row: Option<&Row>) -> Result<Vec<Put>, serde_json::Error> {
    let value = row.map(encode).transpose()?;
    let one = |table, key: Vec<u8>, value| Ok(vec![Put { table, key, value }]);
    match key {
        RowKey::Request(id) => one(Table::Requests, id.as_str().as_bytes().to_vec(), value),
        RowKey::Holding(holding) => one(Table::Holdings, holding.to_string().into_bytes(), value),
        RowKey::Binding(account) => one(Table::Bindings, account.to_string().into_bytes(), value),
        RowKey::Interaction(id) => one(Table::Interactions, id.as_str().as_bytes().to_vec(), value),
        RowKey::Job(at, job) => one(Table::Jobs, due_key(*at, job.to_string().as_bytes()), value),
        RowKey::Directory => one(Table::Meta, DIRECTORY.to_vec(), value),
        RowKey::Cut(holding) => one(Table::Emergencies, format!("{CUT}{holding}").into_bytes(), value),
        RowKey::Drift(holding) => one(Table::Emergencies, format!("{DRIFT}{holding}").into_bytes(), value),
        RowKey::Watch => one(Table::Emergencies, WATCH.to_vec(), value),
        RowKey::Emergency(id) => one(Table::Emergencies, format!("{OPEN}{id}").into_bytes(), value),
        RowKey::ClosedEmergency(id) => {
            let mut puts = vec![Put { table: Table::Emergencies, key: closed_key(id.as_str()), value }];
            if let Some(Row::ClosedEmergency(emergency)) = row {
                let (key, value) =
                    (closed_emergency_time_key(emergency), Some(id.as_str().as_bytes().to_vec()));
                puts.push(Put { table: Table::Emergencies, key, value });
            }
            Ok(puts)
        }
        RowKey::Closed(id) => {
            let mut puts = vec![Put { table: Table::Closed, key: closed_key(id.as_str()), value }];
            if let Some(Row::Closed(request)) = row {
                let value = Some(id.as_str().as_bytes().to_vec());
                puts.push(Put { table: Table::Closed, key: closed_time_key(request), value });
            }
            Ok(puts)
        }
    }
}

fn encode(row: &Row) -> Result<Vec<u8>, serde_json::Error> {
    match row {
        Row::Request(request) | Row::Closed(request) => serde_json::to_vec(request),
        Row::Holding(state) => serde_json::to_vec(state),
        Row::Binding(account, binding) => {
            serde_json::to_vec(&BindingRow { account: account.clone(), binding: binding.clone() })
        }
        Row::Interaction(_, at, answer) => {
            serde_json::to_vec(&Interaction { at: *at, answer: (**answer).clone() })
        }
        Row::Job(at, job) => serde_json::to_vec(&JobRow { at: *at, job: job.clone() }),
        Row::Directory(directory) => serde_json::to_vec(directory),
        Row::Emergency(emergency) | Row::ClosedEmergency(emergency) => serde_json::to_vec(emergency),
        Row::Watch(watch) => serde_json::to_vec(watch),
        Row::Cut(cut) => serde_json::to_vec(cut),
        Row::Drift(drift) => serde_json::to_vec(drift),
    }
}

/// The row that a key and a value are; `None` for tables that are not loaded.
pub(super) fn row(table: Table, key: &[u8], value: &[u8]) -> Result<Option<Row>, String> {
    Ok(Some(match table {
        Table::Requests => Row::Request(Box::new(decode::<AccessRequest>(value)?)),
        Table::Holdings => Row::Holding(Box::new(decode::<HoldingState>(value)?)),
        Table::Bindings => {
            let row: BindingRow = decode(value)?;
            Row::Binding(row.account, row.binding)
        }
        Table::Interactions => {
            let row: Interaction = decode(value)?;
            let id = String::from_utf8(key.to_vec()).map_err(|error| error.to_string())?;
            Row::Interaction(InteractionId::new(id), row.at, Box::new(row.answer))
        }
        Table::Jobs => {
            let row: JobRow = decode(value)?;
            Row::Job(row.at, row.job)
        }
        Table::Meta if key == DIRECTORY => Row::Directory(decode::<DirectoryRef>(value)?),
        Table::Emergencies if key == WATCH => Row::Watch(Box::new(decode::<Watch>(value)?)),
        Table::Emergencies if key.starts_with(CUT.as_bytes()) => {
            Row::Cut(Box::new(decode::<SessionCut>(value)?))
        }
        Table::Emergencies if key.starts_with(DRIFT.as_bytes()) => {
            Row::Drift(Box::new(decode::<Drift>(value)?))
        }
        Table::Emergencies if key.starts_with(OPEN.as_bytes()) => {
            Row::Emergency(Box::new(decode::<Emergency>(value)?))
        }
        Table::Meta | Table::Emergencies | Table::Closed => return Ok(None),
    }))
}

/// A value as what it is.
pub(super) fn decode<T: DeserializeOwned>(value: &[u8]) -> Result<T, String> {
    serde_json::from_slice(value).map_err(|error| error.to_string())
}
