//! What can be chosen while one types: only what this person may ask for now. Help and nothing more: all that is chosen is
//! looked up again when the form is sent.
//!
//! Must never ask the outside: a person waits for each letter.

use glasskey_domain::rules::Quorum;
use glasskey_domain::{Directory, Target};

use super::forms::{Choice, Filled, LENGTH, PLACE, Place, SET, length_choice};
use super::{Hall, Known};
use crate::chat::asking::{self, Ear};
use crate::ports::{Asking, Choosing, Offer, Offered, OfferedLength, Offering, Query};

/// Where the kind of a place was said already, each has a field of its own: many of one kind must not crowd out another.
pub const ACCOUNT: &str = "place.account";
/// See [`ACCOUNT`].
pub const GROUP: &str = "place.group";
/// See [`ACCOUNT`].
pub const BUNDLE: &str = "place.bundle";

/// Some choices of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Of what kind they are.
    pub title: &'static str,
    /// Which.
    pub choices: Vec<Choice>,
}

/// Who looks for something.
struct Seeker<'a> {
    offering: &'a dyn Offering,
    directory: &'a Directory,
    ear: Ear<'a>,
    asking: Asking<'a>,
}

impl Seeker<'_> {
    fn offers(&self, choosing: Choosing<'_>, text: &str, most: usize) -> Vec<Offer> {
        self.offering.offers(self.directory, &self.asking, &Query { choosing, text }, most).found
    }

    /// Of several things each must be had: the lengths that all of them can, with what the one takes that takes most.
    fn lengths(&self, targets: &[Target]) -> Vec<OfferedLength> {
        let each = |target| self.offering.lengths(self.directory, &self.asking, target);
        let Some((first, more)) = targets.split_first() else { return Vec::new() };
        let mut lengths = each(first);
        for other in more.iter().map(each) {
            lengths.retain_mut(|length| {
                let same = other.iter().find(|offered| offered.length == length.length);
                if let Some(same) = same.filter(|same| same.approvals > length.approvals) {
                    *length = same.clone();
                }
                same.is_some()
            });
        }
        lengths
    }
}

impl Hall {
    /// What can be chosen in a field of the form that asks for access, given what was chosen already. At most `most` of a
    /// kind.
    pub async fn search(
        &self,
        known: &Known,
        (field, typed): (&str, &str),
        filled: &Filled,
        most: usize,
    ) -> Vec<Found> {
        let (Ok(()), Some(offering)) = (self.works_here(known), self.engine.offering()) else {
            return Vec::new();
        };
        let emergency_on = self.engine.book().await.emergency_on();
        let directory = self.directory();
        let ear = self.ear(&directory, known.zone.clone());
        let asking = Asking {
            person: &known.person,
            door: self.door,
            at: ear.now,
            starts_at: None,
            urgent: filled.urgent(),
            ticket: None,
            emergency_on,
            longest: ear.settings.max_length,
        };
        let seeker = Seeker { offering: &*offering, directory: &directory, ear, asking };
        match (field, filled.place()) {
            (ACCOUNT, _) => vec![accounts(&seeker, typed, most)],
            (GROUP, _) => vec![groups(&seeker, typed, most)],
            (BUNDLE, _) => vec![bundles(&seeker, typed, most)],
            (PLACE, _) => places(&seeker, typed, most),
            (SET, Some(Place::Account(account))) => {
                let offers = seeker.offers(Choosing::PermissionSet { account: &account }, typed, most);
                vec![Found { title: "Permission sets", choices: offers.iter().map(set).collect() }]
            }
            (LENGTH, Some(place)) => {
                let targets = targets(&seeker.ear, &place, filled.permission_set());
                let choices = seeker.lengths(&targets).iter().map(length).collect();
                vec![Found { title: "Lengths", choices }]
            }
            _other => Vec::new(),
        }
    }
}

fn places(seeker: &Seeker<'_>, typed: &str, most: usize) -> Vec<Found> {
    let accounts = accounts(seeker, typed, most);
    let left = most.saturating_sub(accounts.choices.len());
    let groups = groups(seeker, typed, left);
    let left = left.saturating_sub(groups.choices.len());
    let mut found = vec![accounts, groups, bundles(seeker, typed, left)];
    found.retain(|found| !found.choices.is_empty());
    found
}

fn accounts(seeker: &Seeker<'_>, typed: &str, most: usize) -> Found {
    let offers = seeker.offers(Choosing::Account { aliases: seeker.ear.aliases }, typed, most);
    Found { title: "Accounts", choices: offers.iter().filter_map(account).collect() }
}

fn groups(seeker: &Seeker<'_>, typed: &str, most: usize) -> Found {
    let offers = seeker.offers(Choosing::Group, typed, most);
    let choices = offers.iter().filter_map(|offer| group(seeker.directory, offer)).collect();
    Found { title: "Groups", choices }
}

fn account(offer: &Offer) -> Option<Choice> {
    let Offered::Account(id) = &offer.what else { return None };
    let value = Place::Account(id.clone()).value();
    Some(Choice { label: format!("{} ({id})", offer.name), value })
}

fn group(directory: &Directory, offer: &Offer) -> Option<Choice> {
    let Offered::Group(id) = &offer.what else { return None };
    let kept_in = directory.groups.get(id).map_or("", |group| group.kept_in.name());
    let label = format!("{} ({kept_in}{})", offer.name, bounded(offer));
    Some(Choice { label, value: Place::Group(id.clone()).value() })
}

fn set(offer: &Offer) -> Choice {
    let takes = offer.bounds.as_ref().map(|bounds| takes(bounds.approvals, &bounds.from)).unwrap_or_default();
    Choice { label: format!("{} ({takes})", offer.name), value: offer.name.clone() }
}

fn bounded(offer: &Offer) -> String {
    let bounds = offer.bounds.as_ref();
    bounds.map(|bounds| format!(", {}", takes(bounds.approvals, &bounds.from))).unwrap_or_default()
}

/// Those in whose name what was typed is found, and all of which the person may have.
fn bundles(seeker: &Seeker<'_>, typed: &str, most: usize) -> Found {
    let typed = typed.trim().to_lowercase();
    let named = seeker.ear.settings.bundles.keys().filter(|name| name.to_lowercase().contains(&typed));
    let choice = |name: &String| {
        let place = Place::Bundle(name.clone());
        let targets = targets(&seeker.ear, &place, None);
        let shortest = seeker.lengths(&targets).into_iter().next()?;
        let takes = takes(shortest.approvals, &shortest.from);
        Some(Choice { label: format!("{name} ({} things, {takes})", targets.len()), value: place.value() })
    };
    Found { title: "Bundles", choices: named.filter_map(choice).take(most).collect() }
}

fn targets(ear: &Ear<'_>, place: &Place, permission_set: Option<&str>) -> Vec<Target> {
    let found = match place {
        Place::Account(account) => permission_set
            .and_then(|set| asking::target(ear, account.as_str(), set).ok())
            .map(|target| vec![target]),
        Place::Group(group) => Some(vec![Target::Membership { group: group.clone() }]),
        Place::Bundle(name) => asking::bundle(ear, name).ok().map(|(targets, _)| targets),
    };
    found.unwrap_or_default()
}

fn length(offered: &OfferedLength) -> Choice {
    let plain = length_choice(offered.length);
    Choice { label: format!("{} ({})", plain.label, takes(offered.approvals, &offered.from)), ..plain }
}

/// What it takes to have it, in a few words.
fn takes(approvals: u32, from: &[Quorum]) -> String {
    if !from.is_empty() {
        let of = from.iter().map(|quorum| format!("{} of {}", quorum.needed, quorum.group));
        return of.collect::<Vec<_>>().join(" and ");
    }
    match approvals {
        0 => "no approval".to_owned(),
        1 => "1 approval".to_owned(),
        more => format!("{more} approvals"),
    }
}
