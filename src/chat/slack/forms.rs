//! Forms (modals): how they look, and what was filled in. A form carries an opaque id and no authority; all that is
//! filled in is a person's word, checked when it is sent.

use glasskey_domain::emergency::Level;
use glasskey_domain::settings::{REASON_LENGTH_MAX, SEATS_MAX, TICKET_LENGTH_MAX};
use glasskey_domain::{EmergencyId, FederationId, Refusal, Seconds, Settings};
use serde_json::{Value, json};

use super::people::People;
use super::render::{self, escape, section};
use crate::notices::{Text, emergency};

/// The callback by which the form of a denial comes back.
pub(super) const DENY_FORM: &str = "request.deny.form";
/// The same, when an emergency is declined.
pub(super) const DECLINE_FORM: &str = "emergency.decline.form";
/// The same, when an emergency is acknowledged.
pub(super) const REVIEW_FORM: &str = "emergency.review.form";
/// The same, when one is opened.
pub(super) const OPEN_FORM: &str = "emergency.open.form";

/// Blocks, each with one element of the same name.
pub(super) const WHY: &str = "why";
pub(super) const NOTE: &str = "note";
pub(super) const FEDERATION: &str = "federation";
pub(super) const LEVEL: &str = "level";
pub(super) const LENGTH: &str = "length";
pub(super) const INCIDENT: &str = "incident";
pub(super) const REASON: &str = "reason";
pub(super) const PEOPLE: &str = "people";

/// Lengths that are offered, up to the longest that is allowed: choosing is faster than typing.
const LENGTHS: [Seconds; 6] = [
    Seconds::minutes(30),
    Seconds::hours(1),
    Seconds::hours(2),
    Seconds::hours(4),
    Seconds::hours(8),
    Seconds::hours(12),
];
/// Options of one select. Source: Block Kit reference (platform-rules §1.4).
const OPTIONS_MAX: usize = 100;
/// Longest error under a field: one line is read, and Slack names no limit.
const ERROR_MAX: usize = 600;

fn plain(text: &str) -> Value {
    json!({ "type": "plain_text", "text": text })
}

fn option(text: &str, value: &str) -> Value {
    json!({ "text": plain(text), "value": value })
}

/// An input block whose element is called as the block is.
fn input(name: &str, label: &str, optional: bool, mut element: Value) -> Value {
    if let Some(object) = element.as_object_mut() {
        object.insert("action_id".to_owned(), json!(name));
    }
    json!({ "type": "input", "block_id": name, "label": plain(label), "optional": optional, "element": element })
}

fn modal(callback: &str, about: &str, (title, submit): (&str, &str), blocks: Vec<Value>) -> Value {
    json!({
        "type": "modal",
        "callback_id": callback,
        "private_metadata": about,
        "title": plain(title),
        "submit": plain(submit),
        "close": plain("Back"),
        "blocks": blocks,
    })
}

fn lines(length_min: usize, length_max: usize, focus: bool) -> Value {
    json!({ "type": "plain_text_input", "multiline": true, "min_length": length_min, "max_length": length_max, "focus_on_load": focus })
}

/// The form that asks an approver why.
pub(super) fn deny_form(id: &str, length_max: usize) -> Value {
    let blocks = vec![
        section(&format!("`{}` is denied for good; the requester is told why.", escape(id))),
        input(WHY, "Why?", false, lines(1, length_max, true)),
    ];
    modal(DENY_FORM, id, ("Deny request", "Deny"), blocks)
}

/// The form that lets the second person say why not.
pub(super) fn decline_form(id: &EmergencyId) -> Value {
    let text =
        format!("`{id}` is not opened, and everybody who was asked is told. Who asked for it may ask again.");
    let blocks = vec![section(&text), input(WHY, "Why?", true, lines(0, REASON_LENGTH_MAX, true))];
    modal(DECLINE_FORM, id.as_str(), ("Decline break-glass", "Decline"), blocks)
}

/// The form by which an auditor acknowledges what was done, with what they acknowledge.
pub(super) fn review_form(id: &EmergencyId) -> Value {
    let mut text = format!("By acknowledging `{id}` you say that you looked at this:");
    for item in emergency::CHECKLIST {
        text.push_str("\n• ");
        text.push_str(&escape(item));
    }
    let blocks =
        vec![section(&text), input(NOTE, "What is to be noted?", true, lines(0, REASON_LENGTH_MAX, true))];
    modal(REVIEW_FORM, id.as_str(), ("Review break-glass", "Acknowledge"), blocks)
}

/// The form of `/breakglass`. `channel`: where it was asked for.
pub(super) fn open_form(settings: &Settings, channel: &str) -> Value {
    let federations = &settings.federations;
    let mut blocks = Vec::new();
    if federations.len() > 1 {
        let names: Vec<Value> =
            federations.keys().take(OPTIONS_MAX).map(|name| option(name.as_str(), name.as_str())).collect();
        let select = json!({ "type": "static_select", "options": names });
        blocks.push(input(FEDERATION, "Which federation?", false, select));
    }
    let places = || federations.values().map(|federation| &federation.place.groups);
    let levels: Vec<Value> = Level::ALL
        .into_iter()
        .filter(|level| places().any(|groups| groups.contains_key(level)))
        .map(level_option)
        .collect();
    if let Some(first) = levels.first().cloned() {
        let radio = json!({ "type": "radio_buttons", "options": levels, "initial_option": first });
        blocks.push(input(LEVEL, "What must people be able to do?", false, radio));
    }
    blocks.push(length_input(settings));
    let incident =
        json!({ "type": "plain_text_input", "max_length": TICKET_LENGTH_MAX, "placeholder": plain("INC-7") });
    blocks.push(input(INCIDENT, "Incident", true, incident));
    let least = if settings.reason_required { settings.reason_length_min } else { 0 };
    let reason = lines(least.min(REASON_LENGTH_MAX), REASON_LENGTH_MAX, true);
    blocks.push(input(REASON, "Why?", !settings.reason_required, reason));
    let people = json!({ "type": "multi_users_select", "max_selected_items": SEATS_MAX, "placeholder": plain("you, if nobody is chosen") });
    blocks.push(input(PEOPLE, "Who gets the access?", true, people));
    modal(OPEN_FORM, channel, ("Break-glass", "Open"), blocks)
}

fn level_option(level: Level) -> Value {
    match level {
        Level::Ro => option("Look (ro: read-only)", level.word()),
        Level::Ops => option("Repair (ops: operations)", level.word()),
    }
}

/// With one federation its own length is chosen already; with several, who chooses nothing gets that of the federation.
fn length_input(settings: &Settings) -> Value {
    let all = || settings.federations.values();
    let most = all().map(|federation| federation.max_length).max().unwrap_or(Seconds(0));
    let mut lengths: Vec<Seconds> = LENGTHS.into_iter().filter(|length| *length <= most).collect();
    lengths.extend(all().map(|federation| federation.length));
    lengths.sort();
    lengths.dedup();
    let as_option = |length: &Seconds| option(&length.to_string(), &length.0.to_string());
    let options: Vec<Value> = lengths.iter().take(OPTIONS_MAX).map(as_option).collect();
    let mut select =
        json!({ "type": "static_select", "options": options, "placeholder": plain("as configured") });
    let only = all().next().filter(|_| settings.federations.len() == 1);
    if let (Some(object), Some(federation)) = (select.as_object_mut(), only) {
        object.insert("initial_option".to_owned(), as_option(&federation.length));
    }
    input(LENGTH, "For how long?", only.is_none(), select)
}

/// What a form that was taken turns into: what happens now. There is no other place to say it to this person alone.
pub(super) fn taken(text: &Text, people: &People) -> Value {
    let view = json!({
        "type": "modal",
        "title": plain("Break-glass"),
        "close": plain("Close"),
        "blocks": render::message(text, people),
    });
    json!({ "response_action": "update", "view": view })
}

/// What is wrong, at the field that it is about.
pub(super) fn wrong(field: &str, text: &Text) -> Value {
    let words = render::cut(&text.plain(), ERROR_MAX);
    json!({ "response_action": "errors", "errors": { (field): words } })
}

/// The field of the opening form that a refusal is about; `several`: whether the federation is a field.
pub(super) fn field_of(refusal: &Refusal, several: bool) -> &'static str {
    use glasskey_domain::rules::NotPermitted;
    match refusal {
        Refusal::WhichFederation { .. }
        | Refusal::EmergencyIsOn { .. }
        | Refusal::EmergencyIsProposed { .. }
            if several =>
        {
            FEDERATION
        }
        Refusal::NoSuchLevel { .. } => LEVEL,
        Refusal::TooShort { .. }
        | Refusal::TooLong { .. }
        | Refusal::MayNotBreakGlass { why: NotPermitted::TooLong { .. } } => LENGTH,
        Refusal::TicketMissing { .. } | Refusal::TicketMalformed { .. } => INCIDENT,
        Refusal::NamedStranger { .. }
        | Refusal::NotEnabled { .. }
        | Refusal::Unresolved { .. }
        | Refusal::TooManyPeople { .. } => PEOPLE,
        // The rest is about the whole of it; the reason is where one looks, being the last that is typed.
        _other => REASON,
    }
}

/// A form as it was filled in. What is not there, or not of the right kind, was not filled in.
pub(super) struct Filled<'a> {
    view: &'a Value,
}

impl<'a> Filled<'a> {
    pub(super) fn new(view: &'a Value) -> Self {
        Self { view }
    }

    fn at(&self, pointer: &str) -> Option<&'a Value> {
        self.view.pointer(pointer)
    }

    fn value(&self, name: &str, part: &str) -> Option<&'a Value> {
        self.at(&format!("/state/values/{name}/{name}{part}"))
    }

    /// Which form.
    pub(super) fn form(&self) -> &'a str {
        self.at("/callback_id").and_then(Value::as_str).unwrap_or_default()
    }

    /// What the form is about.
    pub(super) fn about(&self) -> &'a str {
        self.at("/private_metadata").and_then(Value::as_str).unwrap_or_default()
    }

    /// What was typed; nothing, when that is but blanks.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let typed = self.value(name, "/value")?.as_str()?.trim();
        Some(typed.to_owned()).filter(|typed| !typed.is_empty())
    }

    fn chosen(&self, name: &str) -> Option<&'a str> {
        self.value(name, "/selected_option/value")?.as_str()
    }

    pub(super) fn federation(&self) -> Option<FederationId> {
        self.chosen(FEDERATION).map(FederationId::new)
    }

    /// The smaller one, when none is chosen.
    pub(super) fn level(&self) -> Level {
        let chosen = self.chosen(LEVEL);
        Level::ALL.into_iter().find(|level| chosen == Some(level.word())).unwrap_or(Level::Ro)
    }

    pub(super) fn length(&self) -> Option<Seconds> {
        self.chosen(LENGTH)?.parse().ok().map(Seconds)
    }

    /// The Slack users who were chosen.
    pub(super) fn people(&self) -> Vec<String> {
        let chosen = self.value(PEOPLE, "/selected_users").and_then(Value::as_array);
        chosen.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_that_is_none_of_ours_is_filled_with_nothing() {
        for view in [
            json!({ "callback_id": 7, "state": { "values": [] } }),
            json!(null),
            json!({ "state": { "values": { "why": { "why": { "value": 3 } }, "people": { "people": { "selected_users": "U1" } } } } }),
        ] {
            let filled = Filled::new(&view);
            assert_eq!((filled.form(), filled.about()), ("", ""));
            assert_eq!((filled.text(WHY), filled.length(), filled.federation()), (None, None, None));
            assert_eq!((filled.level(), filled.people()), (Level::Ro, Vec::new()));
        }
    }
}
