//! The ledger from outside: what was acknowledged is there, in order, whatever happens to the process or the disk.

mod audit;
mod commits;
mod damage;
mod kill;
mod state;

use std::collections::BTreeMap;
use std::path::Path;

use glasskey::ledger::{
    Batch, Ledger, NewRecord, OpenFault, OpenOptions, OpenReport, Projection, Put, Record, Table,
};
use serde_json::{Value, json};

type Rows = BTreeMap<(Table, Vec<u8>), Vec<u8>>;

/// The simplest domain: a body lists the puts that it means.
#[derive(Debug, Default, PartialEq, Eq)]
struct Listed {
    rows: Rows,
    applied: Vec<u64>,
}

impl Projection for Listed {
    fn reset(&mut self) {
        *self = Self::default();
    }

    fn load(&mut self, table: Table, key: &[u8], value: &[u8]) -> Result<(), String> {
        self.rows.insert((table, key.to_vec()), value.to_vec());
        Ok(())
    }

    fn apply(&mut self, record: &Record) -> Result<Vec<Put>, String> {
        self.applied.push(record.seq);
        let puts = puts_of(&record.body);
        for put in &puts {
            let key = (put.table, put.key.clone());
            match &put.value {
                Some(value) => self.rows.insert(key, value.clone()),
                None => self.rows.remove(&key),
            };
        }
        Ok(puts)
    }
}

fn puts_of(body: &[u8]) -> Vec<Put> {
    let body: Value = serde_json::from_slice(body).unwrap();
    let puts = body["puts"].as_array().cloned().unwrap_or_default();
    let put = |put: &Value| Put {
        table: Table::ALL[put[0].as_u64().unwrap() as usize],
        key: put[1].as_str().unwrap().as_bytes().to_vec(),
        value: put[2].as_str().map(|text| text.as_bytes().to_vec()),
    };
    puts.iter().map(put).collect()
}

fn at(ms: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(1_790_000_000_000 + ms).unwrap()
}

fn record(body: &Value) -> NewRecord {
    NewRecord { at: at(0), version: 1, body: body.to_string().into_bytes() }
}

/// A batch of one record with the puts that its body lists.
fn batch(puts: Value) -> Batch {
    let record = record(&json!({ "puts": puts }));
    Batch { puts: puts_of(&record.body), records: vec![record] }
}

/// `n` noted under its own key and under a common one, in a hot and in a cold table.
fn counted(n: u64) -> Batch {
    batch(json!([
        [0, format!("r{n}"), n.to_string()],
        [7, "last", n.to_string()],
        [3, format!("i{n}"), "done"]
    ]))
}

fn try_open(path: &Path) -> Result<(Ledger, OpenReport, Listed), OpenFault> {
    let mut listed = Listed::default();
    let (ledger, report) = Ledger::open(path, OpenOptions::default(), &mut listed)?;
    Ok((ledger, report, listed))
}

fn open(path: &Path) -> (Ledger, OpenReport, Listed) {
    try_open(path).unwrap()
}

/// Every row of every table as reads see them.
fn rows(ledger: &Ledger) -> Rows {
    let mut rows = Rows::new();
    for table in Table::ALL {
        for (key, value) in ledger.scan(table, b"", usize::MAX).unwrap() {
            rows.insert((table, key), value);
        }
    }
    rows
}

/// What the journal alone says the rows are.
fn derived(ledger: &Ledger) -> Rows {
    let mut listed = Listed::default();
    for record in ledger.records(1, usize::MAX).unwrap() {
        listed.apply(&record).unwrap();
    }
    listed.rows
}

/// A closed store with `count` commits of one record each.
fn store_with(path: &Path, count: u64) {
    let (ledger, ..) = open(path);
    block_on(async {
        for n in 1..=count {
            ledger.commit(counted(n)).await.unwrap();
        }
    });
}

/// A store with `count` commits spread over segments of 1 KiB.
fn store_of_segments(path: &Path, count: u64) {
    let options = OpenOptions { segment_bytes_max: Some(1_024), ..OpenOptions::default() };
    let (ledger, _) = Ledger::open(path, options, &mut Listed::default()).unwrap();
    block_on(async {
        for n in 1..=count {
            ledger.commit(counted(n)).await.unwrap();
        }
    });
}

fn segment(path: &Path, number: u32) -> std::path::PathBuf {
    path.join("journal").join(format!("{number:08}.journal"))
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}
