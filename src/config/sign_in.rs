//! `[sign_in]`: where people show who they are, and what they must do so for anew. Asks nobody.

use std::collections::BTreeMap;

use glasskey_domain::settings::{StepUp, StepUpAction};
use glasskey_domain::{AccountId, Directory, Seconds};
use toml::de::DeValue;

use super::Need;
use super::environment::Environment;
use super::keys;
use super::reader::Reader;
use super::secret::SecretSource;
use super::secret_keys as secret;
use super::values::{self, Parsed, Wrong, show};

/// How old a sign-in may be, unless told otherwise: time to find the way back to chat.
const FRESH_DEFAULT: Seconds = Seconds::minutes(5);
/// Most things that take a fresh sign-in: who needs more means all of them.
const STEP_UPS_MAX: usize = 32;
/// Longest name of an account or organizational unit: AWS's limit.
const SCOPE_LENGTH_MAX: usize = 128;

/// `[sign_in]`.
#[derive(Debug, Clone)]
pub struct SignInConfig {
    /// The identity provider, exactly as it calls itself.
    pub issuer: String,
    /// The client that signs people in.
    pub client_id: String,
    /// Its secret, where it has one.
    pub client_secret: Option<SecretSource>,
    /// What takes a fresh sign-in, as it is written. What decisions depend on is in [`super::Config::requests`].
    pub step_up: Vec<StepUp>,
    /// How old a sign-in may be and still be fresh.
    pub fresh: Seconds,
}

impl SignInConfig {
    /// What takes a fresh sign-in, with the accounts that are meant by an alias beside what else may have that name: rather
    /// one too many than one too few.
    pub(super) fn step_ups_where(&self, aliases: &BTreeMap<String, AccountId>) -> Vec<StepUp> {
        let meant = self.step_up.iter().filter_map(|step_up| {
            let account = aliases.get(&step_up.scope.as_ref()?.to_lowercase())?;
            Some(StepUp { action: step_up.action, scope: Some(account.to_string()) })
        });
        self.step_up.iter().cloned().chain(meant).collect()
    }

    /// What stands in `step_up` and is about no account and no organizational unit of this company: nobody is asked to sign
    /// in by it, so it is said loudly. None, as long as the company was never read.
    #[must_use]
    pub fn about_nothing(&self, aliases: &BTreeMap<String, AccountId>, directory: &Directory) -> Vec<String> {
        if directory.is_empty() {
            return Vec::new();
        }
        let slips = self.step_up.iter().filter_map(|step_up| {
            let scope = step_up.scope.as_ref()?;
            let alias = aliases.get(&scope.to_lowercase());
            let is =
                directory.has_place(scope) || alias.is_some_and(|id| directory.accounts.contains_key(id));
            (!is).then(|| format!("{}:{scope}", step_up.action.word()))
        });
        slips.collect()
    }
}

pub(super) fn sign_in(
    reader: &mut Reader<'_>,
    environment: &Environment,
    need: Need,
) -> Option<SignInConfig> {
    if !reader.has_section("sign_in") {
        return None;
    }
    let issuer = reader.needed(&keys::SIGN_IN_ISSUER, values::issuer);
    let client_id = reader.needed(&keys::SIGN_IN_CLIENT_ID, values::plain_name);
    let client_secret = secret::maybe(reader, &keys::SIGN_IN_CLIENT_SECRET, environment, need);
    let step_up = reader.maybe(&keys::SIGN_IN_STEP_UP, step_ups).unwrap_or_default();
    let fresh = reader.maybe(&keys::SIGN_IN_FRESH, values::fresh);
    if step_up.is_empty() && fresh.is_some() {
        reader.advise(&keys::SIGN_IN_FRESH, "has no effect: nothing in `step_up` takes a fresh sign-in");
    }
    let fresh = fresh.unwrap_or(FRESH_DEFAULT);
    Some(SignInConfig { issuer: issuer?, client_id: client_id?, client_secret, step_up, fresh })
}

/// What takes a fresh sign-in.
fn step_ups(value: &DeValue<'_>) -> Parsed<Vec<StepUp>> {
    let DeValue::Array(items) = value else { return Err(Wrong::Value) };
    if items.len() > STEP_UPS_MAX {
        return Err(Wrong::Said(format!("a list of {}", items.len())));
    }
    let mut all: Vec<StepUp> = Vec::new();
    for item in items {
        let item = item.get_ref();
        let step_up = item.as_str().and_then(step_up).filter(|step_up| !all.contains(step_up));
        all.push(step_up.ok_or_else(|| Wrong::Said(format!("a list with {}", show(item))))?);
    }
    Ok(all)
}

/// Whether it can be narrowed to an account or an organizational unit.
fn has_scope(action: StepUpAction) -> bool {
    match action {
        StepUpAction::Request | StepUpAction::Approve => true,
        StepUpAction::Breakglass => false,
    }
}

/// `approve:prod`.
fn step_up(text: &str) -> Option<StepUp> {
    let (word, scope) = text.split_once(':').map_or((text, None), |(word, scope)| (word, Some(scope)));
    let action = StepUpAction::ALL.into_iter().find(|action| action.word() == word)?;
    let plain = scope.is_none_or(|scope| {
        let long = scope.chars().count() > SCOPE_LENGTH_MAX;
        has_scope(action)
            && !scope.is_empty()
            && !long
            && scope.trim() == scope
            && !scope.chars().any(char::is_control)
    });
    plain.then(|| StepUp { action, scope: scope.map(str::to_owned) })
}
