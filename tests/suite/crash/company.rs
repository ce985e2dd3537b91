//! A small company and a plain table in the place of policy.

use std::collections::{BTreeMap, BTreeSet};

use glasskey_domain::directory::{Account, AccountState, Group, PermissionSet};
use glasskey_domain::emergency::{CutPlan, EmergencyTerms, Level, Place, Provider};
use glasskey_domain::ids::OuId;
use glasskey_domain::person::Employment;
use glasskey_domain::rules::{Approvers, EmergencyQuestion, Escalation, NotPermitted, Quorum};
use glasskey_domain::settings::FederationSettings;
use glasskey_domain::{
    AccountId, Directory, Door, FederationId, GroupId, Holding, PermissionSetArn, Person, PersonId, Platform,
    Question, Rules, Seconds, Target, Terms, Verdict,
};
use jiff::Timestamp;

/// Everybody.
pub(crate) const PEOPLE: [&str; 5] = ["ana", "bo", "cy", "dee", "eve"];
/// Those of them who may approve, as long as rules are as they were.
pub(crate) const APPROVERS: [&str; 3] = ["bo", "dee", "eve"];
/// Looks at emergencies afterwards, and never has a part in one.
pub(crate) const AUDITOR: &str = "fay";
/// What can be asked for.
pub(crate) const SETS: [&str; 3] = ["Admin", "PowerUser", "ReadOnly"];

/// What of it is given by request alone.
pub(crate) const MANAGED: [&str; 2] = ["Admin", "PowerUser"];

/// The incident channel on Discord; on Slack it is `#incident`.
pub(crate) const INCIDENTS_ON_DISCORD: &str = "400000000000000002";

/// Where somebody is at home: Bo and Dee and the auditor on Discord, everybody on what alone is served.
pub(crate) fn platform_of(name: &str, served: &BTreeSet<Platform>) -> Platform {
    let home = if ["bo", "dee", AUDITOR].contains(&name) { Platform::Discord } else { Platform::Slack };
    let away = || *served.first().expect("a bot that serves a platform");
    served.get(&home).copied().unwrap_or_else(away)
}

pub(crate) fn person(name: &str) -> PersonId {
    PersonId::new(name)
}

pub(crate) fn target(set: &str) -> Target {
    Target::Assignment {
        account: AccountId::parse("333333333333").unwrap(),
        permission_set: PermissionSetArn::new(format!("arn:aws:sso:::permissionSet/ssoins-1/{set}")),
    }
}

pub(crate) fn holding(name: &str, set: &str) -> Holding {
    Holding { principal: person(name), target: target(set) }
}

/// Being on call.
pub(crate) fn membership() -> Target {
    Target::Membership { group: GroupId::new("g-oncall") }
}

/// What stood before the bot came: Cy has ReadOnly.
pub(crate) fn standing() -> BTreeSet<Holding> {
    BTreeSet::from([holding("cy", "ReadOnly")])
}

/// Dee has ReadOnly through a group.
pub(crate) fn through_groups() -> BTreeMap<Holding, Vec<GroupId>> {
    BTreeMap::from([(holding("dee", "ReadOnly"), vec![GroupId::new("sre")])])
}

/// The one emergency federation.
pub(crate) fn federations(cuts: bool) -> BTreeMap<FederationId, FederationSettings> {
    let roles = ["EmergencyAccess_Role1_RO", "EmergencyAccess_Role1_Ops"].map(str::to_owned).to_vec();
    let place = Place {
        provider: Provider::Okta,
        app: "0oa1emergency".to_owned(),
        groups: [(Level::Ro, "00gro".to_owned()), (Level::Ops, "00gops".to_owned())].into(),
        session: Seconds::hours(1),
        channel: Some("#incident".to_owned()),
        discord_channel: Some(INCIDENTS_ON_DISCORD.to_owned()),
        cut: cuts.then(|| CutPlan { assume: "GlasskeyEmergencySessions".to_owned(), roles }),
    };
    let settings =
        FederationSettings { place, max_length: Seconds::hours(4), length: Seconds::hours(1), canary: None };
    [(FederationId::new("main"), settings)].into()
}

/// The company without these people.
pub(crate) fn directory_without(left: &BTreeSet<&str>) -> Directory {
    let mut directory = Directory::empty();
    for name in PEOPLE.into_iter().chain([AUDITOR]) {
        let employment = if left.contains(name) { Employment::Disabled } else { Employment::Enabled };
        let entry = Person {
            id: person(name),
            user_name: name.to_owned(),
            display_name: name.to_owned(),
            emails: vec![format!("{name}@acme.example")],
            employment,
        };
        directory.people.insert(entry.id.clone(), entry);
    }
    let account = Account {
        id: AccountId::parse("333333333333").unwrap(),
        name: "payments-prod".to_owned(),
        state: AccountState::Active,
        parent: OuId::new("r-1"),
        management: false,
    };
    directory.accounts.insert(account.id.clone(), account);
    let oncall = Group::plain(GroupId::new("g-oncall"), "oncall".to_owned());
    directory.groups.insert(oncall.id.clone(), oncall);
    for (group, members) in [("leads", ["bo", "dee"]), ("managers", ["dee", "eve"])] {
        let group = Group::plain(GroupId::new(format!("g-{group}")), group.to_owned());
        for name in members {
            directory.memberships.entry(person(name)).or_default().insert(group.id.clone());
        }
        directory.groups.insert(group.id.clone(), group);
    }
    for name in SETS {
        let arn = target(name).permission_set().unwrap().clone();
        let set = PermissionSet { arn: arn.clone(), name: name.to_owned(), session: Seconds::hours(1) };
        directory.permission_sets.insert(arn, set);
    }
    directory
}

/// Who may ask, who may approve (and break glass), how many must.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub(crate) may_request: BTreeSet<PersonId>,
    pub(crate) may_approve: BTreeSet<PersonId>,
    pub(crate) approvals: u32,
    /// Of which groups.
    pub(crate) from: Vec<Quorum>,
    /// Who is asked when nobody answers.
    pub(crate) escalate: Vec<Escalation>,
    /// Whether sessions that outlive access are cut.
    pub(crate) cut_sessions: bool,
    /// How many must confirm an emergency.
    pub(crate) confirmations: u32,
    /// After how long its opener may go on alone.
    pub(crate) solo_after: Option<Seconds>,
    pub(crate) notify: Vec<String>,
}

impl Table {
    /// Everybody may ask; Bo, Dee and Eve approve; two must; a channel is told. One must confirm an emergency.
    pub(crate) fn of_two() -> Self {
        Self {
            may_request: PEOPLE.into_iter().map(person).collect(),
            may_approve: APPROVERS.into_iter().map(person).collect(),
            approvals: 2,
            from: Vec::new(),
            escalate: Vec::new(),
            cut_sessions: false,
            confirmations: 1,
            solo_after: None,
            notify: vec!["#prod-access".to_owned()],
        }
    }

    fn verdict(&self, yes: bool) -> Verdict {
        if !yes {
            return Verdict::Refuse(NotPermitted::NoPolicy);
        }
        Verdict::Permit(Terms {
            policies: vec!["table".to_owned()],
            set: "set-1".to_owned(),
            approvals: self.approvals,
            max_length: Seconds::hours(8),
            notify: self.notify.clone(),
            from: self.from.clone(),
            escalate: self.escalate.clone(),
            cut_sessions: self.cut_sessions,
            ..Terms::default()
        })
    }
}

impl Rules for Table {
    fn request(&self, _: &Directory, question: &Question) -> Verdict {
        self.verdict(self.may_request.contains(&question.requester))
    }
    fn approve(&self, _: &Directory, _: &Question, approver: &PersonId) -> Verdict {
        self.verdict(self.may_approve.contains(approver))
    }
    fn revoke(&self, _: &Directory, _: &Question, actor: &PersonId) -> Verdict {
        self.verdict(self.may_approve.contains(actor))
    }
    fn approvers(&self, directory: &Directory, question: &Question, most: usize) -> Approvers {
        let can = |who: &&PersonId| **who != question.requester && directory.enabled(who).is_some();
        let people = self.may_approve.iter().filter(can).take(most).cloned().collect();
        Approvers { people, complete: true }
    }
    fn breakglass(
        &self,
        _: &Directory,
        question: &EmergencyQuestion,
    ) -> Result<EmergencyTerms, NotPermitted> {
        if !self.may_approve.contains(&question.opener) {
            return Err(NotPermitted::NoPolicy);
        }
        Ok(EmergencyTerms {
            policies: vec!["table".to_owned()],
            set: "set-1".to_owned(),
            approvals: self.confirmations,
            max_length: Seconds::hours(8),
            solo_after: self.solo_after,
            notify: Vec::new(),
        })
    }
    fn confirm(
        &self,
        _: &Directory,
        _: &EmergencyQuestion,
        person: &PersonId,
    ) -> Result<Vec<String>, NotPermitted> {
        if self.may_approve.contains(person) {
            Ok(vec!["table".to_owned()])
        } else {
            Err(NotPermitted::NoPolicy)
        }
    }
    fn confirmers(&self, directory: &Directory, question: &EmergencyQuestion, most: usize) -> Approvers {
        let can = |who: &&PersonId| **who != question.opener && directory.enabled(who).is_some();
        let people = self.may_approve.iter().filter(can).take(most).cloned().collect();
        Approvers { people, complete: true }
    }
    fn audit(&self, _: &Directory, person: &PersonId, _: Door, _: Timestamp) -> Result<(), NotPermitted> {
        if person.as_str() == AUDITOR { Ok(()) } else { Err(NotPermitted::NoPolicy) }
    }
    fn administer(
        &self,
        _: &Directory,
        person: &PersonId,
        _: Door,
        _: Timestamp,
    ) -> Result<(), NotPermitted> {
        if person.as_str() == AUDITOR { Ok(()) } else { Err(NotPermitted::NoPolicy) }
    }
}
