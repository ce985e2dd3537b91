//! Reads Block Kit as strictly as Slack does: what it would refuse is found here and named with its place.
//! It must never repair anything: a message that is wrong is the bot's bug and shall be seen.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::mrkdwn;
use super::shape::{BLOCKS, CONFIRMATION, Check, ELEMENTS, Field, IN_HOME, OPTION, Shape, VIEW};

/// Blocks in one message (platform-rules §1.4).
pub(crate) const MESSAGE_BLOCKS_MAX: usize = 50;

/// Blocks in one modal or Home view.
const VIEW_BLOCKS_MAX: usize = 100;

/// All text in the blocks of one message; undocumented, measured in bolt-js #2509.
const MESSAGE_TEXT_MAX: usize = 13_200;

/// Bytes of one view payload.
const VIEW_BYTES_MAX: usize = 250_000;

/// Every id that the app chooses.
const ID_MAX: usize = 255;

/// What was found in blocks: what Slack would refuse, and the mentions that would fire.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) faults: Vec<String>,
    pub(crate) mentions: Vec<String>,
    characters: usize,
    block_ids: BTreeSet<String>,
}

/// Looks through the blocks of a message.
pub(crate) fn message(blocks: &Value) -> Findings {
    let mut found = Findings::default();
    found.block_list(blocks, MESSAGE_BLOCKS_MAX, "/blocks");
    found
}

/// Looks through a view, which must be of this kind: `modal` or `home`.
pub(crate) fn view(view: &Value, wanted: &str) -> Findings {
    let mut found = Findings::default();
    let Some(fields) = view.as_object() else {
        found.fault("/view", "must be an object");
        return found;
    };
    let kind = text_of(fields, "type");
    if kind != wanted {
        found.fault("/view/type", &format!("must be {wanted}"));
    }
    let home = kind == "home";
    let shape: Vec<Field> =
        VIEW.iter().filter(|(name, _, _)| !home || IN_HOME.contains(name)).copied().collect();
    found.fields(fields, &shape, &["type", "blocks"], "/view");
    found.block_list(fields.get("blocks").unwrap_or(&Value::Null), VIEW_BLOCKS_MAX, "/view/blocks");
    let asks = fields
        .get("blocks")
        .and_then(Value::as_array)
        .is_some_and(|list| list.iter().any(|b| b.get("type").and_then(Value::as_str) == Some("input")));
    if asks && !home && !fields.contains_key("submit") {
        found.fault("/view/submit", "missing required field: a view with input blocks needs submit");
    }
    if view.to_string().len() > VIEW_BYTES_MAX {
        found.faults.insert(0, "view_too_large".into());
    }
    found
}

/// Looks through the answer to `block_suggestion`.
pub(crate) fn suggestions(answer: &Value) -> Findings {
    let mut found = Findings::default();
    match (answer.get("options"), answer.get("option_groups")) {
        // An empty list is a true answer here: "nothing matches".
        (Some(options), None) => {
            if options.as_array().is_none_or(|o| !o.is_empty()) {
                found.check(options, Check::Options(100), "/options");
            }
        }
        (None, Some(groups)) => found.check(groups, Check::Groups, "/option_groups"),
        _ => found.fault("/", "must have either options or option_groups"),
    }
    found
}

impl Findings {
    /// True when the text of the blocks together is longer than Slack takes.
    pub(crate) fn too_long(&self) -> bool {
        self.characters > MESSAGE_TEXT_MAX
    }

    fn fault(&mut self, place: &str, what: &str) {
        self.faults.push(format!("{what} [json-pointer:{place}]"));
    }

    fn block_list(&mut self, blocks: &Value, max: usize, place: &str) {
        let Some(list) = blocks.as_array() else {
            return self.fault(place, "must be an array of blocks");
        };
        if list.len() > max {
            self.fault(place, &format!("no more than {max} items allowed"));
        }
        for (n, block) in list.iter().enumerate() {
            self.block(block, &format!("{place}/{n}"));
        }
    }

    fn block(&mut self, block: &Value, place: &str) {
        let Some((fields, shape)) = self.shape(block, BLOCKS, place) else { return };
        self.fields(fields, shape, &["type", "block_id"], place);
        if let Some(id) = fields.get("block_id") {
            self.check(id, Check::Str(ID_MAX), &format!("{place}/block_id"));
            if !self.block_ids.insert(id.as_str().unwrap_or_default().to_owned()) {
                self.fault(place, "block_id already exists");
            }
        }
        if text_of(fields, "type") == "section"
            && !fields.contains_key("text")
            && !fields.contains_key("fields")
        {
            self.fault(place, "missing required field: text or fields");
        }
        let mut action_ids = BTreeSet::new();
        for element in fields.get("elements").and_then(Value::as_array).into_iter().flatten() {
            let id = element.get("action_id").and_then(Value::as_str);
            if id.is_some_and(|id| !action_ids.insert(id.to_owned())) {
                self.fault(place, "action_id already exists in this block");
            }
        }
    }

    fn element(&mut self, element: &Value, kinds: &[&str], place: &str) {
        let Some((fields, shape)) = self.shape(element, ELEMENTS, place) else { return };
        let kind = text_of(fields, "type");
        if !kinds.contains(&kind) {
            self.fault(place, &format!("element {kind} is not allowed here"));
        }
        self.fields(fields, shape, &["type", "action_id"], place);
        if let Some(id) = fields.get("action_id") {
            self.check(id, Check::Str(ID_MAX), &format!("{place}/action_id"));
        }
        let has = |name: &str| fields.contains_key(name);
        if kind.ends_with("static_select") && has("options") == has("option_groups") {
            self.fault(place, "must have either options or option_groups");
        }
        if kind == "image" && !has("image_url") && !has("slack_file") {
            self.fault(place, "missing required field: image_url");
        }
    }

    /// The fields of a typed object and the table row of its type.
    fn shape<'a>(
        &mut self,
        object: &'a Value,
        table: &'static [Shape],
        place: &str,
    ) -> Option<(&'a Map<String, Value>, &'static [Field])> {
        let Some(fields) = object.as_object() else {
            self.fault(place, "must be an object");
            return None;
        };
        let kind = text_of(fields, "type");
        let row = table.iter().find(|(name, _)| *name == kind);
        if row.is_none() {
            self.fault(place, &format!("unsupported type: {kind}"));
        }
        row.map(|(_, shape)| (fields, *shape))
    }

    fn fields(&mut self, fields: &Map<String, Value>, shape: &[Field], known: &[&str], place: &str) {
        for (name, needed, check) in shape {
            match fields.get(*name) {
                None if *needed => self.fault(place, &format!("missing required field: {name}")),
                None => {}
                Some(value) => self.check(value, *check, &format!("{place}/{name}")),
            }
        }
        for name in fields.keys() {
            if !known.contains(&name.as_str()) && !shape.iter().any(|(known, _, _)| known == name) {
                self.fault(place, &format!("invalid additional property: {name}"));
            }
        }
    }

    fn check(&mut self, value: &Value, check: Check, place: &str) {
        match check {
            Check::Plain(max) => self.text(value, max, &["plain_text"], place),
            Check::Text(max) => self.text(value, max, &["plain_text", "mrkdwn"], place),
            Check::Str(max) => self.string(value, 1, max, place),
            Check::Free(max) => self.string(value, 0, max, place),
            Check::Bool if value.is_boolean() => {}
            Check::Bool => self.fault(place, "must be a boolean"),
            Check::Int(low, high) if value.as_i64().is_some_and(|n| (low..=high).contains(&n)) => {}
            Check::Int(low, high) => {
                self.fault(place, &format!("must be a whole number from {low} to {high}"))
            }
            Check::Word(words) if value.as_str().is_some_and(|w| words.contains(&w)) => {}
            Check::Word(words) => self.fault(place, &format!("must be one of {}", words.join(", "))),
            Check::Confirm => self.part(value, CONFIRMATION, place),
            Check::Choice => self.part(value, OPTION, place),
            Check::Element(kinds) => self.element(value, kinds, place),
            Check::Texts(count, max) => self.list(value, count, place, |me, item, at| {
                me.text(item, max, &["plain_text", "mrkdwn"], at);
            }),
            Check::Options(count) => self.list(value, count, place, |me, item, at| me.part(item, OPTION, at)),
            Check::Groups => self.list(value, 100, place, |me, item, at| {
                me.part(
                    item,
                    &[("label", true, Check::Plain(75)), ("options", true, Check::Options(100))],
                    at,
                );
            }),
            Check::Elements(count, kinds) => {
                self.list(value, count, place, |me, item, at| me.element(item, kinds, at));
            }
            Check::Context => self.list(value, 10, place, |me, item, at| {
                if item.get("type").and_then(Value::as_str) == Some("image") {
                    me.element(item, &["image"], at);
                } else {
                    me.text(item, 3000, &["plain_text", "mrkdwn"], at);
                }
            }),
            Check::Rich => self.rich(value, place),
            Check::Any => {}
        }
    }

    fn list(
        &mut self,
        value: &Value,
        max: usize,
        place: &str,
        mut each: impl FnMut(&mut Self, &Value, &str),
    ) {
        let Some(items) = value.as_array() else {
            return self.fault(place, "must be an array");
        };
        if items.is_empty() {
            self.fault(place, "must have at least 1 item");
        }
        if items.len() > max {
            self.fault(place, &format!("no more than {max} items allowed"));
        }
        for (n, item) in items.iter().enumerate() {
            each(self, item, &format!("{place}/{n}"));
        }
    }

    /// An object without a `type` of its own.
    fn part(&mut self, value: &Value, shape: &[Field], place: &str) {
        match value.as_object() {
            Some(fields) => self.fields(fields, shape, &[], place),
            None => self.fault(place, "must be an object"),
        }
    }

    fn text(&mut self, value: &Value, max: usize, kinds: &[&str], place: &str) {
        let Some(fields) = value.as_object() else {
            return self.fault(place, "must be a text object");
        };
        let kind = text_of(fields, "type");
        if !kinds.contains(&kind) {
            return self.fault(place, &format!("must be a {} object", kinds.join(" or ")));
        }
        let own = if kind == "mrkdwn" { "verbatim" } else { "emoji" };
        for name in fields.keys().filter(|name| !["type", "text", own].contains(&name.as_str())) {
            self.fault(place, &format!("invalid additional property: {name}"));
        }
        self.string(fields.get("text").unwrap_or(&Value::Null), 1, max, &format!("{place}/text"));
        self.characters += text_of(fields, "text").chars().count();
        if kind == "mrkdwn" {
            self.mentions.extend(mrkdwn::broadcasts(text_of(fields, "text")));
        }
    }

    fn string(&mut self, value: &Value, min: usize, max: usize, place: &str) {
        let Some(text) = value.as_str() else {
            return self.fault(place, "must be a string");
        };
        let length = text.chars().count();
        if length < min {
            self.fault(place, "must be more than 0 characters");
        }
        if length > max {
            self.fault(place, &format!("must be less than {} characters", max + 1));
        }
    }

    /// Rich text is a tree of its own; only what can shout or cannot be read matters here.
    fn rich(&mut self, value: &Value, place: &str) {
        const KNOWN: [&str; 14] = [
            "rich_text_section",
            "rich_text_list",
            "rich_text_quote",
            "rich_text_preformatted",
            "text",
            "link",
            "user",
            "usergroup",
            "channel",
            "emoji",
            "date",
            "broadcast",
            "team",
            "color",
        ];
        self.list(value, usize::MAX, place, |me, item, at| {
            let kind = item.get("type").and_then(Value::as_str).unwrap_or_default();
            if !KNOWN.contains(&kind) {
                me.fault(at, &format!("unsupported type: {kind}"));
            }
            if matches!(kind, "broadcast" | "usergroup") {
                me.mentions.push(item.to_string());
            }
            me.characters += item.get("text").and_then(Value::as_str).map_or(0, |t| t.chars().count());
            if let Some(inner) = item.get("elements") {
                me.rich(inner, at);
            }
        });
    }
}

fn text_of<'a>(fields: &'a Map<String, Value>, name: &str) -> &'a str {
    fields.get(name).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests;
