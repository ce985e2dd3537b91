//! Access is taken away when what it was permitted for is not so any more: seen twice, never on "unknown". Policy that became
//! stricter ends nothing; people are told, and may end it.

use super::settle::{self, settle};
use super::{Decision, Draft, Reply, World};
use crate::directory::AccountState;
use crate::event::Event;
use crate::ids::{GroupId, RequestId};
use crate::person::Employment;
use crate::request::{AccessRequest, EndCause, Granted, Lost, State};
use crate::rules::{NotPermitted, Question, Verdict};
use crate::settings::RECHECKED_AT_ONCE_MAX;
use crate::target::{Holding, Target};

/// Some grants are compared with the directory and the policies in force.
pub(super) fn recheck(world: &World<'_>, ids: &[RequestId]) -> Decision {
    let ids: Vec<RequestId> = ids.iter().take(RECHECKED_AT_ONCE_MAX).cloned().collect();
    let mut draft = Draft::about_requests(world, &ids);
    // A directory that was never read shows nobody; that is not "gone".
    if !world.directory.is_empty() {
        for request in ids.iter().filter_map(|id| world.book.request(id)) {
            if request.is_live() || matches!(request.state, State::Scheduled { .. }) {
                compare(world, &mut draft, request);
            }
        }
        settle(world, &mut draft);
    }
    draft.decided(Reply::Noted)
}

fn compare(world: &World<'_>, draft: &mut Draft, request: &AccessRequest) {
    let id = &request.ask.id;
    // What permitted all of it permitted what it was before: that is what must not be lost.
    let granted = request.extended.as_ref().or(request.granted.as_ref()).filter(|_| world.rules.are_known());
    let asked = granted.map(|granted| (granted, refused(world, request, granted)));
    let groups = || {
        let (granted, refused) = asked.as_ref()?;
        refused.as_ref()?;
        lost_groups(world, request, &granted.under.groups)
    };
    // What is known to be lost stands before what is only unknown.
    let (known, unknown): (Vec<Lost>, Vec<Lost>) =
        gone(world, request).into_iter().partition(|lost| !lost.is_unknown());
    let lost = known.into_iter().next().or_else(groups).or(unknown.into_iter().next());
    let read_at = world.directory.read_at;
    match (&lost, &request.doubt) {
        (None, None) => {}
        (None, Some(_)) => draft.emit(Event::DoubtOver { id: id.clone() }),
        (Some(lost), Some(doubt)) if doubt.lost == *lost => {
            if doubt.read_at < read_at && !lost.is_unknown() {
                settle::end(draft, id, EndCause::ConditionsChanged { lost: lost.clone() });
                return;
            }
        }
        (Some(lost), _) => draft.emit(Event::Doubted { id: id.clone(), lost: lost.clone(), read_at }),
    }
    if lost.is_none()
        && let Some((_, refused)) = asked
        && refused != request.stricter
    {
        draft.emit(Event::Stricter { id: id.clone(), why: refused });
    }
}

/// What of the person, or of what they have, the directory does not show as it should be.
fn gone(world: &World<'_>, request: &AccessRequest) -> Vec<Lost> {
    let of_person = match world.directory.people.get(&request.ask.requester).map(|person| person.employment) {
        None => Some(Lost::PersonGone),
        Some(Employment::Enabled) => None,
        Some(Employment::Disabled) => Some(Lost::PersonDisabled),
        Some(Employment::Unknown) => Some(Lost::PersonUnknown),
    };
    let of_targets = request.ask.targets().filter_map(|target| target_gone(world, target));
    of_person.into_iter().chain(of_targets).collect()
}

fn target_gone(world: &World<'_>, target: &Target) -> Option<Lost> {
    match target {
        Target::Assignment { account, permission_set } => {
            let of_account = match world.directory.accounts.get(account).map(|account| account.state) {
                None => Some(Lost::AccountGone),
                Some(AccountState::Closed) => Some(Lost::AccountClosed),
                Some(AccountState::Unknown) => Some(Lost::AccountUnknown),
                Some(AccountState::Active) => None,
            };
            let set_gone = !world.directory.permission_sets.contains_key(permission_set);
            if set_gone { Some(Lost::PermissionSetGone) } else { of_account }
        }
        Target::Membership { group } => {
            (!world.directory.groups.contains_key(group)).then_some(Lost::GroupGone)
        }
    }
}

/// The groups that permitted it and that the person has lost, if any.
fn lost_groups(world: &World<'_>, request: &AccessRequest, groups: &[GroupId]) -> Option<Lost> {
    let lost: Vec<GroupId> = groups
        .iter()
        .filter(|group| !world.directory.is_in(&request.ask.requester, group))
        .cloned()
        .collect();
    (!lost.is_empty()).then_some(Lost::Permission { groups: lost })
}

/// Why policy as it is now would not have permitted it then, if it would not have.
fn refused(world: &World<'_>, request: &AccessRequest, granted: &Granted) -> Option<NotPermitted> {
    let length = granted.length.unwrap_or_else(|| request.length());
    request.questions(granted.at, granted.under.emergency_on).find_map(|question| {
        let question = Question { length, starts_at: None, ..question };
        match world.rules.request(world.directory, &question) {
            // Who or what is gone, or cannot be seen, policy cannot be asked about: that is told by itself.
            Verdict::Permit(_) | Verdict::Refuse(NotPermitted::Gone) => None,
            Verdict::Refuse(why) => Some(why),
        }
    })
}

/// Who asks was read anew, right before the access is created. What the provider says now stands above the snapshot (P1).
pub(super) fn person_read(
    world: &World<'_>,
    holding: &Holding,
    employment: Employment,
    lost: &[GroupId],
) -> Decision {
    let mut draft = Draft::about_holding(world, holding);
    let mut directory = world.directory.clone();
    if let Some(person) = directory.people.get_mut(&holding.principal) {
        person.employment = employment;
    }
    if let Some(groups) = directory.memberships.get_mut(&holding.principal) {
        groups.retain(|group| !lost.contains(group));
    }
    let now = World { directory: &directory, ..*world };
    settle::end_no_longer_permitted(&now, &mut draft, holding);
    settle::forgo_uncalled(&mut draft, holding);
    settle(world, &mut draft);
    draft.decided(Reply::Noted)
}
