//! The answers of a policy set. One function puts every question to Cedar, so that asking, approving, granting and
//! explaining cannot be answered differently (pitfall 6).

use std::cmp::Reverse;
use std::collections::BTreeSet;

use glasskey_domain::emergency::EmergencyTerms;
use glasskey_domain::rules::{Approvers, EmergencyQuestion, NotPermitted, Question, Rules, Terms, Verdict};
use glasskey_domain::{Directory, Door, PersonId, Seconds, Target};
use jiff::Timestamp;

use super::annotations::Limits;
use super::candidates::{Who, search};
use super::emergencies::{names_of_federation, prepare_about_glasskey, prepare_emergency};
use super::entities::{Prepared, Unaskable, moment, prepare};
use super::literals::{Kind, Literal};
use super::ruleset::{Rule, RuleSet, Scope};
use super::terms;
use super::things::names_of;

pub(super) const REQUEST: &str = "request";
pub(super) const URGENT: &str = "requestUrgent";
pub(super) const APPROVE: &str = "approve";
pub(super) const REVOKE: &str = "revoke";
pub(super) const BREAKGLASS: &str = "breakglass";
pub(super) const CONFIRM: &str = "approveBreakglass";
pub(super) const AUDIT: &str = "audit";
pub(super) const ADMINISTER: &str = "administer";
/// The actions that are asked today.
pub(super) const ACTIONS: [&str; 8] =
    [REQUEST, URGENT, APPROVE, REVOKE, BREAKGLASS, CONFIRM, AUDIT, ADMINISTER];
/// An emergency federation has no permission set; how long its roles' sessions live is the configuration's.
pub(super) const NO_SESSION: Seconds = Seconds(0);

/// What Cedar said of one question, rule by rule, in the order of their ids.
#[derive(Debug, Default)]
pub(super) struct Finding<'a> {
    /// Permits that hold.
    pub(super) permits: Vec<&'a Rule>,
    /// Permits that hold but are not used, with the name that could mean two things.
    pub(super) unclear: Vec<(&'a Rule, Literal)>,
    /// Forbids that hold.
    pub(super) forbids: Vec<&'a Rule>,
    /// Rules that could not be evaluated, or not with certainty.
    pub(super) erred: Vec<(String, String)>,
    /// Rules whose head fits, but whose conditions do not hold.
    pub(super) near: Vec<&'a Rule>,
}

impl RuleSet {
    /// Puts one question.
    pub(super) fn find(&self, slice: &super::ruleset::Slice, prepared: &Prepared) -> Finding<'_> {
        let response = self.authorizer.is_authorized(&prepared.request, &slice.policies, &prepared.entities);
        let reasons: BTreeSet<&str> = response.diagnostics().reason().map(AsRef::as_ref).collect();
        let mut finding = Finding::default();
        for error in response.diagnostics().errors() {
            let cedar_policy::AuthorizationError::PolicyEvaluationError(error) = error;
            finding.erred.push((error.policy_id().to_string(), error.inner().to_string()));
        }
        for rule in self.members(slice) {
            let holds = reasons.contains(rule.id.as_str());
            let unclear = unclear(rule, prepared);
            match (rule.is_permit(), holds, unclear) {
                (true, true, None) => finding.permits.push(rule),
                (true, true, Some(name)) => finding.unclear.push((rule, name)),
                (false, true, _) => finding.forbids.push(rule),
                // An `unless` that speaks of another thing of the same name may be what kept it from forbidding.
                (false, false, Some(name)) => {
                    finding.erred.push((rule.id.clone(), format!("`{name}` could mean two things")));
                }
                (_, false, _) => finding.near.push(rule),
            }
        }
        finding.erred.sort();
        finding
    }

    fn ask(
        &self,
        directory: &Directory,
        question: &Question,
        action: &str,
        actor: &PersonId,
    ) -> Result<Finding<'_>, NotPermitted> {
        self.sliced(action, &prepare(self, directory, question, action, actor)?)
    }

    fn ask_emergency(
        &self,
        directory: &Directory,
        question: &EmergencyQuestion,
        action: &str,
        actor: &PersonId,
    ) -> Result<Finding<'_>, NotPermitted> {
        self.sliced(action, &prepare_emergency(self, directory, question, action, actor)?)
    }

    fn sliced(&self, action: &str, prepared: &Prepared) -> Result<Finding<'_>, NotPermitted> {
        let slice = self.slice_of(action, prepared).map_err(|detail| NotPermitted::Erred { detail })?;
        Ok(self.find(&slice, prepared))
    }

    /// What somebody may do with Glasskey itself. The question does not say whether an emergency is on; a policy by which
    /// that matters says no (P9).
    fn about_glasskey(
        &self,
        action: &str,
        directory: &Directory,
        person: &PersonId,
        (door, at): (Door, Timestamp),
    ) -> Result<(), NotPermitted> {
        [false, true].into_iter().try_for_each(|emergency_on| {
            let moment = moment(at, door, emergency_on, &self.zone);
            let prepared = prepare_about_glasskey(self, directory, action, person, moment)?;
            first_of(&self.sliced(action, &prepared)?).map(|_| ())
        })
    }

    /// The answer to approving or revoking, where no limits are to choose from.
    fn plain(
        &self,
        directory: &Directory,
        question: &Question,
        action: &str,
        actor: &PersonId,
    ) -> Result<Terms, NotPermitted> {
        let finding = self.ask(directory, question, action, actor)?;
        let permit = first_of(&finding)?;
        Ok(Terms {
            policies: vec![permit.id.clone()],
            set: self.hash().to_owned(),
            approvals: 0,
            max_length: question.length,
            ..Terms::default()
        })
    }
}

impl From<Unaskable> for NotPermitted {
    fn from(unaskable: Unaskable) -> Self {
        match unaskable {
            Unaskable::Gone => Self::Gone,
            Unaskable::Erred(detail) => Self::Erred { detail },
        }
    }
}

/// A name by which the rule might mean something else: anywhere for a permit, in its conditions for a forbid (a head that
/// forbids too much is safe). What stands in a head for a person or for a resource is no other's name.
fn unclear(rule: &Rule, prepared: &Prepared) -> Option<Literal> {
    if prepared.shared.is_empty() {
        return None;
    }
    let in_head = |scope: &Scope, shared: &BTreeSet<Literal>| match scope {
        Scope::One(name) if rule.is_permit() && shared.contains(name) => Some(name.clone()),
        Scope::One(_) | Scope::Every(_) | Scope::Any => None,
    };
    let in_conditions = rule.named.in_conditions.iter().find(|name| prepared.shared.contains(name)).cloned();
    in_conditions
        .or_else(|| in_head(&rule.principal, &prepared.principal.shared))
        .or_else(|| in_head(&rule.resource, &prepared.resource.shared))
}

/// What keeps a question from being permitted, whatever the permits say; else the first permit.
pub(super) fn first_of<'a>(finding: &Finding<'a>) -> Result<&'a Rule, NotPermitted> {
    if !finding.forbids.is_empty() {
        let policies = finding.forbids.iter().map(|rule| rule.id.clone()).collect();
        return Err(NotPermitted::Forbidden { policies });
    }
    if let Some((policy, said)) = finding.erred.first() {
        return Err(NotPermitted::Erred { detail: format!("`{policy}`: {said}") });
    }
    match (finding.permits.first(), finding.unclear.first()) {
        (Some(rule), _) => Ok(rule),
        (None, Some((rule, name))) => {
            Err(NotPermitted::Erred { detail: format!("`{}`: `{name}` could mean two things", rule.id) })
        }
        (None, None) => Err(NotPermitted::NoPolicy),
    }
}

/// The permission whose limits bind.
pub(super) fn choose<'a>(
    finding: &Finding<'a>,
    length: Seconds,
    session: Seconds,
) -> Result<(&'a Rule, &'a Limits), NotPermitted> {
    first_of(finding)?;
    fittest(finding.permits.iter().copied(), length, session)
}

/// Of the permissions that hold and allow the length and the session, the one that asks for the fewest approvals; then the
/// longest; then the first by id. Never limits of several (pitfall 8), never by chance (pitfall 7).
pub(super) fn fittest<'a>(
    permits: impl Iterator<Item = &'a Rule>,
    length: Seconds,
    session: Seconds,
) -> Result<(&'a Rule, &'a Limits), NotPermitted> {
    let permits: Vec<(&Rule, &Limits)> =
        permits.filter_map(|rule| Some((rule, rule.limits.as_ref()?))).collect();
    let session_of = |limits: &Limits| limits.session.unwrap_or(Seconds(u32::MAX));
    let fit_session: Vec<(&Rule, &Limits)> =
        permits.iter().copied().filter(|(_, limits)| session_of(limits) >= session).collect();
    if fit_session.is_empty() {
        let most = permits.iter().max_by_key(|(rule, limits)| (session_of(limits), Reverse(&rule.id)));
        return Err(most.map_or(NotPermitted::NoPolicy, |(rule, limits)| NotPermitted::SessionTooLong {
            session,
            max: session_of(limits),
            policy: rule.id.clone(),
        }));
    }
    let fewest = fit_session
        .iter()
        .filter(|(_, limits)| limits.max_duration >= length)
        .min_by_key(|(rule, limits)| (limits.approvals, Reverse(limits.max_duration), &rule.id));
    if let Some(chosen) = fewest {
        return Ok(*chosen);
    }
    let longest = fit_session.iter().max_by_key(|(rule, limits)| (limits.max_duration, Reverse(&rule.id)));
    Err(longest.map_or(NotPermitted::NoPolicy, |(rule, limits)| NotPermitted::TooLong {
        max: limits.max_duration,
        policy: rule.id.clone(),
    }))
}

/// The session of what is asked for; `prepare` has seen that it is there. A group has none of its own.
pub(super) fn session(directory: &Directory, target: &Target) -> Seconds {
    match target {
        Target::Assignment { permission_set, .. } => directory
            .permission_sets
            .get(permission_set)
            .map_or(Seconds(u32::MAX), |permission_set| permission_set.session),
        Target::Membership { .. } => Seconds(0),
    }
}

/// The action that a question to have access is about.
pub(super) fn asking(question: &Question) -> &'static str {
    if question.urgent { URGENT } else { REQUEST }
}

fn verdict(answer: Result<Terms, NotPermitted>) -> Verdict {
    answer.map_or_else(Verdict::Refuse, Verdict::Permit)
}

impl Rules for RuleSet {
    fn are_known(&self) -> bool {
        self.policy_count() > 0
    }

    fn request(&self, directory: &Directory, question: &Question) -> Verdict {
        let action = asking(question);
        verdict(self.ask(directory, question, action, &question.requester).and_then(|finding| {
            let session = session(directory, &question.target);
            let (rule, limits) = choose(&finding, question.length, session)?;
            Ok(terms::of_request(self, directory, &question.requester, rule, limits))
        }))
    }

    fn approve(&self, directory: &Directory, question: &Question, approver: &PersonId) -> Verdict {
        if approver == &question.requester {
            return Verdict::Refuse(NotPermitted::NoPolicy);
        }
        verdict(self.plain(directory, question, APPROVE, approver))
    }

    fn revoke(&self, directory: &Directory, question: &Question, actor: &PersonId) -> Verdict {
        verdict(self.plain(directory, question, REVOKE, actor))
    }

    fn breakglass(
        &self,
        directory: &Directory,
        question: &EmergencyQuestion,
    ) -> Result<EmergencyTerms, NotPermitted> {
        let finding = self.ask_emergency(directory, question, BREAKGLASS, &question.opener)?;
        let (rule, limits) = choose(&finding, question.length, NO_SESSION)?;
        Ok(EmergencyTerms {
            policies: vec![rule.id.clone()],
            set: self.hash().to_owned(),
            approvals: limits.approvals,
            max_length: limits.max_duration,
            solo_after: limits.solo_after,
            notify: limits.notify.clone(),
        })
    }

    fn confirm(
        &self,
        directory: &Directory,
        question: &EmergencyQuestion,
        person: &PersonId,
    ) -> Result<Vec<String>, NotPermitted> {
        let finding = self.ask_emergency(directory, question, CONFIRM, person)?;
        first_of(&finding).map(|permit| vec![permit.id.clone()])
    }

    fn confirmers(&self, directory: &Directory, question: &EmergencyQuestion, most: usize) -> Approvers {
        let places = names_of_federation(self, &question.federation).all;
        let who = Who { action: CONFIRM, kind: Kind::Federation, places, without: &question.opener };
        let may = |person: &PersonId| self.confirm(directory, question, person).is_ok();
        search(self, directory, &who, &may, most)
    }

    fn audit(
        &self,
        directory: &Directory,
        person: &PersonId,
        door: Door,
        at: Timestamp,
    ) -> Result<(), NotPermitted> {
        self.about_glasskey(AUDIT, directory, person, (door, at))
    }

    fn administer(
        &self,
        directory: &Directory,
        person: &PersonId,
        door: Door,
        at: Timestamp,
    ) -> Result<(), NotPermitted> {
        self.about_glasskey(ADMINISTER, directory, person, (door, at))
    }

    fn approvers(&self, directory: &Directory, question: &Question, most: usize) -> Approvers {
        let places = names_of(self, directory, &question.target).all;
        let kind = if question.target.group().is_some() { Kind::Group } else { Kind::Account };
        let who = Who { action: APPROVE, kind, places, without: &question.requester };
        let may = |person: &PersonId| matches!(self.approve(directory, question, person), Verdict::Permit(_));
        search(self, directory, &who, &may, most)
    }
}
