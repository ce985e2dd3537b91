//! Whom a message notifies: what its text mentions, as far as `allowed_mentions` lets it through.
//! It must never render; the page does that.

use std::collections::BTreeSet;

use serde_json::Value;

use super::check::list;

/// Whom a text notifies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Pings {
    /// User ids.
    pub(crate) users: Vec<String>,
    /// `@everyone`, `@here` and roles.
    pub(crate) many: Vec<String>,
}

/// What fires in `content`. `default` is what Discord lets through when `allowed_mentions` is absent: everything for the
/// bot's own messages, users alone for answers to interactions.
pub(crate) fn fired(content: &str, allowed: Option<&Value>, default: &[&str]) -> Pings {
    let given: Option<Vec<&str>> =
        allowed.map(|a| list(a, "parse").iter().filter_map(Value::as_str).collect());
    let parse = given.as_deref().unwrap_or(default);
    let named = |key: &str| -> BTreeSet<&str> {
        allowed.map(|a| list(a, key).iter().filter_map(Value::as_str).collect()).unwrap_or_default()
    };
    let (users, roles) = (named("users"), named("roles"));
    let mut pings = Pings::default();
    for id in references(content, "<@") {
        if parse.contains(&"users") || users.contains(id.as_str()) {
            pings.users.push(id);
        }
    }
    for id in references(content, "<@&") {
        if parse.contains(&"roles") || roles.contains(id.as_str()) {
            pings.many.push(format!("<@&{id}>"));
        }
    }
    for word in ["@everyone", "@here"] {
        if parse.contains(&"everyone") && content.contains(word) {
            pings.many.push(word.to_owned());
        }
    }
    pings
}

/// Ids in `<@123>` (also `<@!123>`) or `<@&123>`.
fn references(content: &str, opening: &str) -> Vec<String> {
    let pieces = content.split(opening).skip(1);
    let ids = pieces.filter_map(|piece| {
        let id = piece.split_once('>')?.0.trim_start_matches('!');
        (!id.is_empty() && id.chars().all(|c| c.is_ascii_digit())).then(|| id.to_owned())
    });
    ids.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_fires_that_is_not_let_through() {
        let text = "@everyone <@&7> <@!12> and <@13>";
        let open = fired(text, None, &["users", "roles", "everyone"]);
        assert_eq!((open.users.len(), open.many.len()), (2, 2));
        assert_eq!(fired(text, None, &["users"]).many, Vec::<String>::new());
        assert_eq!(fired(text, Some(&json!({ "parse": [] })), &["users"]), Pings::default());
        let one = fired(text, Some(&json!({ "parse": [], "users": ["13"] })), &["users"]);
        assert_eq!(one.users, ["13"]);
    }
}
