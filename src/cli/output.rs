//! What the command line prints, and how it ends. Answers to standard output, everything else to standard error; as JSON,
//! exactly one document. Never fails because nobody reads.

use std::io::Write;
use std::process::ExitCode;

/// How a command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It did what was asked.
    Fine,
    /// Refused, failed, or faults were found.
    Refused,
    /// Not understood.
    Usage,
    /// It could not be asked: no bot answers.
    CouldNotAsk,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Fine => 0,
            Exit::Refused => 1,
            Exit::Usage => 2,
            Exit::CouldNotAsk => 3,
        })
    }
}

/// Where a command prints.
pub struct Output {
    json: bool,
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
}

impl Output {
    /// The process's own streams; as JSON when asked for.
    #[must_use]
    pub fn process(json: bool) -> Self {
        Self { json, out: Box::new(std::io::stdout()), err: Box::new(std::io::stderr()) }
    }

    /// Whether JSON was asked for.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// The answer, for people or for programs.
    pub fn say(&mut self, text: &str, json: &serde_json::Value) {
        let line = if self.json { json.to_string() } else { printable(text) };
        write(&mut self.out, &line);
    }

    /// The answer where it is no: as JSON it still goes to standard output.
    pub fn fail(&mut self, text: &str, json: &serde_json::Value) {
        if self.json {
            write(&mut self.out, &json.to_string());
        } else {
            write(&mut self.err, &printable(text));
        }
    }

    /// Something beside the answer.
    pub fn note(&mut self, text: &str) {
        write(&mut self.err, &printable(text));
    }

    /// The raw stream, for exports.
    pub fn raw(&mut self) -> &mut (dyn Write + Send) {
        &mut self.out
    }
}

/// A reader that went away (`| head`) is no fault of ours.
fn write(to: &mut (dyn Write + Send), line: &str) {
    drop(writeln!(to, "{line}"));
    drop(to.flush());
}

/// Text in which only line breaks and tabs control the terminal: some of it was typed by people (P10).
fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() && character != '\n' && character != '\t' {
            out.extend(character.escape_unicode());
        } else {
            out.push(character);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_typed_does_not_control_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\nc"), "a\\u{1b}[2Jb\nc");
    }
}
