//! fact → cards and messages, whatever they are about.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::with;
use crate::book::{Book, Touched};
use crate::ids::{PersonId, Subject};
use crate::job::{NoticeKind, Recipient, Tell};
use crate::person::{ChatAccount, Platform};
use crate::request::{CardState, MessageRef, Posting};
use crate::watch::{Center, Served};

/// Messages about links that wait for a platform. All of them are in one row of the ledger, which is written with each and
/// has its limits: whoever links a whole company at once must not stop the bot. An hour of a company that links itself is far
/// below.
const LINKS_UNTOLD_MAX: usize = 200;

/// Whether Identity Center answers, and who is told.
pub(super) fn watched(
    book: &mut Book,
    touched: &mut Touched,
    center: Center,
    kind: NoticeKind,
    channels: &[String],
) {
    book.watch.center = center;
    // What was never posted is replaced by what is true now.
    book.watch.untold.retain(|tell, posting| {
        let center = matches!(tell.kind, NoticeKind::CenterSilent { .. } | NoticeKind::CenterAnswers { .. });
        !(center && *posting == Posting::No)
    });
    tell_watch(book, touched, kind, channels);
}

pub(super) fn tell_watch(book: &mut Book, touched: &mut Touched, kind: NoticeKind, channels: &[String]) {
    touched.watch = true;
    if channels.is_empty() {
        return;
    }
    for on in book.watch.served.0.clone() {
        // A name that could be either's is Slack's: the configuration names Discord's channels by their ids.
        let here = |name: &&String| Platform::of_channel(name).unwrap_or_default() == on;
        let named = channels.iter().filter(here).map(|name| Recipient::Channel { name: name.clone() });
        let mut to: Vec<Recipient> = named.collect();
        if to.is_empty() {
            to.push(Recipient::Access);
        }
        for to in to {
            book.watch.untold.entry(Tell { id: Subject::Watch, kind, to, on }).or_default();
        }
    }
}

/// What everybody who is concerned with access should see, in the access channel of each platform. What was never posted of
/// this kind is replaced by what is true now.
pub(super) fn tell_access(book: &mut Book, touched: &mut Touched, kind: NoticeKind) {
    touched.watch = true;
    book.watch.untold.retain(|tell, posting| {
        let same = std::mem::discriminant(&tell.kind) == std::mem::discriminant(&kind);
        !(same && *posting == Posting::No)
    });
    for on in book.watch.served.0.clone() {
        let tell = Tell { id: Subject::Watch, kind, to: Recipient::Access, on };
        book.watch.untold.entry(tell).or_default();
    }
}

/// Whose account was linked, or is not any more, is told wherever else they are: if it was not they, they know it there.
pub(super) fn tell_of_link(
    book: &mut Book,
    at: Timestamp,
    touched: &mut Touched,
    account: &ChatAccount,
    person: &PersonId,
    linked: bool,
) {
    touched.watch = true;
    // Discord's ids are numbers; another is told without it.
    let user = account.user.parse().unwrap_or(0);
    let at = at.as_second();
    let kind = if linked { NoticeKind::Linked { user, at } } else { NoticeKind::Unlinked { user, at } };
    let own = Platform::of_door(account.door);
    for on in book.watch.served.0.clone() {
        // Who is not linked cannot be reached where links are all there is.
        if linked || Some(on) != own {
            let to = Recipient::Person { person: person.clone() };
            book.watch.untold.entry(Tell { id: Subject::Watch, kind, to, on }).or_default();
            forget_oldest_link(&mut book.watch.untold, on);
        }
    }
}

/// Where too many wait, the oldest is not told any more. The journal has it, and `glasskey people list`.
fn forget_oldest_link(untold: &mut BTreeMap<Tell, Posting>, on: Platform) {
    let linked_at = |tell: &Tell| {
        let (NoticeKind::Linked { at, .. } | NoticeKind::Unlinked { at, .. }) = tell.kind else {
            return None;
        };
        Some(at)
    };
    let about_links = || untold.keys().filter(|tell| tell.on == on && linked_at(tell).is_some());
    if about_links().count() <= LINKS_UNTOLD_MAX {
        return;
    }
    let oldest = about_links().min_by_key(|tell| linked_at(tell)).cloned();
    oldest.and_then(|oldest| untold.remove(&oldest));
}

/// Other platforms are served now, or the same. What is open is shown where people are, and nothing waits for a platform
/// that is not there any more.
pub(super) fn serve(book: &mut Book, platforms: &Served, touched: &mut Touched) {
    if book.watch.served == *platforms || platforms.0.is_empty() {
        return;
    }
    book.watch.served = platforms.clone();
    book.watch.untold.retain(|tell, _| platforms.0.contains(&tell.on));
    touched.watch = true;
    for (id, request) in &mut book.requests {
        request.cards.serve(&platforms.0, request.ask.at);
        request.untold.retain(|tell, _| platforms.0.contains(&tell.on));
        touched.requests.insert(id.clone());
    }
    for (id, emergency) in &mut book.emergencies {
        emergency.cards.serve(&platforms.0, emergency.ask.at);
        emergency.untold.retain(|tell, _| platforms.0.contains(&tell.on));
        touched.emergencies.insert(id.clone());
    }
}

/// Changes a card, if what it shows is there.
pub(super) fn with_card(
    book: &mut Book,
    (id, on): (&Subject, Platform),
    touched: &mut Touched,
    change: impl FnOnce(&mut CardState),
) {
    match id {
        Subject::Request(id) => {
            with(book, id, touched, |request| {
                request.cards.on_mut(on).map(change);
            });
        }
        Subject::Emergency(id) => {
            if let Some(emergency) = book.emergencies.get_mut(id) {
                emergency.cards.on_mut(on).map(change);
                touched.emergencies.insert(id.clone());
            }
        }
        Subject::Watch => {}
    }
}

/// Changes what is still to be told about something, if that is there.
pub(super) fn with_untold(
    book: &mut Book,
    id: &Subject,
    touched: &mut Touched,
    change: impl FnOnce(&mut BTreeMap<Tell, Posting>),
) {
    match id {
        Subject::Request(id) => {
            with(book, id, touched, |request| change(&mut request.untold));
        }
        Subject::Emergency(id) => {
            if let Some(emergency) = book.emergencies.get_mut(id) {
                change(&mut emergency.untold);
                touched.emergencies.insert(id.clone());
            }
        }
        Subject::Watch => {
            change(&mut book.watch.untold);
            touched.watch = true;
        }
    }
}

pub(super) fn card_shown(
    book: &mut Book,
    card: (&Subject, Platform),
    version: u64,
    message: &MessageRef,
    touched: &mut Touched,
) {
    with_card(book, card, touched, |card| {
        card.posting = Posting::Posted { message: message.clone() };
        card.shown = card.shown.max(version);
    });
}
