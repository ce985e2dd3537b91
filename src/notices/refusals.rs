//! Glasskey's no to a person: what, why, and what to do now, in one sentence.

use glasskey_domain::directory::Feed;
use glasskey_domain::refusal::{Kind, PlaceWhy, StateWord, StrangerWhy};
use glasskey_domain::rules::NotPermitted;
use glasskey_domain::{Directory, Refusal};

use super::request::quorums;
use super::{Text, emergency, links};

/// The name of a refusal, the same in chat, in the journal and in `docs/ERRORS.md`.
#[must_use]
pub fn code(refusal: &Refusal) -> String {
    let value = serde_json::to_value(refusal).unwrap_or_default();
    value.get("refusal").and_then(|code| code.as_str()).unwrap_or("refused").to_owned()
}

/// A refusal in words.
#[must_use]
pub fn refusal(refusal: &Refusal, directory: &Directory) -> Text {
    sentence(refusal, directory).say(" (").say(code(refusal)).say(")")
}

#[expect(clippy::too_many_lines, reason = "a table: one arm for each, so that none is without words")]
fn sentence(refusal: &Refusal, directory: &Directory) -> Text {
    let text = Text::new();
    match refusal {
        Refusal::Stranger { why } => stranger(why, directory),
        Refusal::NamedStranger { named, why } => named_stranger(named, why, directory),
        Refusal::Unreadable { sentence } => text.say(sentence),
        Refusal::Unresolved { what, typed, candidates } => unresolved(*what, typed, candidates),
        Refusal::DirectoryNotRead => {
            text.say("Glasskey has not read the company's directory yet, so it can decide nothing; try again in a minute")
        }
        Refusal::NotInDirectory => {
            text.say("you are not in the Identity Store of IAM Identity Center; ask your administrator to add you")
        }
        Refusal::NotEnabled { person } => text
            .say("the Identity Store does not say that ")
            .person(person, directory)
            .say(" is enabled; ask your administrator"),
        Refusal::AccountNotActive { account } => {
            text.say("account ").code(account.as_str()).say(" is not active, so there is nothing to get access to")
        }
        Refusal::ManagementAccount { account } => text
            .say("account ")
            .code(account.as_str())
            .say(" is the management account of the organization, in which a delegated administrator may assign nothing; use the break-glass procedure"),
        Refusal::TargetGone => {
            text.hint("the account, the permission set or the group is not there any more; look with `/elevate help` how to name another")
        }
        Refusal::NotServedHere { why } => text.say(match why {
            PlaceWhy::SharedExternally => "this channel is shared with another company, so nothing is done from here; use a channel of your own company",
            PlaceWhy::NotOurServer => "commands are taken in the company's own server alone, not in direct messages and not in other servers",
            PlaceWhy::CouldNotAsk => "Slack did not say whether this channel is shared with another company, so nothing was done; try again in a minute",
        }),
        Refusal::Full => text.say("there are too many open requests; nothing was done; ask your administrator to look at them"),
        Refusal::LocalUserUnknown { user } => text
            .say("the local user ")
            .code(user)
            .hint(" is not linked to a person of the company, who alone can do this; add them to `[admin.people]` of the configuration"),
        Refusal::ReasonTooShort { .. }
        | Refusal::ReasonTooLong { .. }
        | Refusal::TicketMissing { .. }
        | Refusal::TicketMalformed { .. }
        | Refusal::TooShort { .. }
        | Refusal::TooLong { .. } => wording(refusal),
        Refusal::NotPermitted { why } => {
            text.say("policy does not permit this: ").and(not_permitted(why)).hint("; `/elevate why` explains it")
        }
        Refusal::NobodyCouldApprove { needed, found } => text.say(format!(
            "this needs {needed} approval{} and only {found} other {} could give one; ask your administrator who should approve it",
            if *needed == 1 { "" } else { "s" },
            if *found == 1 { "person" } else { "people" },
        )),
        Refusal::AlreadyAsked { id } => {
            text.say("you already asked for this: ").code(id.as_str()).say(" waits, begins later or is being granted; withdraw that one first, or wait for it")
        }
        Refusal::TooManyThings { max } => {
            text.say(format!("one request is for 1 to {max} things, so that an approver can read them; ask for the rest with another"))
        }
        Refusal::GroupIsFed { group, by } => fed(text, &directory.group_name(group), by),
        Refusal::StartNotPossible { ahead } => {
            let text = text.say(format!("access can begin from now on, up to {ahead} ahead; "));
            text.hint("say a start such as `02:00`, `tomorrow 9:30` or `2026-12-01 02:00`")
        }
        Refusal::NothingAsked => text.hint("you have not asked for anything yet; `/elevate help` shows how"),
        Refusal::UrgentIsNow => text.hint("urgent access begins at once; leave the start out, or ask without `urgent`"),
        Refusal::CannotCutSessions => text.hint(
            "nothing was ended, because sessions are not cut here (`cut_sessions` is off in `[requests]` of the configuration); end the access without it",
        ),
        Refusal::NoSuchDrift => text.hint("no such access without a request is known, or it is being removed; `glasskey drift list` shows what there is"),
        Refusal::TooManyOpen { max } => {
            text.say(format!("you have {max} open requests, which is the most there may be; end or withdraw one first"))
        }
        Refusal::NoSuchRequest { .. }
        | Refusal::OwnRequest
        | Refusal::NotAnApprover { .. }
        | Refusal::AlreadyApproved { .. }
        | Refusal::TooLate { .. }
        | Refusal::TooEarly { .. }
        | Refusal::NotOfTheGroups { .. }
        | Refusal::LengthNotLess { .. }
        | Refusal::ExtensionWaits { .. }
        | Refusal::ExtensionTooLong { .. }
        | Refusal::NothingToAcknowledge { .. }
        | Refusal::NotTheRequester
        | Refusal::WithdrawInstead
        | Refusal::MayNotEnd { .. }
        | Refusal::NoLongerPermitted { .. } => about_request(refusal, directory),
        Refusal::NoFederation
        | Refusal::WhichFederation { .. }
        | Refusal::EmergencyIsOn { .. }
        | Refusal::EmergencyIsProposed { .. }
        | Refusal::NoEmergency
        | Refusal::EmergencyTooLate { .. }
        | Refusal::MayNotBreakGlass { .. }
        | Refusal::MayNotConfirm { .. }
        | Refusal::OwnEmergency
        | Refusal::AloneTooEarly { .. }
        | Refusal::MayNotClose
        | Refusal::NobodyToRemove
        | Refusal::AlreadyIn
        | Refusal::TooManyPeople { .. }
        | Refusal::NoSuchLevel { .. }
        | Refusal::NothingToReview { .. }
        | Refusal::NotAnAuditor { .. } => emergency::refusal(refusal).unwrap_or(text),
        Refusal::NotAnAdministrator { .. }
        | Refusal::SignInNeeded { .. }
        | Refusal::SignInNotFresh { .. }
        | Refusal::SignedInAsAnother { .. }
        | Refusal::NotSignedIn { .. }
        | Refusal::NotLinkable
        | Refusal::AccountIsLinked { .. }
        | Refusal::PersonIsLinked { .. }
        | Refusal::NotLinked => links::refusal(refusal, directory).unwrap_or(text),
    }
}

fn fed(text: Text, group: &str, by: &Feed) -> Text {
    let text = text.say("nobody can be put into the group ").code(group).say(" for a time: ");
    match by {
        Feed::Scim => text.say("the identity provider feeds it by SCIM, and would undo it"),
        Feed::Rule { name } => text.say("the group rule ").code(name).say(" of Okta decides who is in it"),
        Feed::App => text.say("an application feeds it, and would undo it"),
        Feed::BuiltIn => text.say("Okta itself decides who is in it"),
    }
    .say("; ask for another group, or for what the group opens; your administrator can make one that people ask for")
}

/// Refusals of what was written.
fn wording(refusal: &Refusal) -> Text {
    let text = Text::new();
    match refusal {
        Refusal::ReasonTooShort { min } => {
            text.say(format!("a reason of at least {min} characters is needed, so that the approver and the auditor can follow it"))
        }
        Refusal::ReasonTooLong { max } => {
            text.say(format!("the reason is longer than {max} characters; put the details into the ticket"))
        }
        Refusal::TicketMissing { pattern } => {
            let text = text.say("a ticket is needed");
            pattern.as_ref().map_or(text.clone(), |pattern| text.say(", of the form ").code(pattern))
        }
        Refusal::TicketMalformed { ticket, pattern } => {
            text.code(ticket).say(" is not a ticket of the form ").code(pattern)
        }
        Refusal::TooShort { min } => text.say(format!("the shortest access is {min}")),
        Refusal::TooLong { max } => text.say(format!("the longest access there is here is {max}; ask for {max} or less")),
        _other => text,
    }
}

/// Refusals about a request that is there, or is not.
fn about_request(refusal: &Refusal, directory: &Directory) -> Text {
    let text = Text::new();
    match refusal {
        Refusal::NoSuchRequest { id } => {
            text.say("there is no request ").code(id.as_str()).hint("; `/elevate list` shows yours")
        }
        Refusal::OwnRequest => text
            .say("you asked for this yourself, and nobody approves their own request; another approver must"),
        Refusal::NotAnApprover { why } => text
            .say("policy does not let you decide about this request: ")
            .and(not_permitted(why))
            .say("; the card names who may"),
        Refusal::AlreadyApproved { missing } => text.say(format!(
            "you have approved this already; {missing} more {} by other people {} needed",
            if *missing == 1 { "approval" } else { "approvals" },
            if *missing == 1 { "is" } else { "are" },
        )),
        Refusal::TooLate { state, since, by } => {
            let mut text = text.say("too late: this request ").say(state_words(*state));
            if let Some(by) = by {
                text = text.say(" by ").person(by, directory);
            }
            if let Some(since) = since {
                text = text.say(" ").time(*since);
            }
            text
        }
        Refusal::TooEarly { state } => text
            .say("this request ")
            .say(state_words(*state))
            .hint(", so there is no access to end or to extend yet; who asked takes it back with `/elevate withdraw`"),
        Refusal::NotOfTheGroups { groups } => {
            let text = text.say("your approval is not one that is missing, because you are in none of the groups that still have to answer; missing: ");
            quorums(text, groups)
        }
        Refusal::LengthNotLess { asked } => text.say(format!(
            "an approver can approve for less than was asked for, which is {asked}, and never for more; say a shorter time, or approve as it is"
        )),
        Refusal::ExtensionWaits { lapses_at } => text
            .say("more time was asked for already, and waits for approval until ")
            .time(*lapses_at)
            .say("; cancel that one first, or wait for it"),
        Refusal::ExtensionTooLong { max, policy } => text
            .say(format!("all in all it can last {max} at most, counted from its beginning, by "))
            .code(policy)
            .say("; extend it by less, or ask anew when it has ended"),
        Refusal::NothingToAcknowledge { id } => text
            .code(id.as_str())
            .say(" does not wait for anybody to look at it: it was approved before, or somebody has looked; its card says which"),
        Refusal::NotTheRequester => text.say("only who asked can do this; an approver can deny or end it"),
        Refusal::WithdrawInstead => text.say("this is your own request; withdraw it instead of denying it"),
        Refusal::MayNotEnd { why } => text
            .say("only who asked, who approved, and whom policy lets may end this: ")
            .and(not_permitted(why)),
        Refusal::NoLongerPermitted { why } => text
            .say("policy no longer permits what was asked: ")
            .and(not_permitted(why))
            .say("; nothing was granted, and the requester has to ask again"),
        _other => text,
    }
}

fn unresolved(what: Kind, typed: &str, candidates: &[String]) -> Text {
    let in_portal = "; look at its name or id in the access portal";
    let (what, hint) = match what {
        Kind::Account => ("account", in_portal),
        Kind::PermissionSet => ("permission set", in_portal),
        Kind::Group => ("group", "; look at its name in Identity Center or Okta"),
        Kind::Bundle => ("bundle", "; ask your administrator which there are"),
        Kind::Request => ("request", "; `/elevate list` shows yours"),
        Kind::Person => ("person", "; mention them, or write their e-mail address"),
        Kind::Emergency => ("emergency", "; `/breakglass status` shows those there are"),
    };
    let text = Text::new().say(format!("no single {what} is meant by ")).code(typed);
    if candidates.is_empty() {
        return text.hint(hint);
    }
    text.say("; did you mean ").code(candidates.join(", ")).say("?")
}

/// Somebody whom the speaker named. A person that is meant and not found is never left out in silence (P9).
fn named_stranger(named: &str, why: &StrangerWhy, directory: &Directory) -> Text {
    let text = Text::new().say("nothing was done, because of ").code(named).say(": ");
    match why {
        StrangerWhy::OtherWorkspace => text.say("their account belongs to another workspace"),
        StrangerWhy::Guest => text.say("they are a guest of the workspace"),
        StrangerWhy::Bot => text.say("that is a bot or an app"),
        StrangerWhy::Deactivated => text.say("their account is deactivated"),
        StrangerWhy::EmailNotConfirmed => {
            text.say("their e-mail address in Slack is missing or not confirmed")
        }
        StrangerWhy::NobodyHasEmail { email } => {
            text.say("nobody in the Identity Store has their e-mail address ").code(email)
        }
        StrangerWhy::SeveralHaveEmail { email } => {
            text.say("several people in the Identity Store have their e-mail address ").code(email)
        }
        StrangerWhy::BindingChanged { bound } => text
            .say("their account belonged to ")
            .person(bound, directory)
            .say(" and has another person's e-mail address now; your administrator must look at this"),
        StrangerWhy::NotLinked => {
            return text.hint("their account is linked to nobody of the company; leave them out, or let them type `/elevate link` first");
        }
        StrangerWhy::CouldNotAsk => {
            return text
                .say("Slack did not say who that is; say it again, or write their e-mail address instead");
        }
    }
    .say("; leave them out, or write the e-mail address that the Identity Store has for them")
}

fn stranger(why: &StrangerWhy, directory: &Directory) -> Text {
    let text = Text::new();
    match why {
        StrangerWhy::OtherWorkspace => text.say("your account belongs to another workspace, and only people of this company are served"),
        StrangerWhy::Guest => text.say("guests of the workspace cannot ask for access or decide about it; ask a member of the team"),
        StrangerWhy::Bot => text.say("bots and apps cannot ask for access or decide about it"),
        StrangerWhy::Deactivated => text.say("your account is deactivated"),
        StrangerWhy::EmailNotConfirmed => {
            text.say("your e-mail address in Slack is missing or not confirmed, so Glasskey cannot know who you are; confirm it in your profile")
        }
        StrangerWhy::NobodyHasEmail { email } => text
            .say("nobody in the Identity Store has the e-mail address ")
            .code(email)
            .say("; ask your administrator to add it to your user there"),
        StrangerWhy::SeveralHaveEmail { email } => text
            .say("several people in the Identity Store have the e-mail address ")
            .code(email)
            .say(", so Glasskey cannot know which one you are; ask your administrator"),
        StrangerWhy::BindingChanged { bound } => text
            .say("your account belonged to ")
            .person(bound, directory)
            .say(" and has another person's e-mail address now; your administrator must look at this"),
        StrangerWhy::NotLinked => {
            text.hint("Glasskey does not know who you are here; type `/elevate link` and sign in at the company")
        }
        StrangerWhy::CouldNotAsk => {
            text.say("the chat did not answer who you are, so nothing was done; try again in a minute")
        }
    }
}

fn state_words(state: StateWord) -> &'static str {
    match state {
        StateWord::Pending => "still waits for approval",
        StateWord::Scheduled => "was approved and begins later",
        StateWord::Granting => "was approved and is being granted",
        StateWord::Active => "was approved and is active",
        StateWord::Ending => "is being ended",
        StateWord::Ended => "was ended",
        StateWord::Denied => "was denied",
        StateWord::Withdrawn => "was withdrawn",
        StateWord::Lapsed => "has lapsed",
        StateWord::Failed => "has failed",
    }
}

/// What policy says to somebody who asks why, when it says no.
#[must_use]
pub fn not_permitted_because(why: &NotPermitted) -> Text {
    Text::new().say("Policy does not permit this: ").and(not_permitted(why)).say(".")
}

/// Why policy says no.
pub(super) fn not_permitted(why: &NotPermitted) -> Text {
    let text = Text::new();
    match why {
        NotPermitted::NoPolicy => text.say("no policy permits it"),
        NotPermitted::Forbidden { policies } => text.say("it is forbidden by ").code(policies.join(", ")),
        NotPermitted::TooLong { max, policy } => text
            .say(format!("at most {max} are permitted, by "))
            .code(policy)
            .say(format!("; ask for {max} or less")),
        NotPermitted::SessionTooLong { session, max, policy } => text
            .say(format!("sessions of this permission set live {session}, longer than the {max} that "))
            .code(policy)
            .say(" permits"),
        NotPermitted::ApprovalsGone { needed, counting } => text.say(format!(
            "it needs {needed} approvals, and only {counting} of those it has are from people who may approve now"
        )),
        NotPermitted::Gone => text.say("the person, or what was asked for, is no longer there"),
        NotPermitted::Erred { detail } => text
            .say(
                "a policy could not be evaluated, and unknown means no; your administrator must look at it: ",
            )
            .code(detail),
    }
}
