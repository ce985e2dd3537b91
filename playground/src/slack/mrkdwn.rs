//! What Slack does with text: which mentions fire, and how it hands over what people type in a slash command.
//! It must never render; the page does that.

use std::collections::BTreeMap;

/// Openings of control sequences that notify more than one person.
const BROADCASTS: [&str; 5] = ["<!channel", "<!here", "<!everyone", "<!group", "<!subteam^"];

/// Control sequences in `text` that would notify many.
pub(crate) fn broadcasts(text: &str) -> Vec<String> {
    text.split_inclusive('>')
        .filter_map(|piece| {
            let start = BROADCASTS.iter().filter_map(|open| piece.find(open)).min()?;
            piece.get(start..).filter(|found| found.ends_with('>')).map(str::to_owned)
        })
        .collect()
}

/// Escapes the three characters Slack escapes in everything people type.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The text of a slash command as the app receives it: escaped, and with `should_escape` the names turned into ids.
pub(crate) fn typed(
    text: &str,
    should_escape: bool,
    users: &BTreeMap<String, String>,
    channels: &BTreeMap<String, String>,
) -> String {
    // Slack keeps the spacing between words; splitting on ' ' alone does too.
    let words = text.trim().split(' ').map(|word| {
        let plain = escape(word);
        if should_escape { linked(word, users, channels).unwrap_or(plain) } else { plain }
    });
    words.collect::<Vec<_>>().join(" ")
}

fn linked(
    word: &str,
    users: &BTreeMap<String, String>,
    channels: &BTreeMap<String, String>,
) -> Option<String> {
    let name = word.trim_end_matches(['.', ',', ';', ':', '!', '?']);
    let rest = escape(word.get(name.len()..).unwrap_or_default());
    if let Some(handle) = name.strip_prefix('@') {
        return users.get(handle).map(|id| format!("<@{id}|{handle}>{rest}"));
    }
    if let Some(channel) = name.strip_prefix('#') {
        return channels.get(channel).map(|id| format!("<#{id}|{channel}>{rest}"));
    }
    let is_link = name.starts_with("https://") || name.starts_with("http://");
    is_link.then(|| format!("<{}>{rest}", escape(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_control_sequences_fire_not_their_escaped_look() {
        assert_eq!(broadcasts("hi <!here> and <!subteam^S1|ops>"), ["<!here>", "<!subteam^S1|ops>"]);
        assert_eq!(broadcasts("a <@U0ANA> <https://x|y> <!channel|channel>!"), ["<!channel|channel>"]);
        assert!(broadcasts("&lt;!channel&gt; @channel <@U0ANA> <!date^1^{time}|x>").is_empty());
    }

    #[test]
    fn names_become_ids_and_everything_else_is_escaped() {
        let users = BTreeMap::from([("bo".to_owned(), "U0BO".to_owned())]);
        let channels = BTreeMap::from([("access".to_owned(), "C0ACCESS".to_owned())]);
        let text = "prod  for @bo, @nobody in #access <!channel> a&b https://x.example/?a=1&b=2";
        assert_eq!(
            typed(text, true, &users, &channels),
            "prod  for <@U0BO|bo>, @nobody in <#C0ACCESS|access> &lt;!channel&gt; a&amp;b <https://x.example/?a=1&amp;b=2>"
        );
        assert_eq!(typed("ask @bo", false, &users, &channels), "ask @bo");
    }
}
