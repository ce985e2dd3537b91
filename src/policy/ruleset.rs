//! A policy set that is in force: its rules, and an index that finds the few that could say anything about a question.
//!
//! Slicing must never change an answer: a rule is left out only when its head cannot match (`slices_answer_as_the_whole`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use cedar_policy::{Authorizer, Effect, EntityTypeName, Policy, PolicySet};
use jiff::tz::TimeZone;

use super::annotations::Limits;
use super::entities::{Prepared, Types};
use super::fault::PolicyFault;
use super::literals::{Kind, Literal, Named, Reads};
use super::offers::Memo;

/// The actions by which people come to have access.
const ACCESS: [&str; 2] = [super::verdict::REQUEST, super::verdict::URGENT];
/// Most slices kept: one per combination of groups and units that policies tell apart. Beyond it the cache starts anew.
const SLICES_MAX: usize = 4_096;

/// Whom or what the head of a policy is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Scope {
    /// Everybody, everything.
    Any,
    /// Every thing of this kind: `resource is Group`.
    Every(Kind),
    /// What this names.
    One(Literal),
}

/// One policy with what was read off it.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    pub(super) id: String,
    pub(super) file: String,
    pub(super) line: usize,
    /// Of permissions to request access or to open an emergency.
    pub(super) limits: Option<Limits>,
    pub(super) principal: Scope,
    pub(super) resource: Scope,
    /// `None` = every action.
    pub(super) actions: Option<BTreeSet<String>>,
    pub(super) named: Named,
    pub(super) policy: Policy,
}

impl Rule {
    pub(super) fn is_permit(&self) -> bool {
        self.policy.effect() == Effect::Permit
    }

    pub(super) fn is_about(&self, action: &str) -> bool {
        self.actions.as_ref().is_none_or(|actions| actions.contains(action))
    }

    /// Whether its head can match a resource of this kind that has none of the names it could name. A permission to
    /// request that leaves open for what is about accounts: who means groups says `resource is Group`, so that nobody comes
    /// into groups by a policy that was written about accounts.
    pub(super) fn covers_any(&self, kind: Kind) -> bool {
        match &self.resource {
            Scope::Any => kind != Kind::Group || !self.gives_access(),
            Scope::Every(of) => *of == kind,
            Scope::One(_) => false,
        }
    }

    /// Whether it permits to request access.
    pub(super) fn gives_access(&self) -> bool {
        let actions = self.actions.as_ref();
        self.is_permit()
            && actions.is_none_or(|actions| ACCESS.iter().any(|action| actions.contains(*action)))
    }
}

/// A loaded policy set.
#[derive(Debug)]
pub struct RuleSet {
    /// In the order of their ids.
    rules: Vec<Rule>,
    files: Vec<String>,
    hash: String,
    warnings: Vec<PolicyFault>,
    pub(super) zone: TimeZone,
    pub(super) types: Types,
    pub(super) authorizer: Authorizer,
    mentioned: BTreeMap<Kind, BTreeSet<String>>,
    index: Index,
    slices: Mutex<BTreeMap<Bits, Arc<Slice>>>,
    /// What was asked for lists of what people may ask for.
    pub(super) memo: Mutex<Memo>,
}

/// The rules that could say anything about a question.
#[derive(Debug)]
pub(super) struct Slice {
    pub(super) policies: PolicySet,
    /// Places in the set, ascending.
    pub(super) members: Vec<usize>,
    /// What any of them looks at.
    pub(super) reads: Reads,
}

impl RuleSet {
    pub(super) fn build(
        rules: Vec<Rule>,
        files: Vec<String>,
        hash: String,
        warnings: Vec<PolicyFault>,
        zone: TimeZone,
    ) -> Result<Self, Vec<PolicyFault>> {
        let bug = |what: String| {
            vec![PolicyFault::of("the policy set", what, "this is a bug of Glasskey: report it")]
        };
        let types = Types::new().map_err(bug)?;
        let mut mentioned: BTreeMap<Kind, BTreeSet<String>> = BTreeMap::new();
        for literal in
            rules.iter().flat_map(|rule| rule.named.in_scope.iter().chain(&rule.named.in_conditions))
        {
            mentioned.entry(literal.kind).or_default().insert(literal.id.clone());
        }
        let index = Index::of(&rules);
        Ok(Self {
            rules,
            files,
            hash,
            warnings,
            zone,
            types,
            authorizer: Authorizer::new(),
            mentioned,
            index,
            slices: Mutex::default(),
            memo: Mutex::default(),
        })
    }

    /// SHA-256 of what the set says, in hexadecimal digits.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The files it was read from.
    #[must_use]
    pub fn files(&self) -> &[String] {
        &self.files
    }

    /// How many policies it has.
    #[must_use]
    pub fn policy_count(&self) -> usize {
        self.rules.len()
    }

    /// What is in force but looks like a slip.
    #[must_use]
    pub fn warnings(&self) -> &[PolicyFault] {
        &self.warnings
    }

    /// Where `context.hour` and `context.weekday` are.
    #[must_use]
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    pub(super) fn rules(&self) -> &[Rule] {
        &self.rules
    }

    pub(super) fn rule(&self, id: &str) -> Option<&Rule> {
        self.place(id).and_then(|place| self.rules.get(place))
    }

    pub(super) fn place(&self, id: &str) -> Option<usize> {
        self.rules.binary_search_by(|rule| rule.id.as_str().cmp(id)).ok()
    }

    /// Whether any policy names this.
    pub(super) fn mentions(&self, kind: Kind, id: &str) -> bool {
        self.mentioned.get(&kind).is_some_and(|ids| ids.contains(id))
    }

    /// The rules whose head can match who and what is in a question.
    pub(super) fn slice_of(&self, action: &str, prepared: &Prepared) -> Result<Arc<Slice>, String> {
        self.slice(action, &prepared.principal.all, (prepared.kind, &prepared.resource.all))
    }

    /// The rules whose head can match somebody with these names asking about something of this kind with these names.
    pub(super) fn slice(
        &self,
        action: &str,
        principal: &BTreeSet<Literal>,
        resource: (Kind, &BTreeSet<Literal>),
    ) -> Result<Arc<Slice>, String> {
        let bits = self.index.candidates(action, principal, resource);
        let mut slices = self.slices.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slice) = slices.get(&bits) {
            return Ok(Arc::clone(slice));
        }
        let slice = Arc::new(self.cut(bits.places())?);
        if slices.len() >= SLICES_MAX {
            slices.clear();
        }
        slices.insert(bits, Arc::clone(&slice));
        Ok(slice)
    }

    /// A slice of exactly these rules.
    pub(super) fn cut(&self, places: impl IntoIterator<Item = usize>) -> Result<Slice, String> {
        let members: Vec<usize> = places.into_iter().collect();
        let rules = || members.iter().filter_map(|place| self.rules.get(*place));
        let policies = PolicySet::from_policies(rules().map(|rule| rule.policy.clone()))
            .map_err(|error| error.to_string())?;
        let reads = rules().map(|rule| rule.named.reads).fold(Reads::default(), Reads::or);
        Ok(Slice { policies, members, reads })
    }

    pub(super) fn members<'a>(&'a self, slice: &Slice) -> impl Iterator<Item = &'a Rule> {
        slice.members.iter().filter_map(|place| self.rules.get(*place))
    }
}

/// A set of places, one bit each.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Bits(Vec<u64>);

impl Bits {
    fn of(length: usize) -> Self {
        Self(vec![0; length.div_ceil(64)])
    }

    fn set(&mut self, place: usize) {
        if let Some(word) = self.0.get_mut(place / 64) {
            *word |= 1 << (place % 64);
        }
    }

    fn or(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(word, other)| *word |= other);
    }

    fn and(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(word, other)| *word &= other);
    }

    fn places(&self) -> impl Iterator<Item = usize> {
        self.0.iter().enumerate().flat_map(|(number, word)| {
            (0..64_usize).filter(move |bit| word >> bit & 1 == 1).map(move |bit| number * 64 + bit)
        })
    }
}

/// Which rules are about what.
#[derive(Debug, Default)]
struct Index {
    empty: Bits,
    actions: BTreeMap<String, Bits>,
    any_principal: Bits,
    principals: BTreeMap<Literal, Bits>,
    any_resource: BTreeMap<Kind, Bits>,
    resources: BTreeMap<Literal, Bits>,
}

impl Index {
    fn of(rules: &[Rule]) -> Self {
        let empty = Bits::of(rules.len());
        let mut index = Self { any_principal: empty.clone(), empty, ..Self::default() };
        for kind in Kind::ALL {
            let mut bits = index.empty.clone();
            (0..).zip(rules).filter(|(_, rule)| rule.covers_any(kind)).for_each(|(place, _)| bits.set(place));
            index.any_resource.insert(kind, bits);
        }
        for action in super::verdict::ACTIONS {
            let mut bits = index.empty.clone();
            (0..).zip(rules).filter(|(_, rule)| rule.is_about(action)).for_each(|(place, _)| bits.set(place));
            index.actions.insert(action.to_owned(), bits);
        }
        for (place, rule) in (0..).zip(rules) {
            match &rule.principal {
                Scope::Any | Scope::Every(_) => index.any_principal.set(place),
                Scope::One(literal) => {
                    index.principals.entry(literal.clone()).or_insert_with(|| index.empty.clone()).set(place);
                }
            }
            if let Scope::One(literal) = &rule.resource {
                index.resources.entry(literal.clone()).or_insert_with(|| index.empty.clone()).set(place);
            }
        }
        index
    }

    fn candidates(
        &self,
        action: &str,
        principal: &BTreeSet<Literal>,
        (kind, resource): (Kind, &BTreeSet<Literal>),
    ) -> Bits {
        let mut found = self.any_principal.clone();
        principal.iter().filter_map(|name| self.principals.get(name)).for_each(|bits| found.or(bits));
        let mut about = self.any_resource.get(&kind).unwrap_or(&self.empty).clone();
        resource.iter().filter_map(|name| self.resources.get(name)).for_each(|bits| about.or(bits));
        found.and(&about);
        found.and(self.actions.get(action).unwrap_or(&self.empty));
        found
    }
}

/// A type name, parsed once.
pub(super) fn type_name(text: &str) -> Result<EntityTypeName, String> {
    text.parse().map_err(|error| format!("`{text}`: {error}"))
}
