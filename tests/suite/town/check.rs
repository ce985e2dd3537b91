//! What must be true of every town at the end of its story.

use std::collections::BTreeSet;

use glasskey::ledger;
use glasskey_domain::wanted::wanted;
use glasskey_domain::{Book, Holding, Target};
use glasskey_playground::company::{Assignment, Principal};
use jiff::Timestamp;

use super::{ACCESS, APP_TOKEN, AWS_SECRET, BOT_TOKEN, OKTA_TOKEN, Town, logs};

impl Town {
    /// Everything that is checked. Called by dropping the town, or earlier by who wants to go on after it.
    pub(crate) fn check(&mut self) {
        self.control.clear_faults();
        self.slack.clear_faults();
        self.okta_control.clear_faults();
        if self.alive.is_none() {
            self.start();
        }
        self.settle();
        let now = self.now();
        self.book_shows("the book", |book, _| {
            self.aws_is_as_wanted(book, now);
            Some(())
        });
        self.okta_is_as_wanted();
        assert_eq!(
            self.slack.violations(),
            Vec::<String>::new(),
            "what Slack would refuse, or a house rule forbids"
        );
        assert_eq!(self.slack.mentions_fired(), Vec::<String>::new(), "mentions of many fired (P10)");
        self.stop();
        self.journal_is_whole();
        self.no_secret_is_written();
    }

    /// P5 and P3 in one: AWS has what stood before, what people did by hand, and what is wanted; nothing else.
    fn aws_is_as_wanted(&self, book: &Book, now: Timestamp) {
        let held: BTreeSet<Assignment> = self.control.assignments().into_iter().collect();
        let by_hand = self.by_hand.lock().unwrap();
        let mine: BTreeSet<Assignment> = book
            .holdings()
            .filter(|state| wanted(book, &state.holding, now))
            .map(|state| assignment(&state.holding))
            .collect();
        for standing in self.company.assignments.iter().filter(|one| !by_hand.contains(one)) {
            assert!(held.contains(standing), "standing access was removed: {standing:?} (P5)");
        }
        for one in held.iter().filter(|one| !by_hand.contains(one)) {
            let known = self.company.assignments.contains(one) || mine.contains(one);
            assert!(known, "AWS has what nobody wants: {one:?} (P3)");
        }
        for one in mine.iter().filter(|one| !by_hand.contains(one)) {
            assert!(held.contains(one), "AWS lacks what is wanted: {one:?}");
        }
    }

    /// P3 and P8: what no emergency holds open sleeps.
    fn okta_is_as_wanted(&self) {
        let held = self.book_shows("the book", |book, _| {
            Some(book.emergencies().any(|emergency| emergency.state.holds_federation()))
        });
        assert!(held || self.okta_sleeps(), "the emergency federation is open, and no emergency is (P3)");
    }

    /// P7: the chain is whole, and what is derived from it anew is what was derived before.
    fn journal_is_whole(&self) {
        let opened = self.open_ledger();
        assert_eq!(opened.report.alerts(), Vec::<String>::new());
        let (before, head) = (opened.book, opened.vault.head());
        drop(opened.vault);
        let verified = ledger::verify(self.store(), Some(head)).unwrap();
        assert!(verified.is_whole(), "{:?}", verified.first_bad);
        ledger::rebuild(self.store()).unwrap();
        assert_eq!(self.open_ledger().book, before, "the journal tells another story than the state");
    }

    /// Pitfall 28: in no line, record or message.
    fn no_secret_is_written(&self) {
        let mut all = vec![("the log", logs::lines()), ("the journal", self.journal())];
        for handle in self.company.people.iter().map(|person| &person.handle) {
            all.push(("a direct message", self.told(handle).join("\n")));
            all.push(("a whisper", format!("{:?}", self.slack.ephemerals(handle))));
        }
        all.push(("the channel", format!("{:?}", self.slack.messages(ACCESS))));
        all.push(("a call", format!("{:?}", self.slack.calls())));
        for secret in [APP_TOKEN, BOT_TOKEN, AWS_SECRET, OKTA_TOKEN] {
            for (place, text) in &all {
                assert!(!text.contains(secret), "a secret is in {place}");
            }
        }
    }
}

fn assignment(holding: &Holding) -> Assignment {
    let Target::Assignment { account, permission_set } = &holding.target;
    Assignment {
        principal: Principal::User(holding.principal.to_string()),
        account: account.as_str().to_owned(),
        permission_set: permission_set.as_str().to_owned(),
    }
}

impl Drop for Town {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.check();
        } else {
            self.kill();
        }
    }
}
