//! Buttons: how they look, and by what they come back. A button carries an opaque id and no authority; who may do what
//! is decided anew at the click.

use glasskey_domain::Subject;
use serde_json::{Value, json};

use crate::chat::hall::asked_first;
use crate::notices::{Button, Entry};

/// Types of components. Source: Discord's OpenAPI document.
const ACTION_ROW: u8 = 1;
const BUTTON: u8 = 2;
/// Buttons in one row.
const ROW_MAX: usize = 5;
/// Rows under one message.
const ROWS_MAX: usize = 5;
/// Styles of buttons.
const PRIMARY: u8 = 1;
const SECONDARY: u8 = 2;
const SUCCESS: u8 = 3;
const DANGER: u8 = 4;
/// What a button ends with whose question was answered: Discord itself asks nothing before a click counts.
const SURE: &str = "sure";

/// A click on a button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clicked {
    /// Which.
    pub button: Button,
    /// Of the card of what.
    pub id: Subject,
    /// Whether the person was asked, and is sure. Where nothing is asked, everybody is.
    pub sure: bool,
}

/// What was clicked, by its name; nothing, when it is none of ours.
#[must_use]
pub fn clicked(custom_id: &str) -> Option<Clicked> {
    let mut parts = custom_id.split(':');
    let (button, id) = Button::clicked(parts.next()?, parts.next()?)?;
    let answered = match (parts.next(), parts.next()) {
        (None, None) => false,
        (Some(SURE), None) => true,
        _ => return None,
    };
    Some(Clicked { button, id, sure: answered || asked_first(button).is_none() })
}

/// What a person is asked before such a click counts, with the button that says yes; nothing, when it counts at once.
#[must_use]
pub fn sure(button: Button, id: &Subject) -> Option<Value> {
    let ask = asked_first(button)?;
    let yes = element(DANGER, ask.yes, &format!("{}:{SURE}", name(button, id)));
    Some(json!({
        "content": format!("**{}** {}", ask.title, ask.text),
        "embeds": [],
        "components": [{ "type": ACTION_ROW, "components": [yes] }],
        "allowed_mentions": { "parse": [] },
    }))
}

/// Buttons about something, in rows.
pub(super) fn rows(buttons: &[Button], id: &Subject) -> Vec<Value> {
    let row = |buttons: &[Button]| {
        let elements: Vec<Value> = buttons
            .iter()
            .map(|button| element(style(*button), button.label(), &name(*button, id)))
            .collect();
        json!({ "type": ACTION_ROW, "components": elements })
    };
    buttons.chunks(ROW_MAX).take(ROWS_MAX).map(row).collect()
}

/// The buttons of several requests, a row for each; each says which it is of.
pub(super) fn rows_of(entries: &[&Entry]) -> Vec<Value> {
    let row = |entry: &&Entry| {
        let id = Subject::Request(entry.id.clone());
        let elements: Vec<Value> = entry
            .buttons
            .iter()
            .take(ROW_MAX)
            .map(|button| {
                let label = format!("{} {}", button.label(), entry.id);
                element(style(*button), &label, &name(*button, &id))
            })
            .collect();
        json!({ "type": ACTION_ROW, "components": elements })
    };
    entries.iter().take(ROWS_MAX).map(row).collect()
}

/// By which a click comes back.
fn name(button: Button, id: &Subject) -> String {
    format!("{}:{}", button.action(), button.value(id))
}

fn element(style: u8, label: &str, custom_id: &str) -> Value {
    json!({ "type": BUTTON, "style": style, "label": label, "custom_id": custom_id })
}

fn style(button: Button) -> u8 {
    match button {
        Button::Approve | Button::ApproveExtension { .. } | Button::Confirm => SUCCESS,
        Button::Acknowledge | Button::Review => PRIMARY,
        Button::ApproveLess
        | Button::Withdraw
        | Button::Extend
        | Button::CancelExtension
        | Button::Done
        | Button::Repeat => SECONDARY,
        Button::Deny
        | Button::DenyExtension { .. }
        | Button::Object
        | Button::Decline
        | Button::End
        | Button::EndAndCut
        | Button::Alone
        | Button::Off => DANGER,
    }
}
