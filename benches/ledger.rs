//! The ledger's two figures: how long a commit takes until it is durable, and how long a store of 1,000,000 records takes
//! to open (DESIGN: ready within 2 s, of which this is a part).
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on has nothing to say")]
#![expect(missing_docs, reason = "criterion's macro makes public functions")]

use std::hint::black_box;
use std::path::Path;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use glasskey::ledger::{Batch, Ledger, NewRecord, OpenOptions, Projection, Put, Record, Table};

/// Records of the store that is opened.
const RECORDS: u64 = 1_000_000;
/// Of these many live requests, each record rewrites one, as the issue's figure says.
const LIVE: u64 = 10_000;
/// Records per batch while the store is filled; one sync each.
const PER_BATCH: u64 = 250;

/// Counts what it is given: the cost of the domain is measured elsewhere.
#[derive(Default)]
struct Counting {
    rows: u64,
}

impl Projection for Counting {
    fn reset(&mut self) {
        self.rows = 0;
    }

    fn load(&mut self, _: Table, key: &[u8], value: &[u8]) -> Result<(), String> {
        self.rows += u64::from(!black_box(key).is_empty() && !black_box(value).is_empty());
        Ok(())
    }

    fn apply(&mut self, record: &Record) -> Result<Vec<Put>, String> {
        Ok(vec![put(record.seq)])
    }
}

fn put(n: u64) -> Put {
    let key = (n % LIVE).to_be_bytes().to_vec();
    Put { table: Table::Requests, key, value: Some(vec![b'v'; 300]) }
}

/// About 400 bytes on the disk, as a decision is.
fn record(n: u64) -> NewRecord {
    let reason = "r".repeat(300);
    let body = format!("{{\"n\":{n},\"reason\":\"{reason}\"}}").into_bytes();
    NewRecord { at: jiff::Timestamp::from_millisecond(1_790_000_000_000).unwrap(), version: 1, body }
}

fn open(path: &Path) -> Ledger {
    Ledger::open(path, OpenOptions::default(), &mut Counting::default()).unwrap().0
}

fn commit(bench: &mut Criterion) {
    let dir = tempfile::tempdir().unwrap();
    let ledger = open(dir.path());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut n = 0;
    let mut one = || {
        n += 1;
        Batch { records: vec![record(n)], puts: vec![put(n), Put { table: Table::Meta, ..put(1) }] }
    };
    bench.bench_function("ledger/commit", |bench| {
        bench.iter_batched(
            &mut one,
            |batch| runtime.block_on(ledger.commit(batch)).unwrap(),
            BatchSize::SmallInput,
        );
    });
}

fn open_a_million(bench: &mut Criterion) {
    let dir = tempfile::tempdir().unwrap();
    let ledger = open(dir.path());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for start in (1..=RECORDS).step_by(usize::try_from(PER_BATCH).unwrap()) {
        let numbers = start..start + PER_BATCH;
        let batch =
            Batch { records: numbers.clone().map(record).collect(), puts: numbers.map(put).collect() };
        runtime.block_on(ledger.commit(batch)).unwrap();
    }
    drop(ledger);
    let mut group = bench.benchmark_group("ledger");
    group.sample_size(10);
    group.bench_function("open 1,000,000 records", |bench| bench.iter(|| open(dir.path()).head()));
    group.finish();
}

criterion_group!(benches, commit, open_a_million);
criterion_main!(benches);
