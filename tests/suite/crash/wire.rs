//! What was on the wire when the bot died arrives all the same, at a provider that does not know that nobody waits for it.

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use glasskey_domain::{Answer, Command, Matter, Reply, State};
use jiff::SignedDuration;

use super::company::{holding, target};
use super::life::{Life, ask};
use super::outside::{Mishap, Time};
use super::promises::all_is_well;
use super::script::world;
use super::store::Store;

/// Comes long after the grant and the end of the request, and before `SETTLE_AFTER`.
const HELD_UP: SignedDuration = SignedDuration::from_secs(15);
const LOOK_EVERY: Duration = Duration::from_millis(10);
const QUIET_WITHIN: Duration = Duration::from_secs(240);

async fn until(mut happened: impl FnMut() -> bool) {
    for _ in 0..10_000 {
        if happened() {
            return;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    panic!("it never happened");
}

/// The next bot creates it again, confirms it, and takes it back; only then does the first create arrive (P3, P4).
#[tokio::test(start_paused = true)]
async fn a_create_that_arrives_after_its_bot_died_and_its_request_ended_is_taken_back() {
    let first = Mutex::new(true);
    let luck = Box::new(move |name: &str| {
        let late = name == "create" && std::mem::take(&mut *first.lock().unwrap());
        if late { Mishap::Late(HELD_UP) } else { Mishap::None }
    });
    let world = world(Store::in_memory(), luck);
    let wants = holding("ana", "Admin");
    let life = world.start(|wires| wires);
    let asked = life.does("ana", "ask", ask(target("Admin"), 60)).await;
    let Answer::Done(Reply::Waiting { id, .. }) = asked else { panic!("{asked:?}") };
    for who in ["bo", "dee"] {
        life.does(who, who, Command::Approve { id: id.clone(), matter: Matter::Now, length: None }).await;
    }
    until(|| world.outside.creates_of(&wants) == 1).await;
    life.dies().await;

    let life: Life = world.start(|wires| wires);
    let active = || {
        world.store.durable(|book| {
            book.request(&id).is_some_and(|request| matches!(request.state, State::Active { .. }))
        })
    };
    until(active).await;
    assert_eq!(world.outside.creates_of(&wants), 2, "it was created again");
    assert!(world.outside.is_changing(&wants), "and the first create is still on its way");
    life.does("ana", "end", Command::End { id: id.clone(), cut: false }).await;
    assert!(life.rests(QUIET_WITHIN).await);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(life.rests(QUIET_WITHIN).await);
    assert!(life.drains(std::future::pending()).await);
    all_is_well(&world.store, &world.outside);
}

/// The person is read anew while the machine sleeps through the rest of the grant: nothing is created after its end (P2).
#[tokio::test(start_paused = true)]
async fn a_grant_whose_time_passes_while_something_is_asked_is_not_created() {
    let time: Arc<OnceLock<Arc<Time>>> = Arc::default();
    let clock = Arc::clone(&time);
    let luck = Box::new(move |name: &str| {
        if name == "live" {
            clock.get().unwrap().sleep_of_the_machine(SignedDuration::from_mins(10));
        }
        Mishap::None
    });
    let world = world(Store::in_memory(), luck);
    assert!(time.set(Arc::clone(&world.outside.time)).is_ok());
    let life = world.start(|wires| wires);
    let asked = life.does("ana", "ask", ask(target("Admin"), 5)).await;
    let Answer::Done(Reply::Waiting { id, .. }) = asked else { panic!("{asked:?}") };
    for who in ["bo", "dee"] {
        life.does(who, who, Command::Approve { id: id.clone(), matter: Matter::Now, length: None }).await;
    }
    assert!(life.rests(QUIET_WITHIN).await);
    assert_eq!(world.outside.creates_of(&holding("ana", "Admin")), 0);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(life.rests(QUIET_WITHIN).await);
    assert!(life.drains(std::future::pending()).await);
    all_is_well(&world.store, &world.outside);
}
