//! Why an answer is what it is: every policy that spoke, what it said, and which one counted. The verdict in it is the
//! one that decisions get, from the same function.

use std::fmt;

use glasskey_domain::emergency::EmergencyTerms;
use glasskey_domain::rules::{
    Approvers, EmergencyQuestion, Escalation, NotPermitted, Question, Quorum, Rules, Terms, Verdict,
};
use glasskey_domain::{Directory, Seconds, Target};

use super::annotations::Limits;
use super::emergencies::prepare_emergency;
use super::entities::{Prepared, prepare};
use super::ruleset::{Rule, RuleSet};
use super::verdict::{BREAKGLASS, Finding, NO_SESSION, asking, session};

/// Approvers named in an explanation; more of them nobody reads.
const APPROVERS_MAX: usize = 20;

/// What a policy came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fit {
    /// Permits, and its limits bind.
    Chosen,
    /// Permits, but another asks for fewer approvals or allows longer.
    Permits,
    /// Permits, but for no longer than this.
    TooLong(Seconds),
    /// Permits, but for sessions no longer than this.
    SessionTooLong(Seconds),
    /// Would permit, but a name in it means two things.
    Unclear(String),
    /// Forbids.
    Forbids,
    /// Could not be evaluated.
    Erred(String),
    /// Its head fits, its conditions do not hold; a permit if `true`.
    ConditionsFail(bool),
}

/// One policy in an explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weighed {
    /// Its id.
    pub policy: String,
    /// Where it stands, as `file:line`.
    pub place: String,
    /// Approvals and longest grant, of permissions.
    pub limits: Option<Limits>,
    /// What it came to.
    pub fit: Fit,
}

/// Why an answer is what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// Who asks for what, for people.
    pub asked: String,
    /// The answer: its terms in words.
    pub answer: Result<String, NotPermitted>,
    /// Every policy that spoke, those that count first.
    pub policies: Vec<Weighed>,
    /// Who could approve or confirm, when that is needed: names for people.
    pub approvers: Option<Vec<String>>,
    /// Whether that is all of them.
    pub approvers_complete: bool,
    /// Hash of the set.
    pub set: String,
}

/// Explains the answer to a question.
#[must_use]
pub fn explain(rules: &RuleSet, directory: &Directory, question: &Question) -> Explanation {
    let answer = match rules.request(directory, question) {
        Verdict::Permit(terms) => Ok(terms),
        Verdict::Refuse(why) => Err(why),
    };
    let needed = answer.as_ref().is_ok_and(|terms| terms.approvals > 0);
    let approvers = needed.then(|| rules.approvers(directory, question, APPROVERS_MAX));
    let (approvers, approvers_complete) = named(directory, approvers);
    let what = named_target(directory, &question.target);
    let person = directory.name_of(&question.requester);
    let limits = (question.length, session(directory, &question.target));
    let prepared = prepare(rules, directory, question, asking(question), &question.requester).ok();
    Explanation {
        asked: format!("{person} asks for {what} for {}{}", question.length, manner(question)),
        policies: weighed(
            rules,
            asking(question),
            prepared.as_ref(),
            limits,
            answer.as_ref().ok().map(|t| &t.policies),
        ),
        answer: answer.map(|terms| terms_in_words(&terms)),
        approvers,
        approvers_complete,
        set: rules.hash().to_owned(),
    }
}

/// How it is asked for, where that is not the ordinary way.
fn manner(question: &Question) -> String {
    let urgent = if question.urgent { ", urgently" } else { "" };
    let start = question.starts_at.map(|at| format!(", from {}", at.strftime("%Y-%m-%d %H:%M UTC")));
    format!("{urgent}{}", start.unwrap_or_default())
}

/// `ReadOnly in payments-prod (222222222222)`, `group payments-oncall`.
fn named_target(directory: &Directory, target: &Target) -> String {
    match target {
        Target::Assignment { account, permission_set } => {
            let account = directory
                .accounts
                .get(account)
                .map_or_else(|| account.to_string(), |account| format!("{} ({})", account.name, account.id));
            let set = directory.permission_sets.get(permission_set);
            format!("{} in {account}", set.map_or_else(|| permission_set.to_string(), |set| set.name.clone()))
        }
        Target::Membership { group } => format!("group {}", directory.group_name(group)),
    }
}

/// Explains the answer to who wants to open an emergency.
#[must_use]
pub fn explain_emergency(
    rules: &RuleSet,
    directory: &Directory,
    question: &EmergencyQuestion,
) -> Explanation {
    let answer = rules.breakglass(directory, question);
    let needed = answer.as_ref().is_ok_and(|terms| terms.approvals > 0);
    let confirmers = needed.then(|| rules.confirmers(directory, question, APPROVERS_MAX));
    let (approvers, approvers_complete) = named(directory, confirmers);
    let person = directory.name_of(&question.opener);
    let (federation, level, length) = (&question.federation, question.level.word(), question.length);
    let what = if question.drill { "drill" } else { "break glass" };
    let prepared = prepare_emergency(rules, directory, question, BREAKGLASS, &question.opener).ok();
    let chosen = answer.as_ref().ok().map(|terms| &terms.policies);
    Explanation {
        asked: format!("{person} asks to {what} on {federation} ({level}) for {length}"),
        policies: weighed(rules, BREAKGLASS, prepared.as_ref(), (length, NO_SESSION), chosen),
        answer: answer.map(|terms| emergency_in_words(&terms)),
        approvers,
        approvers_complete,
        set: rules.hash().to_owned(),
    }
}

/// Names for people, and whether those are all.
fn named(directory: &Directory, approvers: Option<Approvers>) -> (Option<Vec<String>>, bool) {
    let complete = approvers.as_ref().is_none_or(|approvers| approvers.complete);
    let names = |approvers: Approvers| approvers.people.iter().map(|id| directory.name_of(id)).collect();
    (approvers.map(names), complete)
}

/// Permits are asked apart from forbids, because Cedar names only the forbids when there are any. What cannot be asked
/// weighs nothing.
fn weighed(
    rules: &RuleSet,
    action: &str,
    prepared: Option<&Prepared>,
    (length, session): (Seconds, Seconds),
    chosen: Option<&Vec<String>>,
) -> Vec<Weighed> {
    let Some(prepared) = prepared else { return Vec::new() };
    let Ok(slice) = rules.slice_of(action, prepared) else {
        return Vec::new();
    };
    let chosen = chosen.and_then(|policies| policies.first()).map(String::as_str);
    let mut found = Vec::new();
    for permits in [false, true] {
        let places = slice.members.iter().copied();
        let half =
            places.filter(|place| rules.rules().get(*place).is_some_and(|rule| rule.is_permit() == permits));
        let Ok(half) = rules.cut(half) else { continue };
        found.extend(fits(rules, rules.find(&half, prepared), length, session, chosen));
    }
    found.sort_by_key(|weighed| rank(&weighed.fit));
    found
}

fn fits(
    rules: &RuleSet,
    finding: Finding<'_>,
    length: Seconds,
    session: Seconds,
    chosen: Option<&str>,
) -> Vec<Weighed> {
    let permit = |rule: &Rule| match &rule.limits {
        Some(limits) if limits.session.is_some_and(|max| max < session) => {
            Fit::SessionTooLong(limits.session.unwrap_or_default())
        }
        Some(limits) if limits.max_duration < length => Fit::TooLong(limits.max_duration),
        Some(_) | None if chosen == Some(rule.id.as_str()) => Fit::Chosen,
        Some(_) | None => Fit::Permits,
    };
    let erred: Vec<&str> = finding.erred.iter().map(|(id, _)| id.as_str()).collect();
    let mut found: Vec<Weighed> = Vec::new();
    found.extend(finding.permits.iter().map(|rule| weigh(rule, permit(rule))));
    found.extend(finding.unclear.iter().map(|(rule, name)| weigh(rule, Fit::Unclear(name.to_string()))));
    found.extend(finding.forbids.iter().map(|rule| weigh(rule, Fit::Forbids)));
    let near = finding.near.iter().filter(|rule| !erred.contains(&rule.id.as_str()));
    found.extend(near.map(|rule| weigh(rule, Fit::ConditionsFail(rule.is_permit()))));
    let of_erred = finding.erred.iter().filter_map(|(id, said)| Some((rules.rule(id)?, said)));
    found.extend(of_erred.map(|(rule, said)| weigh(rule, Fit::Erred(said.clone()))));
    found
}

fn weigh(rule: &Rule, fit: Fit) -> Weighed {
    Weighed {
        policy: rule.id.clone(),
        place: format!("{}:{}", rule.file, rule.line),
        limits: rule.limits.clone(),
        fit,
    }
}

fn rank(fit: &Fit) -> u8 {
    match fit {
        Fit::Forbids => 0,
        Fit::Erred(_) => 1,
        Fit::Chosen => 2,
        Fit::Permits => 3,
        Fit::TooLong(_) | Fit::SessionTooLong(_) => 4,
        Fit::Unclear(_) => 5,
        Fit::ConditionsFail(permit) => {
            if *permit {
                6
            } else {
                7
            }
        }
    }
}

/// A refusal in a few words, for explanations and case tables.
pub(super) fn in_words(why: &NotPermitted) -> String {
    match why {
        NotPermitted::NoPolicy => "no policy permits it".to_owned(),
        NotPermitted::Forbidden { policies } => format!("forbidden by {}", policies.join(", ")),
        NotPermitted::TooLong { max, policy } => format!("too long: {policy} allows at most {max}"),
        NotPermitted::SessionTooLong { session, max, policy } => {
            format!("session too long: it lives {session}, {policy} allows at most {max}")
        }
        NotPermitted::ApprovalsGone { needed, counting } => {
            format!("{counting} of the {needed} approvals it needs count now")
        }
        NotPermitted::Gone => "the person, account or permission set is gone or not usable".to_owned(),
        NotPermitted::Erred { detail } => format!("a policy could not be evaluated: {detail}"),
    }
}

/// `1 approval`, `2 approvals (1 of sre-leads, 1 of security)`.
fn approvals(count: u32, from: &[Quorum]) -> String {
    let of: Vec<String> =
        from.iter().map(|quorum| format!("{} of {}", quorum.needed, quorum.group)).collect();
    let of = if of.is_empty() { String::new() } else { format!(" ({})", of.join(", ")) };
    match count {
        0 => "no approval".to_owned(),
        1 => format!("1 approval{of}"),
        more => format!("{more} approvals{of}"),
    }
}

/// A permission in a few words.
pub(super) fn terms_in_words(terms: &Terms) -> String {
    let needed = approvals(terms.approvals, &terms.from);
    let mut words = format!("{needed}, by {}, at most {}", terms.policies.join(", "), terms.max_length);
    if !terms.quiet.is_empty() {
        words += &format!(", without calling {}", terms.quiet.join(", "));
    }
    for Escalation { after, group } in &terms.escalate {
        words += &format!(", after {after} asking {group}");
    }
    if terms.cut_sessions {
        words += ", sessions are cut at the end";
    }
    words
}

/// What binds an emergency, in a few words.
pub(super) fn emergency_in_words(terms: &EmergencyTerms) -> String {
    let by = terms.policies.join(", ");
    let alone = terms.solo_after.map(|after| format!(", alone after {after}")).unwrap_or_default();
    format!("{}, by {by}, at most {}{alone}", approvals(terms.approvals, &[]), terms.max_length)
}

impl fmt::Display for Weighed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let says = match &self.fit {
            Fit::Chosen => "permits; its limits bind".to_owned(),
            Fit::Permits => "permits too; not the one that binds".to_owned(),
            Fit::TooLong(max) => format!("permits, but for {max} at most"),
            Fit::SessionTooLong(max) => format!("permits, but for sessions of {max} at most"),
            Fit::Unclear(name) => format!("not used: {name} could mean two things"),
            Fit::Forbids => "forbids".to_owned(),
            Fit::Erred(said) => format!("could not be evaluated: {said}"),
            Fit::ConditionsFail(true) => "would permit, but its conditions do not hold".to_owned(),
            Fit::ConditionsFail(false) => "would forbid, but its conditions do not hold".to_owned(),
        };
        write!(f, "{} ({}): {says}", self.policy, self.place)?;
        match &self.limits {
            Some(limits) => {
                let needed = approvals(limits.approvals, &limits.from);
                write!(f, " [{needed}, at most {}]", limits.max_duration)
            }
            None => Ok(()),
        }
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.asked)?;
        match &self.answer {
            Ok(terms) => writeln!(f, "permitted: {terms}")?,
            Err(why) => writeln!(f, "refused: {}", in_words(why))?,
        }
        for policy in &self.policies {
            writeln!(f, "  {policy}")?;
        }
        if let Some(approvers) = &self.approvers {
            let more = if self.approvers_complete { "" } else { ", and more" };
            let who = if approvers.is_empty() { "nobody".to_owned() } else { approvers.join(", ") };
            writeln!(f, "could approve: {who}{more}")?;
        }
        write!(f, "policy set {}", self.set.get(..12).unwrap_or(&self.set))
    }
}
