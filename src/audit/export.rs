//! Reading the journal out for auditors, as JSON lines or as CSV that a spreadsheet cannot be tricked with. Bodies are
//! given as they were written, not as today's release would write them.

use std::io::Write;
use std::path::Path;

use serde_json::Value;

use crate::ledger::{
    Head, JournalFault, RawRecord, SegmentReader, join, journal_dir, list_segments, walk_segment,
};

/// What a record is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// One JSON object a line.
    JsonLines,
    /// Comma-separated, every field quoted, RFC 4180.
    Csv,
}

/// What is exported.
#[derive(Clone, Debug)]
pub struct ExportOptions {
    /// Only records of this time and later.
    pub since: Option<jiff::Timestamp>,
    /// What a record is written as.
    pub format: ExportFormat,
    /// For CSV: parts of the body that get a column of their own, each a JSON pointer such as `/requester`. The whole body
    /// is the last column in any case.
    pub columns: Vec<String>,
}

/// Why an export stopped.
#[derive(Debug, thiserror::Error)]
pub enum ExportFault {
    /// The journal cannot be read, or is damaged; what was exported before that is sound.
    #[error(transparent)]
    Journal(#[from] JournalFault),
    /// The other end of `out` said no.
    #[error("the export could not be written: {0}")]
    Out(#[from] std::io::Error),
    /// A body is not JSON, so that nobody can say what it means.
    #[error("the body of record {seq} is not JSON: {why}")]
    Body {
        /// The record.
        seq: u64,
        /// What the parser says.
        why: String,
    },
}

/// Writes the records of a store to `out`; answers how many. Follows the chain as it goes, and works beside a running bot.
///
/// # Errors
/// A damaged journal, at the first record that is not sound; an `out` that takes no more.
pub fn export(store: &Path, options: &ExportOptions, out: &mut dyn Write) -> Result<u64, ExportFault> {
    let mut written = 0;
    let mut before = Head::EMPTY;
    if options.format == ExportFormat::Csv {
        let names =
            ["seq", "at", "version", "hash"].into_iter().chain(options.columns.iter().map(String::as_str));
        write_row(out, names.chain(["body"]))?;
    }
    for (place, path) in list_segments(&journal_dir(store))?.iter().enumerate() {
        let (header, mut reader) = SegmentReader::open(path)?;
        join(&header, u32::try_from(place + 1).unwrap_or(u32::MAX), before, path)?;
        let mut head = Some(before);
        walk_segment(&mut reader, path, &mut head, |record| {
            written += u64::from(write_record(options, &record, out)?);
            Ok::<bool, ExportFault>(true)
        })?;
        before = head.unwrap_or(before);
    }
    out.flush()?;
    Ok(written)
}

fn write_record(
    options: &ExportOptions,
    record: &RawRecord<'_>,
    out: &mut dyn Write,
) -> Result<bool, ExportFault> {
    let frame = record.frame;
    let unreadable = |why: String| ExportFault::Body { seq: frame.seq, why };
    let at = jiff::Timestamp::from_millisecond(frame.at_ms).map_err(|fault| unreadable(fault.to_string()))?;
    if options.since.is_some_and(|since| at < since) {
        return Ok(false);
    }
    let body: Value = serde_json::from_slice(frame.body).map_err(|fault| unreadable(fault.to_string()))?;
    match options.format {
        ExportFormat::JsonLines => {
            let line = serde_json::json!({
                "seq": frame.seq,
                "at": at.to_string(),
                "version": frame.version,
                "previous": frame.previous.to_string(),
                "hash": record.hash.to_string(),
                "body": body,
            });
            writeln!(out, "{line}")?;
        }
        ExportFormat::Csv => {
            let fixed =
                [frame.seq.to_string(), at.to_string(), frame.version.to_string(), record.hash.to_string()];
            let picked = options.columns.iter().map(|pointer| plain(body.pointer(pointer)));
            let fields: Vec<String> = fixed.into_iter().chain(picked).chain([body.to_string()]).collect();
            write_row(out, fields.iter().map(String::as_str))?;
        }
    }
    Ok(true)
}

/// Text as text, anything else as JSON, nothing as nothing.
fn plain(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

fn write_row<'f>(out: &mut dyn Write, fields: impl Iterator<Item = &'f str>) -> std::io::Result<()> {
    let row: Vec<String> = fields.map(csv_field).collect();
    write!(out, "{}\r\n", row.join(","))
}

/// A spreadsheet runs a cell that begins with one of these as a formula, also inside quotes; an apostrophe makes it text.
#[must_use]
pub fn csv_field(text: &str) -> String {
    let first = text.trim_start_matches([' ', '\u{a0}']).chars().next();
    let is_formula =
        matches!(first, Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠'));
    let guard = if is_formula { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_that_a_spreadsheet_would_run_becomes_text() {
        for (text, cell) in [
            ("=HYPERLINK(\"http://x\")", "\"'=HYPERLINK(\"\"http://x\"\")\""),
            ("+1", "\"'+1\""),
            ("-1", "\"'-1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("\t=1", "\"'\t=1\""),
            ("\r=1", "\"'\r=1\""),
            ("\n=1", "\"'\n=1\""),
            ("  =1", "\"'  =1\""),
            ("＝1", "\"'＝1\""),
            ("ana, \"the\" one\nline", "\"ana, \"\"the\"\" one\nline\""),
            ("INC-7", "\"INC-7\""),
            ("", "\"\""),
        ] {
            assert_eq!(csv_field(text), cell);
        }
    }
}
