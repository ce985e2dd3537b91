//! What must be true of every town at the end of its story.

use std::collections::BTreeSet;

use glasskey::ledger;
use glasskey_domain::refusal::StateWord;
use glasskey_domain::request::CardState;
use glasskey_domain::wanted::wanted;
use glasskey_domain::{AccessRequest, Book, Holding};
use glasskey_playground::company::{Assignment, Principal};
use jiff::{Timestamp, ToSpan as _};

use super::{
    ACCESS, APP_TOKEN, AWS_SECRET, BOT_TOKEN, DISCORD_TOKEN, OKTA_TOKEN, Platform, Request, Town, logs,
};

/// Finished requests whose cards are looked at.
const CLOSED_SHOWN: usize = 200;
/// The longest that anything waits before it is tried again, in minutes.
const LONGEST_PAUSE: i64 = 5;

impl Town {
    /// Everything that is checked. Called by dropping the town, or earlier by who wants to go on after it.
    pub(crate) fn check(&mut self) {
        self.control.clear_faults();
        Platform::ALL.into_iter().for_each(|on| self.chat_is_well(on));
        self.okta_control.clear_faults();
        if self.alive.is_none() {
            self.start();
        }
        self.settle();
        if self.some_card_is_behind() {
            self.pass(LONGEST_PAUSE.minutes());
            self.settle();
        }
        let now = self.now();
        self.book_shows("the book", |book, _| {
            self.aws_is_as_wanted(book, now);
            self.groups_are_as_wanted(book, now);
            Some(())
        });
        self.okta_is_as_wanted();
        self.cards_show_what_is_true();
        self.nothing_is_sent_that_may_not_be();
        self.stop();
        self.journal_is_whole();
        self.no_secret_is_written();
    }

    /// By each platform's own rules, and P10.
    fn nothing_is_sent_that_may_not_be(&self) {
        let violations = self.slack.violations();
        assert_eq!(violations, Vec::<String>::new(), "what Slack would refuse, or a house rule forbids");
        let violations = self.discord.violations();
        assert_eq!(violations, Vec::<String>::new(), "what Discord would refuse, or a house rule forbids");
        let fired = [self.slack.mentions_fired(), self.discord.mentions_fired()].concat();
        assert_eq!(fired, Vec::<String>::new(), "mentions of many fired (P10)");
    }

    /// All requests that there are, and that were lately.
    fn requests(&self) -> Vec<AccessRequest> {
        let mut all =
            self.book_shows("the book", |book, _| Some(book.requests().cloned().collect::<Vec<_>>()));
        all.extend(self.engine().recently_closed(CLOSED_SHOWN).unwrap());
        all
    }

    fn some_card_is_behind(&self) -> bool {
        self.requests().iter().any(|request| !request.cards.are_current(request.version))
    }

    /// P4: on each platform there is one card, and it shows the last state.
    fn cards_show_what_is_true(&self) {
        for request in self.requests() {
            let it = Request { id: request.ask.id.clone() };
            for on in request.cards.platforms().filter(|on| self.serves.contains(on)) {
                let Some(CardState { undeliverable: None, .. }) = request.cards.on(on) else { continue };
                let cards = self.cards_on(on, &it);
                assert_eq!(cards.len(), 1, "cards of {} in {}: {cards:?}", it.id, on.name());
                let (word, words) = (shown(request.state.word()), cards[0].words());
                assert!(words.contains(word), "{}: `{word}` is not in {}'s card: {words}", it.id, on.name());
            }
        }
    }

    /// P5 and P3 in one: AWS has what stood before, what people did by hand, and what is wanted; nothing else.
    fn aws_is_as_wanted(&self, book: &Book, now: Timestamp) {
        let held: BTreeSet<Assignment> = self.control.assignments().into_iter().collect();
        let by_hand = self.by_hand.lock().unwrap();
        let mine: BTreeSet<Assignment> = book
            .holdings()
            .filter(|state| wanted(book, &state.holding, now))
            .filter_map(|state| assignment(&state.holding))
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
        for (on, person) in
            Platform::ALL.into_iter().flat_map(|on| self.company.people.iter().map(move |one| (on, one)))
        {
            all.push(("a direct message", self.told_on(on, &person.handle).join("\n")));
            all.push(("a whisper", self.whispers(on, &person.handle).join("\n")));
        }
        all.push(("Slack's channel", format!("{:?}", self.slack.messages(ACCESS))));
        all.push(("Discord's channel", format!("{:?}", self.discord.messages("access"))));
        all.push(("a call", format!("{:?} {:?}", self.slack.calls(), self.discord.calls())));
        for secret in [APP_TOKEN, BOT_TOKEN, DISCORD_TOKEN, AWS_SECRET, OKTA_TOKEN] {
            for (place, text) in &all {
                assert!(!text.contains(secret), "a secret is in {place}");
            }
        }
    }
}

/// What a card says in each state.
fn shown(state: StateWord) -> &'static str {
    match state {
        StateWord::Pending => "Waits for",
        StateWord::Scheduled => "begins",
        StateWord::Granting => "the access is being created at AWS",
        StateWord::Active => "Active",
        StateWord::Ending => "at AWS",
        StateWord::Ended => "Ended",
        StateWord::Denied => "Denied",
        StateWord::Withdrawn => "Withdrawn",
        StateWord::Lapsed => "Lapsed",
        StateWord::Failed => "Failed",
    }
}

/// Nothing for a membership.
fn assignment(holding: &Holding) -> Option<Assignment> {
    let account = holding.target.account()?.as_str().to_owned();
    let permission_set = holding.target.permission_set()?.as_str().to_owned();
    Some(Assignment { principal: Principal::User(holding.principal.to_string()), account, permission_set })
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
