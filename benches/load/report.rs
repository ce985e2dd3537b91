//! What was measured, beside what was promised. Never asserts on time: it prints what misses, and keeps the numbers.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

/// A promised upper limit of a quantile (1.0 is the maximum).
pub(crate) type Promise = (f64, f64);

/// Numbers in ascending order.
pub(crate) struct Sorted(Vec<f64>);

impl Sorted {
    pub(crate) fn of(mut samples: Vec<f64>) -> Self {
        samples.sort_by(f64::total_cmp);
        Self(samples)
    }

    /// The smallest sample that at least this share of all samples does not exceed.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "thousands"
    )]
    pub(crate) fn quantile(&self, share: f64) -> f64 {
        let rank = (self.0.len() as f64 * share).ceil() as usize;
        self.0.get(rank.saturating_sub(1)).copied().unwrap_or(f64::NAN)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

/// The figures of this run, and those of earlier runs that were not measured again.
pub(crate) struct Report {
    path: PathBuf,
    figures: Map<String, Value>,
    fresh: Vec<String>,
}

impl Report {
    pub(crate) fn open(path: PathBuf) -> Self {
        Self { figures: kept(&path), path, fresh: Vec::new() }
    }

    /// Notes a distribution in `unit`.
    pub(crate) fn spread(
        &mut self,
        name: &str,
        unit: &str,
        samples: Vec<f64>,
        promises: &[Promise],
        method: &str,
    ) {
        let sorted = Sorted::of(samples);
        let shares = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("max", 1.0)];
        let mut measured: Map<String, Value> =
            shares.iter().map(|(name, share)| ((*name).to_owned(), json!(sorted.quantile(*share)))).collect();
        measured.insert("samples".to_owned(), json!(sorted.len()));
        let kept = promises.iter().map(|(share, limit)| {
            let word = if *share >= 1.0 { "max".to_owned() } else { format!("p{:.0}", share * 100.0) };
            (format!("{word} <= {limit} {unit}"), sorted.quantile(*share) <= *limit)
        });
        let kept: Vec<(String, bool)> = kept.collect();
        self.note(name, unit, &Value::Object(measured), &kept, method);
    }

    /// Notes one number.
    pub(crate) fn single(&mut self, name: &str, unit: &str, value: f64, limit: Option<f64>, method: &str) {
        let kept: Vec<(String, bool)> =
            limit.map(|limit| (format!("<= {limit} {unit}"), value <= limit)).into_iter().collect();
        self.note(name, unit, &json!({ "value": value, "samples": 1 }), &kept, method);
    }

    fn note(&mut self, name: &str, unit: &str, measured: &Value, kept: &[(String, bool)], method: &str) {
        let target: Vec<&str> = kept.iter().map(|(target, _)| target.as_str()).collect();
        let met = kept.iter().all(|(_, met)| *met);
        let figure = json!({
            "unit": unit, "measured": measured, "target": target.join(", "), "met": met, "method": method,
            "load_average": first_word("/proc/loadavg"), "disk_pressure": disk_pressure(), "at": jiff::Timestamp::now().to_string(),
        });
        self.figures.insert(name.to_owned(), figure);
        self.fresh.push(name.to_owned());
        print!("{}", self.line(name));
        self.write();
    }

    fn line(&self, name: &str) -> String {
        let Some(figure) = self.figures.get(name) else { return String::new() };
        let text = |key: &str| figure.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let unit = text("unit");
        let mut numbers = String::new();
        for (word, value) in figure.get("measured").and_then(Value::as_object).into_iter().flatten() {
            if let Some(value) = value.as_f64().filter(|_| word != "samples") {
                let _ = write!(numbers, "{} {} ", if word == "value" { "" } else { word }, short(value));
            }
        }
        let samples = figure.pointer("/measured/samples").and_then(Value::as_u64).unwrap_or(0);
        let verdict = match (text("target").as_str(), figure.get("met").and_then(Value::as_bool)) {
            ("", _) => "      ",
            (_, Some(true)) => "ok    ",
            _ => "MISSED",
        };
        format!(
            "{verdict} {name}\n         {} {unit} ({samples} samples, load {}, disk pressure {} %)  target: {}\n",
            numbers.trim(),
            text("load_average"),
            text("disk_pressure"),
            text("target"),
        )
    }

    /// Another run may have written meanwhile: only what this one measured is replaced.
    fn write(&self) {
        let mut figures = kept(&self.path);
        for name in &self.fresh {
            figures.extend(self.figures.get(name).map(|figure| (name.clone(), figure.clone())));
        }
        let whole = json!({ "machine": machine(), "figures": figures });
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder).unwrap();
        }
        std::fs::write(&self.path, serde_json::to_vec_pretty(&whole).unwrap()).unwrap();
    }

    /// Prints everything, what was measured now and what is kept from before.
    pub(crate) fn print(&self) {
        println!("\nmachine: {}", machine());
        for name in self.figures.keys() {
            let old = if self.fresh.contains(name) { "" } else { "(from an earlier run) " };
            print!("{old}{}", self.line(name));
        }
        println!("written to {}", self.path.display());
    }
}

fn kept(path: &Path) -> Map<String, Value> {
    let whole = std::fs::read(path).ok().and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
    whole
        .as_ref()
        .and_then(|whole| whole.get("figures"))
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default()
}

fn short(value: f64) -> String {
    if value >= 100.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}

fn first_word(path: &str) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.split_whitespace().next().unwrap_or("?").to_owned()
}

/// Share of the last ten seconds in which somebody waited for the disk, in percent.
fn disk_pressure() -> String {
    let text = std::fs::read_to_string("/proc/pressure/io").unwrap_or_default();
    let word = text.split_whitespace().nth(1).and_then(|word| word.strip_prefix("avg10="));
    word.unwrap_or("?").to_owned()
}

fn machine() -> Value {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let after = |text: &str, key: &str| {
        let line = text.lines().find(|line| line.starts_with(key)).unwrap_or_default();
        line.split_once(':').map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    };
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    json!({
        "cores": cores, "cpu": after(&read("/proc/cpuinfo"), "model name"),
        "memory": after(&read("/proc/meminfo"), "MemTotal"),
        "kernel": read("/proc/sys/kernel/osrelease").trim(),
        "disk": disk_of(Path::new(env!("CARGO_MANIFEST_DIR"))),
    })
}

/// The device and file system of the mount with the longest prefix.
fn disk_of(path: &Path) -> String {
    let mounts = std::fs::read_to_string("/proc/mounts").unwrap_or_default();
    let words = mounts.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    let on = words.filter(|words| words.len() > 2 && path.starts_with(words[1]));
    on.max_by_key(|words| words[1].len())
        .map(|words| format!("{} {}", words[0], words[2]))
        .unwrap_or_default()
}
