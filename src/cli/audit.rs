//! `glasskey audit …`: proving the journal whole, and reading it out. Reads only, also while the bot runs.

use std::io::{self, Write};
use std::path::Path;

use serde_json::{Value, json};

use super::arguments::{ExportArguments, Format};
use super::output::{Exit, Output};
use crate::audit::{
    ExportFault, ExportFormat, ExportOptions, export as export_journal, verify as verify_journal,
};
use crate::ledger::Head;

/// Follows the whole chain, to `head` at least when one was noted elsewhere.
pub fn verify(out: &mut Output, store: &Path, head: Option<Head>) -> Exit {
    let report = match verify_journal(store, head) {
        Ok(report) => report,
        Err(why) => return failed(out, &why.to_string()),
    };
    let json = json!({
        "whole": report.is_whole(),
        "records": report.records,
        "segments": report.segments,
        "head": report.head.hash.to_string(),
        "unfinished_bytes": report.unfinished_bytes,
        "time_went_back": report.time_went_back,
        "first_bad": report.first_bad.as_ref().map(ToString::to_string),
    });
    let sound =
        format!("{} records in {} segments, head {}", report.records, report.segments, report.head.hash);
    if let Some(damage) = &report.first_bad {
        out.fail(&format!("NOT whole: {damage}\nbefore it: {sound}"), &json);
        return Exit::Refused;
    }
    if report.records == 0 && report.segments == 0 {
        out.note(&format!("note: there is no journal in {}", store.display()));
    }
    if let Some(seq) = report.time_went_back {
        out.note(&format!("note: record {seq} is earlier than the one before it: a clock was set back"));
    }
    if report.unfinished_bytes > 0 {
        out.note("note: the last record is unfinished: being written just now, or torn by a crash");
    }
    out.say(&format!("whole: {sound}"), &json);
    Exit::Fine
}

/// Reads the journal out to standard output.
pub fn export(out: &mut Output, store: &Path, arguments: &ExportArguments) -> Exit {
    let format = match arguments.format {
        Format::Jsonl => ExportFormat::JsonLines,
        Format::Csv => ExportFormat::Csv,
    };
    let options = ExportOptions { since: arguments.since, format, columns: Vec::new() };
    let mut buffered = io::BufWriter::new(out.raw());
    let done = export_journal(store, &options, &mut buffered).and_then(|count| {
        buffered.flush()?;
        Ok(count)
    });
    drop(buffered);
    match done {
        Ok(_) => Exit::Fine,
        Err(ExportFault::Out(why)) if why.kind() == io::ErrorKind::BrokenPipe => Exit::Fine,
        Err(why) => {
            out.note(&why.to_string());
            Exit::Refused
        }
    }
}

/// Everything the journal says about one request, as JSON lines.
pub fn show(out: &mut Output, store: &Path, id: &str) -> Exit {
    let id = id.to_ascii_uppercase();
    let options = ExportOptions { since: None, format: ExportFormat::JsonLines, columns: Vec::new() };
    let mut about = About { id: &id, rest: Vec::new(), found: 0, out: out.raw() };
    match export_journal(store, &options, &mut about) {
        Ok(_) if about.found == 0 => failed(out, &format!("the journal says nothing about `{id}`")),
        Ok(_) => Exit::Fine,
        Err(ExportFault::Out(why)) if why.kind() == io::ErrorKind::BrokenPipe => Exit::Fine,
        Err(why) => failed(out, &why.to_string()),
    }
}

/// Lets through the lines that name one request.
struct About<'a> {
    id: &'a str,
    rest: Vec<u8>,
    found: u64,
    out: &'a mut (dyn Write + Send),
}

impl Write for About<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.rest.extend_from_slice(bytes);
        while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            let value: Value = serde_json::from_slice(&line).unwrap_or(Value::Null);
            if names(&value, self.id) {
                self.found = self.found.saturating_add(1);
                self.out.write_all(&line)?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Whether a text of this record is exactly the id.
fn names(value: &Value, id: &str) -> bool {
    match value {
        Value::String(text) => text == id,
        Value::Array(items) => items.iter().any(|item| names(item, id)),
        Value::Object(fields) => fields.values().any(|field| names(field, id)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn failed(out: &mut Output, why: &str) -> Exit {
    out.fail(why, &json!({ "failed": why }));
    Exit::Refused
}
