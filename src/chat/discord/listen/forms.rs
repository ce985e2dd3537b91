//! Forms that are opened, and forms that were sent. Discord closes a form when it is sent, and a form cannot follow one: what
//! is wrong is said beside it, together with what was typed, so that nobody types it twice.

use glasskey_domain::{PersonId, Refusal};
use serde_json::{Value, json};

use super::Listener;
use super::answers::Answer;
use super::payload::Interaction;
use crate::chat::discord::forms as modals;
use crate::chat::hall::Wrong;
use crate::chat::hall::forms::{Ask, Filled, Form};
use crate::notices::Text;

impl Listener {
    /// The form as an answer, with what was said already in it; nothing, when it asks more than Discord can.
    pub(super) async fn ask(&self, form: Form, typed: &Filled) -> Option<Answer> {
        let settings = self.hall.settings();
        let modal = self.people.named(|names| modals::modal(&form, &settings, names)).await?;
        Some(Answer::Ask(form, prefilled(modal, typed)))
    }

    pub(super) async fn form(&self, asked: &Interaction) -> Option<Answer> {
        let Some(form) = modals::form(&asked.data) else { return self.unreadable(asked.name()).await };
        let speaker = asked.speaker(self.whisper(asked), &self.people.guild());
        let known = match self.meet(asked, &speaker, form.verb()).await {
            Ok(known) => known,
            Err(refused) => return refused.map(Answer::Say),
        };
        let filled = modals::filled(&asked.data);
        let engine = self.hall.engine();
        let found = self.people.mentioned(engine, filled.people(), &asked.described()).await;
        let people: Result<Vec<PersonId>, Refusal> = found.into_values().collect();
        match self.hall.sent(&speaker, &known, &form, (&filled, people)).await {
            Ok(text) => Some(Answer::Say(text)),
            Err(Some(wrong)) => Some(Answer::Say(self.mended(&form, &filled, wrong))),
            Err(None) => None,
        }
    }

    /// What is wrong at which field, and what was typed.
    fn mended(&self, form: &Form, filled: &Filled, wrong: Wrong) -> Text {
        let fields = form.layout(&self.hall.settings()).fields;
        let label =
            fields.iter().find(|field| field.name == wrong.field).map_or(wrong.field, |field| field.label);
        let mut text = Text::new().bold(label).say(" ").and(wrong.text);
        for field in &fields {
            let typed = match field.ask {
                Ask::Words { .. } | Ask::Word { .. } | Ask::Said { .. } => filled.text(field.name),
                // Chosen again at a glance.
                Ask::One { .. } | Ask::People { .. } | Ask::Search { .. } => None,
            };
            if let Some(typed) = typed {
                text = text.line().say("You typed at ").bold(field.label).say(" ").quote(typed);
            }
        }
        text
    }
}

/// A form in which what was said already stands.
fn prefilled(mut modal: Value, typed: &Filled) -> Value {
    let labels = modal.get_mut("components").and_then(Value::as_array_mut);
    for component in labels.into_iter().flatten().filter_map(|label| label.get_mut("component")) {
        let name = component.get("custom_id").and_then(Value::as_str).unwrap_or_default();
        let Some(said) = typed.text(name) else { continue };
        match component.get_mut("options").and_then(Value::as_array_mut) {
            Some(options) => choose(options, &said),
            None => write(component, &said),
        }
    }
    modal
}

/// The option that was said is the one that is chosen, if there is such a one.
fn choose(options: &mut [Value], said: &str) {
    let is_it = |option: &Value| option.get("value").and_then(Value::as_str) == Some(said);
    if !options.iter().any(is_it) {
        return;
    }
    for option in options {
        let chosen = is_it(option);
        if let Some(fields) = option.as_object_mut() {
            fields.insert("default".to_owned(), json!(chosen));
        }
    }
}

/// As much of the words as the field takes.
fn write(component: &mut Value, said: &str) {
    let most =
        component.get("max_length").and_then(Value::as_u64).and_then(|most| usize::try_from(most).ok());
    let words: String = said.chars().take(most.unwrap_or(usize::MAX)).collect();
    if let Some(fields) = component.as_object_mut() {
        fields.insert("value".to_owned(), json!(words));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modal() -> Value {
        json!({ "custom_id": "emergency.open.form:", "components": [
            { "type": 10, "content": "words" },
            { "type": 18, "label": "Level", "component": { "type": 3, "custom_id": "level", "options": [
                { "label": "Look", "value": "ro", "default": true }, { "label": "Repair", "value": "ops", "default": false },
            ] } },
            { "type": 18, "label": "Incident", "component": { "type": 4, "custom_id": "incident", "max_length": 5 } },
            { "type": 18, "label": "Reason", "component": { "type": 4, "custom_id": "reason", "max_length": 500 } },
        ] })
    }

    fn typed(name: &str, text: &str) -> Filled {
        Filled([(name.to_owned(), vec![text.to_owned()])].into())
    }

    #[test]
    fn what_was_said_with_the_command_stands_in_the_form() {
        let shown = prefilled(modal(), &typed("level", "ops"));
        assert_eq!(shown["components"][1]["component"]["options"][0]["default"], false);
        assert_eq!(shown["components"][1]["component"]["options"][1]["default"], true);
        assert_eq!(shown["components"][3], modal()["components"][3]);
        let shown = prefilled(modal(), &typed("incident", "INC-7000"));
        assert_eq!(shown["components"][2]["component"]["value"], "INC-7");
    }

    #[test]
    fn a_form_stays_as_it_is_where_nothing_fits_was_said() {
        assert_eq!(prefilled(modal(), &typed("level", "root")), modal());
        assert_eq!(prefilled(modal(), &typed("reason", "  ")), modal());
        assert_eq!(prefilled(json!({ "components": 7 }), &typed("level", "ro")), json!({ "components": 7 }));
    }
}
