//! `[breakglass.<name>]`: the emergency federations, each under the name that people type. Never asks a provider, never
//! takes what only half says where an emergency is.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use glasskey_domain::emergency::{CutPlan, Level, Place, Provider};
use glasskey_domain::settings::FederationSettings;
use glasskey_domain::{FederationId, Seconds};
use url::Url;

use super::Need;
use super::environment::Environment;
use super::keys::{self, Key};
use super::reader::Reader;
use super::secret::SecretSource;
use super::secret_keys as secret;
use super::values;

/// Most federations: each is an app at the provider that somebody drills and reviews.
const FEDERATIONS_MAX: usize = 16;
/// No emergency is longer, unless told otherwise (DESIGN §8).
const MAX_LENGTH_DEFAULT: Seconds = Seconds::hours(4);
/// How long one is when nobody says, where that is not more than the longest.
const LENGTH_DEFAULT: Seconds = Seconds::hours(2);
/// What IAM gives a role that does not say.
const SESSION_DEFAULT: Seconds = Seconds::hours(1);

/// `[breakglass]`.
#[derive(Debug, Clone)]
pub struct Breakglass {
    /// Where the runbook is written.
    pub runbook: PathBuf,
    /// The federations. What decisions depend on is in [`super::Config::requests`].
    pub federations: BTreeMap<FederationId, Federation>,
}

/// What people need of one federation beside its settings.
#[derive(Debug, Clone)]
pub struct Federation {
    /// Its settings.
    pub settings: FederationSettings,
    /// The names of its groups: `aws#Role#Account`.
    pub group_names: BTreeMap<Level, String>,
    /// Where people sign in to the app.
    pub app_link: Option<Url>,
    /// The external id with which the role that cuts sessions is assumed.
    pub external_id: Option<SecretSource>,
}

/// What sections need to know of each other.
pub(super) struct Around<'e> {
    pub(super) environment: &'e Environment,
    pub(super) need: Need,
    /// The folder of the ledger, where the runbook is unless told otherwise.
    pub(super) store: PathBuf,
    /// The channel of request cards, which is the incident channel unless told otherwise.
    pub(super) channel: Option<String>,
    /// The same in Discord.
    pub(super) discord_channel: Option<String>,
}

pub(super) fn breakglass(reader: &mut Reader<'_>, around: &Around<'_>) -> Breakglass {
    let base = reader.base;
    let runbook = reader
        .maybe(&keys::BREAKGLASS_RUNBOOK, |value| values::text(value).map(|text| base.join(text)))
        .unwrap_or_else(|| around.store.join("runbook.md"));
    let names = reader.names("breakglass");
    if names.len() > FEDERATIONS_MAX {
        let line = reader.section_line(["breakglass"].into_iter());
        let must = format!("at most {FEDERATIONS_MAX} of them");
        reader.note(line, "breakglass".to_owned(), format!("{} federations", names.len()), &must);
        return Breakglass { runbook, federations: BTreeMap::new() };
    }
    let mut federations = BTreeMap::new();
    for name in &names {
        if let Some(federation) = federation(reader, name, around) {
            federations.insert(FederationId::new(name.as_str()), federation);
        }
    }
    each_thing_once(reader, &federations);
    what_nobody_uses(reader, &federations, names.is_empty());
    Breakglass { runbook, federations }
}

fn federation(reader: &mut Reader<'_>, name: &str, around: &Around<'_>) -> Option<Federation> {
    let provider = provider(reader, name);
    let app = reader.needed(&keys::FEDERATION_APP.of(name), values::object_id);
    let groups = groups(reader, name);
    let group_names = group_names(reader, name, &groups);
    let app_link = reader.maybe(&keys::FEDERATION_APP_LINK.of(name), values::link);
    let max = reader.maybe(&keys::FEDERATION_MAX_DURATION.of(name), values::length);
    let max_length = max.unwrap_or(MAX_LENGTH_DEFAULT);
    let length = length(reader, name, max_length);
    let channel = reader.maybe(&keys::FEDERATION_CHANNEL.of(name), values::channel);
    let discord_channel = reader.maybe(&keys::FEDERATION_DISCORD_CHANNEL.of(name), values::snowflake);
    let session = reader.maybe(&keys::FEDERATION_SESSION.of(name), values::session);
    let canary = reader.maybe(&keys::FEDERATION_CANARY.of(name), values::who);
    if canary.is_some() && !groups.contains_key(&Level::Ro) {
        let must = "left out where there is no group for ro, which is where the canary would be put";
        let key = keys::FEDERATION_CANARY.of(name);
        let line = reader.line_of(&key);
        reader.note(line, key.full(), "there is no group for ro".to_owned(), must);
    }
    let (cut, external_id) = cut_sessions(reader, name, around);
    let place = Place {
        provider: provider?,
        app: app?,
        groups,
        session: session.unwrap_or(SESSION_DEFAULT),
        channel: channel.or_else(|| around.channel.clone()),
        discord_channel: discord_channel.or_else(|| around.discord_channel.clone()),
        cut,
    };
    let settings = FederationSettings { place, max_length, length: length?, canary };
    Some(Federation { settings, group_names, app_link, external_id })
}

/// The one that is configured, or the one that is named.
fn provider(reader: &mut Reader<'_>, name: &str) -> Option<Provider> {
    let key = keys::FEDERATION_PROVIDER.of(name);
    let there: Vec<Provider> =
        SECTIONS.iter().filter(|(section, _)| reader.has_section(section)).map(|(_, one)| *one).collect();
    if reader.has(&key) {
        let named = reader.maybe(&key, values::provider)?;
        if !there.contains(&named) {
            let line = reader.line_of(&key);
            let is = format!("{}, which has no section in this file", named.name());
            reader.note(
                line,
                key.full(),
                is,
                "the provider that [okta], [entra] or [keycloak] says how to reach",
            );
            return None;
        }
        return Some(named);
    }
    if let [only] = there.as_slice() {
        return Some(*only);
    }
    let line = reader.section_line(key.parts());
    let (is, must) = if there.is_empty() {
        ("no identity provider is configured", "a section [okta], [entra] or [keycloak] beside it")
    } else {
        ("missing, and there are several identity providers", key.must)
    };
    reader.note(line, key.full(), is.to_owned(), must);
    None
}

/// The sections of the providers.
const SECTIONS: [(&str, Provider); 3] =
    [("okta", Provider::Okta), ("entra", Provider::Entra), ("keycloak", Provider::Keycloak)];

fn groups(reader: &mut Reader<'_>, name: &str) -> BTreeMap<Level, String> {
    let all = [(Level::Ro, keys::FEDERATION_GROUP_RO), (Level::Ops, keys::FEDERATION_GROUP_OPS)];
    let given: Vec<(Level, Key<'_>)> = all
        .into_iter()
        .map(|(level, key)| (level, key.of(name)))
        .filter(|(_, key)| reader.has(key))
        .collect();
    if given.is_empty() {
        let line = reader.section_line(keys::FEDERATION_GROUP_RO.of(name).parts());
        let must = "the ids of the groups, or of one of them, as in { ro = \"00gro\", ops = \"00gops\" }";
        reader.note(line, format!("breakglass.{name}.groups"), "missing".to_owned(), must);
    }
    let ids = given.iter().map(|(level, key)| (*level, reader.maybe(key, values::object_id)));
    ids.filter_map(|(level, id)| id.map(|id| (level, id))).collect()
}

fn group_names(
    reader: &mut Reader<'_>,
    name: &str,
    groups: &BTreeMap<Level, String>,
) -> BTreeMap<Level, String> {
    let mut names = BTreeMap::new();
    for (level, key) in [(Level::Ro, keys::FEDERATION_NAME_RO), (Level::Ops, keys::FEDERATION_NAME_OPS)] {
        let key = key.of(name);
        let Some(group) = reader.maybe(&key, values::group_name) else { continue };
        if !groups.contains_key(&level) {
            let line = reader.line_of(&key);
            let is = format!("{group:?}, and there is no id for it in `groups`");
            reader.note(line, key.full(), is, "the name of a group that has its id in `groups`");
        }
        names.insert(level, group);
    }
    names
}

fn length(reader: &mut Reader<'_>, name: &str, max: Seconds) -> Option<Seconds> {
    let key = keys::FEDERATION_DURATION.of(name);
    let given = reader.maybe(&key, values::length);
    match given {
        Some(length) if length > max => {
            let line = reader.line_of(&key);
            reader.note(line, key.full(), format!("{length}, longer than max_duration ({max})"), key.must);
            None
        }
        Some(length) => Some(length),
        None => Some(LENGTH_DEFAULT.min(max)),
    }
}

fn cut_sessions(
    reader: &mut Reader<'_>,
    name: &str,
    around: &Around<'_>,
) -> (Option<CutPlan>, Option<SecretSource>) {
    let assume = keys::CUT_ASSUME.of(name);
    if !reader.has_table(assume.parts()) {
        return (None, None);
    }
    let assume = reader.needed(&assume, values::role_arn);
    let roles = reader.needed(&keys::CUT_ROLES.of(name), values::role_names);
    let external_id = secret::maybe(reader, &keys::CUT_EXTERNAL_ID.of(name), around.environment, around.need);
    let plan = assume.zip(roles).map(|(assume, roles)| CutPlan { assume, roles });
    (plan, external_id)
}

/// An app or a group that two federations had would be closed under the people of the other.
fn each_thing_once(reader: &mut Reader<'_>, federations: &BTreeMap<FederationId, Federation>) {
    let mut seen = BTreeSet::new();
    for (name, federation) in federations {
        let place = &federation.settings.place;
        let app = (keys::FEDERATION_APP, &place.app);
        let groups = place.groups.iter().map(|(level, group)| match level {
            Level::Ro => (keys::FEDERATION_GROUP_RO, group),
            Level::Ops => (keys::FEDERATION_GROUP_OPS, group),
        });
        for (key, id) in std::iter::once(app).chain(groups) {
            if !seen.insert((place.provider, key.name == "app", id.clone())) {
                let key = key.of(name.as_str());
                let line = reader.line_of(&key);
                reader.note(
                    line,
                    key.full(),
                    format!("{id:?} a second time"),
                    "one that nothing else in this file uses",
                );
            }
        }
    }
}

fn what_nobody_uses(reader: &mut Reader<'_>, federations: &BTreeMap<FederationId, Federation>, none: bool) {
    let used = |provider| federations.values().any(|one| one.settings.place.provider == provider);
    for (section, provider) in SECTIONS {
        // Where a federation has faults of its own, it is not known whether it uses the provider.
        let known = none || reader.faults.is_empty();
        let asked_for = provider == Provider::Okta && reader.has(&keys::OKTA_GROUPS);
        if known && reader.has_section(section) && !used(provider) && !asked_for {
            let line = reader.section_line([section].into_iter());
            let text = "no [breakglass.<name>] uses it".to_owned();
            reader.advice.push(super::Advice { line, key: section.to_owned(), text });
        }
    }
    if none && reader.has(&keys::SCHEDULE_DRILL) {
        reader.advise(&keys::SCHEDULE_DRILL, "has no effect: there is no [breakglass.<name>] to drill");
    }
}
