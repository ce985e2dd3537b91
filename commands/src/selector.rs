//! What was typed to point at something. A selector is not an id: the directory and the ledger say what it means.
//!
//! Must never claim that the thing exists.

use crate::words;
use std::fmt;

/// What was typed for an account: an id, a name or an alias.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AccountSelector(String);

impl AccountSelector {
    /// Takes text from a form or a command line. An account id written `1234-5678-9012`, as the AWS console
    /// shows it, becomes plain digits.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let text = words::clean(text);
        Self(account_id(&text).unwrap_or(text))
    }

    /// The text that points at the account.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An AWS account id has 12 digits; the console groups them by four.
pub(crate) fn account_id(text: &str) -> Option<String> {
    let digits = |part: &str, count: usize| part.len() == count && part.bytes().all(|b| b.is_ascii_digit());
    if digits(text, 12) {
        return Some(text.to_owned());
    }
    let groups: Vec<&str> = text.split('-').collect();
    (groups.len() == 3 && groups.iter().all(|group| digits(group, 4))).then(|| groups.concat())
}

/// What was typed for a permission set: its name or the beginning of it, in any case of letters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PermissionSetSelector(String);

impl PermissionSetSelector {
    /// Takes text from a form or a command line.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(words::clean(text))
    }

    /// The text that points at the permission set.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PermissionSetSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What was typed for a group: its name in the Identity Store or in Okta, or its id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct GroupSelector(String);

impl GroupSelector {
    /// Takes text from a form or a command line.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(words::clean(text))
    }

    /// The text that points at the group.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for GroupSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The fewest symbols in the id of a request or an emergency: what Glasskey gives while ids of four are free.
pub const REQUEST_SYMBOLS_MIN: usize = 4;
/// The most symbols in the id of a request or an emergency: past a million million ids nothing longer can be needed, and it can
/// still be read out over a telephone.
pub const REQUEST_SYMBOLS_MAX: usize = 8;

/// What was typed for a request, written in the one form that ids have: `AR-7K3Q`.
///
/// Reading forgives what people do to ids: lower case, a missing `AR-`, the letter O for zero, I or L for one.
/// (Crockford's base 32 has no I, L, O and U; a U is refused because nothing looks like it.)
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestRef(String);

impl RequestRef {
    /// The reference that the text stands for, or `None` if it cannot be the id of a request.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        one_form(text, "AR-").map(Self)
    }

    /// The id in its one form, `AR-` and 4 to 8 symbols.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What was typed for an emergency, written in the one form that ids have: `BG-7K3Q`. Reading forgives what it
/// forgives in a [`RequestRef`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EmergencyRef(String);

impl EmergencyRef {
    /// The reference that the text stands for, or `None` if it cannot be the id of an emergency.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        one_form(text, "BG-").map(Self)
    }

    /// The id in its one form, `BG-` and 4 to 8 symbols.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EmergencyRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn one_form(text: &str, prefix: &str) -> Option<String> {
    let text = text.trim().trim_end_matches(['.', ',', ';', ':']).to_ascii_uppercase();
    let symbols = text.strip_prefix(prefix).unwrap_or(&text);
    let symbols: String = symbols.chars().map(symbol).collect::<Option<_>>()?;
    (REQUEST_SYMBOLS_MIN..=REQUEST_SYMBOLS_MAX).contains(&symbols.len()).then(|| format!("{prefix}{symbols}"))
}

fn symbol(c: char) -> Option<char> {
    match c {
        'O' => Some('0'),
        'I' | 'L' => Some('1'),
        'U' => None,
        _ => c.is_ascii_alphanumeric().then_some(c),
    }
}

impl fmt::Display for RequestRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_people_write_it() {
        for typed in ["AR-7K3Q", "ar-7k3q", "7K3Q", "7k3q", " AR-7K3Q. "] {
            assert_eq!(RequestRef::parse(typed).unwrap().as_str(), "AR-7K3Q", "{typed}");
        }
        assert_eq!(RequestRef::parse("ar-oil0").unwrap().as_str(), "AR-0110");
    }

    #[test]
    fn an_id_is_of_a_request_or_of_an_emergency_and_never_of_both() {
        for typed in ["BG-7K3Q", "bg-7k3q", "7k3q", "BG-7K3Q,"] {
            assert_eq!(EmergencyRef::parse(typed).unwrap().as_str(), "BG-7K3Q", "{typed}");
        }
        assert_eq!(EmergencyRef::parse("AR-7K3Q"), None);
        assert_eq!(RequestRef::parse("BG-7K3Q"), None);
    }

    #[test]
    fn what_cannot_be_an_id_is_none() {
        for typed in ["", "AR-", "AR-7UK3", "AR-7K-3Q", "AR 7K3Q", "<@U123>", "7Ķ3Q", "AR-７K3Q"] {
            assert_eq!(RequestRef::parse(typed), None, "{typed}");
        }
    }

    #[test]
    fn ids_at_the_limits_of_length_are_read_and_one_past_them_not() {
        for (symbols, good) in [(3, false), (4, true), (8, true), (9, false)] {
            assert_eq!(RequestRef::parse(&"7".repeat(symbols)).is_some(), good, "{symbols}");
        }
    }

    #[test]
    fn an_account_id_grouped_by_the_console_becomes_digits() {
        assert_eq!(AccountSelector::new("1234-5678-9012").as_str(), "123456789012");
        assert_eq!(AccountSelector::new(" prod  eu ").as_str(), "prod eu");
    }
}
