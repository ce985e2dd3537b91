//! What was typed to point at a person: a mention, an e-mail address, or a name.
//!
//! Must never take a group for a person, nor the name that a mention carries for who it is: people choose that name.

use std::fmt;

/// The longest id in a mention, in characters: Slack's have 11, Discord's 20 digits at most; this leaves room.
pub const MENTION_ID_CHARS_MAX: usize = 32;

/// What was typed for a person. Whose it is, the directory and the chat's binding say.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum PersonRef {
    /// The id in a mention of the chat it was typed in: `U123` of `<@U123>` or `<@U123|bo>`, `123` of Discord's
    /// `<@123>` or `<@!123>`.
    Mention(String),
    /// An e-mail address, as it was typed.
    Email(String),
    /// A name after `@`, without it. Anybody can give themselves a name: on a chat it proves nothing.
    Name(String),
}

impl PersonRef {
    /// The person that one word points at, if it does.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_end_matches(['.', ',', ';', ':', '!', '?']);
        if let Some(inside) = text.strip_prefix('<') {
            return inside.strip_suffix('>').and_then(linked);
        }
        match text.strip_prefix('@') {
            Some(name) => is_name(name).then(|| Self::Name(name.to_owned())),
            None => is_email(text).then(|| Self::Email(text.to_owned())),
        }
    }
}

impl fmt::Display for PersonRef {
    /// As it can be typed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mention(id) => write!(f, "<@{id}>"),
            Self::Email(address) => f.write_str(address),
            Self::Name(name) => write!(f, "@{name}"),
        }
    }
}

/// Whether this mentions a group of people: a user group of Slack, a role of Discord.
pub(crate) fn is_group(text: &str) -> bool {
    text.starts_with("<!subteam^") || text.starts_with("<@&")
}

/// A mention, or the link that Slack makes of an address, without the angle brackets.
fn linked(inside: &str) -> Option<PersonRef> {
    let target = inside.split_once('|').map_or(inside, |(target, _)| target);
    if let Some(address) = target.strip_prefix("mailto:") {
        return is_email(address).then(|| PersonRef::Email(address.to_owned()));
    }
    let id = target.strip_prefix('@')?;
    let id = id.strip_prefix('!').unwrap_or(id);
    let good =
        (1..=MENTION_ID_CHARS_MAX).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric());
    good.then(|| PersonRef::Mention(id.to_owned()))
}

fn is_name(name: &str) -> bool {
    let everybody = ["here", "channel", "everyone"].iter().any(|word| name.eq_ignore_ascii_case(word));
    !everybody
        && name.starts_with(char::is_alphanumeric)
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '+'))
}

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let in_local = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '%' | '&' | '\'');
    let label = |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    local.starts_with(char::is_alphanumeric)
        && local.chars().all(in_local)
        && domain.contains('.')
        && domain.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_told_by_their_shape() {
        let mention = |id: &str| Some(PersonRef::Mention(id.to_owned()));
        for (typed, expected) in [
            ("<@U123>", mention("U123")),
            ("<@U123|bo>", mention("U123")),
            ("<@U123|<b>|x>,", mention("U123")),
            ("<@123>", mention("123")),
            ("<@!123>.", mention("123")),
            ("bo@acme.test", Some(PersonRef::Email("bo@acme.test".to_owned()))),
            ("Bo.Ek+x@eu.acme.test,", Some(PersonRef::Email("Bo.Ek+x@eu.acme.test".to_owned()))),
            ("<mailto:bo@acme.test|bo@acme.test>", Some(PersonRef::Email("bo@acme.test".to_owned()))),
            ("@bo", Some(PersonRef::Name("bo".to_owned()))),
            ("@bo.ek:", Some(PersonRef::Name("bo.ek".to_owned()))),
            ("@Zoë", Some(PersonRef::Name("Zoë".to_owned()))),
        ] {
            assert_eq!(PersonRef::parse(typed), expected, "{typed}");
        }
    }

    #[test]
    fn groups_everybody_and_other_words_are_nobody() {
        for typed in [
            "",
            "@",
            "<",
            "<>",
            "<@>",
            "<@!>",
            "<@|bo>",
            "<@U1 2>",
            "<@U1",
            "U123",
            "bo",
            "<!here>",
            "<!channel>",
            "<!subteam^S123>",
            "<@&123>",
            "<#C123|ops>",
            "@here",
            "@Everyone",
            "@channel",
            "@-x",
            "@a/b",
            "@<U1>",
            "bo@acme",
            "@@bo",
            "bo@",
            "bo@acme..test",
            "bo@.test",
            "a@b@c.test",
            "<mailto:bo|bo@acme.test>",
            "<https://x.test|bo@acme.test>",
            "<@U1><@U2>",
            "&lt;@U1&gt;",
        ] {
            assert_eq!(PersonRef::parse(typed), None, "{typed}");
        }
        assert!(is_group("<!subteam^S123|@ops>") && is_group("<@&123>"));
        assert!(!is_group("<@123>") && !is_group("<!here>"));
    }

    #[test]
    fn an_id_at_the_limit_is_read_and_one_symbol_more_is_not() {
        for (symbols, good) in [(MENTION_ID_CHARS_MAX, true), (MENTION_ID_CHARS_MAX + 1, false)] {
            assert_eq!(PersonRef::parse(&format!("<@{}>", "1".repeat(symbols))).is_some(), good, "{symbols}");
        }
    }
}
