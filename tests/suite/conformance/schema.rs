//! An OpenAPI 3.1 description, as far as requests are held against it. Objects are closed: a member that is not described is
//! a fault, or a misspelt one would never be seen.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Deeper than any request of ours; a description that leads round in a ring ends here.
const DEPTH_MAX: usize = 60;

/// A whole description.
pub(super) struct Schemas(pub(super) Value);

impl Schemas {
    fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str() {
            Some(pointer) => self.resolve(self.0.pointer(pointer.trim_start_matches('#')).unwrap()),
            None => value,
        }
    }

    /// The path template and the operation of a call: templates without a variable in that place go first.
    pub(super) fn operation(&self, method: &str, path: &str) -> Option<(&str, &Value)> {
        let fits = |template: &str| {
            let (template, path) = (template.split('/'), path.split('/'));
            template.clone().count() == path.clone().count()
                && template.zip(path).all(|(t, p)| t == p || (t.starts_with('{') && !p.is_empty()))
        };
        let paths = self.0["paths"].as_object()?;
        let mut fitting: Vec<&String> = paths.keys().filter(|template| fits(template)).collect();
        fitting.sort_by_key(|template| template.matches('{').count());
        let template = fitting.first()?;
        Some((template, paths[*template].get(method.to_lowercase())?))
    }

    /// What is wrong with a query.
    pub(super) fn wrong_query(
        &self,
        template: &str,
        operation: &Value,
        query: &BTreeMap<String, String>,
    ) -> Vec<String> {
        let shared = self.0["paths"][template]["parameters"].as_array();
        let all = shared.into_iter().chain(operation["parameters"].as_array()).flatten();
        let known: Vec<&Value> = all.map(|p| self.resolve(p)).filter(|p| p["in"] == "query").collect();
        let mut faults = Vec::new();
        for (name, value) in query {
            let Some(parameter) = known.iter().find(|p| p["name"] == name.as_str()) else {
                faults.push(format!("{template} takes no `{name}`"));
                continue;
            };
            // A query is text: it is right when one reading of it is.
            let readings = [serde_json::from_str(value).ok(), Some(Value::from(value.as_str()))];
            let all =
                readings.into_iter().flatten().map(|reading| self.faults(&parameter["schema"], &reading));
            let least = all.min_by_key(Vec::len).unwrap();
            faults.extend(least.into_iter().map(|fault| format!("`{name}`: {fault}")));
        }
        let needed = known.iter().filter(|p| p["required"] == true).filter_map(|p| p["name"].as_str());
        faults.extend(needed.filter(|name| !query.contains_key(*name)).map(|name| format!("needs `{name}`")));
        faults
    }

    /// What the body of an operation must be, where it takes one.
    pub(super) fn body<'a>(&'a self, operation: &'a Value) -> Option<&'a Value> {
        self.resolve(operation.get("requestBody")?).pointer("/content/application~1json/schema")
    }

    /// What is wrong with a value.
    pub(super) fn faults(&self, schema: &Value, value: &Value) -> Vec<String> {
        self.at(schema, value, "", 0)
    }

    fn at(&self, schema: &Value, value: &Value, place: &str, depth: usize) -> Vec<String> {
        let schema = self.resolve(schema);
        if depth > DEPTH_MAX {
            return vec![format!("{place}: too deep")];
        }
        let mut faults = Vec::new();
        for part in schema["allOf"].as_array().into_iter().flatten() {
            faults.extend(self.at(part, value, place, depth + 1));
        }
        for kind in ["oneOf", "anyOf"] {
            if let Some(parts) = schema[kind].as_array() {
                faults.extend(self.nearest(parts, value, place, depth));
            }
        }
        if !is_of_type(schema, value) {
            faults.push(format!("{place}: {value} is not {}", schema["type"]));
            return faults;
        }
        if let Some(only) = schema.get("const").filter(|only| *only != value) {
            faults.push(format!("{place}: {value} is not {only}"));
        }
        if let Some(all) = schema["enum"].as_array().filter(|all| !all.contains(value)) {
            faults.push(format!("{place}: {value} is none of {all:?}"));
        }
        match value {
            Value::String(text) => {
                faults.extend(wrong_text(schema, text).map(|why| format!("{place}: {why}")))
            }
            Value::Number(number) => faults.extend(out_of_range(schema, number.as_f64(), place)),
            Value::Array(items) => faults.extend(self.wrong_list(schema, items, place, depth)),
            Value::Object(_) => faults.extend(self.wrong_members(schema, value, place, depth)),
            Value::Null | Value::Bool(_) => {}
        }
        faults
    }

    /// The faults against the alternative that was meant: the one with the right constants, then the one with the fewest.
    fn nearest(&self, parts: &[Value], value: &Value, place: &str, depth: usize) -> Vec<String> {
        let judged = parts.iter().map(|part| {
            let part = self.resolve(part);
            let other_kind = self.is_of_another_kind(part, value);
            (other_kind, self.at(part, value, place, depth + 1))
        });
        let nearest = judged.min_by_key(|(other, faults)| (*other && !faults.is_empty(), faults.len()));
        nearest.map(|(_, faults)| faults).unwrap_or_default()
    }

    fn is_of_another_kind(&self, part: &Value, value: &Value) -> bool {
        let named = part["properties"]["type"].clone();
        let kind = self.resolve(&named);
        !is_of_type(part, value) || kind.get("const").is_some_and(|only| value.get("type") != Some(only))
    }

    fn wrong_list(&self, schema: &Value, items: &[Value], place: &str, depth: usize) -> Vec<String> {
        let mut faults = Vec::new();
        if schema["maxItems"].as_u64().is_some_and(|most| items.len() as u64 > most) {
            faults.push(format!("{place}: {} are more than {}", items.len(), schema["maxItems"]));
        }
        if schema["minItems"].as_u64().is_some_and(|least| (items.len() as u64) < least) {
            faults.push(format!("{place}: {} are fewer than {}", items.len(), schema["minItems"]));
        }
        let distinct: BTreeSet<String> = items.iter().map(Value::to_string).collect();
        if schema["uniqueItems"] == true && distinct.len() < items.len() {
            faults.push(format!("{place}: one of them twice"));
        }
        if let Some(of) = schema.get("items") {
            let each = items.iter().enumerate();
            faults.extend(each.flat_map(|(n, item)| self.at(of, item, &format!("{place}/{n}"), depth + 1)));
        }
        faults
    }

    fn wrong_members(&self, schema: &Value, value: &Value, place: &str, depth: usize) -> Vec<String> {
        let Some(members) = value.as_object() else { return Vec::new() };
        let known = schema["properties"].as_object();
        // Only what says what it has is closed: a union is judged by its parts.
        if known.is_none() && schema.get("additionalProperties").is_none() {
            return Vec::new();
        }
        let mut faults = Vec::new();
        for (name, member) in members {
            let described =
                known.and_then(|known| known.get(name)).or_else(|| schema.get("additionalProperties"));
            match described {
                None | Some(Value::Bool(false)) => faults.push(format!("{place}: there is no `{name}`")),
                Some(Value::Bool(true)) => {}
                Some(described) => {
                    faults.extend(self.at(described, member, &format!("{place}/{name}"), depth + 1))
                }
            }
        }
        if schema["maxProperties"].as_u64().is_some_and(|most| members.len() as u64 > most) {
            faults.push(format!("{place}: more members than {}", schema["maxProperties"]));
        }
        let needed = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        faults.extend(
            needed.filter(|name| !members.contains_key(*name)).map(|name| format!("{place}: needs `{name}`")),
        );
        faults
    }
}

fn is_of_type(schema: &Value, value: &Value) -> bool {
    let fits = |kind: &Value| match kind.as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        Some("null") => value.is_null(),
        other => panic!("an unknown type: {other:?}"),
    };
    match &schema["type"] {
        Value::Null => true,
        Value::Array(kinds) => kinds.iter().any(fits),
        kind => fits(kind),
    }
}

/// Discord counts UTF-16 units, of which there are never fewer than characters.
fn wrong_text(schema: &Value, text: &str) -> Option<String> {
    let length = text.encode_utf16().count() as u64;
    if schema["maxLength"].as_u64().is_some_and(|most| length > most) {
        return Some(format!("{length} is longer than {}", schema["maxLength"]));
    }
    if schema["minLength"].as_u64().is_some_and(|least| length < least) {
        return Some(format!("{length} is shorter than {}", schema["minLength"]));
    }
    if schema["format"] == "uri" && !text.contains("://") {
        return Some(format!("{text} is no URI"));
    }
    let pattern = schema["pattern"].as_str().map(|pattern| regex_lite::Regex::new(pattern).unwrap());
    pattern.is_some_and(|pattern| !pattern.is_match(text)).then(|| format!("{text} is not as it must be"))
}

fn out_of_range(schema: &Value, number: Option<f64>, place: &str) -> Option<String> {
    let number = number?;
    let low = schema["minimum"].as_f64().is_some_and(|least| number < least);
    let high = schema["maximum"].as_f64().is_some_and(|most| number > most);
    (low || high).then(|| format!("{place}: {number} is out of range"))
}
