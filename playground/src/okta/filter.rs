//! The filter expressions of Okta (SCIM's, cut down): `profile.email eq "ana@acme.example" and status eq "ACTIVE"`.

use serde_json::Value;

use super::wire::Refusal;

/// Expressions inside each other; more than anybody writes, and a stack is finite.
const DEPTH_MAX: usize = 16;

/// A parsed expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Compare { path: String, operator: Operator, value: String },
    Present { path: String },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    StartsWith,
    Contains,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    Word(String),
    Text(String),
}

impl Filter {
    /// Reads an expression.
    ///
    /// # Errors
    ///
    /// 400 E0000031, as Okta says of what it cannot read.
    pub(super) fn parse(text: &str) -> Result<Self, Refusal> {
        let invalid = || Refusal::api(400, "E0000031", "Invalid search criteria.", &[]);
        let tokens = tokens(text).ok_or_else(invalid)?;
        let mut rest = tokens.iter().peekable();
        let filter = any(&mut rest, 0).filter(|_| rest.peek().is_none());
        filter.ok_or_else(invalid)
    }

    /// Whether the object fits. `exact` minds upper and lower case (`filter`; `search` does not).
    pub(super) fn fits(&self, object: &Value, exact: bool) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.fits(object, exact)),
            Self::Any(parts) => parts.iter().any(|part| part.fits(object, exact)),
            Self::Present { path } => !found(object, path).is_empty(),
            Self::Compare { path, operator, value } => {
                found(object, path).iter().any(|have| operator.holds(have, value, exact))
            }
        }
    }
}

impl Operator {
    fn of(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "eq" => Some(Self::Equal),
            "sw" => Some(Self::StartsWith),
            "co" => Some(Self::Contains),
            "gt" => Some(Self::Greater),
            "ge" => Some(Self::GreaterOrEqual),
            "lt" => Some(Self::Less),
            "le" => Some(Self::LessOrEqual),
            _ => None,
        }
    }

    fn holds(self, have: &str, value: &str, exact: bool) -> bool {
        let fold = |text: &str| if exact { text.to_owned() } else { text.to_lowercase() };
        let (have, value) = (fold(have), fold(value));
        match self {
            Self::Equal => have == value,
            Self::StartsWith => have.starts_with(&value),
            Self::Contains => have.contains(&value),
            Self::Greater => have > value,
            Self::GreaterOrEqual => have >= value,
            Self::Less => have < value,
            Self::LessOrEqual => have <= value,
        }
    }
}

/// The texts at a dotted path; of a list, those of each of its items.
fn found(object: &Value, path: &str) -> Vec<String> {
    match object {
        Value::Array(items) => return items.iter().flat_map(|item| found(item, path)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {}
    }
    let (name, deeper) = path.split_once('.').map_or((path, None), |(name, deeper)| (name, Some(deeper)));
    match (object.get(name), deeper) {
        (Some(inner), Some(deeper)) => found(inner, deeper),
        (Some(Value::String(text)), None) => vec![text.clone()],
        (Some(Value::Bool(_) | Value::Number(_)), None) => {
            object.get(name).map(ToString::to_string).into_iter().collect()
        }
        (Some(Value::Null | Value::Array(_) | Value::Object(_)) | None, None) | (None, Some(_)) => Vec::new(),
    }
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(letter) = rest.next() {
        match letter {
            ' ' => {}
            '(' => tokens.push(Token::Open),
            ')' => tokens.push(Token::Close),
            '"' => {
                let mut value = String::new();
                loop {
                    match rest.next()? {
                        '"' => break,
                        '\\' => value.push(rest.next()?),
                        other => value.push(other),
                    }
                }
                tokens.push(Token::Text(value));
            }
            first => {
                let mut word = String::from(first);
                while let Some(next) = rest.next_if(|c| !" ()\"".contains(*c)) {
                    word.push(next);
                }
                tokens.push(Token::Word(word));
            }
        }
    }
    Some(tokens)
}

type Rest<'a> = std::iter::Peekable<std::slice::Iter<'a, Token>>;

fn joined(
    rest: &mut Rest<'_>,
    word: &str,
    mut part: impl FnMut(&mut Rest<'_>) -> Option<Filter>,
    join: impl Fn(Vec<Filter>) -> Filter,
) -> Option<Filter> {
    let mut parts = vec![part(rest)?];
    while rest.next_if(|t| matches!(t, Token::Word(w) if w.eq_ignore_ascii_case(word))).is_some() {
        parts.push(part(rest)?);
    }
    if parts.len() == 1 { parts.pop() } else { Some(join(parts)) }
}

fn any(rest: &mut Rest<'_>, depth: usize) -> Option<Filter> {
    let all = |rest: &mut Rest<'_>| joined(rest, "and", |rest| term(rest, depth), Filter::All);
    joined(rest, "or", all, Filter::Any)
}

fn term(rest: &mut Rest<'_>, depth: usize) -> Option<Filter> {
    match rest.next()? {
        Token::Open if depth < DEPTH_MAX => {
            let inner = any(rest, depth + 1)?;
            (rest.next() == Some(&Token::Close)).then_some(inner)
        }
        Token::Open | Token::Close | Token::Text(_) => None,
        Token::Word(path) => match rest.next()? {
            Token::Word(word) if word.eq_ignore_ascii_case("pr") => {
                Some(Filter::Present { path: path.clone() })
            }
            Token::Word(word) => {
                let operator = Operator::of(word)?;
                let Token::Text(value) = rest.next()? else { return None };
                Some(Filter::Compare { path: path.clone(), operator, value: value.clone() })
            }
            Token::Open | Token::Close | Token::Text(_) => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fits(filter: &str, object: &Value) -> bool {
        Filter::parse(filter).expect("readable").fits(object, true)
    }

    #[test]
    fn expressions_are_read_as_they_are_meant() {
        let ana = json!({ "status": "ACTIVE", "profile": { "email": "ana@acme.example" } });
        assert!(fits("profile.email eq \"ana@acme.example\"", &ana));
        assert!(!fits("profile.email eq \"Ana@acme.example\"", &ana), "filter minds the case");
        assert!(fits("status eq \"STAGED\" or (status eq \"ACTIVE\" and profile.email sw \"ana\")", &ana));
        assert!(!fits("status eq \"STAGED\" or status eq \"ACTIVE\" and profile.email co \"bo@\"", &ana));
        assert!(fits("profile.email pr and not.there lt \"x\" or status ge \"ACTIVE\"", &ana));
        let event = json!({ "target": [{ "id": "a" }, { "id": "b" }] });
        assert!(fits("target.id eq \"b\"", &event), "any item of a list");
    }

    #[test]
    fn what_cannot_be_read_is_invalid_search_criteria() {
        let deep = format!("{}a pr{}", "(".repeat(40), ")".repeat(40));
        for broken in
            ["", "status", "status eq", "status eq ACTIVE", "status ne \"A\"", "(a pr", "a eq \"b", &deep]
        {
            let refused = Filter::parse(broken).expect_err(broken);
            assert_eq!((refused.status, refused.code.as_str()), (400, "E0000031"), "{broken}");
        }
    }
}
