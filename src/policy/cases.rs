//! `glasskey policy test FILE`: what policies shall answer, as a table that people who do not program can read and write.
//!
//! ```text
//! person       | account       | permission set | for | expect
//! ana@acme.com | payments-prod | ReadOnly       | 2h  | permit, 1 approval
//! ana@acme.com | payments-prod | Admin          | 9h  | refuse: too long
//! ```
//!
//! Lines above the table may describe a pretend company (see [`company`](super::company())); without them the cases are about
//! the real one.

use std::collections::BTreeMap;
use std::fmt;

use glasskey_domain::rules::{NotPermitted, Rules, Verdict};
use glasskey_domain::{Directory, Door, Question};
use jiff::Timestamp;
use jiff::civil::DateTime;

use super::annotations::parse_length;
use super::company::from_lines;
use super::explain::{in_words, terms_in_words};
use super::fault::{Complaint, PolicyFault, nearest};
use super::lookup;
use super::ruleset::RuleSet;

const COLUMNS: [&str; 10] = [
    "person",
    "account",
    "permission set",
    "for",
    "expect",
    "approver",
    "ticket",
    "at",
    "emergency",
    "platform",
];
const NEEDED: [&str; 5] = ["person", "account", "permission set", "for", "expect"];

/// One case that did not come out as expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Line in the file.
    pub line: usize,
    /// The row as it stands there.
    pub row: String,
    /// What policy answered instead.
    pub got: String,
}

/// What came of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseReport {
    /// How many cases it has.
    pub cases: usize,
    /// Those that failed.
    pub failures: Vec<Failure>,
}

impl CaseReport {
    /// Whether every case came out as expected.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.failures.is_empty()
    }
}

impl fmt::Display for CaseReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Failure { line, row, got } in &self.failures {
            writeln!(f, "line {line}: {row}\n    but policy says: {got}")?;
        }
        write!(
            f,
            "{} of {} cases are as expected",
            self.cases.saturating_sub(self.failures.len()),
            self.cases
        )
    }
}

/// Runs a table. `real` is the company when the file does not describe one; `now` is when the cases are that do not say.
///
/// # Errors
/// Every line that cannot be read; then no case was run. A table without cases is a fault: it would test nothing.
pub fn run(
    file: &str,
    text: &str,
    rules: &RuleSet,
    real: Option<&Directory>,
    now: Timestamp,
) -> Result<CaseReport, Vec<PolicyFault>> {
    let lines = (1..).zip(text.lines().map(str::trim));
    let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let (rows, company): (Vec<_>, Vec<_>) = lines.partition(|(_, line)| line.contains('|'));
    let pretend = if company.is_empty() { None } else { Some(from_lines(file, &company)?) };
    let Some(directory) = pretend.as_ref().or(real) else {
        let mend = "describe one above the table, or run where the bot has read the real one";
        return Err(vec![PolicyFault::of(file, "the cases are about no company", mend)]);
    };
    let Some(((head, titles), rows)) = rows.split_first().filter(|(_, rows)| !rows.is_empty()) else {
        return Err(vec![PolicyFault::of(
            file,
            "has no cases",
            format!("begin with a row `{}`", NEEDED.join(" | ")),
        )]);
    };
    let columns = columns(titles).map_err(|complaint| vec![PolicyFault::at(file, *head, complaint)])?;
    let (mut failures, mut faults) = (Vec::new(), Vec::new());
    for (line, row) in rows {
        match (Case { rules, directory, now, cells: cells(&columns, row) }).run() {
            Ok(None) => {}
            Ok(Some(got)) => failures.push(Failure { line: *line, row: (*row).to_owned(), got }),
            Err(complaint) => faults.push(PolicyFault::at(file, *line, complaint)),
        }
    }
    if faults.is_empty() { Ok(CaseReport { cases: rows.len(), failures }) } else { Err(faults) }
}

fn split(row: &str) -> impl Iterator<Item = &str> {
    row.trim_matches('|').split('|').map(str::trim)
}

fn columns(titles: &str) -> Result<Vec<&'static str>, Complaint> {
    let mut columns = Vec::new();
    for title in split(titles) {
        let Some(known) = COLUMNS.into_iter().find(|known| known.eq_ignore_ascii_case(title)) else {
            let mend = nearest(title, COLUMNS).map_or_else(
                || format!("known are {}", COLUMNS.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            return Err(Complaint::new(format!("`{title}` is not a column"), mend));
        };
        columns.push(known);
    }
    match NEEDED.iter().find(|needed| !columns.contains(needed)) {
        Some(missing) => Err(Complaint::new(format!("the column `{missing}` is missing"), "add it")),
        None => Ok(columns),
    }
}

fn cells<'a>(columns: &[&'static str], row: &'a str) -> Vec<(&'static str, &'a str)> {
    let mut columns = columns.iter();
    // More cells than columns have no name, and are found to be too many.
    split(row).map(|cell| (columns.next().copied().unwrap_or(""), cell)).collect()
}

struct Case<'a> {
    rules: &'a RuleSet,
    directory: &'a Directory,
    now: Timestamp,
    cells: Vec<(&'static str, &'a str)>,
}

impl Case<'_> {
    fn run(&self) -> Result<Option<String>, Complaint> {
        let cells: BTreeMap<&str, &str> =
            self.cells.iter().copied().filter(|(_, cell)| !cell.is_empty()).collect();
        if cells.contains_key("") {
            return Err(Complaint::new("the row has more cells than the table has columns", "remove them"));
        }
        let cell = |column: &str| cells.get(column).copied();
        let needed = |column: &str| {
            cell(column).ok_or_else(|| Complaint::new(format!("the cell `{column}` is empty"), "fill it"))
        };
        let not_found = |error: lookup::NotFound| Complaint { what: error.to_string(), mend: None };
        let length = parse_length(needed("for")?).ok_or_else(|| {
            Complaint::new("the length cannot be read", "write it as `4h`, `90m` or `1h30m`")
        })?;
        let names = (needed("person")?, needed("account")?, needed("permission set")?);
        let asked =
            lookup::question(self.directory, names, length, self.at(cell("at"))?).map_err(not_found)?;
        let question = Question {
            ticket: cell("ticket").map(str::to_owned),
            emergency_on: yes_or_no(cell("emergency"))?,
            door: door(cell("platform"))?,
            ..asked
        };
        let verdict = match cell("approver") {
            None => self.rules.request(self.directory, &question),
            Some(name) => {
                let approver = &lookup::person(self.directory, name).map_err(not_found)?.id;
                self.rules.approve(self.directory, &question, approver)
            }
        };
        let expected = Expected::parse(needed("expect")?)?;
        Ok((!expected.is_met_by(&verdict)).then(|| said(&verdict)))
    }

    /// `2026-11-21 02:30`, in the time zone of the policies.
    fn at(&self, text: Option<&str>) -> Result<Timestamp, Complaint> {
        let Some(text) = text else { return Ok(self.now) };
        let wrong = || Complaint::new(format!("`{text}` is not a time"), "write it as `2026-11-21 02:30`");
        let local: DateTime = text.parse().map_err(|_| wrong())?;
        local.to_zoned(self.rules.zone().clone()).map(|zoned| zoned.timestamp()).map_err(|_| wrong())
    }
}

fn yes_or_no(text: Option<&str>) -> Result<bool, Complaint> {
    match text {
        None | Some("no") => Ok(false),
        Some("yes") => Ok(true),
        Some(other) => {
            Err(Complaint::new(format!("`{other}` is neither `yes` nor `no`"), "write one of them"))
        }
    }
}

fn door(text: Option<&str>) -> Result<Door, Complaint> {
    let Some(text) = text else { return Ok(Door::Slack) };
    [Door::Slack, Door::Discord, Door::Host].into_iter().find(|door| door.to_string() == text).ok_or_else(
        || Complaint::new(format!("`{text}` is not a platform"), "write `slack`, `discord` or `host`"),
    )
}

fn said(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Permit(terms) => format!("permit, {}", terms_in_words(terms)),
        Verdict::Refuse(why) => format!("refuse: {}", in_words(why)),
    }
}

/// What a case expects; what it leaves out may be anything.
struct Expected<'a> {
    permit: bool,
    approvals: Option<u32>,
    by: Option<&'a str>,
    why: Option<&'a str>,
}

/// The reasons that a case may name, as [`word`] gives them.
const REASONS: [&str; 6] = ["no policy", "forbidden", "too long", "session too long", "gone", "error"];

impl<'a> Expected<'a> {
    fn parse(text: &'a str) -> Result<Self, Complaint> {
        let wrong = || {
            let mend = "write `permit`, `permit, 1 approval`, `permit, no approval, by POLICY`, `refuse` or `refuse: too long`";
            Complaint::new(format!("`{text}` is not an expectation"), mend)
        };
        if let Some(rest) = text.strip_prefix("refuse") {
            let why = match rest.strip_prefix(':').map(str::trim) {
                None if rest.is_empty() => None,
                Some(why) if REASONS.contains(&why) => Some(why),
                Some(_) | None => return Err(wrong()),
            };
            return Ok(Self { permit: false, approvals: None, by: None, why });
        }
        let mut parts = text.split(',').map(str::trim);
        if parts.next() != Some("permit") {
            return Err(wrong());
        }
        let mut expected = Self { permit: true, approvals: None, by: None, why: None };
        for part in parts {
            match (part.strip_prefix("by "), part.split_once(' ')) {
                (Some(policy), _) => expected.by = Some(policy.trim()),
                (None, Some(("no", "approval" | "approvals"))) => expected.approvals = Some(0),
                (None, Some((number, "approval" | "approvals"))) => {
                    expected.approvals = Some(number.parse().map_err(|_| wrong())?);
                }
                (None, _) => return Err(wrong()),
            }
        }
        Ok(expected)
    }

    fn is_met_by(&self, verdict: &Verdict) -> bool {
        match verdict {
            Verdict::Permit(terms) => {
                self.permit
                    && self.approvals.is_none_or(|approvals| approvals == terms.approvals)
                    && self.by.is_none_or(|policy| terms.policies.iter().any(|id| id == policy))
            }
            Verdict::Refuse(why) => !self.permit && self.why.is_none_or(|expected| expected == word(why)),
        }
    }
}

fn word(why: &NotPermitted) -> &'static str {
    match why {
        NotPermitted::NoPolicy => "no policy",
        NotPermitted::Forbidden { .. } => "forbidden",
        NotPermitted::TooLong { .. } => "too long",
        NotPermitted::SessionTooLong { .. } => "session too long",
        NotPermitted::ApprovalsGone { .. } => "approvals gone",
        NotPermitted::Gone => "gone",
        NotPermitted::Erred { .. } => "error",
    }
}
