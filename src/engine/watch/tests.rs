use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use glasskey_domain::command::{EmergencyCommand, Incoming, NewEmergency};
use glasskey_domain::emergency::{Level, Purpose};
use glasskey_domain::{Actor, Book, Door, EmergencyId, Event};
use jiff::SignedDuration;
use tokio::task::JoinHandle;

use super::super::fakes::{Table, TableClock, dee, noon, settings};
use super::*;
use crate::ports::Fault;

fn at(seconds: i64) -> Timestamp {
    noon() + SignedDuration::from_secs(seconds)
}

/// What was heard of Identity Center itself: seconds after noon, and whether it answered.
fn pulse(heard: &[(i64, bool)]) -> Pulse {
    let mut pulse = Pulse::default();
    for (seconds, answered) in heard {
        pulse.hear(CenterPart::Center, *answered, at(*seconds));
    }
    pulse
}

#[test]
fn three_failures_in_a_row_over_a_minute_are_silence_since_the_first() {
    assert_eq!(pulse(&[(0, false), (30, false), (60, false)]).how(), How::Silent { since: at(0) });
}

#[test]
fn two_failures_or_less_than_a_minute_of_them_are_no_silence() {
    assert_eq!(pulse(&[(0, false), (300, false)]).how(), How::Unknown);
    let hail: Vec<(i64, bool)> = (0..60).map(|second| (second, false)).collect();
    assert_eq!(pulse(&hail).how(), How::Unknown);
}

#[test]
fn what_succeeds_between_begins_the_count_anew() {
    let flapping: Vec<(i64, bool)> = (0..99).map(|n| (n * 30, n % 3 == 2)).collect();
    assert_eq!(pulse(&flapping).how(), How::Answers { since: at(60) });
    let mut heard = flapping;
    heard.extend([(3_000, false), (3_030, false), (3_060, false)]);
    assert_eq!(pulse(&heard).how(), How::Silent { since: at(3_000) });
}

#[test]
fn it_answers_since_the_first_answer_after_the_silence() {
    let heard = [(0, true), (10, false), (40, false), (70, false), (100, true), (130, false), (160, true)];
    assert_eq!(pulse(&heard[..1]).how(), How::Answers { since: at(0) });
    assert_eq!(pulse(&heard).how(), How::Answers { since: at(100) });
}

#[test]
fn the_answers_of_one_part_do_not_hide_that_the_other_has_none() {
    let mut heard = pulse(&[(0, true), (5, false), (35, false), (65, false)]);
    for seconds in [1, 6, 36, 66, 90] {
        heard.hear(CenterPart::Store, true, at(seconds));
    }
    assert_eq!(heard.how(), How::Silent { since: at(5) });
    heard.hear(CenterPart::Center, true, at(100));
    assert_eq!(heard.how(), How::Answers { since: at(100) });
    for seconds in [110, 140, 170] {
        heard.hear(CenterPart::Store, false, at(seconds));
        heard.hear(CenterPart::Center, true, at(seconds));
    }
    assert_eq!(heard.how(), How::Silent { since: at(110) });
}

#[test]
fn after_a_restart_in_silence_every_part_must_be_heard_before_it_is_over() {
    let mut heard = Pulse::resumed(&How::Silent { since: at(-600) });
    heard.hear(CenterPart::Center, true, at(5));
    assert_eq!(heard.how(), How::Silent { since: at(-600) });
    heard.hear(CenterPart::Store, true, at(8));
    assert_eq!(heard.how(), How::Answers { since: at(8) });
}

#[test]
fn a_clock_that_is_set_back_makes_no_silence() {
    assert_eq!(pulse(&[(3_600, false), (0, false), (30, false)]).how(), How::Unknown);
    assert_eq!(
        pulse(&[(3_600, false), (0, false), (30, false), (60, false)]).how(),
        How::Silent { since: at(0) }
    );
}

/// Identity Center as it is asked: heard by the same ears as everybody else's calls.
struct Asked {
    ears: Ears,
    well: AtomicBool,
    hangs: AtomicBool,
    times: Mutex<Vec<Timestamp>>,
    under_way: AtomicUsize,
    most_at_once: AtomicUsize,
}

impl Asked {
    fn times(&self) -> Vec<Timestamp> {
        self.times.lock().unwrap().clone()
    }
}

impl Center for Asked {
    fn ask(&self) -> Answer<'_, Result<(), Fault>> {
        Box::pin(async move {
            let now = self.ears.clock.now();
            self.times.lock().unwrap().push(now);
            let at_once = self.under_way.fetch_add(1, Ordering::SeqCst) + 1;
            self.most_at_once.fetch_max(at_once, Ordering::SeqCst);
            if self.hangs.load(Ordering::SeqCst) {
                let _gone = Leaves(&self.under_way);
                return std::future::pending().await;
            }
            self.under_way.fetch_sub(1, Ordering::SeqCst);
            let well = self.well.load(Ordering::SeqCst);
            self.ears.heard(CenterPart::Center, well);
            if well { Ok(()) } else { Err(Fault::Transient { what: "503".to_owned(), retry_after: None }) }
        })
    }
}

struct Leaves<'a>(&'a AtomicUsize);

impl Drop for Leaves<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

struct Watched {
    table: Table,
    asked: Arc<Asked>,
    watching: JoinHandle<()>,
}

fn watched(book: Book, clock: &Arc<TableClock>) -> Watched {
    let ears = Ears::new(clock.clone(), &book.watch().center);
    let heard = ears.pulse();
    let table = Table::set(book, settings(None), clock);
    let asked = Arc::new(Asked {
        ears,
        well: AtomicBool::new(true),
        hangs: AtomicBool::default(),
        times: Mutex::default(),
        under_way: AtomicUsize::default(),
        most_at_once: AtomicUsize::default(),
    });
    let watching = tokio::spawn(run(table.engine.clone(), asked.clone(), heard));
    Watched { table, asked, watching }
}

impl Watched {
    fn heard(&self, answered: bool) {
        self.asked.ears.heard(CenterPart::Center, answered);
    }

    fn news(&self) -> Vec<bool> {
        let events = self.table.events();
        let news = events.iter().filter_map(|event| match event {
            Event::CenterSilent { .. } => Some(false),
            Event::CenterAnswers { .. } => Some(true),
            _ => None,
        });
        news.collect()
    }

    async fn has_news(&self, news: &[bool]) {
        self.table.shows(|_| self.news() == news).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_answer_says_that_it_answers_and_then_nobody_asks() {
    let it = watched(Book::default(), &TableClock::new());
    it.heard(true);
    it.has_news(&[true]).await;
    it.table.reaches(at(600)).await;
    assert_eq!(it.news(), [true]);
    assert!(it.asked.times().is_empty(), "nobody wants to know");
}

#[tokio::test(start_paused = true)]
async fn one_failure_is_followed_up_and_an_outage_is_told_once_and_so_is_its_end() {
    let it = watched(Book::default(), &TableClock::new());
    it.heard(true);
    it.has_news(&[true]).await;
    it.asked.well.store(false, Ordering::SeqCst);
    it.heard(false);
    let since = it.table.engine.now();
    it.has_news(&[true, false]).await;
    let events = it.table.events();
    assert!(
        events.iter().any(|event| matches!(event, Event::CenterSilent { since: told, .. } if *told == since))
    );
    assert!(it.table.engine.now() <= since + SignedDuration::from_secs(90), "{:?}", it.asked.times());
    it.table.reaches(at(1_200)).await;
    assert_eq!(it.news(), [true, false], "told once");
    it.asked.well.store(true, Ordering::SeqCst);
    it.has_news(&[true, false, true]).await;
    assert!(it.table.engine.now() <= at(1_200 + 35));
    let asked = it.asked.times().len();
    it.table.reaches(at(2_400)).await;
    assert_eq!(it.asked.times().len(), asked, "it is well, and is left alone");
    assert_eq!(it.news(), [true, false, true]);
}

#[tokio::test(start_paused = true)]
async fn a_hiccup_is_asked_about_and_not_told() {
    let it = watched(Book::default(), &TableClock::new());
    it.heard(true);
    it.has_news(&[true]).await;
    it.heard(false);
    it.table.reaches(at(300)).await;
    assert_eq!(it.news(), [true]);
    assert_eq!(it.asked.times().len(), 1, "its answer was enough");
}

#[tokio::test(start_paused = true)]
async fn it_is_asked_lightly_while_it_is_silent() {
    let it = watched(Book::default(), &TableClock::new());
    it.asked.well.store(false, Ordering::SeqCst);
    it.heard(false);
    it.table.reaches(at(3_000)).await;
    let times = it.asked.times();
    assert!((90..=101).contains(&times.len()), "{}", times.len());
    for pair in times.windows(2) {
        assert!(pair[1].duration_since(pair[0]).as_secs() >= 30, "{pair:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_question_that_hangs_is_given_up_and_there_is_never_a_second_beside_it() {
    let it = watched(Book::default(), &TableClock::new());
    it.asked.hangs.store(true, Ordering::SeqCst);
    it.heard(false);
    it.table.reaches(at(600)).await;
    assert!(it.asked.times().len() >= 15, "{:?}", it.asked.times());
    assert_eq!(it.asked.most_at_once.load(Ordering::SeqCst), 1);
    assert!(it.news().is_empty(), "what we gave up says nothing of Identity Center");
    let now = it.table.engine.now();
    assert!(
        now.duration_since(it.table.engine.beats()[2].1).as_secs() < 2,
        "the loop goes round all the while"
    );
}

#[tokio::test(start_paused = true)]
async fn while_an_emergency_is_on_it_is_asked_and_nothing_is_opened_by_it() {
    let it = watched(Book::default(), &TableClock::new());
    it.heard(true);
    it.has_news(&[true]).await;
    let open = NewEmergency {
        id: EmergencyId::from_bits(0, 4),
        federation: None,
        purpose: Purpose::Incident,
        level: Level::Ro,
        length: None,
        incident: None,
        reason: "payments are down".to_owned(),
        people: Vec::new(),
        due: None,
    };
    let command = Command::Emergency(EmergencyCommand::Open(open));
    let by = Actor::person(dee(), Door::Slack);
    it.table.engine.submit(Incoming { by, interaction: None, command }).await.unwrap();
    assert!(it.table.engine.book().await.emergency_on());
    it.table.reaches(at(120)).await;
    assert!(it.asked.times().len() >= 3, "{:?}", it.asked.times());
    it.asked.well.store(false, Ordering::SeqCst);
    it.heard(false);
    it.has_news(&[true, false]).await;
    it.table.reaches(at(900)).await;
    let opened = it.table.events().iter().filter(|event| proposes(event)).count();
    assert_eq!(opened, 1, "only what was opened by us");
}

fn proposes(event: &Event) -> bool {
    matches!(event, Event::Emergency { fact: glasskey_domain::event::EmergencyFact::Proposed { .. }, .. })
}

#[tokio::test(start_paused = true)]
async fn a_restart_in_an_outage_asks_at_once_and_tells_nobody_a_second_time() {
    let clock = TableClock::new();
    let before = watched(Book::default(), &clock);
    before.asked.well.store(false, Ordering::SeqCst);
    before.heard(false);
    before.has_news(&[false]).await;
    let after = watched(before.table.book().await, &clock);
    drop(before);
    after.asked.well.store(false, Ordering::SeqCst);
    after.table.reaches(at(600)).await;
    assert!(after.asked.times().len() > 10);
    assert!(after.news().is_empty());
    after.asked.ears.heard(CenterPart::Store, true);
    after.asked.well.store(true, Ordering::SeqCst);
    after.has_news(&[true]).await;
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_back_does_not_end_the_asking() {
    let clock = TableClock::new();
    let it = watched(Book::default(), &clock);
    it.asked.well.store(false, Ordering::SeqCst);
    it.heard(false);
    it.has_news(&[false]).await;
    clock.jumps(SignedDuration::from_hours(-24));
    let asked = it.asked.times().len();
    it.table.reaches(at(300 - 86_400)).await;
    assert!(it.asked.times().len() > asked + 3);
}

#[tokio::test(start_paused = true)]
async fn it_ends_when_the_engine_is_drained_also_amid_a_question() {
    let it = watched(Book::default(), &TableClock::new());
    it.asked.hangs.store(true, Ordering::SeqCst);
    it.heard(false);
    it.table.reaches(at(5)).await;
    assert_eq!(it.asked.under_way.load(Ordering::SeqCst), 1);
    let Watched { table, asked, watching } = it;
    let drained = table.engine.clone();
    drained.drain(table.running).await;
    watching.await.unwrap();
    assert_eq!(asked.under_way.load(Ordering::SeqCst), 0);
}
