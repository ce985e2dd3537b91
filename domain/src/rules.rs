//! What decisions ask of policy, and what policy answers. Cedar implements it in the bot; tests use a plain table.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::directory::Directory;
use crate::emergency::{EmergencyTerms, Level};
use crate::ids::{FederationId, PersonId};
use crate::person::Door;
use crate::target::Target;
use crate::time::Seconds;

/// One question about one access: the same for asking, approving, granting and explaining, so that they cannot be
/// answered differently (pitfall 6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Who would have the access.
    pub requester: PersonId,
    /// To what.
    pub target: Target,
    /// For how long.
    pub length: Seconds,
    /// Under which ticket.
    pub ticket: Option<String>,
    /// The door through which the requester asked.
    pub door: Door,
    /// When the question is asked.
    pub at: Timestamp,
    /// When the access would begin, if that is later.
    pub starts_at: Option<Timestamp>,
    /// Whether it is asked for at once, to be looked at afterwards (action `requestUrgent`).
    pub urgent: bool,
    /// Whether a break-glass emergency is on.
    pub emergency_on: bool,
}

/// So many different people of a group: `1 of sre-leads`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Quorum {
    /// How many: at least one.
    pub needed: u32,
    /// Of which group: its name or id, as the policy writes it.
    pub group: String,
}

/// Who is asked next when nobody answers: `30m: sre-managers`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Escalation {
    /// So long after the asking.
    pub after: Seconds,
    /// Which group: its name or id, as the policy writes it.
    pub group: String,
}

/// The limits that bind one permission: those of the policy that authorised it, never mixed from several (pitfall 8).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Terms {
    /// The policies that determined the answer.
    pub policies: Vec<String>,
    /// Hash of the policy set they are from.
    pub set: String,
    /// How many distinct people must approve; 0 = none.
    pub approvals: u32,
    /// Longest grant.
    pub max_length: Seconds,
    /// Channels to tell about the grant, as the policy writes them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notify: Vec<String>,
    /// Of which groups the approvers must be (`@approvals("1 of sre-leads, 1 of security")`); of any, when there are none.
    /// Their numbers add up to `approvals`, or for a bundle to less: others of its things need more people, of any group.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<Quorum>,
    /// Groups whose people may approve and are not called upon (`@quiet_approvers`): names or ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quiet: Vec<String>,
    /// Who is asked next when nobody answers (`@escalate`), in the order of time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub escalate: Vec<Escalation>,
    /// Whether sessions that outlive the end are cut (`@cut_sessions`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut_sessions: bool,
    /// The requester's groups that the determining policies name: who loses them loses the permission.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<crate::ids::GroupId>,
}

/// Why policy says no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "kebab-case")]
pub enum NotPermitted {
    /// No policy permits it.
    NoPolicy,
    /// These policies forbid it.
    Forbidden {
        /// Their ids.
        policies: Vec<String>,
    },
    /// Policies permit it, but for no longer than this.
    TooLong {
        /// The longest of them.
        max: Seconds,
        /// Which policy allows that.
        policy: String,
    },
    /// Policies permit it, but the permission set's sessions live longer than they allow.
    SessionTooLong {
        /// What the permission set has.
        session: Seconds,
        /// What the policy allows (`@session`).
        max: Seconds,
        /// Which policy.
        policy: String,
    },
    /// Too few of those who approved may approve now.
    ApprovalsGone {
        /// How many approvals it needs.
        needed: u32,
        /// How many of those it has count now.
        counting: u32,
    },
    /// The person is no longer enabled, or the account or permission set no longer there.
    Gone,
    /// A policy could not be evaluated; unknown is no (P9).
    Erred {
        /// Which, and what it said.
        detail: String,
    },
}

/// The answer to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Yes, under these terms.
    Permit(Terms),
    /// No.
    Refuse(NotPermitted),
}

/// One question about one emergency: the same for opening, confirming, extending and adding people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmergencyQuestion {
    /// Who opens it, or changes it.
    pub opener: PersonId,
    /// Which federation.
    pub federation: FederationId,
    /// The most that anybody in it may do.
    pub level: Level,
    /// For how long, all in all.
    pub length: Seconds,
    /// Which incident.
    pub incident: Option<String>,
    /// Whether it is a rehearsal.
    pub drill: bool,
    /// The door through which it came.
    pub door: Door,
    /// When the question is asked.
    pub at: Timestamp,
    /// Whether an emergency is on.
    pub emergency_on: bool,
}

/// Who could approve.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Approvers {
    /// People, in the order of their ids, none of them the requester, all enabled.
    pub people: Vec<PersonId>,
    /// Whether that is all of them, or the asked number was reached first.
    pub complete: bool,
}

/// Policy, as the domain sees it. Every method is a pure function of its arguments and the loaded set.
pub trait Rules {
    /// Whether there is a policy at all. When none could be used nothing is permitted; that is no word about what was granted.
    fn are_known(&self) -> bool {
        true
    }
    /// May the requester have this access?
    fn request(&self, directory: &Directory, question: &Question) -> Verdict;
    /// May this person approve it? The built-in rules (no self-approval, enabled people only) are `decide`'s, not asked here.
    fn approve(&self, directory: &Directory, question: &Question, approver: &PersonId) -> Verdict;
    /// May this person end a grant that is not theirs?
    fn revoke(&self, directory: &Directory, question: &Question, actor: &PersonId) -> Verdict;
    /// Up to `most` people who could approve it now, without the requester and without people who are not enabled.
    fn approvers(&self, directory: &Directory, question: &Question, most: usize) -> Approvers;
    /// May this person (`opener`) open, extend, or add people to this emergency?
    ///
    /// # Errors
    /// Why not.
    fn breakglass(
        &self,
        directory: &Directory,
        question: &EmergencyQuestion,
    ) -> Result<EmergencyTerms, NotPermitted>;
    /// May this person confirm it? The answer names the policies. That it is not the opener is `decide`'s business.
    ///
    /// # Errors
    /// Why not.
    fn confirm(
        &self,
        directory: &Directory,
        question: &EmergencyQuestion,
        person: &PersonId,
    ) -> Result<Vec<String>, NotPermitted>;
    /// Up to `most` people who could confirm it now, without the opener and without people who are not enabled.
    fn confirmers(&self, directory: &Directory, question: &EmergencyQuestion, most: usize) -> Approvers;
    /// May this person administer Glasskey: say whose a chat account is?
    ///
    /// # Errors
    /// Why not.
    fn administer(
        &self,
        directory: &Directory,
        person: &PersonId,
        door: Door,
        at: Timestamp,
    ) -> Result<(), NotPermitted>;
    /// May this person acknowledge, as an auditor, what was done?
    ///
    /// # Errors
    /// Why not.
    fn audit(
        &self,
        directory: &Directory,
        person: &PersonId,
        door: Door,
        at: Timestamp,
    ) -> Result<(), NotPermitted>;
}
