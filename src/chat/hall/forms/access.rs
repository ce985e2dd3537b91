//! The forms of access requests: asking, and what can come up later.

use glasskey_domain::settings::LENGTH_MIN;
use glasskey_domain::{AccountId, GroupId, Refusal, RequestId, Seconds, Settings};

use super::{Ask, Choice, Field, Filled, LENGTH, LENGTHS, Layout, REASON, TICKET, WHY, reason_field, words};
use crate::notices::Text;

/// The field: which account, group or bundle.
pub const PLACE: &str = "place";
/// The field: which permission set.
pub const SET: &str = "permission_set";
/// The field: from when.
pub const START: &str = "start";
/// The field: whether it is granted at once.
pub const URGENT: &str = "urgent";

/// What is on the urgent choice, to come back with it.
const URGENT_YES: &str = "urgent";
const URGENT_NO: &str = "approved";

/// Where access is to: what a form carries, and nothing that is believed, for all of it is looked up again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// An account.
    Account(AccountId),
    /// A group.
    Group(GroupId),
    /// A bundle, by its name.
    Bundle(String),
}

impl Place {
    /// The text by which it comes back.
    #[must_use]
    pub fn value(&self) -> String {
        match self {
            Self::Account(account) => format!("account:{account}"),
            Self::Group(group) => format!("group:{group}"),
            Self::Bundle(name) => format!("bundle:{name}"),
        }
    }

    /// The place of such a text.
    #[must_use]
    pub fn of_value(value: &str) -> Option<Self> {
        match value.split_once(':')? {
            ("account", id) => AccountId::parse(id).ok().map(Self::Account),
            ("group", id) => Some(Self::Group(GroupId::new(id))),
            ("bundle", name) => Some(Self::Bundle(name.to_owned())),
            _other => None,
        }
    }
}

/// What of a request was said before the form was opened.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Prefill {
    /// The channel in which it was asked for, where the form opens before that is looked at: a form itself is in no channel.
    pub channel: String,
    /// Where.
    pub place: Option<Choice>,
    /// Which permission set.
    pub permission_set: Option<Choice>,
    /// How long.
    pub length: Option<Choice>,
    /// Under which ticket.
    pub ticket: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

/// A request that lacks its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Where.
    pub place: Place,
    /// The name of the permission set, for an account.
    pub permission_set: Option<String>,
    /// How long.
    pub length: Seconds,
    /// From when, in seconds since 1970.
    pub starts_at: Option<i64>,
    /// Whether it is to be granted at once.
    pub urgent: bool,
}

impl Asked {
    /// As it comes back with the form.
    #[must_use]
    pub fn about(&self) -> String {
        let set = self.permission_set.as_deref().unwrap_or("-");
        let start = self.starts_at.map_or_else(|| "-".to_owned(), |at| at.to_string());
        // One letter: Discord takes a hundred characters for all of it.
        let urgent = if self.urgent { "u" } else { "-" };
        // The place is last: the name of a bundle may have blanks.
        format!("{set} {} {start} {urgent} {}", self.length.0, self.place.value())
    }

    /// What came back with it.
    #[must_use]
    pub fn of_about(about: &str) -> Option<Self> {
        let mut parts = about.splitn(5, ' ');
        let set = parts.next()?;
        let length = Seconds(parts.next()?.parse().ok()?);
        let start = parts.next()?;
        let urgent = parts.next()? == "u";
        let place = Place::of_value(parts.next()?)?;
        let starts_at = if start == "-" { None } else { Some(start.parse().ok()?) };
        let permission_set = Some(set).filter(|set| *set != "-").map(str::to_owned);
        Some(Self { place, permission_set, length, starts_at, urgent })
    }
}

/// The form that asks for access.
pub(super) fn asking(settings: &Settings, prefill: &Prefill) -> Layout {
    let search = |chosen: &Option<Choice>, hint| Ask::Search { chosen: chosen.clone(), hint };
    let field = |name, label, optional, ask| Field { name, label, optional, ask };
    let urgent = Ask::One {
        choices: vec![after_approval(), at_once()],
        chosen: Some(after_approval()),
        hint: None,
        few: true,
    };
    let mut fields = vec![
        field(PLACE, "Account, group or bundle", false, search(&prefill.place, "type a part of its name")),
        field(SET, "Permission set", true, search(&prefill.permission_set, "not for groups and bundles")),
        field(LENGTH, "For how long?", false, search(&prefill.length, "as long as policy lets you")),
        field(START, "From when?", true, Ask::Word { most: 40, hint: Some("now; or 02:00, tomorrow 9:30") }),
        field(URGENT, "Approval", false, urgent),
    ];
    fields.push(with_words(ticket_field(settings), prefill.ticket.clone()));
    fields.push(with_words(reason_field(settings), prefill.reason.clone()));
    Layout::new("Request access", "Ask", fields)
}

fn after_approval() -> Choice {
    Choice { label: "first approval, then access".to_owned(), value: URGENT_NO.to_owned() }
}

fn at_once() -> Choice {
    let label = "urgent: access now, looked at afterwards".to_owned();
    Choice { label, value: URGENT_YES.to_owned() }
}

fn with_words(field: Field, said: Option<String>) -> Field {
    let ask = match field.ask {
        Ask::Words { least, most, said: _ } => Ask::Words { least, most, said },
        Ask::Word { most, hint } => Ask::Said { most, hint, said },
        other => other,
    };
    Field { ask, ..field }
}

/// The ticket.
pub(super) fn ticket_field(settings: &Settings) -> Field {
    let ask = Ask::Word { most: glasskey_domain::settings::TICKET_LENGTH_MAX, hint: None };
    Field { name: TICKET, label: "Ticket", optional: !settings.ticket_required, ask }
}

/// The form that asks for more time.
pub(super) fn extending(settings: &Settings, id: &RequestId) -> Layout {
    let choices: Vec<Choice> = lengths(settings.max_length);
    let chosen = choices.iter().find(|choice| choice.value == Seconds::hours(1).0.to_string()).cloned();
    let ask = Ask::One { choices, chosen, hint: None, few: false };
    let more = Field { name: LENGTH, label: "How much longer?", optional: false, ask };
    let intro = Text::new()
        .code(id.as_str())
        .say(" is extended under the policy that permits it; where that asks for approval, it waits for it.");
    Layout::new("Extend access", "Extend", vec![more, words(REASON, "Why?", 0)]).about(intro)
}

/// The form by which an approver says a shorter time than was asked for.
pub(super) fn approving_less(settings: &Settings, id: &RequestId) -> Layout {
    let ask = Ask::One { choices: lengths(settings.max_length), chosen: None, hint: None, few: false };
    let length = Field { name: LENGTH, label: "For how long at most?", optional: false, ask };
    let intro = Text::new().say("You approve ").code(id.as_str()).say(" for less time than was asked for.");
    Layout::new("Approve for less", "Approve", vec![length]).about(intro)
}

fn lengths(most: Seconds) -> Vec<Choice> {
    let quarter = [Seconds::minutes(15)];
    let lengths =
        quarter.into_iter().chain(LENGTHS).filter(|length| LENGTH_MIN <= *length && *length <= most);
    lengths.map(length_choice).collect()
}

/// A length as it is chosen.
#[must_use]
pub fn length_choice(length: Seconds) -> Choice {
    Choice { label: length.to_string(), value: length.0.to_string() }
}

/// The form by which an approver objects to it.
pub(super) fn objecting(id: &RequestId) -> Layout {
    let intro = Text::new()
        .say("You say that the urgent access ")
        .code(id.as_str())
        .say(" was not right to take. If it is still there, it ends now; the requester is told why.");
    Layout::new("Object", "Object", vec![words(WHY, "Why?", 1)]).about(intro)
}

/// The field of the asking form that a refusal is about; nothing for what is about the whole.
pub(super) fn asking_field(refusal: &Refusal) -> Option<&'static str> {
    use glasskey_domain::refusal::Kind;
    use glasskey_domain::rules::NotPermitted;
    match refusal {
        Refusal::Unresolved { what: Kind::PermissionSet, .. }
        | Refusal::NotPermitted { why: NotPermitted::SessionTooLong { .. } } => Some(SET),
        Refusal::Unresolved { what: Kind::Account | Kind::Group | Kind::Bundle, .. }
        | Refusal::AccountNotActive { .. }
        | Refusal::ManagementAccount { .. }
        | Refusal::TargetGone
        | Refusal::TooManyThings { .. }
        | Refusal::GroupIsFed { .. }
        | Refusal::AlreadyAsked { .. }
        | Refusal::NobodyCouldApprove { .. }
        | Refusal::NotPermitted { why: NotPermitted::NoPolicy | NotPermitted::Forbidden { .. } } => {
            Some(PLACE)
        }
        Refusal::TooShort { .. }
        | Refusal::TooLong { .. }
        | Refusal::NotPermitted { why: NotPermitted::TooLong { .. } } => Some(LENGTH),
        Refusal::StartNotPossible { .. } => Some(START),
        Refusal::UrgentIsNow => Some(URGENT),
        Refusal::TicketMissing { .. } | Refusal::TicketMalformed { .. } => Some(TICKET),
        _other => None,
    }
}

impl Filled {
    /// Where access is asked to.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        Place::of_value(self.one(PLACE)?)
    }

    /// The permission set that was chosen.
    #[must_use]
    pub fn permission_set(&self) -> Option<&str> {
        self.one(SET)
    }

    /// Whether it is to be granted at once.
    #[must_use]
    pub fn urgent(&self) -> bool {
        self.one(URGENT) == Some(URGENT_YES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_form_carries_comes_back() {
        let account = Place::Account(AccountId::parse("222222222222").unwrap());
        let places = [account, Place::Group(GroupId::new("g-1")), Place::Bundle("on call".to_owned())];
        for place in places {
            assert_eq!(Place::of_value(&place.value()), Some(place.clone()));
            for starts_at in [None, Some(1_780_000_000)] {
                let permission_set = Some("ReadOnly".to_owned());
                let (length, place) = (Seconds::hours(1), place.clone());
                let asked = Asked { place, permission_set, length, starts_at, urgent: starts_at.is_none() };
                assert_eq!(Asked::of_about(&asked.about()), Some(asked));
            }
        }
        for forged in ["", "a", "ReadOnly 3600 - -", "ReadOnly x - - account:222222222222"] {
            assert_eq!(Asked::of_about(forged), None);
        }
    }
}
