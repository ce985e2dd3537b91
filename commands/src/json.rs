//! The little JSON that the manifests need, written the same way each time.
//!
//! Must never be used to read: whoever reads JSON has a library for it.

use std::fmt;

/// A JSON value. Members keep their order.
pub(crate) enum Json {
    Null,
    True,
    Number(usize),
    Text(&'static str),
    List(Vec<Json>),
    Object(Vec<(&'static str, Json)>),
}

impl Json {
    /// Writes the value; what follows its first line is indented by this many steps.
    fn write(&self, steps: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::True => f.write_str("true"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => write_text(text, f),
            Self::List(items) => lines(items, ('[', ']'), steps, f, |item, f| item.write(steps + 1, f)),
            Self::Object(members) => lines(members, ('{', '}'), steps, f, |(name, value), f| {
                write_text(name, f)?;
                f.write_str(": ")?;
                value.write(steps + 1, f)
            }),
        }
    }
}

impl fmt::Display for Json {
    /// Over several lines, indented by two blanks a step.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(0, f)
    }
}

fn lines<T>(
    items: &[T],
    (open, close): (char, char),
    steps: usize,
    f: &mut fmt::Formatter<'_>,
    one: impl Fn(&T, &mut fmt::Formatter<'_>) -> fmt::Result,
) -> fmt::Result {
    write!(f, "{open}")?;
    for (at, item) in items.iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        write!(f, "{comma}\n{:1$}", "", (steps + 1) * 2)?;
        one(item, f)?;
    }
    if !items.is_empty() {
        write!(f, "\n{:1$}", "", steps * 2)?;
    }
    write!(f, "{close}")
}

fn write_text(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("\"")?;
    text.chars().try_for_each(|c| match c {
        '"' | '\\' => write!(f, "\\{c}"),
        _ if c.is_control() => write!(f, "\\u{:04x}", u32::from(c)),
        _ => write!(f, "{c}"),
    })?;
    f.write_str("\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_by_a_library_as_the_same() {
        let written = Json::Object(vec![
            ("a \"b\"\\\n\u{7f}", Json::List(vec![Json::Null, Json::True, Json::Number(7)])),
            ("empty", Json::List(vec![Json::List(Vec::new()), Json::Object(Vec::new())])),
            ("text", Json::Text("ü … \t\u{0}")),
        ]);
        let read: serde_json::Value = serde_json::from_str(&written.to_string()).unwrap();
        let expected = serde_json::json!({
            "a \"b\"\\\n\u{7f}": [null, true, 7],
            "empty": [[], {}],
            "text": "ü … \t\u{0}",
        });
        assert_eq!(read, expected);
    }
}
