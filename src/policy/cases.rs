//! `glasskey policy test FILE`: what policies shall answer, as a table that people who do not program can read and write.
//!
//! ```text
//! person       | account       | permission set | for | expect
//! ana@acme.com | payments-prod | ReadOnly       | 2h  | permit, 1 approval
//! ana@acme.com | payments-prod | Admin          | 9h  | refuse: too long
//! ```
//!
//! With a column `group` instead of `account` and `permission set` it is about groups; with `urgent` about urgent access.
//!
//! A table may also be about break-glass, its reviews, and who administers Glasskey:
//!
//! ```text
//! person       | action     | federation | level | for | expect
//! dee@acme.com | breakglass | main       | ops   | 2h  | permit, 1 approval, alone after 5m
//! sam@acme.com | audit      |            |       |     | permit
//! lea@acme.com | administer |            |       |     | permit
//! ```
//!
//! A row of titles begins another table. Lines above them may describe a pretend company (see [`company`](super::company())); without them the cases are about
//! the real one.

use std::fmt;

use glasskey_domain::emergency::Level;
use glasskey_domain::rules::{EmergencyQuestion, NotPermitted, Rules};
use glasskey_domain::{Directory, Door, PersonId, Question, Seconds};
use jiff::Timestamp;
use jiff::civil::DateTime;

use super::annotations::parse_length;
use super::company::from_lines;
use super::expected::{Expected, Granted, said};
use super::fault::{Complaint, PolicyFault, nearest};
use super::lookup;
use super::ruleset::RuleSet;
use super::verdict::{ADMINISTER, AUDIT, BREAKGLASS, REQUEST};

const COLUMNS: [&str; 18] = [
    "person",
    "action",
    "account",
    "permission set",
    "group",
    "federation",
    "level",
    "for",
    "expect",
    "approver",
    "ticket",
    "incident",
    "drill",
    "at",
    "start",
    "urgent",
    "emergency",
    "platform",
];
/// Of a table that is about access alone.
const NEEDED: [&str; 5] = ["person", "account", "permission set", "for", "expect"];
/// Of a table that is about groups alone.
const NEEDED_WITH_GROUP: [&str; 4] = ["person", "group", "for", "expect"];
/// Of a table that says what each case is about.
const NEEDED_WITH_ACTION: [&str; 3] = ["person", "action", "expect"];
/// Cells that say something about any action.
const COMMON: [&str; 5] = ["person", "action", "expect", "at", "platform"];

/// What a case is about.
#[derive(Clone, Copy)]
enum About {
    Access,
    Emergency,
    Audit,
    Administer,
}

impl About {
    fn of(action: Option<&str>) -> Result<Self, Complaint> {
        match action {
            None | Some(REQUEST) => Ok(Self::Access),
            Some(BREAKGLASS) => Ok(Self::Emergency),
            Some(AUDIT) => Ok(Self::Audit),
            Some(ADMINISTER) => Ok(Self::Administer),
            Some(other) => {
                let mend = format!(
                    "write `{REQUEST}`, `{BREAKGLASS}`, `{AUDIT}` or `{ADMINISTER}`; for who says yes to the first two, fill `approver`"
                );
                Err(Complaint::new(format!("`{other}` is not what a case can be about"), mend))
            }
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Access => REQUEST,
            Self::Emergency => BREAKGLASS,
            Self::Audit => AUDIT,
            Self::Administer => ADMINISTER,
        }
    }

    /// The cells that say something about it, beside the common ones.
    fn cells(self) -> &'static [&'static str] {
        match self {
            Self::Access => &[
                "account",
                "permission set",
                "group",
                "for",
                "approver",
                "ticket",
                "start",
                "urgent",
                "emergency",
            ],
            Self::Emergency => &["federation", "level", "for", "approver", "incident", "drill", "emergency"],
            Self::Audit | Self::Administer => &[],
        }
    }
}

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
    let mut columns = columns_of(file, *head, titles)?;
    let (mut count, mut failures, mut faults) = (0_usize, Vec::new(), Vec::new());
    for (line, row) in rows {
        if is_titles(row) {
            columns = columns_of(file, *line, row)?;
            continue;
        }
        count = count.saturating_add(1);
        match (Case { rules, directory, now, cells: cells(&columns, row) }).run() {
            Ok(None) => {}
            Ok(Some(got)) => failures.push(Failure { line: *line, row: (*row).to_owned(), got }),
            Err(complaint) => faults.push(PolicyFault::at(file, *line, complaint)),
        }
    }
    if faults.is_empty() { Ok(CaseReport { cases: count, failures }) } else { Err(faults) }
}

/// Two titles in a row begin another table; one alone could be what somebody called an account.
fn is_titles(row: &str) -> bool {
    let is_title = |cell: &&str| COLUMNS.iter().any(|known| known.eq_ignore_ascii_case(cell));
    split(row).filter(is_title).count() > 1
}

fn columns_of(file: &str, line: usize, titles: &str) -> Result<Vec<&'static str>, Vec<PolicyFault>> {
    columns(titles).map_err(|complaint| vec![PolicyFault::at(file, line, complaint)])
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
    let about_groups = columns.contains(&"group") && !columns.contains(&"account");
    let needed: &[&str] = match (columns.contains(&"action"), about_groups) {
        (true, _) => &NEEDED_WITH_ACTION,
        (false, true) => &NEEDED_WITH_GROUP,
        (false, false) => &NEEDED,
    };
    match needed.iter().find(|needed| !columns.contains(needed)) {
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
        if self.cells.iter().any(|(column, cell)| column.is_empty() && !cell.is_empty()) {
            return Err(Complaint::new("the row has more cells than the table has columns", "remove them"));
        }
        let about = About::of(self.cell("action"))?;
        let says = |column: &str| COMMON.contains(&column) || about.cells().contains(&column);
        if let Some((column, _)) = self.cells.iter().find(|(column, cell)| !cell.is_empty() && !says(column))
        {
            let what = format!("the cell `{column}` says nothing about `{}`", about.word());
            return Err(Complaint::new(what, "empty it"));
        }
        let answer = match about {
            About::Access => self.access()?,
            About::Emergency => self.emergency()?,
            About::Audit => {
                let (person, at) = (self.person("person")?, self.at()?);
                let answer = self.rules.audit(self.directory, &person, door(self.cell("platform"))?, at);
                answer.map(|()| Granted::plainly(Vec::new()))
            }
            About::Administer => {
                let (person, at) = (self.person("person")?, self.at()?);
                let answer = self.rules.administer(self.directory, &person, door(self.cell("platform"))?, at);
                answer.map(|()| Granted::plainly(Vec::new()))
            }
        };
        let expected = Expected::parse(self.needed("expect")?)?;
        Ok((!expected.is_met_by(&answer)).then(|| said(&answer)))
    }

    fn access(&self) -> Result<Result<Granted, NotPermitted>, Complaint> {
        let question = Question {
            ticket: self.cell("ticket").map(str::to_owned),
            starts_at: self.time("start")?,
            urgent: yes_or_no(self.cell("urgent"))?,
            emergency_on: yes_or_no(self.cell("emergency"))?,
            door: door(self.cell("platform"))?,
            ..self.asked()?
        };
        let verdict = match self.cell("approver") {
            None => self.rules.request(self.directory, &question),
            Some(_) => self.rules.approve(self.directory, &question, &self.person("approver")?),
        };
        Ok(Granted::access(verdict))
    }

    /// Who asks for what: a permission set in an account, or a group.
    fn asked(&self) -> Result<Question, Complaint> {
        let (who, length, at) = (self.needed("person")?, self.length()?, self.at()?);
        let asked = match self.cell("group") {
            Some(_) if self.cell("account").is_some() || self.cell("permission set").is_some() => {
                let what = "the row names a group and an account";
                return Err(Complaint::new(what, "empty the cells of one of them"));
            }
            Some(group) => lookup::group_question(self.directory, (who, group), length, at),
            None => {
                let names = (who, self.needed("account")?, self.needed("permission set")?);
                lookup::question(self.directory, names, length, at)
            }
        };
        asked.map_err(not_found)
    }

    fn emergency(&self) -> Result<Result<Granted, NotPermitted>, Complaint> {
        let (opener, federation) = (self.needed("person")?, self.needed("federation")?);
        let level = level(self.needed("level")?)?;
        let (length, at) = (self.length()?, self.at()?);
        let asked = lookup::emergency_question(self.directory, opener, federation, level, length, at)
            .map_err(not_found)?;
        let question = EmergencyQuestion {
            incident: self.cell("incident").map(str::to_owned),
            drill: yes_or_no(self.cell("drill"))?,
            emergency_on: yes_or_no(self.cell("emergency"))?,
            door: door(self.cell("platform"))?,
            ..asked
        };
        if self.cell("approver").is_none() {
            return Ok(self.rules.breakglass(self.directory, &question).map(Granted::emergency));
        }
        let confirmer = self.person("approver")?;
        // Built in; decisions see to it themselves, because policy is asked the same of who closes.
        if confirmer == question.opener {
            return Ok(Err(NotPermitted::NoPolicy));
        }
        Ok(self.rules.confirm(self.directory, &question, &confirmer).map(Granted::plainly))
    }

    fn cell(&self, column: &str) -> Option<&str> {
        let found = self.cells.iter().find(|(name, _)| *name == column);
        found.map(|(_, cell)| *cell).filter(|cell| !cell.is_empty())
    }

    fn needed(&self, column: &str) -> Result<&str, Complaint> {
        self.cell(column).ok_or_else(|| Complaint::new(format!("the cell `{column}` is empty"), "fill it"))
    }

    fn person(&self, column: &str) -> Result<PersonId, Complaint> {
        let found = lookup::person(self.directory, self.needed(column)?).map_err(not_found)?;
        Ok(found.id.clone())
    }

    fn length(&self) -> Result<Seconds, Complaint> {
        parse_length(self.needed("for")?)
            .ok_or_else(|| Complaint::new("the length cannot be read", "write it as `4h`, `90m` or `1h30m`"))
    }

    fn at(&self) -> Result<Timestamp, Complaint> {
        Ok(self.time("at")?.unwrap_or(self.now))
    }

    fn time(&self, column: &str) -> Result<Option<Timestamp>, Complaint> {
        let Some(text) = self.cell(column) else { return Ok(None) };
        let wrong = || Complaint::new(format!("`{text}` is not a time"), "write it as `2026-11-21 02:30`");
        local_time(self.rules, text).map(Some).ok_or_else(wrong)
    }
}

/// `2026-11-21 02:30`, in the time zone of the policies.
#[must_use]
pub fn local_time(rules: &RuleSet, text: &str) -> Option<Timestamp> {
    let local: DateTime = text.parse().ok()?;
    local.to_zoned(rules.zone().clone()).map(|zoned| zoned.timestamp()).ok()
}

fn not_found(error: lookup::NotFound) -> Complaint {
    Complaint { what: error.to_string(), mend: None }
}

fn level(text: &str) -> Result<Level, Complaint> {
    let found = Level::ALL.into_iter().find(|level| level.word() == text);
    found.ok_or_else(|| Complaint::new(format!("`{text}` is not a level"), "write `ro` or `ops`"))
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
