//! P4 and P6, of what is said: on each platform where it must be, once, and nothing else.

use std::collections::BTreeSet;

use glasskey_domain::request::CardState;
use glasskey_domain::{AccessRequest, Emergency, NoticeKind, Platform, Recipient, State, Subject, Tell};

use super::Past;
use crate::crash::outside::{Outside, card_key};

/// What the journal says was said, and what was to be said.
#[derive(Debug, Default)]
pub(crate) struct Said {
    /// The messages that were delivered.
    pub(crate) told: BTreeSet<Tell>,
    /// The platforms that were served once and then not any more.
    pub(crate) taken_away: BTreeSet<Platform>,
    served: BTreeSet<Platform>,
    ended: BTreeSet<Subject>,
    /// Who is to be told the end of what, and where.
    owed: BTreeSet<(Subject, Recipient, Platform)>,
}

impl Said {
    /// These platforms are served from now on; nobody can be told anything on others.
    pub(super) fn serves(&mut self, platforms: &BTreeSet<Platform>) {
        self.taken_away.extend(self.served.difference(platforms));
        self.served.clone_from(platforms);
        self.owed.retain(|(.., on)| platforms.contains(on));
    }

    /// A message was delivered.
    pub(super) fn told(&mut self, tell: &Tell) {
        let first = self.told.insert(tell.clone());
        assert!(first || may_be_told_again(tell.kind), "P6: told twice: {}", tell.key());
    }

    /// A request is like this now. Its requester is told its end where they asked; everywhere, if that is not served.
    pub(super) fn request_is(&mut self, request: &AccessRequest) {
        let id = Subject::Request(request.ask.id.clone());
        // Who withdraws knows it.
        let over = request.state.is_terminal() && !matches!(request.state, State::Withdrawn { .. });
        if !over || !self.ended.insert(id.clone()) {
            return;
        }
        let to = Recipient::Person { person: request.ask.requester.clone() };
        let asked_on = Platform::of_door(request.ask.door).filter(|on| self.served.contains(on));
        let on_each = asked_on.map_or_else(|| self.served.clone(), |on| BTreeSet::from([on]));
        self.owed.extend(on_each.into_iter().map(|on| (id.clone(), to.clone(), on)));
    }

    /// An emergency is like this now. Its end is told in the incident channel of each platform.
    pub(super) fn emergency_is(&mut self, emergency: &Emergency) {
        let id = Subject::Emergency(emergency.ask.id.clone());
        if !emergency.state.is_terminal() || !self.ended.insert(id.clone()) {
            return;
        }
        for on in &self.served {
            let name = emergency.ask.place.channel_on(*on).expect("a channel for incidents").to_owned();
            self.owed.insert((id.clone(), Recipient::Channel { name }, *on));
        }
    }

    fn was_told_the_end(&self, (id, to, on): &(Subject, Recipient, Platform)) -> bool {
        let same = |tell: &&Tell| (&tell.id, &tell.to, &tell.on) == (id, to, on);
        self.told.iter().filter(same).any(|tell| is_end(tell.kind))
    }
}

/// Who is given a seat anew is told again how to sign in; a provider may stand in the way for two reasons.
fn may_be_told_again(kind: NoticeKind) -> bool {
    matches!(kind, NoticeKind::SignIn { .. } | NoticeKind::EmergencyStuck)
}

fn is_end(kind: NoticeKind) -> bool {
    use NoticeKind::{AlreadyHeld, Denied, EmergencyOff, Ended, Failed, Lapsed, RemovedByHand};
    matches!(kind, AlreadyHeld | Denied | EmergencyOff | Ended | Failed | Lapsed | RemovedByHand)
}

/// What was posted is what the journal says was said.
pub(super) fn as_it_should_be(past: &Past, outside: &Outside) {
    let said = &past.said;
    for owed in &said.owed {
        let (id, to, on) = owed;
        assert!(said.was_told_the_end(owed), "P4: {to:?} was not told on {on} that {id} is over");
    }
    for on in Platform::ALL {
        let told = said.told.iter().filter(|tell| tell.on == on).map(Tell::key);
        let cards = cards_on(past, on).filter_map(|(id, card, version)| {
            let deliverable = card.undeliverable.is_none();
            deliverable.then(|| card_shows_the_end(outside, on, &id, version))
        });
        let expected: BTreeSet<String> = told.chain(cards).collect();
        let mut posted = BTreeSet::new();
        for post in outside.posts(on) {
            let again = post.key.contains("/sign-in-") || post.key.contains("/emergency-stuck");
            assert!(posted.insert(post.key.clone()) || again, "P6: posted twice on {on}: {}", post.key);
        }
        if said.taken_away.contains(&on) {
            // What was posted as the platform was taken away was never noted, and its cards stand as they were.
            posted.retain(|key| expected.contains(key));
        }
        assert_eq!(posted, expected, "what was posted on {on} and what the journal says was delivered");
    }
}

/// What has a card on a platform, and the version that it must show.
fn cards_on(past: &Past, on: Platform) -> impl Iterator<Item = (Subject, &CardState, u64)> {
    let requests = past.requests.iter().filter_map(move |request| {
        Some((request.ask.id.clone().into(), request.cards.on(on)?, request.version))
    });
    let emergencies = past
        .emergencies
        .iter()
        .filter_map(move |one| Some((one.ask.id.clone().into(), one.cards.on(on)?, one.version)));
    requests.chain(emergencies)
}

/// Its key.
fn card_shows_the_end(outside: &Outside, on: Platform, id: &Subject, version: u64) -> String {
    let key = card_key(id);
    let posts = outside.posts(on);
    let shows: Vec<u64> = posts.iter().filter(|post| post.key == key).map(|post| post.shows).collect();
    assert_eq!(shows, [version], "the card {key} on {on} is posted once and shows its end");
    key
}
