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
    const ALL: [Self; 5] = [Self::Person, Self::Group, Self::Account, Self::Ou, Self::Federation];

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Person => "Person",
            Self::Group => "Group",
            Self::Account => "Account",
            Self::Ou => "OU",
            Self::Federation => "Federation",
        }
    }

    fn of(type_name: &str) -> Option<Self> {
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
                self.side(operand, "left", Place::Compared);
                self.side(operand, "right", Place::Compared);
                self.permission_sets(operand);
            }
            "Var" => self.named.reads_principal |= operand.as_str() == Some("principal"),
            "Slot" => {}
            _ => self.each(operand, Place::Bare),
        }
    }

    /// What is left of `in` or `is`: of the principal it reads nothing but what they are in.
    fn inner(&mut self, operand: &Value) {
        let is_principal =
            operand.get("left").and_then(|left| left.get("Var")).and_then(Value::as_str) == Some("principal");
        if !is_principal {
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

    /// `context.permissionSet == "X"` and `["X", "Y"].contains(context.permissionSet)`.
    fn permission_sets(&mut self, operand: &Value) {
        let sides = [operand.get("left"), operand.get("right")];
        let is_it = |side: &Option<&Value>| {
            side.and_then(|side| side.get(".")).and_then(|dot| dot.get("attr")).and_then(Value::as_str)
                == Some("permissionSet")
        };
        if sides.iter().any(is_it) {
            for side in sides.into_iter().flatten() {
                strings(side, &mut self.named.permission_sets);
            }
        }
    }
}

fn strings(expression: &Value, found: &mut BTreeSet<String>) {
    if let Some(text) = expression.get("Value").and_then(Value::as_str) {
        found.insert(text.to_owned());
    }
    for part in expression.get("Set").and_then(Value::as_array).into_iter().flatten() {
        strings(part, found);
    }
}
