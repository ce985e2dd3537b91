//! A policy with our statements among those of others. What others wrote is kept letter by letter.

use std::collections::{BTreeMap, BTreeSet};

use glasskey_domain::sessions::SessionCut;
use glasskey_domain::{AccountId, PermissionSetArn, PersonId};
use jiff::Timestamp;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// The version of the policy language with which a new policy begins.
const VERSION: &str = "\"2012-10-17\"";

/// One statement of ours: the sessions in one account from before one time, of everybody whom that concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Statement(Value);

impl Statement {
    /// What the names of all our statements begin with. IAM takes letters and digits.
    pub(super) const SID: &'static str = "GlasskeyCut";

    /// A service control policy cannot be empty: this one denies nothing to anybody.
    pub(super) const NOTHING: &'static str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"GlasskeyNothing","Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"identitystore:userId":"nobody"}}}]}"#;

    /// What the names of our statements for one permission set begin with.
    pub(super) fn sid_of(set: &PermissionSetArn) -> String {
        let hash = Sha256::digest(set.as_str());
        let short: String = hash.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        format!("{}{short}", Self::SID)
    }

    /// The statements for these cuts of one permission set, in the order of their names. With the name of the permission set they
    /// hold for its roles alone; else for all that the policy is attached to.
    pub(super) fn of<'a>(
        set: &PermissionSetArn,
        cuts: impl Iterator<Item = &'a SessionCut>,
        set_name: Option<&str>,
    ) -> Vec<Self> {
        let mut people: BTreeMap<(&AccountId, i64), BTreeSet<&PersonId>> = BTreeMap::new();
        for cut in cuts {
            let Some(account) = cut.holding.target.account() else { continue };
            // AWS has whole seconds: the one in which it was cut is denied to its end.
            let whole = cut.before.subsec_nanosecond() == 0;
            let second = cut.before.as_second().saturating_add(i64::from(!whole));
            people.entry((account, second)).or_default().insert(&cut.holding.principal);
        }
        let sid = Self::sid_of(set);
        people
            .into_iter()
            .map(|((account, second), people)| {
                let people: Vec<&str> = people.into_iter().map(|person| person.as_str()).collect();
                let mut condition = json!({
                    "DateLessThan": { "aws:TokenIssueTime": time(second) },
                    "StringEquals": { "identitystore:userId": people, "aws:PrincipalAccount": account.as_str() },
                });
                if let (Some(name), Some(condition)) = (set_name, condition.as_object_mut()) {
                    condition.insert("ArnLike".to_owned(), json!({ "aws:PrincipalArn": roles(account, name) }));
                }
                Self(json!({
                    "Sid": format!("{sid}{account}{second}"),
                    "Effect": "Deny",
                    "Action": "*",
                    "Resource": "*",
                    "Condition": condition,
                }))
            })
            .collect()
    }
}

/// The roles of a permission set in an account (platform-rules 3.4): sixteen digits end the name, so that no other name that
/// begins alike fits.
fn roles(account: &AccountId, name: &str) -> String {
    format!(
        "arn:*:iam::{account}:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_{name}_????????????????"
    )
}

fn time(second: i64) -> String {
    Timestamp::from_second(second).unwrap_or(Timestamp::MAX).to_string()
}

/// A policy.
#[derive(Debug)]
pub(super) struct Document {
    /// Everything but the statements.
    head: BTreeMap<String, Box<RawValue>>,
    statements: Vec<Box<RawValue>>,
}

impl Document {
    /// Reads a policy; none is an empty one.
    ///
    /// # Errors
    /// Why it is no policy.
    pub(super) fn parse(text: Option<&str>) -> Result<Self, String> {
        let Some(text) = text.filter(|text| !text.trim().is_empty()) else {
            return Ok(Self { head: BTreeMap::new(), statements: Vec::new() });
        };
        let mut head: BTreeMap<String, Box<RawValue>> =
            serde_json::from_str(text).map_err(|why| format!("it is no JSON object ({why})"))?;
        let statements = head.remove("Statement").ok_or("it has no statements")?;
        let several: Result<Vec<Box<RawValue>>, _> = serde_json::from_str(statements.get());
        let statements = several.unwrap_or_else(|_| vec![statements]);
        Ok(Self { head, statements })
    }

    /// Whether, of the statements with such names, it has these and no others.
    pub(super) fn has_exactly(&self, sid: &str, wanted: &[Statement]) -> bool {
        let mut held: Vec<Value> = self
            .statements
            .iter()
            .filter(|statement| is_named(statement, sid))
            .filter_map(|statement| serde_json::from_str(statement.get()).ok())
            .collect();
        held.sort_by(|one, other| name(one).cmp(&name(other)));
        held.len() == wanted.len() && held.iter().zip(wanted).all(|(held, wanted)| *held == wanted.0)
    }

    /// The text of a policy with these statements instead of those with such names; `None` when nothing is left.
    pub(super) fn with(&self, sid: &str, wanted: &[Statement]) -> Option<String> {
        let others = self.statements.iter().filter(|statement| !is_named(statement, sid));
        let others = others.map(|statement| statement.get().to_owned());
        let statements: Vec<String> =
            others.chain(wanted.iter().map(|statement| statement.0.to_string())).collect();
        if statements.is_empty() {
            return None;
        }
        let head = self.head.iter().map(|(key, value)| format!("{}:{}", json!(key), value.get()));
        // An older policy language is not made a newer one under the statements of others.
        let version =
            (self.head.is_empty() && self.statements.is_empty()).then(|| format!("\"Version\":{VERSION}"));
        let statements = format!("\"Statement\":[{}]", statements.join(","));
        let parts: Vec<String> = version.into_iter().chain(head).chain([statements]).collect();
        Some(format!("{{{}}}", parts.join(",")))
    }
}

fn is_named(statement: &RawValue, sid: &str) -> bool {
    let read: Option<Value> = serde_json::from_str(statement.get()).ok();
    read.is_some_and(|read| name(&read).is_some_and(|name| name.starts_with(sid)))
}

fn name(statement: &Value) -> Option<&str> {
    statement.get("Sid")?.as_str()
}
