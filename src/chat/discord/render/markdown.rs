//! Text → Discord's markdown. Everything is escaped and cut here, at the last step, and nothing is decided.
//!
//! A rendered line is made of atoms that are never cut: an escaped character, a mention, a time, a link. So no cut leaves
//! half of one, and what is bold or code is closed again.
//!
//! How Discord reads it: docs.discord.com, message formatting; a backslash before a character that is neither letter,
//! digit nor blank makes nothing but that character of it.

use glasskey_domain::PersonId;
use jiff::Timestamp;

use crate::chat::tidy::tidy;
use crate::notices::{Span, Text, quoted};

/// Longest name of a person that is shown: theirs may be a page.
const NAME_MAX: usize = 80;
/// Digits of a Discord id: 64 bits.
const ID_DIGITS_MAX: usize = 20;
/// What shows that something was cut.
pub(super) const CUT: &str = "…";

/// Knows the Discord user of a person, when there is one.
pub trait Names {
    /// The Discord user id.
    fn discord_user(&self, person: &PersonId) -> Option<String>;
}

/// Atoms between two marks.
struct Piece {
    open: &'static str,
    atoms: Vec<String>,
    close: &'static str,
}

/// One line.
#[derive(Default)]
pub(super) struct Line(Vec<Piece>);

impl Line {
    fn push(&mut self, mark: &'static str, atoms: Vec<String>) {
        // Two marks side by side would be read as a longer one.
        let touching = !mark.is_empty() && self.0.last().is_some_and(|last| last.close == mark);
        if touching {
            self.0.push(Piece { open: "", atoms: vec![" ".to_owned()], close: "" });
        }
        self.0.push(Piece { open: mark, atoms, close: mark });
    }

    /// The line within so many units, with a mark when something of it is not there.
    pub(super) fn within(&self, max: usize) -> String {
        let whole: String = self.0.iter().map(Piece::whole).collect();
        if size(&whole) <= max {
            return whole;
        }
        let (mut out, mut left) = (String::new(), max.saturating_sub(size(CUT)));
        for piece in &self.0 {
            let taken = piece.within(left);
            let all = size(&taken) == size(&piece.whole());
            left = left.saturating_sub(size(&taken));
            out.push_str(&taken);
            if !all {
                break;
            }
        }
        // Where there is no room for a mark there is room for nothing.
        if max >= size(CUT) {
            out.push_str(CUT);
        }
        out
    }
}

impl Piece {
    fn whole(&self) -> String {
        format!("{}{}{}", self.open, self.atoms.concat(), self.close)
    }

    /// As many atoms as fit, between the marks.
    fn within(&self, max: usize) -> String {
        let mut left = max.saturating_sub(size(self.open) + size(self.close));
        let fits = |atom: &&String| match left.checked_sub(size(atom)) {
            Some(rest) => {
                left = rest;
                true
            }
            None => false,
        };
        let atoms: String = self.atoms.iter().take_while(fits).map(String::as_str).collect();
        if atoms.is_empty() { atoms } else { format!("{}{atoms}{}", self.open, self.close) }
    }
}

/// How long a text is, as Discord may count it at most: in UTF-16 units.
pub(super) fn size(text: &str) -> usize {
    text.encode_utf16().count()
}

/// The lines of a text. Lines are ours: what people typed makes none (P10).
pub(super) fn lines(text: &Text, names: &dyn Names) -> Vec<Line> {
    let (mut done, mut line) = (Vec::new(), Line::default());
    for span in &text.0 {
        match span {
            Span::Plain(words) => line.push("", escaped(words)),
            Span::Bold(words) | Span::Code(words) if tidy(words).trim().is_empty() => {}
            Span::Bold(words) => line.push("**", escaped(words)),
            Span::Code(words) => line.push("`", code(words)),
            Span::Quote(typed) => line.push("", escaped(&quoted(&tidy(typed)))),
            Span::Person { person, name } => line.push("", account_or_name(names.discord_user(person), name)),
            Span::Name(name) => line.push("", escaped(&shortened(name))),
            Span::Time(at) => line.push("", vec![time(*at)]),
            Span::Link { url, text } => line.push("", link(url, text)),
            Span::Line => done.push(std::mem::take(&mut line)),
        }
    }
    done.push(line);
    done
}

/// A person's account; else their display name, which is free text.
fn account_or_name(user: Option<String>, name: &str) -> Vec<String> {
    let is_id = |user: &String| {
        (1..=ID_DIGITS_MAX).contains(&user.len()) && user.bytes().all(|byte| byte.is_ascii_digit())
    };
    match user.filter(is_id) {
        Some(user) => vec![format!("<@{user}>")],
        None => escaped(&shortened(name)),
    }
}

/// A name as it is shown.
pub(super) fn shortened(name: &str) -> String {
    let kept: String = name.chars().take(NAME_MAX).collect();
    if kept.len() < name.len() { format!("{kept}{CUT}") } else { kept }
}

/// A time that each reader sees in their own zone.
fn time(at: Timestamp) -> String {
    format!("<t:{}:f>", at.as_second())
}

/// Addresses are ours, but no character of one may end the link; what is no web address is no link.
fn link(url: &str, text: &str) -> Vec<String> {
    let words = escaped(&shortened(text));
    if !url.starts_with("https://") && !url.starts_with("http://") {
        return words;
    }
    let mut address = String::new();
    for c in tidy(url).chars() {
        match c {
            ' ' => address.push_str("%20"),
            '<' => address.push_str("%3C"),
            '>' => address.push_str("%3E"),
            '(' => address.push_str("%28"),
            ')' => address.push_str("%29"),
            '\\' => address.push_str("%5C"),
            '`' => address.push_str("%60"),
            other => address.push(other),
        }
    }
    // In angle brackets Discord shows no preview.
    vec![format!("[{}](<{address}>)", words.concat())]
}

/// In a code span nothing is read but its end.
fn code(words: &str) -> Vec<String> {
    tidy(words).chars().map(|c| if c == '`' { '\'' } else { c }.to_string()).collect()
}

/// The words as they are, character by character: no mark, no mention, no link, no emoji and no list comes out of them.
pub(super) fn escaped(words: &str) -> Vec<String> {
    let chars: Vec<char> = tidy(words).chars().collect();
    let at = |place: Option<usize>| place.and_then(|place| chars.get(place)).copied();
    // What comes before or after these words is not known, so an end counts as the worse of both.
    let mut number = true;
    let atom = |(place, c): (usize, &char)| {
        let (before, after) = (at(place.checked_sub(1)), at(place.checked_add(1)));
        let begins = before.is_none_or(char::is_whitespace);
        let escape = match c {
            '\\' | '*' | '_' | '~' | '`' | '>' | '|' | '[' | ']' | '<' | '@' => true,
            // `https://…` and `:emoji:`, but not `reason: …`.
            ':' => after != Some(' '),
            // `discord.gg/…` is an invitation without any scheme.
            '/' => !begins,
            // Lists, headers and small print, wherever the words may begin a line.
            '-' | '#' | '+' => begins,
            '.' | ')' => number && place > 0,
            _ => false,
        };
        number = number && (c.is_ascii_digit() || *c == ' ');
        if escape { format!("\\{c}") } else { c.to_string() }
    };
    chars.iter().enumerate().map(atom).collect()
}

/// A text where Discord makes nothing of markdown: times in UTC, nothing in backticks.
pub(super) fn plain(text: &Text) -> String {
    let bare = text.0.iter().map(|span| match span {
        Span::Code(words) | Span::Bold(words) => Span::Plain(tidy(words)),
        Span::Plain(words) => Span::Plain(tidy(words)),
        Span::Quote(typed) => Span::Quote(tidy(typed)),
        Span::Person { name, .. } | Span::Name(name) => Span::Plain(tidy(&shortened(name))),
        Span::Link { text, .. } => Span::Plain(tidy(text)),
        Span::Time(at) => Span::Time(*at),
        Span::Line => Span::Line,
    });
    Text(bare.collect()).plain()
}

/// Plain text within so many units, with a mark when something of it is not there.
pub(super) fn cut(text: &str, max: usize) -> String {
    let atoms = text.chars().map(String::from).collect();
    Line(vec![Piece { open: "", atoms, close: "" }]).within(max)
}

/// Words of people alone, escaped and cut.
pub(super) fn words(text: &str, max: usize) -> String {
    Line(vec![Piece { open: "", atoms: escaped(text), close: "" }]).within(max)
}
