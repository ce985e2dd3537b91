//! What the other benchmarks measured last, into the same table. They are run before this one (`tools/bench`).

use std::path::Path;

use serde_json::Value;

use super::report::Report;

/// Criterion's folder, the name in the table, its unit, nanoseconds in it, and the promise.
const FIGURES: [(&str, &str, &str, f64, Option<f64>); 6] = [
    ("with 10,000 live requests/decide_ request", "decide a request, 10,000 live", "us", 1e3, Some(20.0)),
    ("with 10,000 live requests/decide_ approve", "decide an approval, 10,000 live", "us", 1e3, Some(20.0)),
    ("with 10,000 live requests/next_step", "next step of a holding, 10,000 live", "us", 1e3, Some(20.0)),
    ("with 10,000 live requests/apply_ approve", "apply an approval, 10,000 live", "us", 1e3, None),
    ("ledger_commit", "commit of one decision, durable", "ms", 1e6, None),
    ("ledger/open 1,000,000 records", "open a store of 1,000,000 records", "ms", 1e6, None),
];

const VERDICTS: &str =
    "500 policies, 1,000 accounts in 5 levels of OUs, 5,000 people; 2,000 different questions";
const OFFERS: &str = "what is offered for one letter typed, without the wire; 500 policies about groups, 5,000 accounts in 5 levels \
    of OUs, 100 permission sets, 5,000 people";

pub(crate) fn gather(report: &mut Report) {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    for (folder, name, unit, nanoseconds, promise) in FIGURES {
        let file = target.join("criterion").join(folder).join("new/sample.json");
        let Some(samples) = read(&file).and_then(|sample| times(&sample)) else { continue };
        let samples: Vec<f64> = samples.into_iter().map(|time| time / nanoseconds).collect();
        let promises: Vec<(f64, f64)> = promise.into_iter().map(|limit| (0.5, limit)).collect();
        let method = "criterion; each sample is the mean of many iterations";
        report.spread(name, unit, samples, &promises, method);
    }
    if let Some(Value::Object(verdicts)) = read(&target.join("bench/policy.json")) {
        for (name, samples) in verdicts {
            let samples = samples.as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
            let (promises, method): (&[(f64, f64)], &str) = if name.starts_with("verdict") {
                (&[(0.99, 200.0)], VERDICTS)
            } else if name.starts_with("offers") {
                (&[(0.99, 100_000.0)], OFFERS)
            } else {
                (&[], VERDICTS)
            };
            report.spread(&format!("Cedar: {name}"), "us", samples, promises, method);
        }
    }
}

fn read(file: &Path) -> Option<Value> {
    serde_json::from_slice(&std::fs::read(file).ok()?).ok()
}

/// Nanoseconds per iteration of each sample.
fn times(sample: &Value) -> Option<Vec<f64>> {
    let numbers =
        |key: &str| Some(sample.get(key)?.as_array()?.iter().filter_map(Value::as_f64).collect::<Vec<_>>());
    Some(numbers("times")?.into_iter().zip(numbers("iters")?).map(|(time, iters)| time / iters).collect())
}
