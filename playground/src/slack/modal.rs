//! The stack of modals of a person: opened by the Web API or by the acknowledgement of a submission; and the Home tab.

use serde_json::{Value, json};

use super::blocks;
use super::form::{self, Draft};
use super::params::SlackError;
use super::world::{ViewRecord, World};

/// Views in one stack (platform-rules §1.4).
const STACK_MAX: usize = 3;

/// Judges a view, which must be of this kind, and gives it ids.
pub(crate) fn content(
    world: &mut World,
    mut view: Value,
    kind: &str,
    place: &str,
) -> Result<Value, SlackError> {
    world.judge(place, blocks::view(&view, kind), "invalid_arguments")?;
    let given = view.get("blocks").cloned().unwrap_or_default();
    let with_ids = world.with_ids(&given);
    if let Some(fields) = view.as_object_mut() {
        fields.insert("blocks".into(), Value::from(with_ids));
    }
    Ok(view)
}

/// Puts a view on a person's screen, over `below` if there is one.
pub(crate) fn put(world: &mut World, user: &str, content: Value, below: Option<&ViewRecord>) -> String {
    let number = world.next();
    let id = format!("V0{number:06}");
    world.views.push(ViewRecord {
        id: id.clone(),
        user: user.to_owned(),
        root: below.map_or_else(|| id.clone(), |view| view.root.clone()),
        previous: below.map(|view| view.id.clone()),
        content,
        hash: number.to_string(),
        errors: json!({}),
        draft: Draft::new(),
    });
    id
}

/// Puts a view on top of a person's stack.
pub(crate) fn push(world: &mut World, user: &str, content: Value) -> Result<String, SlackError> {
    let stack: Vec<ViewRecord> = world.views.iter().filter(|view| view.user == user).cloned().collect();
    if stack.len() >= STACK_MAX {
        return Err(SlackError::new("push_limit_reached"));
    }
    Ok(put(world, user, content, stack.last()))
}

/// New content in the same place; what was filled in stays in the fields that stay.
pub(crate) fn replace(view: &mut ViewRecord, content: Value, hash: String) {
    view.content = content;
    view.hash = hash;
    view.errors = json!({});
    form::prune(view);
}

/// Puts a view on a person's Home tab, in the place of the one before.
pub(crate) fn publish(world: &mut World, user: &str, content: Value) -> ViewRecord {
    let number = world.next();
    let view = match world.homes.get(user).cloned() {
        Some(mut view) => {
            replace(&mut view, content, number.to_string());
            view
        }
        None => {
            let id = format!("V0{number:06}");
            ViewRecord {
                id: id.clone(),
                user: user.to_owned(),
                root: id,
                previous: None,
                content,
                hash: number.to_string(),
                errors: json!({}),
                draft: Draft::new(),
            }
        }
    };
    world.homes.insert(user.to_owned(), view.clone());
    view
}

/// What the acknowledgement of a submission does to the stack.
pub(crate) fn answer(world: &mut World, view_id: &str, payload: Option<&Value>) -> Result<(), SlackError> {
    let Some(view) = world.views.iter().find(|view| view.id == view_id).cloned() else { return Ok(()) };
    let action = payload.and_then(|p| p.get("response_action")).and_then(Value::as_str);
    let given = payload.and_then(|p| p.get("view")).cloned().unwrap_or_default();
    match action {
        None => world.views.retain(|other| other.id != view_id),
        Some("clear") => world.views.retain(|other| other.user != view.user),
        Some("errors") => {
            let errors = payload.and_then(|p| p.get("errors")).cloned().unwrap_or_default();
            check_errors(world, &view, &errors);
            if let Some(view) = world.views.iter_mut().find(|view| view.id == view_id) {
                view.errors = errors;
            }
        }
        Some("update") => {
            let content = content(world, given, "modal", "response_action update")?;
            let hash = world.next().to_string();
            if let Some(view) = world.views.iter_mut().find(|view| view.id == view_id) {
                replace(view, content, hash);
            }
        }
        Some("push") => {
            let content = content(world, given, "modal", "response_action push")?;
            push(world, &view.user, content)?;
        }
        Some(other) => world.violations.push(format!("view_submission: response_action {other} is unknown")),
    }
    Ok(())
}

/// Slack shows an error only under an input block that it knows.
fn check_errors(world: &mut World, view: &ViewRecord, errors: &Value) {
    let blocks = view.content.get("blocks").and_then(Value::as_array).cloned().unwrap_or_default();
    let inputs: Vec<&str> = blocks
        .iter()
        .filter(|b| b.get("type").and_then(Value::as_str) == Some("input"))
        .filter_map(|b| b.get("block_id").and_then(Value::as_str))
        .collect();
    let named: Vec<String> = errors.as_object().map(|e| e.keys().cloned().collect()).unwrap_or_default();
    if named.is_empty() {
        world.violations.push("view_submission: errors must name a block".into());
    }
    for name in named.iter().filter(|name| !inputs.contains(&name.as_str())) {
        world.violations.push(format!("view_submission: errors names {name}, which is no input block"));
    }
}
