//! The answers of a policy set. One function puts every question to Cedar, so that asking, approving, granting and
//! explaining cannot be answered differently (pitfall 6).

use std::cmp::Reverse;
use std::collections::BTreeSet;

use glasskey_domain::emergency::EmergencyTerms;
use glasskey_domain::rules::{Approvers, EmergencyQuestion, NotPermitted, Question, Rules, Terms, Verdict};
use glasskey_domain::{Directory, Door, PersonId, Seconds};
use jiff::Timestamp;

use super::annotations::Limits;
use super::candidates::{Who, search};
use super::emergencies::{names_of_federation, prepare_about_glasskey, prepare_emergency};
use super::entities::{Prepared, Unaskable, moment, names_of_account, prepare};
use super::literals::Literal;
use super::ruleset::{Rule, RuleSet};

pub(super) const REQUEST: &str = "request";
pub(super) const APPROVE: &str = "approve";
pub(super) const REVOKE: &str = "revoke";
pub(super) const BREAKGLASS: &str = "breakglass";
pub(super) const CONFIRM: &str = "approveBreakglass";
pub(super) const AUDIT: &str = "audit";
pub(super) const ADMINISTER: &str = "administer";
/// The actions that are asked today.
pub(super) const ACTIONS: [&str; 7] = [REQUEST, APPROVE, REVOKE, BREAKGLASS, CONFIRM, AUDIT, ADMINISTER];
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
            let unclear = unclear(rule, &prepared.shared);
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
        let slice = self
            .slice(action, &prepared.principal.all, &prepared.resource.all)
            .map_err(|detail| NotPermitted::Erred { detail })?;
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
/// forbids too much is safe).
fn unclear(rule: &Rule, shared: &BTreeSet<Literal>) -> Option<Literal> {
    if shared.is_empty() {
        return None;
    }
    let scope = if rule.is_permit() { Some(&rule.named.in_scope) } else { None };
    rule.named
        .in_conditions
        .iter()
        .chain(scope.into_iter().flatten())
        .find(|name| shared.contains(name))
        .cloned()
}

/// What keeps a question from being permitted, whatever the permits say; else the first permit.
fn first_of<'a>(finding: &Finding<'a>) -> Result<&'a Rule, NotPermitted> {
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

/// The permission whose limits bind: of those that allow the length and the session, the one that asks for the fewest
/// approvals; then the longest; then the first by id. Never limits of several (pitfall 8), never by chance (pitfall 7).
pub(super) fn choose<'a>(
    finding: &Finding<'a>,
    length: Seconds,
    session: Seconds,
) -> Result<(&'a Rule, &'a Limits), NotPermitted> {
    first_of(finding)?;
    let permits: Vec<(&Rule, &Limits)> =
        finding.permits.iter().filter_map(|rule| Some((*rule, rule.limits.as_ref()?))).collect();
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

/// The session of the permission set that is asked for; `prepare` has seen that it is there.
pub(super) fn session(directory: &Directory, question: &Question) -> Seconds {
    let set = question.target.permission_set();
    set.and_then(|set| directory.permission_sets.get(set))
        .map_or(Seconds(u32::MAX), |permission_set| permission_set.session)
}

fn verdict(answer: Result<Terms, NotPermitted>) -> Verdict {
    answer.map_or_else(Verdict::Refuse, Verdict::Permit)
}

impl Rules for RuleSet {
    fn request(&self, directory: &Directory, question: &Question) -> Verdict {
        verdict(self.ask(directory, question, REQUEST, &question.requester).and_then(|finding| {
            let (rule, limits) = choose(&finding, question.length, session(directory, question))?;
            Ok(Terms {
                policies: vec![rule.id.clone()],
                set: self.hash().to_owned(),
                approvals: limits.approvals,
                max_length: limits.max_duration,
                notify: limits.notify.clone(),
                ..Terms::default()
            })
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
        let who = Who { action: CONFIRM, places, without: &question.opener };
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
        let places = question
            .target
            .account()
            .map(|account| names_of_account(self, directory, account).all)
            .unwrap_or_default();
        let who = Who { action: APPROVE, places, without: &question.requester };
        let may = |person: &PersonId| matches!(self.approve(directory, question, person), Verdict::Permit(_));
        search(self, directory, &who, &may, most)
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::policy::{Source, company, question};

    const COMPANY: &str = "
        unit Workloads
        unit Workloads/Prod
        unit Other
        unit Other/Prod
        account 111111111111 sandbox in Workloads
        account 222222222222 payments-prod in Workloads/Prod
        account 333333333333 other-prod in Other/Prod
        permission set ReadOnly
        group engineers: ana, bo
        group leads: bo
        people: eve";

    /// What is asked about accounts.
    const ACCESS: [&str; 3] = [REQUEST, APPROVE, REVOKE];

    /// Every kind of head with every effect, so that each could be left out wrongly.
    fn every_head() -> String {
        let principals = [
            "principal",
            "principal is Person",
            "principal in Group::\"engineers\"",
            "principal in Group::\"g-leads\"",
            "principal == Person::\"ana\"",
            "principal in Person::\"bo\"",
            "principal is Person in Group::\"leads\"",
        ];
        let resources = [
            "resource",
            "resource in OU::\"Prod\"",
            "resource in OU::\"Root\"",
            "resource in OU::\"Workloads/Prod\"",
            "resource in OU::\"ou-pretend-00000001\"",
            "resource == Account::\"111111111111\"",
            "resource in Account::\"other-prod\"",
            "resource is Account in OU::\"Workloads\"",
        ];
        let mut text = String::new();
        for effect in ["permit", "forbid"] {
            for principal in principals {
                for resource in resources {
                    for action in ACCESS {
                        text +=
                            &format!("{effect}({principal}, action == Action::\"{action}\", {resource});\n");
                    }
                }
            }
        }
        text
    }

    #[test]
    fn slices_answer_as_the_whole() {
        let sources = [Source { file: "p".to_owned(), text: every_head() }];
        let rules = RuleSet::from_sources(&sources, TimeZone::UTC).unwrap();
        let directory = company("c", COMPANY).unwrap();
        for who in ["ana", "bo", "eve"] {
            for account in ["sandbox", "payments-prod", "other-prod"] {
                let asked = (who, account, "ReadOnly");
                let question =
                    question(&directory, asked, Seconds::hours(1), jiff::Timestamp::UNIX_EPOCH).unwrap();
                for (action, actor) in
                    ACCESS.iter().flat_map(|action| ["ana", "bo", "eve"].map(|a| (*action, a)))
                {
                    let actor = PersonId::new(format!("p-{actor}"));
                    let prepared = prepare(&rules, &directory, &question, action, &actor).unwrap();
                    let slice = rules.slice(action, &prepared.principal.all, &prepared.resource.all).unwrap();
                    let mut left_out = 0;
                    for permits in [true, false] {
                        let is = |place: &usize| rules.rules()[*place].is_permit() == permits;
                        let whole = rules.cut((0..rules.policy_count()).filter(is)).unwrap();
                        let part = rules.cut(slice.members.iter().copied().filter(is)).unwrap();
                        left_out += whole.members.len() - part.members.len();
                        let ids = |finding: &Finding<'_>| {
                            let all = finding.permits.iter().chain(&finding.forbids).copied();
                            let unclear = finding.unclear.iter().map(|(rule, _)| *rule);
                            all.chain(unclear).map(|rule| rule.id.clone()).collect::<BTreeSet<_>>()
                        };
                        let (whole, part) = (rules.find(&whole, &prepared), rules.find(&part, &prepared));
                        assert_eq!(ids(&whole), ids(&part), "{who} {account} {action} {actor}");
                        assert!(!ids(&part).is_empty() && whole.erred.is_empty());
                    }
                    assert!(left_out > 200, "a slice is small: {left_out}");
                }
            }
        }
    }

    /// What Cedar is told about a question is what the schema says it is told.
    #[test]
    fn questions_and_entities_conform_to_the_schema() {
        let (schema, _) = cedar_policy::Schema::from_cedarschema_str(crate::policy::SCHEMA).unwrap();
        let sources = [Source { file: "p".to_owned(), text: every_head() }];
        let rules = RuleSet::from_sources(&sources, TimeZone::UTC).unwrap();
        let directory = company("c", COMPANY).unwrap();
        let asked = ("ana", "other-prod", "ReadOnly");
        let mut question =
            question(&directory, asked, Seconds::hours(1), jiff::Timestamp::UNIX_EPOCH).unwrap();
        for ticket in [None, Some("INC-7".to_owned())] {
            question.ticket = ticket;
            for action in ACCESS {
                let prepared =
                    prepare(&rules, &directory, &question, action, &PersonId::new("p-bo")).unwrap();
                let asked = &prepared.request;
                let context = asked.context().unwrap().clone();
                let (who, what) = (asked.principal().unwrap().clone(), asked.resource().unwrap().clone());
                let action = asked.action().unwrap().clone();
                cedar_policy::Request::new(who, action, what, context, Some(&schema)).unwrap();
                let entities = prepared.entities.iter().cloned();
                cedar_policy::Entities::from_entities(entities, Some(&schema)).unwrap();
            }
        }
    }
}
