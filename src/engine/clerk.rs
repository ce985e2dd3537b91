//! The one who decides: takes what waits, decides it in order, makes it durable as one batch, then answers.
//!
//! It never waits for anything but the ledger. If a commit fails it ends, and with it the process: what is in memory is
//! then ahead of what is on disk, and nothing may be told from it.

use std::sync::Arc;
use std::time::Instant;

use glasskey_domain::command::{EmergencyCommand, Incoming};
use glasskey_domain::decide::refused;
use glasskey_domain::event::Answer;
use glasskey_domain::{AccessRequest, Book, Command, EmergencyId, Record, RequestId, Touched, World, decide};
use jiff::Timestamp;
use tokio::sync::{RwLockReadGuard, RwLockWriteGuard, mpsc, oneshot};

use super::schedule::Change;
use super::{Shared, Waiting, measure};
use crate::ports::{Entry, Fault};

/// Decisions made durable together: as many as wait, but not so many that the first of them waits long.
const GROUP_MAX: usize = 32;
/// Tries to find a free id before it is made longer.
const ID_TRIES: usize = 8;

pub(super) async fn run(
    shared: Arc<Shared>,
    mut waiting: mpsc::Receiver<Waiting>,
    changes: mpsc::UnboundedSender<Change>,
) -> Result<(), Fault> {
    let mut group = Vec::with_capacity(GROUP_MAX);
    loop {
        shared.beats.clerk.send_replace(shared.clock.now());
        tokio::select! {
            taken = waiting.recv_many(&mut group, GROUP_MAX) => {
                if taken == 0 {
                    return Ok(());
                }
            }
            () = tokio::time::sleep(super::schedule::BEAT) => continue,
        }
        decide_group(&shared, &mut group, &changes).await?;
    }
}

/// The book while it may be ahead of the disk. Unless it is released, which is after the commit, it stays locked for ever:
/// what failed (or panicked, or was cut short) must never be read, told or acted upon in the moments until the process
/// ends (P4, P7).
struct Sealed<'a>(Option<RwLockWriteGuard<'a, Book>>);

impl<'a> Sealed<'a> {
    /// Opens it for reading; nobody writes it in between.
    fn release(mut self) -> Option<RwLockReadGuard<'a, Book>> {
        self.0.take().map(RwLockWriteGuard::downgrade)
    }
}

impl Drop for Sealed<'_> {
    fn drop(&mut self) {
        if let Some(guard) = self.0.take() {
            std::mem::forget(guard);
        }
    }
}

/// Decides a group, commits it, tells the scheduler, and answers: in this order.
async fn decide_group(
    shared: &Shared,
    group: &mut Vec<Waiting>,
    changes: &mpsc::UnboundedSender<Change>,
) -> Result<(), Fault> {
    let mut sealed = Sealed(Some(shared.book.write().await));
    let Some(book) = sealed.0.as_deref_mut() else { return Ok(()) };
    let mut entries = Vec::with_capacity(group.len());
    let mut answers: Vec<(oneshot::Sender<Answer>, Answer)> = Vec::with_capacity(group.len());
    let mut touches: Vec<Touched> = Vec::with_capacity(group.len());
    for waiting in group.drain(..) {
        let (answer, decided) = decide_one(shared, book, &touches, waiting.incoming)?;
        answers.push((waiting.answer, answer));
        if let Some((entry, touched)) = decided {
            entries.push(entry);
            touches.push(touched);
        }
    }
    let records: Vec<Record> = entries.iter().map(|entry| entry.record.clone()).collect();
    if !entries.is_empty() {
        let started = Instant::now();
        shared.ledger.commit(entries).await?;
        metrics::histogram!("glasskey_commit_seconds").record(started.elapsed().as_secs_f64());
    }
    // Durable: others may read it from here on. Only then the metrics and the log, for which nobody shall wait.
    let Some(book) = sealed.release() else { return Ok(()) };
    for touched in touches {
        // The scheduler is gone only when the process ends.
        let _gone = changes.send(Change::Jobs { gone: touched.jobs_gone, new: touched.jobs_new });
    }
    for (sender, answer) in answers {
        // Who asked may have hung up; the decision stands.
        let _hung_up = sender.send(answer);
    }
    for record in &records {
        measure::record(record, &book);
    }
    Ok(())
}

type Decided = (Answer, Option<(Entry, Touched)>);

/// `earlier`: what was decided before in the same group. What it closed has left the book, and is not in the ledger yet.
fn decide_one(
    shared: &Shared,
    book: &mut Book,
    earlier: &[Touched],
    mut incoming: Incoming,
) -> Result<Decided, Fault> {
    if let Some(answer) = incoming.interaction.as_ref().and_then(|interaction| book.answered(interaction)) {
        return Ok((answer.clone(), None));
    }
    let started = Instant::now();
    let now = shared.clock.now();
    let closed = match about(&incoming.command) {
        Some(id) if book.request(id).is_none() => match closed_now(earlier, id) {
            Some(request) => Some(request.clone()),
            None => shared.ledger.closed(id)?,
        },
        _ => None,
    };
    if let Command::Request(new) = &mut incoming.command {
        new.id = free_id(shared, book, earlier)?;
    }
    if let Command::Emergency(EmergencyCommand::Open(new)) = &mut incoming.command {
        new.id = free_emergency_id(shared, book)?;
    }
    let (directory, rules, settings) = (shared.directory(), shared.rules(), shared.settings());
    let world = World {
        book,
        closed: closed.as_ref(),
        directory: &directory,
        rules: &*rules,
        settings: &settings,
        now,
        emergency_on: book.emergency_on(),
    };
    let (events, answer) = match decide(&world, &incoming) {
        Ok(decision) => (decision.events, Answer::Done(decision.reply)),
        Err(refusal) => (vec![refused(&incoming.command, &refusal)], Answer::Refused(refusal)),
    };
    metrics::histogram!("glasskey_decide_seconds").record(started.elapsed().as_secs_f64());
    if events.is_empty() && incoming.interaction.is_none() {
        return Ok((answer, None));
    }
    let record = written(incoming, now, answer.clone(), events);
    let touched = book.apply(&record);
    let rows = book.changes(&touched);
    Ok((answer, Some((Entry { record, rows }, touched))))
}

fn written(incoming: Incoming, at: Timestamp, answer: Answer, events: Vec<glasskey_domain::Event>) -> Record {
    // Only a delivery that can come twice needs its answer kept; the events of the others say it all.
    let answer = incoming.interaction.is_some().then_some(answer);
    Record { at, by: incoming.by, interaction: incoming.interaction, answer, events }
}

/// The request that a person's command names.
fn about(command: &Command) -> Option<&RequestId> {
    match command {
        Command::Approve { id, .. }
        | Command::Deny { id, .. }
        | Command::Withdraw { id }
        | Command::Extend { id, .. }
        | Command::Acknowledge { id, .. }
        | Command::Object { id, .. }
        | Command::End { id, .. } => Some(id),
        Command::Request(_)
        | Command::EndAll { .. }
        | Command::Start { .. }
        | Command::Nudge { .. }
        | Command::GoOnEnding
        | Command::LiftCut { .. }
        | Command::Recheck { .. }
        | Command::Drift(_)
        | Command::Refuse { .. }
        | Command::Lapse { .. }
        | Command::Expire { .. }
        | Command::Overdue { .. }
        | Command::Bind { .. }
        | Command::Link { .. }
        | Command::Unlink { .. }
        | Command::DirectoryRead { .. }
        | Command::PolicyLoaded { .. }
        | Command::Started { .. }
        | Command::Stopped
        | Command::Emergency(_)
        | Command::Center { .. }
        | Command::DrillMissed { .. }
        | Command::Outcome(_) => None,
    }
}

/// An id that no request has or had.
fn free_id(shared: &Shared, book: &Book, earlier: &[Touched]) -> Result<RequestId, Fault> {
    free(RequestId::from_bits, |id| {
        let taken = book.request(id).is_some() || closed_now(earlier, id).is_some();
        Ok(!taken && shared.ledger.closed(id)?.is_none())
    })
}

/// A request that an earlier decision of the same group closed.
fn closed_now<'a>(earlier: &'a [Touched], id: &RequestId) -> Option<&'a AccessRequest> {
    earlier.iter().flat_map(|touched| &touched.closed).find(|request| &request.ask.id == id)
}

/// An id that no emergency has or had.
fn free_emergency_id(shared: &Shared, book: &Book) -> Result<EmergencyId, Fault> {
    free(EmergencyId::from_bits, |id| {
        Ok(book.emergency(id).is_none() && shared.ledger.closed_emergency(id)?.is_none())
    })
}

/// The first free one of random ids: random, so that no two collide because they were made in the same second
/// (pitfall 16).
fn free<Id>(
    make: impl Fn(u64, usize) -> Id,
    is_free: impl Fn(&Id) -> Result<bool, Fault>,
) -> Result<Id, Fault> {
    for symbols in RequestId::SYMBOLS_MIN..=RequestId::SYMBOLS_MAX {
        for _ in 0..ID_TRIES {
            let bits = getrandom::u64().map_err(|error| Fault::Permanent {
                what: format!("the system gives no random numbers: {error}"),
            })?;
            let id = make(bits, symbols);
            if is_free(&id)? {
                return Ok(id);
            }
        }
    }
    Err(Fault::Permanent { what: "no free id was found".to_owned() })
}

#[cfg(test)]
mod tests {
    use glasskey_domain::request::{Ask, Cards, Items};
    use glasskey_domain::{Door, GroupId, Item, ItemName, PersonId, Seconds, Target, Terms};
    use tokio::sync::RwLock;

    use super::*;

    /// P6: a click that is decided together with what closed the request gets a true answer, not "there is no request".
    #[test]
    fn what_an_earlier_decision_of_the_group_closed_is_found() {
        let target = Target::Membership { group: GroupId::new("g") };
        let name = ItemName::Group { group: "oncall".to_owned() };
        let ask = Ask {
            id: RequestId::from_bits(7, RequestId::SYMBOLS_MIN),
            requester: PersonId::new("ana"),
            items: Items::one(Item { target, name, session: Seconds::default() }),
            bundle: None,
            length: Seconds::hours(1),
            starts_at: None,
            urgent: false,
            reason: "my turn".to_owned(),
            ticket: None,
            at: Timestamp::UNIX_EPOCH,
            door: Door::Slack,
        };
        let id = ask.id.clone();
        let request = AccessRequest::asked(ask, Terms::default(), Timestamp::UNIX_EPOCH, Cards::default());
        let earlier = [Touched::default(), Touched { closed: vec![request], ..Touched::default() }];
        assert_eq!(closed_now(&earlier, &id).map(|request| &request.ask.id), Some(&id));
        assert_eq!(closed_now(&earlier, &RequestId::from_bits(8, RequestId::SYMBOLS_MIN)), None);
        assert_eq!(closed_now(&[], &id), None);
    }

    #[tokio::test]
    async fn a_book_that_may_be_ahead_of_the_disk_is_never_read_again() {
        let book = RwLock::new(Book::default());
        Sealed(Some(book.write().await)).release();
        assert!(book.try_read().is_ok());
        drop(Sealed(Some(book.write().await)));
        assert!(book.try_read().is_err());
    }
}
