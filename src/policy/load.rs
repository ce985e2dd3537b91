//! From `*.cedar` files to a `RuleSet`, whole or not at all. Every fault is found in one go and named with file and line;
//! nothing that does not validate strictly ever comes into force.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::path::Path;
use std::str::FromStr;

use cedar_policy::{
    ActionConstraint, Effect, Policy, PolicyId, PolicySet, PrincipalConstraint, ResourceConstraint, Schema,
    ValidationMode, Validator,
};
use jiff::tz::TimeZone;
use miette::Diagnostic;
use sha2::{Digest, Sha256};

use super::annotations::{self, Limits, Permission, URGENT_MAX_DURATION};
use super::fault::{Complaint, PolicyFault};
use super::literals::{Kind, Literal, Named, named};
use super::ruleset::{Rule, RuleSet, Scope};
use super::verdict::{BREAKGLASS, REQUEST, URGENT};

/// The schema that ships with Glasskey.
pub const SCHEMA: &str = include_str!("schema.cedarschema");
/// Largest file: forty times the largest policy file we have seen, and still parsed in well under a second.
pub const FILE_BYTES_MAX: usize = 256 * 1024;
/// Most files: a directory with more of them is probably not a policy directory.
pub const FILES_MAX: usize = 200;
/// Most policies: four times what the promised 200 µs verdict is measured with.
pub const POLICIES_MAX: usize = 2_000;

/// One file, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its name, as faults shall call it.
    pub file: String,
    /// Its text.
    pub text: String,
}

/// The `*.cedar` files of a directory in the order of their names.
///
/// # Errors
/// Everything that keeps them from being read.
pub fn read_dir(dir: &Path) -> Result<Vec<Source>, Vec<PolicyFault>> {
    let shown = dir.display().to_string();
    let unreadable = |error: std::io::Error| {
        vec![PolicyFault::of(
            &shown,
            format!("cannot be read: {error}"),
            "check `[policy] dir` and its rights",
        )]
    };
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(dir).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name().to_string_lossy().into_owned();
        let cedar = Path::new(&name).extension().is_some_and(|extension| extension == "cedar");
        if cedar && !name.starts_with('.') {
            names.insert(name);
        }
    }
    if names.is_empty() {
        let mend = "check `[policy] dir`, or start with the policies that `glasskey init` writes";
        return Err(vec![PolicyFault::of(
            shown,
            "holds no `*.cedar` file: nobody could request anything",
            mend,
        )]);
    }
    if names.len() > FILES_MAX {
        let what = format!("holds {} `*.cedar` files, more than {FILES_MAX}", names.len());
        return Err(vec![PolicyFault::of(shown, what, "put more policies into one file")]);
    }
    let (mut sources, mut faults) = (Vec::new(), Vec::new());
    for file in names {
        match read_file(&dir.join(&file)) {
            Ok(text) => sources.push(Source { file, text }),
            Err((what, mend)) => faults.push(PolicyFault::of(file, what, mend)),
        }
    }
    if faults.is_empty() { Ok(sources) } else { Err(faults) }
}

fn read_file(path: &Path) -> Result<String, (String, &'static str)> {
    let unreadable = |error: std::io::Error| (format!("cannot be read: {error}"), "check its rights");
    let mut bytes = Vec::new();
    let limit = u64::try_from(FILE_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
    fs::File::open(path).map_err(unreadable)?.take(limit).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() > FILE_BYTES_MAX {
        return Err((format!("is larger than {FILE_BYTES_MAX} bytes"), "split it"));
    }
    String::from_utf8(bytes).map_err(|_| ("is not UTF-8 text".to_owned(), "save it as UTF-8"))
}

impl RuleSet {
    /// Reads and checks a directory. `zone` is where `context.hour` and `context.weekday` are.
    ///
    /// # Errors
    /// Every fault of every file.
    pub fn load(dir: &Path, zone: TimeZone) -> Result<Self, Vec<PolicyFault>> {
        Self::from_sources(&read_dir(dir)?, zone)
    }

    /// Checks texts. The order of files and of policies in them makes no difference.
    ///
    /// # Errors
    /// Every fault of every text.
    pub fn from_sources(sources: &[Source], zone: TimeZone) -> Result<Self, Vec<PolicyFault>> {
        let mut loading = Loading::new()?;
        for source in sources {
            loading.file(source);
        }
        loading.unique_ids();
        loading.forbids_that_urgent_passes();
        let Loading { mut rules, mut faults, warnings, .. } = loading;
        if rules.len() > POLICIES_MAX {
            let what = format!("{} policies are more than {POLICIES_MAX}", rules.len());
            faults.push(PolicyFault::of(
                "the policy set",
                what,
                "name groups and units instead of people and accounts",
            ));
        }
        rules.sort_by(|a, b| a.id.cmp(&b.id));
        let files = sources.iter().map(|source| source.file.clone()).collect();
        let hash = set_hash(&rules);
        let built =
            if faults.is_empty() { RuleSet::build(rules, files, hash, warnings, zone) } else { Err(vec![]) };
        built.map_err(|more| {
            faults.extend(more);
            faults.sort();
            faults.dedup();
            faults
        })
    }
}

/// SHA-256 over what the policies say, not over how they are laid out or in which file they stand.
fn set_hash(rules: &[Rule]) -> String {
    let mut texts: Vec<String> =
        rules.iter().filter_map(|rule| rule.policy.to_json().ok()).map(|json| json.to_string()).collect();
    texts.sort();
    let mut hash = Sha256::new();
    for text in std::iter::once(SCHEMA).chain(texts.iter().map(String::as_str)) {
        hash.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(text.as_bytes());
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

struct Loading {
    validator: Validator,
    rules: Vec<Rule>,
    faults: Vec<PolicyFault>,
    warnings: Vec<PolicyFault>,
}

impl Loading {
    fn new() -> Result<Self, Vec<PolicyFault>> {
        let (schema, _) = Schema::from_cedarschema_str(SCHEMA).map_err(|error| {
            vec![PolicyFault::of(
                "schema.cedarschema",
                error.to_string(),
                "this is a bug of Glasskey: report it",
            )]
        })?;
        let validator = Validator::new(schema);
        Ok(Self { validator, rules: Vec::new(), faults: Vec::new(), warnings: Vec::new() })
    }

    fn file(&mut self, source: &Source) {
        let set = match PolicySet::from_str(&source.text) {
            Ok(set) => set,
            Err(errors) => {
                for error in errors.iter() {
                    self.faults.push(diagnosed(source, error, 1));
                }
                return;
            }
        };
        for template in set.templates() {
            let at = source.text.find(template.to_cedar().as_str()).unwrap_or(0);
            let complaint = Complaint::new(
                "`?principal` and `?resource` make a template",
                "name the group or account itself",
            );
            self.faults.push(PolicyFault::at(&source.file, line_of(source, at), complaint));
        }
        let lines = lines(source, &set);
        let checked = self.validator.validate(&set, ValidationMode::Strict);
        let line = |id: &PolicyId| lines.get(&id.to_string()).copied().unwrap_or(1);
        for error in checked.validation_errors() {
            self.faults.push(diagnosed(source, error, line(error.policy_id())));
        }
        // A policy that can never apply, or that hides letters, does not say what its author meant.
        for warning in checked.validation_warnings() {
            self.faults.push(diagnosed(source, warning, line(warning.policy_id())));
        }
        for policy in set.policies() {
            self.policy(source, policy, line(policy.id()));
        }
    }

    fn policy(&mut self, source: &Source, policy: &Policy, line: usize) {
        let mut complaints = Vec::new();
        let id =
            annotations::id(policy, &mut complaints).unwrap_or_else(|| format!("{}:{line}", source.file));
        let actions = actions(policy);
        let permission = permission(policy, actions.as_ref(), &mut complaints);
        let limits = annotations::limits(policy, permission, &mut complaints);
        let named = named(policy, &mut complaints);
        let (principal, resource) = (principal(policy), resource(policy));
        if let (Some(limits), Some(permission)) = (&limits, permission) {
            let named_one = |scope: &Scope| matches!(scope, Scope::One(_));
            let open = (!named_one(&principal), !named_one(&resource));
            let warning = said_twice(limits, permission, open, &mut complaints);
            self.warnings.extend(warning.map(|complaint| PolicyFault::at(&source.file, line, complaint)));
            about_groups(limits, &resource, &named, &mut complaints);
        }
        self.faults.extend(complaints.into_iter().map(|c| PolicyFault::at(&source.file, line, c)));
        let policy = policy.new_id(PolicyId::new(&id));
        let file = source.file.clone();
        self.rules.push(Rule { id, file, line, limits, principal, resource, actions, named, policy });
    }

    /// Who forbids to request, and not to request urgently, has probably not thought of it.
    fn forbids_that_urgent_passes(&mut self) {
        if !self.rules.iter().any(|rule| rule.is_permit() && rule.is_about(URGENT)) {
            return;
        }
        let passed = self
            .rules
            .iter()
            .filter(|rule| !rule.is_permit() && rule.is_about(REQUEST) && !rule.is_about(URGENT));
        self.warnings.extend(passed.map(|rule| {
            let complaint = Complaint::new(
                format!("`{}` forbids `request` and not `requestUrgent`, which others permit", rule.id),
                "write `action in [Action::\"request\", Action::\"requestUrgent\"]`",
            );
            PolicyFault::at(&rule.file, rule.line, complaint)
        }));
    }

    fn unique_ids(&mut self) {
        let mut first: BTreeMap<&str, &Rule> = BTreeMap::new();
        for rule in &self.rules {
            if let Some(other) = first.get(rule.id.as_str()) {
                let what =
                    format!("`{}` is also the id of the policy at {}:{}", rule.id, other.file, other.line);
                let complaint = Complaint::new(what, "give each policy its own `@id`");
                self.faults.push(PolicyFault::at(&rule.file, rule.line, complaint));
            } else {
                first.insert(&rule.id, rule);
            }
        }
    }
}

/// Rules that give very much say so twice. `open` is whether the head leaves open for whom, and where. There are few
/// federations, and the commanders of one are those of the other: of emergencies only for whom matters.
fn said_twice(
    limits: &Limits,
    permission: Permission,
    open: (bool, bool),
    complaints: &mut Vec<Complaint>,
) -> Option<Complaint> {
    let (broad, lacks, mend) = match permission {
        Permission::Request => (
            open.0 || open.1,
            "for whom or where",
            "write `principal in Group::\"…\"` and `resource in OU::\"…\"` in the head (a `when` is not enough), ask for \
             an approval, or say it twice: `@broad(\"yes: why\")`",
        ),
        Permission::Urgent => (
            open.0 || open.1,
            "for whom or where",
            "write `principal in Group::\"…\"` and `resource in OU::\"…\"` in the head (a `when` is not enough), or say it \
             twice: `@broad(\"yes: why\")`",
        ),
        Permission::Breakglass | Permission::BreakglassAmongOthers => (
            open.0,
            "for whom",
            "write `principal in Group::\"incident-commanders\"` in the head (a `when` is not enough), ask for an \
             approval, or say it twice: `@broad(\"yes: why\")`",
        ),
    };
    let gives_very_much = limits.approvals == 0 && broad;
    if gives_very_much && limits.broad.is_none() {
        complaints
            .push(Complaint::new(format!("needs no approval, and its head does not say {lacks}"), mend));
    }
    let long = permission == Permission::Urgent && limits.max_duration > URGENT_MAX_DURATION;
    (!gives_very_much && !long && limits.broad.is_some()).then(|| {
        Complaint::new(
            "`@broad` says more than the policy gives",
            "remove it, so that it hides no later edit",
        )
    })
}

/// What a policy permits that has limits. One to request must be for that action alone: its limits bind nothing else.
fn permission(
    policy: &Policy,
    actions: Option<&BTreeSet<String>>,
    complaints: &mut Vec<Complaint>,
) -> Option<Permission> {
    if policy.effect() != Effect::Permit {
        return None;
    }
    let Some(actions) = actions else {
        complaints.push(Complaint::new(
            "permits every action",
            "name the action, such as `action == Action::\"request\"`; only a `forbid` may leave it open",
        ));
        return None;
    };
    let has = |action: &str| actions.contains(action);
    if let Some(action) = [REQUEST, URGENT].into_iter().find(|action| has(action) && actions.len() > 1) {
        complaints.push(Complaint::new(
            format!("permits `{action}` together with other actions"),
            format!("write a policy of its own for `action == Action::\"{action}\"`"),
        ));
    }
    match (has(REQUEST), has(URGENT), has(BREAKGLASS), actions.len()) {
        (true, _, _, _) => Some(Permission::Request),
        (false, true, _, _) => Some(Permission::Urgent),
        (false, false, true, 1) => Some(Permission::Breakglass),
        (false, false, true, _) => Some(Permission::BreakglassAmongOthers),
        (false, false, false, _) => None,
    }
}

/// What cannot mean anything of a group, on a permission that is about groups.
fn about_groups(limits: &Limits, resource: &Scope, named: &Named, complaints: &mut Vec<Complaint>) {
    let groups = match resource {
        Scope::One(name) => name.kind == Kind::Group,
        Scope::Every(kind) => *kind == Kind::Group,
        Scope::Any => false,
    };
    let says = |complaint: &str, mend: &str| Complaint::new(complaint, mend);
    if groups && limits.session.is_some() {
        complaints.push(says("`@session` on a permission about groups, which have no sessions", "remove it"));
    }
    if groups && limits.cut_sessions {
        complaints
            .push(says("`@cut_sessions` on a permission about groups, which have no sessions", "remove it"));
    }
    if groups && !named.permission_sets.is_empty() {
        complaints.push(says(
            "compares `context.permissionSet` on a permission about groups, which have none",
            "remove the condition",
        ));
    }
}

fn actions(policy: &Policy) -> Option<BTreeSet<String>> {
    match policy.action_constraint() {
        ActionConstraint::Any => None,
        ActionConstraint::Eq(action) => Some(BTreeSet::from([action.id().unescaped().to_owned()])),
        ActionConstraint::In(actions) => {
            Some(actions.iter().map(|action| action.id().unescaped().to_owned()).collect())
        }
    }
}

fn principal(policy: &Policy) -> Scope {
    match policy.principal_constraint() {
        PrincipalConstraint::Any | PrincipalConstraint::Is(_) => Scope::Any,
        PrincipalConstraint::In(uid) | PrincipalConstraint::Eq(uid) | PrincipalConstraint::IsIn(_, uid) => {
            Literal::of(&uid).map_or(Scope::Any, Scope::One)
        }
    }
}

fn resource(policy: &Policy) -> Scope {
    match policy.resource_constraint() {
        ResourceConstraint::Any => Scope::Any,
        ResourceConstraint::Is(kind) => Kind::of(&kind.to_string()).map_or(Scope::Any, Scope::Every),
        ResourceConstraint::In(uid) | ResourceConstraint::Eq(uid) | ResourceConstraint::IsIn(_, uid) => {
            Literal::of(&uid).map_or(Scope::Any, Scope::One)
        }
    }
}

/// The line of each policy. Cedar keeps the text of each one as it stands in the file, so that it can be found again.
fn lines(source: &Source, set: &PolicySet) -> BTreeMap<String, usize> {
    let mut policies: Vec<(usize, &Policy)> = set
        .policies()
        .map(|policy| {
            let number = policy.id().to_string().trim_start_matches("policy").parse().unwrap_or(usize::MAX);
            (number, policy)
        })
        .collect();
    policies.sort_by_key(|(number, _)| *number);
    let (mut lines, mut from) = (BTreeMap::new(), 0_usize);
    for (_, policy) in policies {
        let text = policy.to_cedar().unwrap_or_default();
        if let Some(found) = source.text.get(from..).and_then(|rest| rest.find(&text)) {
            let at = from.saturating_add(found);
            lines.insert(policy.id().to_string(), line_of(source, at));
            from = at.saturating_add(text.len());
        }
    }
    lines
}

fn line_of(source: &Source, offset: usize) -> usize {
    source.text.bytes().take(offset).filter(|byte| *byte == b'\n').count().saturating_add(1)
}

/// What Cedar says, at the line it points to.
fn diagnosed(source: &Source, error: &(impl Diagnostic + ?Sized), line: usize) -> PolicyFault {
    let label = error.labels().and_then(|mut labels| labels.next());
    let line = label.as_ref().map_or(line, |label| line_of(source, label.offset()));
    let said = error.to_string();
    // Cedar begins with the number that it gave the policy, which means nothing to who wrote it.
    let mut what = said
        .strip_prefix("for policy `")
        .and_then(|rest| rest.split_once("`, "))
        .map_or(said.as_str(), |(_, said)| said)
        .to_owned();
    if let Some(label) = label.as_ref().and_then(|label| label.label()) {
        what = format!("{what} ({label})");
    }
    PolicyFault {
        file: source.file.clone(),
        line: Some(line),
        what,
        mend: error.help().map(|help| help.to_string()),
    }
}
