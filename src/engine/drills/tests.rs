use std::sync::{Arc, Mutex};

use glasskey_domain::Event;
use glasskey_domain::event::EmergencyFact;
use jiff::SignedDuration;
use tokio::task::JoinHandle;

use super::super::fakes::{Table, TableClock, main_federation, noon, settings};
use super::*;

/// Every day at 12:30.
fn daily() -> DueAfter {
    Box::new(|last| {
        let first = noon().as_second() + 1_800;
        let days = (last.as_second() - first).div_euclid(86_400) + 1;
        Timestamp::from_second(first + days * 86_400).unwrap()
    })
}

fn half_past(day: i64) -> Timestamp {
    noon() + SignedDuration::from_mins(30) + SignedDuration::from_hours(24 * day)
}

fn minutes(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

type Known = Arc<Mutex<Option<PersonId>>>;

struct Held {
    table: Table,
    holding: JoinHandle<()>,
}

fn at_table(table: Table, since: Timestamp, known: &Known) -> Held {
    let known = Arc::clone(known);
    let who_is: WhoIs =
        Box::new(move |_, named| known.lock().unwrap().clone().ok_or_else(|| format!("`{named}` is nobody")));
    let plan = Plan { next_at: daily(), who_is, since };
    let holding = tokio::spawn(run(table.engine.clone(), plan));
    Held { table, holding }
}

fn held(book: Book, clock: &Arc<TableClock>, canary: Option<&str>, known: &Known) -> Held {
    let table = Table::set(book, settings(canary), clock);
    let since = known_since_at(&table);
    at_table(table, since, known)
}

fn known_since_at(table: &Table) -> Timestamp {
    let book = table.engine.shared.book.try_read().unwrap();
    known_since(&book, table.engine.now())
}

/// A bot that was there before, and was last seen then.
async fn seen_at_noon(clock: &Arc<TableClock>) -> Book {
    let table = Table::set(Book::default(), settings(None), clock);
    let read = Command::DirectoryRead { document: "document".to_owned(), counts: [0; 4] };
    table.engine.inside(read).await.unwrap();
    table.book().await
}

impl Held {
    /// For which due times a drill was begun, and which were told as missed.
    fn served(&self) -> (Vec<Timestamp>, Vec<Timestamp>) {
        let (mut held, mut missed) = (Vec::new(), Vec::new());
        for event in self.table.events() {
            match event {
                Event::Emergency { fact: EmergencyFact::Proposed { drill_due, ask, .. }, .. } => {
                    assert_eq!(ask.purpose, Purpose::Drill);
                    held.extend(drill_due);
                }
                Event::DrillMissed { due, .. } => missed.push(due),
                _ => {}
            }
        }
        (held, missed)
    }
}

#[test]
fn the_latest_due_time_is_found_however_many_there_were() {
    let each_second: DueAfter = Box::new(|last| Timestamp::from_second(last.as_second() + 1).unwrap());
    let year = SignedDuration::from_hours(24 * 365);
    for until in [noon(), noon() + SignedDuration::from_millis(1), noon() + SignedDuration::from_millis(999)]
    {
        assert_eq!(latest(&each_second, until - year, until), Some(noon()));
    }
    assert_eq!(latest(&each_second, noon(), noon()), None);
    assert_eq!(latest(&daily(), noon() - year, noon()), Some(half_past(-1)));
    assert_eq!(latest(&daily(), half_past(-1), noon()), None, "after, not at");
    assert_eq!(latest(&daily(), half_past(-1), half_past(0)), Some(half_past(0)), "until, and at");
    assert_eq!(latest(&daily(), noon(), noon() - year), None);
}

#[tokio::test(start_paused = true)]
async fn what_is_older_than_the_grace_is_missed_and_what_is_younger_is_held() {
    let grace = SignedDuration::from_secs(i64::from(GRACE.0));
    for (late, is_held) in [(grace - SignedDuration::from_secs(1), true), (grace, false)] {
        let clock = TableClock::new();
        let book = seen_at_noon(&clock).await;
        clock.jumps(minutes(30) + late);
        let it = held(book, &clock, None, &Known::default());
        let one = vec![half_past(0)];
        let expected = if is_held { (one, vec![]) } else { (vec![], one) };
        it.table.shows(|_| it.served() == expected).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_drill_is_held_when_it_is_due_by_glasskey_with_nobody_in_it() {
    let it = held(Book::default(), &TableClock::new(), None, &Known::default());
    it.table.reaches(half_past(0) - SignedDuration::from_secs(1)).await;
    assert_eq!(it.served(), (vec![], vec![]));
    it.table.reaches(half_past(0) + minutes(5)).await;
    assert_eq!(it.served(), (vec![half_past(0)], vec![]), "once");
    let book = it.table.book().await;
    let drill = book.emergencies().next().unwrap();
    assert!(drill.is_drill() && drill.seats.is_empty());
    assert_eq!(drill.ask.by, glasskey_domain::person::Who::Glasskey);
    assert_eq!(book.watch().drill_due[&main_federation()], half_past(0));
}

#[tokio::test(start_paused = true)]
async fn at_the_first_start_ever_nothing_was_missed() {
    let it = held(Book::default(), &TableClock::new(), None, &Known::default());
    it.table.reaches(noon() + minutes(20)).await;
    assert_eq!(it.served(), (vec![], vec![]));
}

#[tokio::test(start_paused = true)]
async fn a_drill_that_was_due_while_nobody_was_there_is_told_once_and_not_held_late() {
    let clock = TableClock::new();
    let book = seen_at_noon(&clock).await;
    clock.jumps(SignedDuration::from_hours(72));
    let it = held(book, &clock, None, &Known::default());
    it.table.reaches(half_past(3) - minutes(10)).await;
    assert_eq!(it.served(), (vec![], vec![half_past(2)]), "the last of three");
    let again = held(it.table.book().await, &clock, None, &Known::default());
    again.table.reaches(half_past(3) - minutes(5)).await;
    assert_eq!(again.served(), (vec![], vec![]));
    again.table.reaches(half_past(3)).await;
    again.table.shows(|_| again.served() == (vec![half_past(3)], vec![])).await;
}

#[tokio::test(start_paused = true)]
async fn a_restart_over_the_due_time_holds_it_all_the_same() {
    let clock = TableClock::new();
    let book = seen_at_noon(&clock).await;
    clock.jumps(minutes(33));
    let it = held(book, &clock, None, &Known::default());
    it.table.shows(|_| it.served() == (vec![half_past(0)], vec![])).await;
    let again = held(it.table.book().await, &clock, None, &Known::default());
    again.table.reaches(half_past(0) + minutes(20)).await;
    assert_eq!(again.served(), (vec![], vec![]), "it was held");
}

#[tokio::test(start_paused = true)]
async fn a_due_time_that_the_clock_jumps_over_is_held_then() {
    let clock = TableClock::new();
    let it = held(Book::default(), &clock, None, &Known::default());
    it.table.reaches(noon() + minutes(1)).await;
    clock.jumps(minutes(120));
    it.table.shows(|_| it.served() == (vec![half_past(0)], vec![])).await;
}

#[tokio::test(start_paused = true)]
async fn a_drill_that_is_in_the_way_of_another_emergency_is_told_as_missed() {
    let clock = TableClock::new();
    let table = Table::set(Book::default(), settings(None), &clock);
    let open = NewEmergency {
        id: EmergencyId::from_bits(0, 4),
        federation: None,
        purpose: Purpose::Drill,
        level: Level::Ro,
        length: None,
        incident: None,
        reason: "by hand".to_owned(),
        people: Vec::new(),
        due: None,
    };
    clock.jumps(minutes(29));
    table.engine.inside(Command::Emergency(EmergencyCommand::Open(open))).await.unwrap();
    let it = at_table(table, noon(), &Known::default());
    it.table.shows(|_| it.served() == (vec![], vec![half_past(0)])).await;
    it.table.reaches(half_past(0) + minutes(5)).await;
    assert_eq!(it.served(), (vec![], vec![half_past(0)]), "once");
    let refused = it.table.events().iter().filter(|event| matches!(event, Event::Refused { .. })).count();
    assert_eq!(refused, 1, "the journal has what stood in its way");
}

#[tokio::test(start_paused = true)]
async fn a_canary_who_is_nobody_is_waited_for_and_then_it_is_missed() {
    let clock = TableClock::new();
    let it = held(Book::default(), &clock, Some("canary@acme.example"), &Known::default());
    it.table.reaches(half_past(0) + minutes(9)).await;
    assert_eq!(it.served(), (vec![], vec![]));
    it.table.shows(|_| it.served() == (vec![], vec![half_past(0)])).await;
}

#[tokio::test(start_paused = true)]
async fn a_canary_who_may_not_come_is_no_drill_without_one() {
    let known = Known::new(Mutex::new(Some(PersonId::new("left-the-company"))));
    let it = held(Book::default(), &TableClock::new(), Some("canary@acme.example"), &known);
    it.table.reaches(half_past(0)).await;
    it.table.shows(|_| it.served() == (vec![], vec![half_past(0)])).await;
}

#[tokio::test(start_paused = true)]
async fn a_clock_set_back_a_little_holds_no_drill_twice() {
    let clock = TableClock::new();
    let it = held(Book::default(), &clock, None, &Known::default());
    it.table.reaches(half_past(0)).await;
    it.table.shows(|_| it.served() == (vec![half_past(0)], vec![])).await;
    clock.jumps(minutes(-15));
    it.table.reaches(half_past(0) + minutes(5)).await;
    assert_eq!(it.served(), (vec![half_past(0)], vec![]));
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_was_years_ahead_does_not_end_the_drills() {
    let clock = TableClock::new();
    let book = seen_at_noon(&clock).await;
    clock.jumps(SignedDuration::from_hours(24 * 900));
    let ahead = held(book, &clock, None, &Known::default());
    ahead.table.shows(|_| !ahead.served().1.is_empty()).await;
    clock.jumps(SignedDuration::from_hours(-24 * 900));
    let it = held(ahead.table.book().await, &clock, None, &Known::default());
    it.table.reaches(half_past(0) + minutes(1)).await;
    assert_eq!(it.served().0, [half_past(0)]);
}

#[tokio::test(start_paused = true)]
async fn it_ends_when_the_engine_is_drained() {
    let it = held(Book::default(), &TableClock::new(), None, &Known::default());
    it.table.reaches(noon() + minutes(1)).await;
    let Held { table, holding } = it;
    let drained = table.engine.clone();
    drained.drain(table.running).await;
    holding.await.unwrap();
}
