//! One value each: text of the file → what it means, or why not. Never reads anything else.

use std::net::SocketAddr;

use glasskey_domain::emergency::Provider;
use glasskey_domain::{AccountId, Seconds};
use jiff::tz::TimeZone;
use toml::de::DeValue;
use url::{Host, Url};

use super::fault::shown;
use super::{CutSessions, OktaGroups};

/// Longest regular expression for tickets: longer ones are mistakes, and compiling takes memory.
const PATTERN_LENGTH_MAX: usize = 200;
/// Longest socket path: Unix allows 107 bytes, and the socket is made beside its place under a longer name.
const SOCKET_PATH_MAX: usize = 90;
/// Most workspaces of one bot: each has its own token in fact; ten covers an organization.
const TEAMS_MAX: usize = 10;
/// Longest grant and longest wait for an answer.
const LENGTH_MAX: Seconds = Seconds::hours(7 * 24);
/// Shortest and longest session that IAM lets a role have.
const SESSION_MIN: Seconds = Seconds::hours(1);
const SESSION_MAX: Seconds = Seconds::hours(12);
/// Longest id of an identity provider: Okta's have 20 characters, Entra's and Keycloak's 36, realms and clients more.
const OBJECT_ID_MAX: usize = 128;
/// Longest name of a group: Okta's limit.
const GROUP_NAME_MAX: usize = 255;
/// Most emergency roles that sessions are cut of: each is a call, and an account has few.
const ROLES_MAX: usize = 10;
/// IAM's limit for the name of a role.
const ROLE_NAME_MAX: usize = 64;
/// Shortest and longest time for which a sign-in is fresh: below a minute nobody is back in chat in time, and who signed in
/// an hour ago may have left the desk.
const FRESH_MIN: Seconds = Seconds::minutes(1);
const FRESH_MAX: Seconds = Seconds::hours(1);
/// Longest address: what an e-mail address may have.
const ADDRESS_MAX: usize = 254;

/// Groups of Okta that are named: each is a call at every reading.
const OKTA_GROUPS_NAMED_MAX: usize = 100;
/// Characters of the id of a policy, after `p-`.
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribePolicy.html>
const POLICY_ID_LENGTHS: std::ops::RangeInclusive<usize> = 8..=128;

/// Why a value is not what it must be.
#[derive(Debug)]
pub(super) enum Wrong {
    /// Its looks say it.
    Value,
    /// This says it.
    Said(String),
}

pub(super) type Parsed<T> = Result<T, Wrong>;

/// A value as it may be shown.
pub(super) fn show(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => shown(text),
        DeValue::Integer(number) => shown(number.as_str()).replace('"', ""),
        DeValue::Boolean(yes) => yes.to_string(),
        DeValue::Array(items) if items.is_empty() => "an empty list".to_owned(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a section".to_owned(),
        DeValue::Float(_) | DeValue::Datetime(_) => format!("a {}", value.type_str()),
    }
}

pub(super) fn text<'v>(value: &'v DeValue<'_>) -> Parsed<&'v str> {
    value.as_str().filter(|text| !text.trim().is_empty()).ok_or(Wrong::Value)
}

pub(super) fn boolean(value: &DeValue<'_>) -> Parsed<bool> {
    value.as_bool().ok_or(Wrong::Value)
}

pub(super) fn number(value: &DeValue<'_>, min: u32, max: u32) -> Parsed<u32> {
    let integer = value.as_integer().ok_or(Wrong::Value)?;
    let number = u32::from_str_radix(integer.as_str(), integer.radix()).map_err(|_| Wrong::Value)?;
    if (min..=max).contains(&number) { Ok(number) } else { Err(Wrong::Value) }
}

/// A length of time from a minute to seven days.
pub(super) fn length(value: &DeValue<'_>) -> Parsed<Seconds> {
    let length = parse_length(text(value)?).ok_or(Wrong::Value)?;
    if (glasskey_domain::settings::LENGTH_MIN..=LENGTH_MAX).contains(&length) {
        Ok(length)
    } else {
        Err(Wrong::Said(format!("{} ({length})", show(value))))
    }
}

/// How long a session of an emergency role may be.
pub(super) fn session(value: &DeValue<'_>) -> Parsed<Seconds> {
    let length = parse_length(text(value)?).ok_or(Wrong::Value)?;
    if (SESSION_MIN..=SESSION_MAX).contains(&length) { Ok(length) } else { Err(Wrong::Value) }
}

/// How old a sign-in may be.
pub(super) fn fresh(value: &DeValue<'_>) -> Parsed<Seconds> {
    let length = parse_length(text(value)?).ok_or(Wrong::Value)?;
    if (FRESH_MIN..=FRESH_MAX).contains(&length) { Ok(length) } else { Err(Wrong::Value) }
}

/// `1h30m`: days, hours, minutes and seconds, each at most once and in this order.
fn parse_length(text: &str) -> Option<Seconds> {
    let mut rest = text;
    let mut total: u32 = 0;
    for (unit, seconds) in [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)] {
        if let Some((digits, after)) = rest.split_once(unit) {
            if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            total = total.checked_add(digits.parse::<u32>().ok()?.checked_mul(seconds)?)?;
            rest = after;
        }
    }
    (rest.is_empty() && !text.is_empty()).then_some(Seconds(total))
}

/// An address that may carry secrets: https, or http that does not leave this machine.
pub(super) fn url(value: &DeValue<'_>) -> Parsed<Url> {
    parse_url(text(value)?)
}

pub(super) fn parse_url(text: &str) -> Parsed<Url> {
    let url = Url::parse(text).map_err(|why| Wrong::Said(format!("{} ({why})", shown(text))))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Wrong::Said("a URL with a user or a password in it (not shown)".to_owned()));
    }
    let safe = match url.scheme() {
        "https" => url.host().is_some(),
        "http" => is_loopback(&url),
        _ => false,
    };
    if safe && url.query().is_none() && url.fragment().is_none() { Ok(url) } else { Err(Wrong::Value) }
}

/// An identity provider by its own name for itself, which is compared letter by letter.
pub(super) fn issuer(value: &DeValue<'_>) -> Parsed<String> {
    let text = text(value)?;
    parse_url(text)?;
    if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        Err(Wrong::Value)
    } else {
        Ok(text.to_owned())
    }
}

/// The organization at Okta. The address of the administrators' console looks alike and answers with a redirection.
pub(super) fn okta_url(value: &DeValue<'_>) -> Parsed<Url> {
    let url = url(value)?;
    let console =
        url.host_str().and_then(|host| host.split('.').next()).is_some_and(|name| name.ends_with("-admin"));
    if console || url.path() != "/" { Err(Wrong::Value) } else { Ok(url) }
}

/// An address for people: https, also with a query.
pub(super) fn link(value: &DeValue<'_>) -> Parsed<Url> {
    let text = text(value)?;
    let url = Url::parse(text).map_err(|why| Wrong::Said(format!("{} ({why})", shown(text))))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Wrong::Said("a URL with a user or a password in it (not shown)".to_owned()));
    }
    if url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url)) {
        Ok(url)
    } else {
        Err(Wrong::Value)
    }
}

/// An id that an identity provider gave.
pub(super) fn object_id(value: &DeValue<'_>) -> Parsed<String> {
    let text = text(value)?;
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if plain && text.len() <= OBJECT_ID_MAX { Ok(text.to_owned()) } else { Err(Wrong::Value) }
}

/// A name that becomes part of an address: a tenant, a realm, a client.
pub(super) fn plain_name(value: &DeValue<'_>) -> Parsed<String> {
    let text = text(value)?;
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    if plain && text.len() <= OBJECT_ID_MAX && !text.starts_with('.') {
        Ok(text.to_owned())
    } else {
        Err(Wrong::Value)
    }
}

/// The name of a group, as people see it. Whether it leads to a role is looked at by `glasskey breakglass check`.
pub(super) fn group_name(value: &DeValue<'_>) -> Parsed<String> {
    let text = text(value)?;
    let shown = text.trim() == text && !text.chars().any(char::is_control);
    if shown && text.chars().count() <= GROUP_NAME_MAX { Ok(text.to_owned()) } else { Err(Wrong::Value) }
}

pub(super) fn provider(value: &DeValue<'_>) -> Parsed<Provider> {
    match text(value)? {
        "okta" => Ok(Provider::Okta),
        "entra" => Ok(Provider::Entra),
        "keycloak" => Ok(Provider::Keycloak),
        _ => Err(Wrong::Value),
    }
}

/// An e-mail address or a user name.
pub(super) fn who(value: &DeValue<'_>) -> Parsed<String> {
    let text = text(value)?;
    let plain = !text.chars().any(|c| c.is_whitespace() || c.is_control());
    if plain && text.len() <= ADDRESS_MAX { Ok(text.to_owned()) } else { Err(Wrong::Value) }
}

pub(super) fn role_arn(value: &DeValue<'_>) -> Parsed<String> {
    let text = text(value)?;
    let (partition, rest) = text.split_once(":iam::").ok_or(Wrong::Value)?;
    let (account, role) = rest.split_once(":role/").ok_or(Wrong::Value)?;
    let name = role.rsplit('/').next().unwrap_or(role);
    let path = role.bytes().all(|byte| byte.is_ascii_graphic());
    let arn = matches!(partition, "arn:aws" | "arn:aws-us-gov" | "arn:aws-cn");
    if arn && AccountId::parse(account).is_ok() && path && is_role_name(name) {
        Ok(text.to_owned())
    } else {
        Err(Wrong::Value)
    }
}

/// Up to so many different names.
pub(super) fn names(value: &DeValue<'_>, most: usize) -> Parsed<Vec<String>> {
    let DeValue::Array(items) = value else { return Err(Wrong::Value) };
    if items.is_empty() || items.len() > most {
        return Err(Wrong::Value);
    }
    let mut names: Vec<String> = Vec::with_capacity(items.len());
    for item in items {
        let name = group_name(item.get_ref())
            .map_err(|_| Wrong::Said(format!("a list with {}", show(item.get_ref()))))?;
        if names.contains(&name) {
            return Err(Wrong::Said(format!("a list with {} twice", show(item.get_ref()))));
        }
        names.push(name);
    }
    Ok(names)
}

/// Which groups of Okta can be asked for.
pub(super) fn okta_groups(value: &DeValue<'_>) -> Parsed<Option<OktaGroups>> {
    match value.as_bool() {
        Some(all) => Ok(all.then_some(OktaGroups::All)),
        None => names(value, OKTA_GROUPS_NAMED_MAX).map(|names| Some(OktaGroups::Named(names))),
    }
}

/// Where sessions are denied.
pub(super) fn cut_sessions(value: &DeValue<'_>) -> Parsed<CutSessions> {
    let text = text(value)?;
    if text == "inline-policy" {
        return Ok(CutSessions::InlinePolicy);
    }
    let policy = text.strip_prefix("scp:").ok_or(Wrong::Value)?;
    let id = policy.strip_prefix("p-").ok_or(Wrong::Value)?;
    let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if plain && POLICY_ID_LENGTHS.contains(&id.len()) {
        Ok(CutSessions::ServiceControlPolicy(policy.to_owned()))
    } else {
        Err(Wrong::Value)
    }
}

pub(super) fn role_names(value: &DeValue<'_>) -> Parsed<Vec<String>> {
    let DeValue::Array(items) = value else { return Err(Wrong::Value) };
    if items.is_empty() || items.len() > ROLES_MAX {
        return Err(Wrong::Value);
    }
    let role = |item: &toml::Spanned<DeValue<'_>>| {
        let item = item.get_ref();
        let name = text(item).ok().filter(|name| is_role_name(name));
        name.map(str::to_owned).ok_or_else(|| Wrong::Said(format!("a list with {}", show(item))))
    };
    items.iter().map(role).collect()
}

fn is_role_name(name: &str) -> bool {
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte));
    plain && (1..=ROLE_NAME_MAX).contains(&name.len())
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// A Slack id: one of the first letters, then capitals and digits.
fn slack_id(text: &str, first: &[char]) -> Parsed<String> {
    let rest = text.strip_prefix(first).ok_or(Wrong::Value)?;
    let plain = rest.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    if plain && (2..=20).contains(&rest.len()) { Ok(text.to_owned()) } else { Err(Wrong::Value) }
}

pub(super) fn channel(value: &DeValue<'_>) -> Parsed<String> {
    slack_id(text(value)?, &['C', 'G'])
}

/// An id of Discord's (a snowflake). Source: discord.com/developers/docs/reference#snowflakes.
pub(super) fn snowflake(value: &DeValue<'_>) -> Parsed<String> {
    let text = text(value)?;
    let number = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    if number && (17..=20).contains(&text.len()) && text.parse::<u64>().is_ok() {
        Ok(text.to_owned())
    } else {
        Err(Wrong::Value)
    }
}

pub(super) fn teams(value: &DeValue<'_>) -> Parsed<Vec<String>> {
    let DeValue::Array(items) = value else { return Ok(vec![slack_id(text(value)?, &['T'])?]) };
    if items.is_empty() || items.len() > TEAMS_MAX {
        return Err(Wrong::Value);
    }
    let team = |item: &toml::Spanned<DeValue<'_>>| {
        let item = item.get_ref();
        text(item)
            .and_then(|text| slack_id(text, &['T']))
            .map_err(|_| Wrong::Said(format!("a list with {}", show(item))))
    };
    items.iter().map(team).collect()
}

pub(super) fn region(value: &DeValue<'_>) -> Parsed<String> {
    let text = text(value)?;
    let parts: Vec<&str> = text.split('-').collect();
    let number = parts.last().is_some_and(|part| part.len() == 1 && part.bytes().all(|b| b.is_ascii_digit()));
    let words = parts.iter().rev().skip(1).all(|part| {
        part.len() >= 2 && part.len() <= 12 && part.bytes().all(|byte| byte.is_ascii_lowercase())
    });
    if parts.len() >= 3 && number && words { Ok(text.to_owned()) } else { Err(Wrong::Value) }
}

pub(super) fn instance_arn(value: &DeValue<'_>) -> Parsed<String> {
    let text = text(value)?;
    let (partition, id) = text.split_once(":sso:::instance/").ok_or(Wrong::Value)?;
    let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if partition.starts_with("arn:aws") && plain && id.contains("ins-") {
        Ok(text.to_owned())
    } else {
        Err(Wrong::Value)
    }
}

pub(super) fn pattern(value: &DeValue<'_>) -> Parsed<regex_lite::Regex> {
    let text = text(value)?;
    if text.len() > PATTERN_LENGTH_MAX {
        return Err(Wrong::Said(format!("{} characters long", text.len())));
    }
    regex_lite::Regex::new(text).map_err(|why| Wrong::Said(format!("{} ({why})", shown(text))))
}

pub(super) fn time_zone(value: &DeValue<'_>) -> Parsed<TimeZone> {
    TimeZone::get(text(value)?).map_err(|_| Wrong::Value)
}

pub(super) fn socket(value: &DeValue<'_>) -> Parsed<std::path::PathBuf> {
    let text = text(value)?;
    if text.starts_with('/') && !text.ends_with('/') && text.len() <= SOCKET_PATH_MAX {
        Ok(text.into())
    } else {
        Err(Wrong::Value)
    }
}

pub(super) fn address(value: &DeValue<'_>) -> Parsed<SocketAddr> {
    text(value)?.parse().map_err(|_| Wrong::Value)
}

/// The name of an alias and its account.
pub(super) fn alias(name: &str, value: &DeValue<'_>) -> Parsed<AccountId> {
    let plain = name
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_');
    if !plain || !(1..=64).contains(&name.len()) || AccountId::parse(name).is_ok() {
        return Err(Wrong::Said(format!("the name {}", shown(name))));
    }
    AccountId::parse(text(value)?).map_err(|_| Wrong::Value)
}

/// A local user and the person they are.
pub(super) fn local_person(user: &str, value: &DeValue<'_>) -> Parsed<String> {
    let plain = user.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-@".contains(&byte));
    if !plain || !(1..=64).contains(&user.len()) {
        return Err(Wrong::Said(format!("the name {}", shown(user))));
    }
    let person = text(value)?;
    let halves = person.split_once('@').filter(|(left, right)| !left.is_empty() && right.contains('.'));
    if halves.is_none()
        || person.chars().any(|c| c.is_whitespace() || c.is_control())
        || person.len() > ADDRESS_MAX
    {
        return Err(Wrong::Value);
    }
    Ok(person.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_read_as_written() {
        assert_eq!(parse_length("1h30m"), Some(Seconds(5_400)));
        assert_eq!(parse_length("2d"), Some(Seconds::hours(48)));
        for wrong in ["", "1", "h", "30m1h", "1h1h", "-1h", "1.5h", "99999999d", "1 h", "+1h"] {
            assert_eq!(parse_length(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn plain_http_does_not_leave_this_machine() {
        for good in ["https://slack.com/api", "http://127.0.0.1:5000", "http://[::1]:1/x", "http://localhost"]
        {
            assert!(parse_url(good).is_ok(), "{good}");
        }
        for bad in [
            "http://slack.com",
            "http://127.0.0.1.evil.example",
            "http://localhost.evil.example",
            "https://user@slack.com",
            "https://slack.com/?a=b",
            "ftp://127.0.0.1",
            "slack.com",
        ] {
            assert!(parse_url(bad).is_err(), "{bad}");
        }
    }
}
