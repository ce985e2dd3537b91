//! What a person has typed and chosen in a view so far, and how that reads in a payload. Nothing is sent from here.
//!
//! As in Slack's client, what was filled in outlives an update of the view under the same `block_id` and `action_id`.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::elements;
use super::world::{ViewRecord, World};

/// A block and an element in it.
pub(crate) type Field = (String, String);

/// What a person filled in, by field: text, or the values of options, users and dates.
pub(crate) type Draft = BTreeMap<Field, String>;

/// Kinds that keep nothing once they were used.
const WITHOUT_STATE: [&str; 3] = ["button", "overflow", "image"];

/// Where an external select is that options were offered in: the person, the view or message, the field.
pub(crate) type Select = (String, String, Field);

impl World {
    /// Notes the options that the app offered, so that no other can be chosen.
    pub(crate) fn offer(&mut self, select: Select, answer: &Value) {
        let grouped = answer.get("option_groups").and_then(Value::as_array).into_iter().flatten();
        let lists = grouped.filter_map(|group| group.get("options")).chain(answer.get("options"));
        let options: Vec<Value> = lists.filter_map(Value::as_array).flatten().cloned().collect();
        let known = self.offered.entry(select).or_default();
        // The newest wording of an option replaces the older one.
        known.retain(|old| !options.iter().any(|new| new.get("value") == old.get("value")));
        known.extend(options);
    }

    /// What was offered to this person in this field of a view or message.
    pub(crate) fn offered(&self, user: &str, surface: &str, field: &Field) -> &[Value] {
        let select = (user.to_owned(), surface.to_owned(), field.clone());
        self.offered.get(&select).map(Vec::as_slice).unwrap_or_default()
    }

    /// The state of every field of a view as it is now; what is not filled in has an empty value.
    pub(crate) fn current(&self, view: &ViewRecord) -> Value {
        let mut state: Map<String, Value> = Map::new();
        for (block, element) in elements::all(blocks(view)) {
            if WITHOUT_STATE.contains(&elements::kind(&element)) {
                continue;
            }
            let field = field(&block, &element);
            let chosen = view.draft.get(&field).cloned().unwrap_or_else(|| initial(&element));
            let offered = self.offered(&view.user, &view.id, &field);
            // What cannot be read back is shown as not filled in.
            let value = elements::state(&element, &chosen, offered)
                .or_else(|_| elements::state(&element, "", offered))
                .unwrap_or_default();
            let of_block = state.entry(block).or_insert_with(|| json!({}));
            if let Some(of_block) = of_block.as_object_mut() {
                of_block.insert(field.1, value);
            }
        }
        Value::Object(state)
    }

    /// The modal with everything filled in; Slack's own client refuses to send it when something required is empty.
    pub(crate) fn filled(&self, view: &ViewRecord, values: &Value) -> Result<ViewRecord, String> {
        let mut view = view.clone();
        let inputs: Vec<Value> = blocks(&view).iter().filter(|b| is_input(b)).cloned().collect();
        for block in &inputs {
            let block_id = block.get("block_id").and_then(Value::as_str).unwrap_or_default();
            let element = block.get("element").cloned().unwrap_or_default();
            let field = field(block_id, &element);
            let given = values.get(block_id).or_else(|| values.get(&field.1)).and_then(Value::as_str);
            let kept = || view.draft.get(&field).cloned().unwrap_or_else(|| initial(&element));
            let chosen = given.map_or_else(kept, str::to_owned);
            if chosen.is_empty() && block.get("optional") != Some(&Value::Bool(true)) {
                return Err(format!("required: {block_id}"));
            }
            let longest = element.get("max_length").and_then(Value::as_u64);
            if longest.is_some_and(|max| chosen.chars().count() as u64 > max) {
                return Err(format!("too_long: {block_id}"));
            }
            elements::state(&element, &chosen, self.offered(&view.user, &view.id, &field))?;
            view.draft.insert(field, chosen);
        }
        Ok(view)
    }
}

/// Forgets what was filled into fields that are no more.
pub(crate) fn prune(view: &mut ViewRecord) {
    let there: Vec<Field> = elements::all(blocks(view)).iter().map(|(b, e)| field(b, e)).collect();
    view.draft.retain(|field, _| there.contains(field));
}

/// Whether what is chosen here stays, so that a later payload of the view has it.
pub(crate) fn keeps(element: &Value) -> bool {
    !WITHOUT_STATE.contains(&elements::kind(element))
}

pub(crate) fn field(block_id: &str, element: &Value) -> Field {
    let action_id = element.get("action_id").and_then(Value::as_str).unwrap_or_default();
    (block_id.to_owned(), action_id.to_owned())
}

/// Whether the app hears of a choice in this field at once: in an input block only when the block asks for it.
pub(crate) fn dispatches(view: &ViewRecord, block_id: &str) -> bool {
    let block = blocks(view).iter().find(|b| b.get("block_id").and_then(Value::as_str) == Some(block_id));
    block.is_some_and(|b| !is_input(b) || b.get("dispatch_action") == Some(&Value::Bool(true)))
}

fn is_input(block: &Value) -> bool {
    block.get("type").and_then(Value::as_str) == Some("input")
}

fn blocks(view: &ViewRecord) -> &[Value] {
    view.content.get("blocks").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn initial(element: &Value) -> String {
    let words = ["initial_value", "initial_user", "initial_date", "initial_time", "initial_channel"];
    let word = words.iter().find_map(|name| element.get(*name)).and_then(Value::as_str);
    let option = element.pointer("/initial_option/value").and_then(Value::as_str);
    let time = || element.get("initial_date_time").and_then(Value::as_i64).map(|at| at.to_string());
    let several = || {
        let options = element.get("initial_options").and_then(Value::as_array)?;
        let values = options.iter().filter_map(|o| o.get("value").and_then(Value::as_str));
        Some(values.collect::<Vec<_>>().join(","))
    };
    word.or(option).map(str::to_owned).or_else(time).or_else(several).unwrap_or_default()
}
