//! Which people, groups, accounts, units and federations a policy names, and whether it names them in a way that means something.
//!
//! Cedar compares ids; people write names. A name stands for its id as a parent (`in`), so a name after `==` would
//! silently never match: a `forbid` that never forbids. Such uses are refused when the set is loaded.

use std::collections::BTreeSet;

use cedar_policy::Policy;
use serde_json::Value;

use super::fault::Complaint;

/// The kinds of thing that a policy can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Person,
    Group,
    Account,
    Ou,
    Federation,
}

impl Kind {
    pub(super) const ALL: [Self; 5] = [Self::Person, Self::Group, Self::Account, Self::Ou, Self::Federation];

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Person => "Person",
            Self::Group => "Group",
            Self::Account => "Account",
            Self::Ou => "OU",
            Self::Federation => "Federation",
        }
    }

    pub(super) fn of(type_name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == type_name)
    }
}

/// One thing named in a policy: `Group::"sre-leads"`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Literal {
    pub(super) kind: Kind,
    pub(super) id: String,
}

impl Literal {
    pub(super) fn new(kind: Kind, id: impl Into<String>) -> Self {
        Self { kind, id: id.into() }
    }

    /// From a Cedar uid, when its type is one of ours.
    pub(super) fn of(uid: &cedar_policy::EntityUid) -> Option<Self> {
        Kind::of(&uid.type_name().to_string()).map(|kind| Self::new(kind, uid.id().unescaped()))
    }
}

impl std::fmt::Display for Literal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}::{:?}", self.kind.word(), self.id)
    }
}

/// What a policy names.
#[derive(Debug, Clone, Default)]
pub(super) struct Named {
    /// In its `when` and `unless` clauses.
    pub(super) in_conditions: BTreeSet<Literal>,
    /// In its head.
    pub(super) in_scope: BTreeSet<Literal>,
    /// Whether more of the principal matters than what they are in: an attribute, or who they are.
    pub(super) reads_principal: bool,
    /// Permission sets that it compares with.
    pub(super) permission_sets: BTreeSet<String>,
    /// What else of a question its answer depends on.
    pub(super) reads: Reads,
}

/// What a policy looks at in a question, beside who is in what: two questions that differ in nothing of it get one answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is about another word of the schema")]
pub(super) struct Reads {
    /// How long it is asked for.
    pub(super) length: bool,
    /// The ticket.
    pub(super) ticket: bool,
    /// The very moment at which it would begin.
    pub(super) start: bool,
    /// The permission set, otherwise than by comparing it with names.
    pub(super) permission_set: bool,
    /// The account or group itself, beside what it is in.
    pub(super) resource: bool,
}

impl Reads {
    const ALL: Self = Self { length: true, ticket: true, start: true, permission_set: true, resource: true };

    /// What either reads.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            length: self.length || other.length,
            ticket: self.ticket || other.ticket,
            start: self.start || other.start,
            permission_set: self.permission_set || other.permission_set,
            resource: self.resource || other.resource,
        }
    }

    /// A word of the context is looked at.
    fn word(&mut self, word: &str) {
        match word {
            "durationSeconds" => self.length = true,
            "ticket" => self.ticket = true,
            "start" => self.start = true,
            "permissionSet" => self.permission_set = true,
            _ => {}
        }
    }
}

/// Twelve digits: an account's id, not its name.
pub(super) fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// Reads what a policy names.
pub(super) fn named(policy: &Policy, complaints: &mut Vec<Complaint>) -> Named {
    let mut named = Named::default();
    let Ok(json) = policy.to_json() else {
        complaints.push(Complaint::new("the policy cannot be read back", "write it more simply"));
        return named;
    };
    for side in ["principal", "resource"] {
        scope(json.get(side), &mut named, complaints);
    }
    for condition in json.get("conditions").and_then(Value::as_array).into_iter().flatten() {
        if let Some(body) = condition.get("body") {
            Walk { named: &mut named, complaints }.expression(body, Place::Bare);
        }
    }
    named
}

fn scope(side: Option<&Value>, named: &mut Named, complaints: &mut Vec<Complaint>) {
    let Some(side) = side else { return };
    let by_id = side.get("op").and_then(Value::as_str) == Some("==");
    let uid = side.get("entity").or_else(|| side.get("in").and_then(|part| part.get("entity")));
    let Some(literal) = uid.and_then(entity) else { return };
    if by_id && literal.kind == Kind::Account && !is_account_id(&literal.id) {
        complaints.push(name_compared(&literal));
    }
    named.in_scope.insert(literal);
}

fn entity(uid: &Value) -> Option<Literal> {
    let kind = Kind::of(uid.get("type")?.as_str()?)?;
    Some(Literal::new(kind, uid.get("id")?.as_str()?))
}

fn name_compared(literal: &Literal) -> Complaint {
    Complaint::new(
        format!("`{literal}` is a name, and `==` compares ids: it would never match"),
        format!("write `in {literal}`, or `==` with the twelve digits of the account"),
    )
}

/// Where an expression stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Right of `in`.
    RightOfIn,
    /// Beside `==`, `!=` or in `contains…`.
    Compared,
    /// Anywhere else.
    Bare,
}

struct Walk<'a> {
    named: &'a mut Named,
    complaints: &'a mut Vec<Complaint>,
}

impl Walk<'_> {
    /// Cedar's JSON form of an expression is an object with one key, the operator.
    fn expression(&mut self, expression: &Value, place: Place) {
        let Some((operator, operand)) = expression.as_object().and_then(|object| object.iter().next()) else {
            return;
        };
        match operator.as_str() {
            "Value" => self.value(operand, place),
            "Set" => self.each(operand, place),
            "in" => {
                self.inner(operand);
                self.side(operand, "right", Place::RightOfIn);
            }
            "is" => {
                self.inner(operand);
                self.side(operand, "in", Place::RightOfIn);
            }
            "==" | "!=" | "contains" | "containsAll" | "containsAny" => {
                // A permission set that is compared with names is known by them; then the word itself is not read.
                if !self.permission_sets(operand) {
                    self.side(operand, "left", Place::Compared);
                    self.side(operand, "right", Place::Compared);
                }
            }
            "Var" => self.variable(operand, place),
            "." | "has" => self.attribute(operand),
            "Slot" => {}
            _ => self.each(operand, Place::Bare),
        }
    }

    /// A thing itself, not what is known of it.
    fn variable(&mut self, operand: &Value, place: Place) {
        match operand.as_str() {
            Some("principal") => self.named.reads_principal = true,
            // Beside `==` it is compared with ids, and what has an id that policies name is known by it.
            Some("resource") => self.named.reads.resource |= place != Place::Compared,
            Some("context") => self.named.reads = Reads::ALL,
            Some(_) | None => {}
        }
    }

    /// `principal.email`, `context has ticket`: of a context the word matters, of a thing the thing.
    fn attribute(&mut self, operand: &Value) {
        let of = operand.get("left").and_then(|left| left.get("Var")).and_then(Value::as_str);
        match (of, operand.get("attr").and_then(Value::as_str)) {
            (Some("context"), Some(word)) => self.named.reads.word(word),
            _ => self.side(operand, "left", Place::Bare),
        }
    }

    /// What is left of `in` or `is`: of a principal or a resource it reads nothing but what they are in, as long as it is
    /// not asked whether one is in the other.
    fn inner(&mut self, operand: &Value) {
        let variable = |side: &str| {
            operand.get(side).and_then(|side| side.get("Var")).and_then(Value::as_str).map(str::to_owned)
        };
        let left = variable("left");
        if variable("right").is_some() || variable("in").is_some() {
            self.named.reads_principal |= left.as_deref() == Some("principal");
        }
        if !matches!(left.as_deref(), Some("principal" | "resource")) {
            self.side(operand, "left", Place::Bare);
        }
    }

    fn side(&mut self, operand: &Value, side: &str, place: Place) {
        if let Some(expression) = operand.get(side) {
            self.expression(expression, place);
        }
    }

    fn each(&mut self, operands: &Value, place: Place) {
        let parts: Vec<&Value> = match operands {
            Value::Array(parts) => parts.iter().collect(),
            Value::Object(parts) => parts.values().collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
        };
        for part in parts {
            self.expression(part, place);
        }
    }

    fn value(&mut self, value: &Value, place: Place) {
        let Some(uid) = value.get("__entity") else {
            return if let Value::Array(_) = value {
                self.each(value, place)
            };
        };
        // Glasskey itself has one name only.
        let Some(literal) = entity(uid) else { return };
        let by_id = match literal.kind {
            Kind::Person | Kind::Federation => true,
            Kind::Account => is_account_id(&literal.id),
            Kind::Group | Kind::Ou => false,
        };
        match place {
            Place::RightOfIn => {}
            Place::Compared if by_id => {}
            Place::Compared => self.complaints.push(name_compared(&literal)),
            Place::Bare => self.complaints.push(Complaint::new(
                format!("`{literal}` stands where nothing is known of it"),
                "name things right of `in`, beside `==`, or in `[…].contains(…)` only",
            )),
        }
        self.named.in_conditions.insert(literal);
    }

    /// `context.permissionSet == "X"` and `["X", "Y"].contains(context.permissionSet)`: whether it is no more than that.
    fn permission_sets(&mut self, operand: &Value) -> bool {
        let is_it = |side: &Value| {
            let Some(dot) = side.get(".") else { return false };
            let of = dot.get("left").and_then(|left| left.get("Var")).and_then(Value::as_str);
            of == Some("context") && dot.get("attr").and_then(Value::as_str) == Some("permissionSet")
        };
        match (operand.get("left"), operand.get("right")) {
            (Some(left), Some(right)) if is_it(left) => strings(right, &mut self.named.permission_sets),
            (Some(left), Some(right)) if is_it(right) => strings(left, &mut self.named.permission_sets),
            _ => false,
        }
    }
}

/// Adds the strings of an expression; whether it is made of nothing else.
fn strings(expression: &Value, found: &mut BTreeSet<String>) -> bool {
    if let Some(text) = expression.get("Value").and_then(Value::as_str) {
        found.insert(text.to_owned());
        return true;
    }
    let Some(parts) = expression.get("Set").and_then(Value::as_array) else { return false };
    parts.iter().filter(|part| !strings(part, found)).count() == 0
}
