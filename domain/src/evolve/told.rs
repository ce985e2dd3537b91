//! fact → cards and messages, whatever they are about.

use std::collections::BTreeMap;

use super::with;
use crate::book::{Book, Touched};
use crate::ids::Subject;
use crate::job::{NoticeKind, Recipient, Tell};
use crate::request::{CardState, MessageRef, Posting};
use crate::watch::Center;

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
    for name in channels {
        let to = Recipient::Channel { name: name.clone() };
        book.watch.untold.entry(Tell { id: Subject::Watch, kind, to }).or_default();
    }
}

/// Changes a card, if what it shows is there.
pub(super) fn with_card(
    book: &mut Book,
    id: &Subject,
    touched: &mut Touched,
    change: impl FnOnce(&mut CardState),
) {
    match id {
        Subject::Request(id) => {
            with(book, id, touched, |request| change(&mut request.card));
        }
        Subject::Emergency(id) => {
            if let Some(emergency) = book.emergencies.get_mut(id) {
                change(&mut emergency.card);
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
    id: &Subject,
    version: u64,
    message: &MessageRef,
    touched: &mut Touched,
) {
    with_card(book, id, touched, |card| {
        card.posting = Posting::Posted { message: message.clone() };
        card.shown = card.shown.max(version);
    });
}
