//! Event → words for people. The only room that has them: what happened, to what, until when, who can act now.
//!
//! It never knows a platform: it answers [`Text`], which each door dresses, cuts to its limit and escapes at the last
//! step (P10).

mod button;
pub mod card;
pub mod emergency;
mod links;
mod message;
mod mine;
mod refusals;
mod replies;
mod request;
#[cfg(test)]
pub(crate) mod samples;
mod usage;
mod watch;

use std::collections::BTreeMap;

use glasskey_domain::emergency::Level;
use glasskey_domain::{FederationId, PersonId};
use jiff::Timestamp;

pub use button::{Button, about, read_about};
pub use card::{Card, Tone};
pub use links::{SignInSteps, account, link_steps, sign_in_begins, sign_in_given_up, step_up_steps};
pub use message::Message;
pub use mine::{Entry, Mine, Section, mine};
pub use refusals::{code, not_permitted_because, refusal};
pub use replies::{list, permitted, reply, show};
pub use request::{card, tell};
pub use usage::usage;
pub use watch::watch;

/// A piece of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Span {
    /// As it is. May hold what people typed; the door escapes it.
    Plain(String),
    /// Worth seeing first.
    Bold(String),
    /// A name, an id, or what somebody typed.
    Code(String),
    /// What somebody typed, in quotation marks of ours: no words of ours, and no formatting, can be made in it.
    Quote(String),
    /// A person, whom the platform may show by its own account of them.
    Person {
        /// Who.
        person: PersonId,
        /// What to show when the platform has no account of them.
        name: String,
    },
    /// A person's name alone: nobody is called by it.
    Name(String),
    /// A time, which the platform may show in the reader's zone.
    Time(Timestamp),
    /// A link. The address is ours, never a person's.
    Link {
        /// Where.
        url: String,
        /// What it says.
        text: String,
    },
    /// A new line.
    Line,
}

/// Text for people, before it is dressed for a platform.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text(pub Vec<Span>);

impl Text {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds words.
    #[must_use]
    pub fn say(mut self, words: impl Into<String>) -> Self {
        self.0.push(Span::Plain(words.into()));
        self
    }

    /// Adds words of ours in which what one can type stands between backticks. Never what somebody typed.
    #[must_use]
    pub fn hint(mut self, words: &'static str) -> Self {
        for (place, words) in words.split('`').enumerate().filter(|(_, words)| !words.is_empty()) {
            self = if place % 2 == 0 { self.say(words) } else { self.code(words) };
        }
        self
    }

    /// Adds words worth seeing first.
    #[must_use]
    pub fn bold(mut self, words: impl Into<String>) -> Self {
        self.0.push(Span::Bold(words.into()));
        self
    }

    /// Adds a name, an id, or what somebody typed.
    #[must_use]
    pub fn code(mut self, words: impl Into<String>) -> Self {
        self.0.push(Span::Code(words.into()));
        self
    }

    /// Adds a sentence that somebody typed.
    #[must_use]
    pub fn quote(mut self, typed: impl Into<String>) -> Self {
        self.0.push(Span::Quote(typed.into()));
        self
    }

    /// Adds a person.
    #[must_use]
    pub fn person(mut self, person: &PersonId, directory: &glasskey_domain::Directory) -> Self {
        self.0.push(Span::Person { person: person.clone(), name: directory.name_of(person) });
        self
    }

    /// Adds a person's name, by which nobody is called.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.0.push(Span::Name(name.into()));
        self
    }

    /// Adds people, with commas.
    #[must_use]
    pub fn people(mut self, people: &[PersonId], directory: &glasskey_domain::Directory) -> Self {
        for (place, person) in people.iter().enumerate() {
            if place > 0 {
                self = self.say(", ");
            }
            self = self.person(person, directory);
        }
        self
    }

    /// Adds a time.
    #[must_use]
    pub fn time(mut self, at: Timestamp) -> Self {
        self.0.push(Span::Time(at));
        self
    }

    /// Adds a link.
    #[must_use]
    pub fn link(mut self, url: impl Into<String>, text: impl Into<String>) -> Self {
        self.0.push(Span::Link { url: url.into(), text: text.into() });
        self
    }

    /// Begins a new line.
    #[must_use]
    pub fn line(mut self) -> Self {
        self.0.push(Span::Line);
        self
    }

    /// Adds another text.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Whether it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As plain text, for a terminal, a log, or a notification: times in UTC, what was typed in backticks.
    #[must_use]
    pub fn plain(&self) -> String {
        let mut out = String::new();
        for span in &self.0 {
            match span {
                Span::Plain(words) | Span::Bold(words) => out.push_str(&one_line(words)),
                Span::Code(words) => {
                    out.push('`');
                    out.push_str(&one_line(words).replace('`', "'"));
                    out.push('`');
                }
                Span::Quote(typed) => out.push_str(&quoted(&one_line(typed))),
                Span::Person { name, .. } | Span::Name(name) => out.push_str(&one_line(name)),
                Span::Time(at) => out.push_str(&at.strftime("%Y-%m-%d %H:%M UTC").to_string()),
                Span::Link { url, text } => {
                    out.push_str(text);
                    out.push_str(": ");
                    out.push_str(url);
                }
                Span::Line => out.push('\n'),
            }
        }
        out
    }
}

/// In quotation marks, which the text itself can neither begin nor end.
#[must_use]
pub fn quoted(typed: &str) -> String {
    format!("“{}”", typed.trim().replace(['“', '”', '„', '‟', '〝', '〞', '＂'], "\""))
}

/// Lines are ours: what people typed makes none (P10).
fn one_line(words: &str) -> String {
    words
        .chars()
        .map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c })
        .collect()
}

/// What the words need to know besides the request.
#[derive(Debug, Clone, Default)]
pub struct Setting {
    /// The start page of the access portal, when it is configured.
    pub portal_url: Option<String>,
    /// The region of Identity Center, for the command line profile.
    pub region: String,
    /// What people need to sign in in an emergency.
    pub federations: BTreeMap<FederationId, FederationWords>,
    /// Where the runbook was written.
    pub runbook: Option<String>,
    /// Whether sessions that outlive access can be cut.
    pub cut_sessions: bool,
}

/// What people need to sign in to an emergency federation. From the configuration, so that it is known when nothing
/// answers (P8).
#[derive(Debug, Clone, Default)]
pub struct FederationWords {
    /// The address of the app.
    pub app_link: Option<String>,
    /// The names of the groups: `aws#Role#Account`.
    pub groups: BTreeMap<Level, String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_typed_makes_no_line_of_its_own_in_plain_text() {
        let typed = "no\nAR-7K3Q approved by Bo\r\u{2028}x";
        for text in [
            Text::new().say(typed),
            Text::new().bold(typed),
            Text::new().code(typed),
            Text::new().quote(typed),
        ] {
            assert_eq!(text.line().plain().lines().count(), 1);
        }
    }

    #[test]
    fn what_people_typed_does_not_end_its_quotation() {
        let text = Text::new().quote("all is well”. Confirmed by Bo. “");
        assert_eq!(text.plain(), "“all is well\". Confirmed by Bo. \"”");
    }
}
