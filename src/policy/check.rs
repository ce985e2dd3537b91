//! `glasskey policy check`: whether a directory would load, and what in it looks like a slip.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use glasskey_domain::Directory;
use glasskey_domain::directory::Keeper;
use glasskey_domain::ids::FederationId;
use glasskey_domain::settings::{FederationSettings, Settings};
use jiff::tz::TimeZone;

use super::fault::{Complaint, PolicyFault, nearest};
use super::literals::{Kind, Literal};
use super::load::read_dir;
use super::ruleset::{Rule, RuleSet, Scope};
use super::things::{is_ou_id, path_of};

/// What a check found. It would come into force only without faults.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Hash of the set, when it loads.
    pub set: Option<String>,
    /// Files read.
    pub files: Vec<String>,
    /// Policies in them, when it loads.
    pub policies: usize,
    /// What keeps it from loading.
    pub faults: Vec<PolicyFault>,
    /// What looks like a slip.
    pub warnings: Vec<PolicyFault>,
}

impl Report {
    /// Whether the set would come into force.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.faults.is_empty()
    }
}

/// Checks a directory; with a company at hand, also whether what the policies name exists and is one thing only. Nothing
/// is said of federations when none is configured.
#[must_use]
pub fn check(dir: &Path, directory: Option<&Directory>, settings: &Settings) -> Report {
    let loaded = read_dir(dir).and_then(|sources| RuleSet::from_sources(&sources, TimeZone::UTC));
    match loaded {
        Err(faults) => Report { faults, ..Report::default() },
        Ok(rules) => Report {
            set: Some(rules.hash().to_owned()),
            files: rules.files().to_vec(),
            policies: rules.policy_count(),
            faults: Vec::new(),
            warnings: {
                let company = directory.map(|directory| check_against(&rules, directory)).unwrap_or_default();
                let unknown = unknown_federations(&rules, &settings.federations);
                let idle = rules.rules().iter().flat_map(|rule| idle(rule, settings));
                rules.warnings().iter().cloned().chain(company).chain(unknown).chain(idle).collect()
            },
        },
    }
}

/// What a set names that the company does not have, or has twice. Such names never widen a permission: a permit that
/// names something ambiguous is not used, and a forbid forbids both.
#[must_use]
pub fn check_against(rules: &RuleSet, directory: &Directory) -> Vec<PolicyFault> {
    let mut warnings = Vec::new();
    for rule in rules.rules() {
        let complaints = named(rule).filter_map(|literal| complaint(directory, rule, literal));
        warnings.extend(complaints.map(|complaint| PolicyFault::at(&rule.file, rule.line, complaint)));
        warnings.extend(unknown_permission_sets(rule, directory));
        warnings.extend(unknown_approvers(rule, directory));
    }
    warnings
}

fn named(rule: &Rule) -> impl Iterator<Item = &Literal> {
    rule.named.in_scope.union(&rule.named.in_conditions)
}

fn unknown_federations(
    rules: &RuleSet,
    known: &BTreeMap<FederationId, FederationSettings>,
) -> Vec<PolicyFault> {
    if known.is_empty() {
        return Vec::new();
    }
    let unknown = rules.rules().iter().flat_map(|rule| named(rule).map(move |literal| (rule, literal)));
    let unknown = unknown.filter(|(_, literal)| {
        literal.kind == Kind::Federation && !known.contains_key(&FederationId::new(&literal.id))
    });
    unknown
        .map(|(rule, literal)| {
            let mend = nearest(&literal.id, known.keys().map(FederationId::as_str)).map_or_else(
                || format!("the policy says nothing until there is `[breakglass.{}]`", literal.id),
                |near| format!("did you mean `{}`?", Literal::new(Kind::Federation, near)),
            );
            let complaint = Complaint::new(format!("there is no `{literal}`"), mend);
            PolicyFault::at(&rule.file, rule.line, complaint)
        })
        .collect()
}

/// Annotations that the configuration keeps from doing anything.
fn idle(rule: &Rule, settings: &Settings) -> Vec<PolicyFault> {
    let Some(limits) = &rule.limits else { return Vec::new() };
    let mut complaints = Vec::new();
    if limits.cut_sessions && !settings.cut_sessions {
        complaints.push(Complaint::new(
            format!("`@cut_sessions` of `{}` does nothing while `[requests] cut_sessions` is off", rule.id),
            "write `cut_sessions = true` into `[requests]`, or remove it",
        ));
    }
    for step in limits.escalate.iter().filter(|step| step.after >= settings.lapse_after) {
        complaints.push(Complaint::new(
            format!("`@escalate` of `{}` never asks `{}`", rule.id, step.group),
            format!("a request lapses after {}: escalate before", settings.lapse_after),
        ));
    }
    complaints.into_iter().map(|complaint| PolicyFault::at(&rule.file, rule.line, complaint)).collect()
}

/// Groups in annotations that the company does not have, has twice, or keeps where nobody's membership is read.
fn unknown_approvers(rule: &Rule, directory: &Directory) -> Vec<PolicyFault> {
    let Some(limits) = &rule.limits else { return Vec::new() };
    let from = limits.from.iter().map(|quorum| ("approvals", &quorum.group));
    let quiet = limits.quiet.iter().map(|group| ("quiet_approvers", group));
    let escalate = limits.escalate.iter().map(|step| ("escalate", &step.group));
    let complaints = from.chain(quiet).chain(escalate).filter_map(|(word, group)| {
        let complaint = |what: String, mend: String| {
            Complaint::new(format!("`@{word}` of `{}` names `{group}`, {what}", rule.id), mend)
        };
        match directory.groups_called(group).as_slice() {
            [] => {
                let near = nearest(group, directory.groups.values().map(|group| group.name.as_str()));
                let mend = near
                    .map_or_else(|| "nobody is of it".to_owned(), |near| format!("did you mean `{near}`?"));
                Some(complaint("which no group is called".to_owned(), mend))
            }
            [one] if one.kept_in == Keeper::Okta => Some(complaint(
                "which only Okta has".to_owned(),
                "name a group of IAM Identity Center: people are known to be in those".to_owned(),
            )),
            [_] => None,
            several => Some(complaint(
                format!("which {} groups are called", several.len()),
                "write the id of the one you mean: until then nobody is of it".to_owned(),
            )),
        }
    });
    complaints.map(|complaint| PolicyFault::at(&rule.file, rule.line, complaint)).collect()
}

fn complaint(directory: &Directory, rule: &Rule, literal: &Literal) -> Option<Complaint> {
    if literal.kind == Kind::Federation {
        // A company does not know its federations; the configuration does.
        return None;
    }
    let asked_for = rule.resource == Scope::One(literal.clone());
    match meanings(directory, literal, asked_for) {
        0 => {
            let known = known(directory, literal.kind);
            let mend = nearest(&literal.id, known.iter().map(String::as_str)).map_or_else(
                || "the policy says nothing until there is".to_owned(),
                |near| format!("did you mean `{}`?", Literal::new(literal.kind, near)),
            );
            Some(Complaint::new(format!("there is no `{literal}`"), mend))
        }
        1 => None,
        several => Some(Complaint::new(
            format!("`{literal}` could mean {several} things"),
            "a permit that names it is not used for them; name the id, or for a unit its path",
        )),
    }
}

/// How many things a name means. People are in groups of the Identity Store; what is asked for may be kept in Okta.
fn meanings(directory: &Directory, literal: &Literal, asked_for: bool) -> usize {
    let id = literal.id.as_str();
    match literal.kind {
        Kind::Person => directory.people.values().filter(|person| person.user_name == id).count(),
        Kind::Group => {
            let by_id = directory.groups.values().filter(|group| group.id.as_str() == id).count();
            let named = directory
                .groups
                .values()
                .filter(|group| group.name == id && (asked_for || group.kept_in == Keeper::IdentityStore));
            if by_id > 0 { by_id } else { named.count() }
        }
        Kind::Account => {
            let is = |account: &&glasskey_domain::directory::Account| {
                account.id.as_str() == id || account.name == id
            };
            directory.accounts.values().filter(is).count()
        }
        Kind::Ou if is_ou_id(directory, id) => {
            directory.ous.values().filter(|ou| ou.id.as_str() == id).count()
        }
        Kind::Ou => directory.ous.values().filter(|ou| ou.name == id || path_of(directory, ou) == id).count(),
        Kind::Federation => 0,
    }
}

fn known(directory: &Directory, kind: Kind) -> Vec<String> {
    match kind {
        Kind::Person => directory.people.values().map(|person| person.user_name.clone()).collect(),
        Kind::Group => directory.groups.values().map(|group| group.name.clone()).collect(),
        Kind::Account => directory.accounts.values().map(|account| account.name.clone()).collect(),
        Kind::Ou => directory.ous.values().map(|ou| ou.name.clone()).collect(),
        Kind::Federation => Vec::new(),
    }
}

fn unknown_permission_sets(rule: &Rule, directory: &Directory) -> Vec<PolicyFault> {
    let is_known = |name: &str| directory.permission_sets.values().any(|set| set.name == name);
    let unknown = rule.named.permission_sets.iter().filter(|name| !is_known(name));
    unknown
        .map(|name| {
            let mend = nearest(name, directory.permission_sets.values().map(|set| set.name.as_str()))
                .map_or_else(
                    || "the comparison never holds".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
            let complaint = Complaint::new(format!("there is no permission set `{name}`"), mend);
            PolicyFault::at(&rule.file, rule.line, complaint)
        })
        .collect()
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fault in &self.faults {
            writeln!(f, "error: {fault}")?;
        }
        for warning in &self.warnings {
            writeln!(f, "warning: {warning}")?;
        }
        match &self.set {
            Some(set) => {
                let (policies, files) = (self.policies, self.files.len());
                write!(
                    f,
                    "{policies} policies in {files} files are good; set {}",
                    set.get(..12).unwrap_or(set)
                )
            }
            None => write!(f, "{} faults; this set would not come into force", self.faults.len()),
        }
    }
}
