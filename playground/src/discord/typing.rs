//! What Discord's client makes of a typed command: the registered options, found, converted and checked before anything is
//! sent. It must never let through what the client would not.

use serde_json::{Map, Value, json};

use super::check::{list, number, word};
use super::people::Member;
use super::world::World;

const SUBCOMMAND: u64 = 1;
const GROUP: u64 = 2;
const STRING: u64 = 3;
const INTEGER: u64 = 4;
const BOOLEAN: u64 = 5;
const USER: u64 = 6;
const CHANNEL: u64 = 7;
const NUMBER: u64 = 10;

/// Data of a command (`elevate request`, by registered names) with these values by option name. `focused` is the option that
/// is being typed, for an autocomplete.
pub(crate) fn data(
    world: &World,
    line: &str,
    values: &Value,
    focused: Option<&str>,
) -> Result<Value, String> {
    let mut words = line.trim_start_matches('/').split_whitespace();
    let command = command(world, words.next().unwrap_or_default())?;
    let mut level = list(command, "options");
    let mut path = Vec::new();
    for word in words {
        let next = level.iter().find(|o| self::word(o, "name") == word && nests(o));
        let next = next.ok_or_else(|| format!("no_such_subcommand: {word} (there are: {})", names(level)))?;
        path.push((word.to_owned(), number(next, "type")));
        level = list(next, "options");
    }
    if level.iter().any(nests) {
        return Err(format!("incomplete: choose one of {}", names(level)));
    }
    let mut resolved = Map::new();
    let mut options = Value::from(given(world, level, values, focused, &mut resolved)?);
    for (name, kind) in path.into_iter().rev() {
        options = json!([{ "name": name, "type": kind, "options": options }]);
    }
    let mut data = json!({ "id": command.get("id"), "name": command.get("name"), "type": 1 });
    if let Some(fields) = data.as_object_mut() {
        if let Some(guild) = command.get("guild_id") {
            fields.insert("guild_id".into(), guild.clone());
        }
        if options.as_array().is_some_and(|o| !o.is_empty()) {
            fields.insert("options".into(), options);
        }
        if !resolved.is_empty() {
            fields.insert("resolved".into(), resolved.into());
        }
    }
    Ok(data)
}

fn command<'a>(world: &'a World, name: &str) -> Result<&'a Value, String> {
    let mut all = world.commands.values().flatten();
    all.find(|c| word(c, "name") == name).ok_or_else(|| {
        let known: Vec<Value> = world.commands.values().flatten().cloned().collect();
        format!("no_such_command: {name} (there are: {})", names(&known))
    })
}

fn nests(option: &Value) -> bool {
    matches!(number(option, "type"), SUBCOMMAND | GROUP)
}

fn names(options: &[Value]) -> String {
    options.iter().map(|o| word(o, "name")).collect::<Vec<_>>().join(", ")
}

/// The values in the order of their options.
fn given(
    world: &World,
    options: &[Value],
    values: &Value,
    focused: Option<&str>,
    resolved: &mut Map<String, Value>,
) -> Result<Vec<Value>, String> {
    let known = |name: &str| options.iter().any(|o| word(o, "name") == name);
    let typed = values.as_object().into_iter().flat_map(Map::keys).map(String::as_str);
    if let Some(stranger) = typed.chain(focused).find(|name| !known(name)) {
        return Err(format!("no_such_option: {stranger} (there are: {})", names(options)));
    }
    let mut found = Vec::new();
    for option in options {
        let (name, kind) = (word(option, "name"), number(option, "type"));
        let value = values.get(name).filter(|v| !v.is_null());
        if focused == Some(name) {
            if option.get("autocomplete") != Some(&Value::Bool(true)) {
                return Err(format!("no_autocomplete: {name}"));
            }
            let text = value.map(plain).unwrap_or_default();
            found.push(json!({ "name": name, "type": kind, "value": text, "focused": true }));
        } else if let Some(value) = value {
            let value = converted(world, option, value, resolved)?;
            found.push(json!({ "name": name, "type": kind, "value": value }));
        } else if focused.is_none() && option.get("required") == Some(&Value::Bool(true)) {
            return Err(format!("required: {name}"));
        }
    }
    Ok(found)
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn converted(
    world: &World,
    option: &Value,
    value: &Value,
    resolved: &mut Map<String, Value>,
) -> Result<Value, String> {
    let (name, text) = (word(option, "name"), plain(value));
    let wrong = || format!("not_valid: {name}: {text}");
    let value = match number(option, "type") {
        STRING => {
            let length = text.chars().count() as u64;
            if option.get("max_length").and_then(Value::as_u64).is_some_and(|most| length > most) {
                return Err(format!("too_long: {name}"));
            }
            if option.get("min_length").and_then(Value::as_u64).is_some_and(|least| length < least) {
                return Err(format!("too_short: {name}"));
            }
            Value::from(text.clone())
        }
        INTEGER => text.parse::<i64>().map(Value::from).map_err(|_| wrong())?,
        NUMBER => text.parse::<f64>().map(Value::from).map_err(|_| wrong())?,
        BOOLEAN => text.parse::<bool>().map(Value::from).map_err(|_| wrong())?,
        USER => {
            let member = world.member(text.trim_start_matches('@')).ok_or_else(wrong)?;
            resolve(resolved, member);
            Value::from(member.id.clone())
        }
        CHANNEL => world.channel_id(&text).map(Value::from).ok_or_else(wrong)?,
        _ => Value::from(text.clone()),
    };
    let choices = list(option, "choices");
    if choices.is_empty() {
        return Ok(value);
    }
    let chosen = choices.iter().find(|c| word(c, "name") == text || c.get("value") == Some(&value));
    chosen.and_then(|c| c.get("value").cloned()).ok_or_else(wrong)
}

/// Adds a user, and the member when there is one, to `resolved`.
pub(crate) fn resolve(resolved: &mut Map<String, Value>, member: &Member) {
    let mut add = |key: &str, value: Value| {
        let of_kind = resolved.entry(key).or_insert_with(|| json!({}));
        if let Some(fields) = of_kind.as_object_mut() {
            fields.insert(member.id.clone(), value);
        }
    };
    add("users", member.user());
    if member.flags.is_member {
        add("members", member.partial());
    }
}
