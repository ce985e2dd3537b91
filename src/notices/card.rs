//! The card of a request: one view of it for all platforms, made for an approver who has ten seconds.

use glasskey_domain::request::Ask;
use glasskey_domain::rules::NotPermitted;
use glasskey_domain::{
    AccessRequest, Directory, EndCause, Item, ItemName, RequestId, State, Subject, Target, Via,
};
use jiff::Timestamp;

use super::Text;
use super::refusals::not_permitted;

/// How the card should look at first sight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Somebody must act.
    Waiting,
    /// Something is under way.
    Busy,
    /// Access is there.
    Open,
    /// It is over, as it should be.
    Done,
    /// Somebody said no.
    No,
    /// Something is wrong.
    Alarm,
}

/// A button of a card. What it does is decided anew when it is clicked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Button {
    /// Approve.
    Approve,
    /// Deny, which asks why.
    Deny,
    /// Withdraw.
    Withdraw,
    /// End now.
    End,
    /// Confirm an emergency.
    Confirm,
    /// Go on with it alone.
    Alone,
    /// Say no to it.
    Decline,
    /// Close it.
    Off,
    /// Acknowledge it as an auditor.
    Review,
}

impl Button {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Approve,
        Self::Deny,
        Self::Withdraw,
        Self::End,
        Self::Confirm,
        Self::Alone,
        Self::Decline,
        Self::Off,
        Self::Review,
    ];

    /// The opaque name by which a click comes back. Carries no authority.
    #[must_use]
    pub fn action(self) -> &'static str {
        match self {
            Self::Approve => "request.approve",
            Self::Deny => "request.deny",
            Self::Withdraw => "request.withdraw",
            Self::End => "request.end",
            Self::Confirm => "emergency.confirm",
            Self::Alone => "emergency.alone",
            Self::Decline => "emergency.decline",
            Self::Off => "emergency.off",
            Self::Review => "emergency.review",
        }
    }

    /// The button of such a name.
    #[must_use]
    pub fn of_action(action: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|button| button.action() == action)
    }

    /// What is on it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Approve => "Approve",
            Self::Deny => "Deny…",
            Self::Withdraw => "Withdraw",
            Self::End => "End now",
            Self::Confirm => "Confirm",
            Self::Alone => "Go on alone",
            Self::Decline => "Decline",
            Self::Off => "Close now",
            Self::Review => "Acknowledge",
        }
    }
}

/// A request as people see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// Which.
    pub id: Subject,
    /// Which state of it: a message that is updated gets new block ids from it.
    pub version: u64,
    /// How it should look at first sight.
    pub tone: Tone,
    /// Who asks for what, in one line.
    pub title: Text,
    /// Where it is, in one or two lines: the first thing an approver reads after the title.
    pub status: Text,
    /// The person's own words.
    pub reason: String,
    /// Label and value, in the order of what matters.
    pub facts: Vec<(&'static str, Text)>,
    /// Small print.
    pub footer: Text,
    /// What can be done.
    pub buttons: Vec<Button>,
}

/// The card of a request, as it is.
#[must_use]
pub fn card(request: &AccessRequest, directory: &Directory) -> Card {
    let ask = &request.ask;
    let asks = if matches!(request.state, State::Pending { .. }) { " asks for " } else { " asked for " };
    let title = Text::new()
        .person(&ask.requester, directory)
        .say(asks)
        .and(what(ask))
        .say(" for ")
        .bold(ask.length.to_string());
    let (tone, status) = status(request, directory);
    Card {
        id: Subject::Request(ask.id.clone()),
        version: request.version,
        tone,
        title,
        status,
        reason: ask.reason.clone(),
        facts: facts(request, directory),
        footer: footer(request),
        buttons: buttons(&request.state),
    }
}

/// What is asked for.
fn what(ask: &Ask) -> Text {
    match (&ask.bundle, &ask.items.first.name) {
        (Some(bundle), _) => Text::new().say("the bundle ").bold(bundle),
        (None, ItemName::Assignment { account, permission_set }) => {
            Text::new().bold(permission_set).say(" in ").bold(account)
        }
        (None, ItemName::Group { group }) => Text::new().say("the group ").bold(group),
    }
}

/// One thing of it, with the id that nobody can rename.
fn thing(item: &Item) -> (&'static str, Text) {
    match (&item.name, &item.target) {
        (ItemName::Assignment { account, .. }, Target::Assignment { account: id, .. }) => {
            ("Account", Text::new().say(format!("{account} ")).code(id.as_str()))
        }
        (name, target) => ("Group", Text::new().say(format!("{name} ")).code(target.to_string())),
    }
}

fn buttons(state: &State) -> Vec<Button> {
    match state {
        State::Pending { .. } => vec![Button::Approve, Button::Deny, Button::Withdraw],
        State::Scheduled { .. } | State::Granting { .. } | State::Active { .. } => vec![Button::End],
        State::Ending { .. }
        | State::Ended { .. }
        | State::Denied { .. }
        | State::Withdrawn { .. }
        | State::Lapsed { .. }
        | State::Failed { .. } => Vec::new(),
    }
}

/// What the title does not say: it has the permission set and the length already, and ten seconds are short.
fn facts(request: &AccessRequest, directory: &Directory) -> Vec<(&'static str, Text)> {
    let ask = &request.ask;
    let email = directory.people.get(&ask.requester).map_or("", |person| person.email());
    let mut facts = vec![("Who", Text::new().person(&ask.requester, directory).say(" ").code(email))];
    facts.extend(ask.items.iter().map(thing));
    if let Some(ticket) = &ask.ticket {
        facts.push(("Ticket", Text::new().code(ticket)));
    }
    if !request.approvals.is_empty() {
        let people: Vec<_> = request.approvals.iter().map(|approval| approval.by.clone()).collect();
        facts.push(("Approved by", Text::new().people(&people, directory)));
    }
    facts
}

/// Who may be named on a card: the rest are counted.
const NAMED_MAX: usize = 5;

fn status(request: &AccessRequest, directory: &Directory) -> (Tone, Text) {
    match &request.state {
        State::Pending { lapses_at } => (Tone::Waiting, waiting(request, directory, *lapses_at)),
        State::Scheduled { starts_at, .. } => {
            (Tone::Busy, Text::new().bold("Approved").say(": begins ").time(*starts_at))
        }
        State::Granting { .. } => {
            let text = Text::new().bold("Approved").say(": the access is being created at AWS");
            (Tone::Busy, with_trouble(text, request))
        }
        State::Active { deadline, .. } => {
            (Tone::Open, Text::new().bold("Active").say(" until ").time(*deadline))
        }
        State::Ending { due, overdue_told, cause, .. } => {
            ending(request, directory, *due, *overdue_told, cause)
        }
        State::Ended { at, cause, granted_at, kept_by, .. } => {
            ended(directory, *at, cause, granted_at.is_some(), kept_by.as_ref())
        }
        State::Denied { at, by, why } => {
            let text = Text::new().bold("Denied").say(" by ").person(by, directory).say(" ").time(*at);
            (Tone::No, text.say(": ").say(why))
        }
        State::Withdrawn { at } => (Tone::Done, Text::new().bold("Withdrawn").say(" ").time(*at)),
        State::Lapsed { at } => {
            (Tone::No, Text::new().bold("Lapsed").say(" ").time(*at).say(": nobody answered in time"))
        }
        State::Failed { at, cause } => {
            let text =
                Text::new().bold("Failed").say(" ").time(*at).say(": ").and(why_ended(cause, directory));
            (Tone::Alarm, text.say("; AWS confirms that there is no access"))
        }
    }
}

fn waiting(request: &AccessRequest, directory: &Directory, lapses_at: Timestamp) -> Text {
    let missing = request.approvals_missing();
    let (word, verb) = if missing == 1 { ("approval", "Waits for") } else { ("approvals", "Waits for") };
    let named: Vec<_> = request.approvers.iter().take(NAMED_MAX).cloned().collect();
    let more = request.approvers.len().saturating_sub(named.len());
    let text = Text::new()
        .bold(format!("{verb} {missing} {word}"))
        .say(" · may approve: ")
        .people(&named, directory);
    let text = if more > 0 { text.say(format!(" and {more} more")) } else { text };
    text.say(" · lapses ").time(lapses_at)
}

fn with_trouble(text: Text, request: &AccessRequest) -> Text {
    match &request.trouble {
        Some(trouble) => text.line().say("It takes longer, and is tried again and again: ").code(trouble),
        None => text,
    }
}

fn ending(
    request: &AccessRequest,
    directory: &Directory,
    due: Timestamp,
    overdue_told: u32,
    cause: &EndCause,
) -> (Tone, Text) {
    if overdue_told > 0 {
        let text = Text::new()
            .bold("OVERDUE")
            .say(": the access should be gone since ")
            .time(due)
            .say(" and AWS does not confirm that it is; Glasskey keeps trying");
        return (Tone::Alarm, with_trouble(text, request));
    }
    let text = Text::new().bold("Ending").say(": ").and(why_ended(cause, directory));
    (Tone::Busy, with_trouble(text.say("; the access is being removed at AWS"), request))
}

fn ended(
    directory: &Directory,
    at: Timestamp,
    cause: &EndCause,
    was_there: bool,
    kept_by: Option<&RequestId>,
) -> (Tone, Text) {
    let text = Text::new().bold("Ended").say(" ").time(at).say(": ").and(why_ended(cause, directory));
    if let Some(other) = kept_by {
        let text = text.say("; the access itself stays, because ").code(other.as_str());
        return (Tone::Done, text.say(" still needs it"));
    }
    match cause {
        EndCause::AlreadyHeld { .. } => (Tone::Done, text),
        EndCause::RemovedByHand => (Tone::Alarm, text),
        EndCause::Expired
        | EndCause::Revoked { .. }
        | EndCause::GrantFailed { .. }
        | EndCause::ConditionsChanged { .. }
        | EndCause::Objected { .. }
        | EndCause::NoLongerPermitted { .. } => {
            let last = if was_there { "; AWS confirms that it is gone" } else { "; there was no access yet" };
            (Tone::Done, text.say(last))
        }
    }
}

/// Why an access ends, ended, or never came.
pub(super) fn why_ended(cause: &EndCause, directory: &Directory) -> Text {
    use glasskey_domain::Who;
    match cause {
        EndCause::Expired => Text::new().say("its time was up"),
        EndCause::Revoked { by: Who::Person { person } } => {
            Text::new().say("ended early by ").person(person, directory)
        }
        EndCause::Revoked { by: Who::Local { user } } => {
            Text::new().say("ended early on the host by ").code(user)
        }
        EndCause::Revoked { by: Who::Stranger { .. } | Who::Glasskey } => Text::new().say("ended early"),
        EndCause::GrantFailed { why } => Text::new().say("AWS could not create it: ").code(why),
        EndCause::NoLongerPermitted { why: NotPermitted::Gone } => {
            Text::new().say("the person is no longer enabled in the directory")
        }
        EndCause::NoLongerPermitted { why } => Text::new()
            .say("policy no longer permitted it when it was about to be created: ")
            .and(not_permitted(why)),
        EndCause::ConditionsChanged { lost } => Text::new().say(lost.to_string()),
        EndCause::Objected { by, why } => Text::new().person(by, directory).say(" objected: ").quote(why),
        EndCause::RemovedByHand => {
            Text::new().say("somebody removed it at AWS, not Glasskey; it is not put back")
        }
        EndCause::AlreadyHeld { via: Via::Direct } => Text::new().say(
            "the person already has this access directly, and keeps it; Glasskey added and removed nothing",
        ),
        EndCause::AlreadyHeld { via: Via::Groups { groups } } => {
            let names: Vec<_> = groups.iter().map(|group| directory.group_name(group)).collect();
            Text::new()
                .say("the person already has this access through ")
                .code(names.join(", "))
                .say(", and keeps it; Glasskey added and removed nothing")
        }
    }
}

fn footer(request: &AccessRequest) -> Text {
    let text = Text::new().code(request.ask.id.as_str()).say(" · asked ").time(request.ask.at);
    let text = text.say(format!(" · sessions may outlive the end by up to {}", request.ask.session()));
    text.say(format!(" · policy {}", request.terms.policies.join(", ")))
}
