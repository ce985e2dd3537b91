//! The identity provider stumbles once at each of its calls, in each of its ways, and the emergency comes to the same end;
//! also when the bot dies meanwhile.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use glasskey::ports::Fault;
use glasskey_domain::federation::READ_ONLY;
use jiff::SignedDuration;

use super::emergencies::STUMBLING;
use super::guillotine::{Blade, Side};
use super::outside::Mishap;
use super::script::{Play, world};
use super::store::Store;

/// Comes long after the emergency was ordered to close, and before `SETTLE_AFTER`.
const HELD_UP: SignedDuration = SignedDuration::from_secs(15);

fn says(what: &str, retry_after: Option<u64>) -> Mishap {
    let retry_after = retry_after.map(Duration::from_secs);
    Mishap::Before(Fault::Transient { what: what.to_owned(), retry_after })
}

fn stumbles() -> [(&'static str, Mishap); 6] {
    [
        ("loses its answer", Mishap::Lost),
        ("hangs", Mishap::Hangs),
        ("is late", Mishap::Late(HELD_UP)),
        ("says 429", says("429 Too Many Requests", Some(7))),
        ("says 500", says("500 Internal Server Error", None)),
        ("is read-only", says(&format!("{READ_ONLY} disaster recovery"), Some(5))),
    ]
}

async fn stumbles_once(call: &'static str, mishap: Mishap, blades: &[Arc<Blade>]) -> Play {
    let once = Mutex::new(Some(mishap));
    let luck = Box::new(move |name: &str| {
        let meant = (name == call).then(|| once.lock().unwrap().take()).flatten();
        meant.unwrap_or(Mishap::None)
    });
    let mut play = Play::new(&STUMBLING, world(Store::in_memory(), luck));
    play.play(blades, &|_, wires| wires).await;
    play.ends_well();
    play
}

#[tokio::test(start_paused = true)]
async fn whatever_the_provider_stumbles_at_the_emergency_comes_to_the_same_end() {
    let calls = [
        "observe",
        "observe-part",
        "activate",
        "add",
        "deactivate",
        "remove",
        "cut",
        "cut-look",
        "tell",
        "card",
        "tell@discord",
        "card@discord",
    ];
    for call in calls {
        for (how, mishap) in stumbles() {
            eprintln!("{call} {how}");
            stumbles_once(call, mishap, &[]).await;
        }
    }
}

/// What was on the wire when the bot died, or when it was told to close, is taken back when it arrives (P3).
#[tokio::test(start_paused = true)]
async fn what_opens_late_is_closed_whoever_died_meanwhile() {
    for call in ["activate", "add"] {
        for step in (1..).step_by(5) {
            eprintln!("{call} is late, death after step {step}");
            let blade = Blade::at(Some((step, Side::After)));
            let played = stumbles_once(call, Mishap::Late(HELD_UP), &[blade]).await;
            if played.fell_at.is_empty() {
                break;
            }
        }
    }
}
