//! What is wrong with a policy, said so that the person who wrote it can mend it. Never carries a policy's text beyond
//! the word that is wrong.

use std::fmt;

/// One thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PolicyFault {
    /// File, as it was given.
    pub file: String,
    /// Line in it, from 1; `None` when it is about the whole file or directory.
    pub line: Option<usize>,
    /// What is wrong: lower case, no full stop.
    pub what: String,
    /// How to mend it, where that is known.
    pub mend: Option<String>,
}

impl PolicyFault {
    /// A fault of a whole file or directory.
    pub(super) fn of(file: impl Into<String>, what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { file: file.into(), line: None, what: what.into(), mend: Some(mend.into()) }
    }

    /// A fault at a line.
    pub(super) fn at(file: &str, line: usize, complaint: Complaint) -> Self {
        Self { file: file.to_owned(), line: Some(line), what: complaint.what, mend: complaint.mend }
    }
}

impl fmt::Display for PolicyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.what)?;
        match &self.mend {
            Some(mend) => write!(f, "\n    {mend}"),
            None => Ok(()),
        }
    }
}

/// What is wrong, before it is known where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Complaint {
    pub(super) what: String,
    pub(super) mend: Option<String>,
}

impl Complaint {
    pub(super) fn new(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { what: what.into(), mend: Some(mend.into()) }
    }
}

/// The known word nearest to a mistyped one, when it is near enough to be meant.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    /// Jaro-Winkler below this is another word, not a slip.
    const NEAR: f64 = 0.75;
    known
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&word.to_lowercase(), &candidate.to_lowercase()), candidate))
        .filter(|(likeness, _)| *likeness >= NEAR)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}
