//! Registration of commands: names 32, descriptions 100, 25 options and choices, values 100, 8000 characters in sum.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Findings, list, number, word};

/// Commands of one scope.
const COMMANDS_MAX: usize = 100;
const NAME_MAX: usize = 32;
const DESCRIPTION_MAX: usize = 100;
const OPTIONS_MAX: usize = 25;
const CHOICE_MAX: usize = 100;
const SUM_MAX: usize = 8_000;

const SUBCOMMAND: u64 = 1;
const GROUP: u64 = 2;
const STRING: u64 = 3;
const INTEGER: u64 = 4;
const NUMBER: u64 = 10;

/// A bulk overwrite.
pub(crate) fn commands(body: &Value) -> Findings {
    let mut found = Findings::default();
    let Some(commands) = body.as_array() else {
        found.fault("", "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType");
        return found;
    };
    if commands.len() > COMMANDS_MAX {
        found.fault("", "BASE_TYPE_BAD_LENGTH", format!("Must be between 0 and {COMMANDS_MAX} in length."));
    }
    let mut names = BTreeSet::new();
    for (n, command) in commands.iter().enumerate() {
        one(&mut found, &n.to_string(), command);
        if !names.insert(word(command, "name")) {
            found.fault(
                &format!("{n}.name"),
                "APPLICATION_COMMANDS_DUPLICATE_NAME",
                "Application command names must be unique",
            );
        }
    }
    found
}

fn one(found: &mut Findings, path: &str, command: &Value) {
    if !matches!(number(command, "type"), 0 | 1) {
        found.house(format!("{path}: this app has slash commands only"));
    }
    let sum = named(found, path, command) + parameters(found, path, command, Level::Command);
    if sum > SUM_MAX {
        let message = format!("Command exceeds maximum size ({SUM_MAX})");
        found.fault(path, "APPLICATION_COMMAND_TOO_LARGE", message);
    }
    // In a direct message, and installed by a person, nobody's guild stands behind a command.
    for key in ["contexts", "integration_types"] {
        if command.get(key) != Some(&json!([0])) {
            found.house(format!("{path}.{key} is not [0]"));
        }
    }
}

/// Name and description; the characters that count.
fn named(found: &mut Findings, path: &str, thing: &Value) -> usize {
    let name = word(thing, "name");
    let fits = !name.is_empty()
        && name.chars().count() <= NAME_MAX
        && name.chars().all(|c| (c.is_alphanumeric() && !c.is_uppercase()) || matches!(c, '-' | '_' | '\''));
    if !fits {
        let message = "Command name is invalid";
        found.fault(&format!("{path}.name"), "APPLICATION_COMMAND_INVALID_NAME", message);
    }
    let described = found.text(&format!("{path}.description"), thing.get("description"), 1, DESCRIPTION_MAX);
    name.chars().count() + described
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Command,
    Group,
    Subcommand,
}

fn parameters(found: &mut Findings, path: &str, of: &Value, level: Level) -> usize {
    let path = format!("{path}.options");
    found.count(&path, of.get("options"), usize::from(level == Level::Group), OPTIONS_MAX);
    let options = list(of, "options");
    let nests = |option: &&Value| matches!(number(option, "type"), SUBCOMMAND | GROUP);
    let nested = options.iter().filter(nests).count();
    if nested > 0 && nested < options.len() {
        let message =
            "Sub-command and sub-command group option types are mutually exclusive to all other types";
        found.fault(&path, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", message);
    }
    let mut names = BTreeSet::new();
    let (mut sum, mut optional_seen) = (0, false);
    for (n, option) in options.iter().enumerate() {
        let path = format!("{path}.{n}");
        sum += named(found, &path, option);
        if !names.insert(word(option, "name")) {
            found.fault(
                &format!("{path}.name"),
                "APPLICATION_COMMAND_OPTIONS_NAME_INVALID",
                "Option names must be unique",
            );
        }
        let required = option.get("required") == Some(&Value::Bool(true));
        if required && optional_seen {
            let message = "Required options must be placed before non-required options";
            found.fault(&path, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", message);
        }
        optional_seen |= !required;
        sum += kind(found, &path, option, level);
    }
    sum
}

fn kind(found: &mut Findings, path: &str, option: &Value, level: Level) -> usize {
    match (number(option, "type"), level) {
        (GROUP, Level::Command) => parameters(found, path, option, Level::Group),
        (SUBCOMMAND, Level::Command | Level::Group) => parameters(found, path, option, Level::Subcommand),
        (3..=11, Level::Command | Level::Subcommand) => value(found, path, option),
        _ => {
            found.fault(
                &format!("{path}.type"),
                "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
                "Option type is not allowed here",
            );
            0
        }
    }
}

fn value(found: &mut Findings, path: &str, option: &Value) -> usize {
    let kind = number(option, "type");
    let searches = option.get("autocomplete") == Some(&Value::Bool(true));
    let typed = matches!(kind, STRING | INTEGER | NUMBER);
    let choices = list(option, "choices");
    found.count(&format!("{path}.choices"), option.get("choices"), 0, OPTIONS_MAX);
    if (searches || !choices.is_empty()) && !typed {
        found.fault(
            path,
            "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
            "This option type has neither choices nor autocomplete",
        );
    }
    if searches && !choices.is_empty() {
        found.fault(
            path,
            "APPLICATION_COMMAND_AUTOCOMPLETE_CHOICES",
            "Choices and autocomplete exclude each other",
        );
    }
    found.number(&format!("{path}.min_length"), option.get("min_length"), 0, 6_000);
    found.number(&format!("{path}.max_length"), option.get("max_length"), 1, 6_000);
    let mut sum = 0;
    for (n, choice) in choices.iter().enumerate() {
        let path = format!("{path}.choices.{n}");
        sum += found.text(&format!("{path}.name"), choice.get("name"), 1, CHOICE_MAX);
        if kind == STRING {
            sum += found.text(&format!("{path}.value"), choice.get("value"), 1, CHOICE_MAX);
        }
    }
    sum
}
