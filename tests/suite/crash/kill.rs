//! The real binary under SIGKILL, at the moments that its neighbours see: what was acknowledged is not lost, and the story
//! comes to the same end. Under SIGTERM it drains. A store that is in use, or broken, is met with a sentence.

use std::time::Duration;

use glasskey_domain::Event;
use glasskey_playground::slack::{InteractionResult, Redelivery};
use tokio::time::sleep;

use super::process::{ACCESS, PATIENCE, Site};
use super::promises::past;

/// A moment: its name, and whether it has come.
type Moment = (&'static str, fn(&Site) -> bool);

fn acks(site: &Site, kind: &str) -> usize {
    site.slack.acks().iter().filter(|ack| ack.kind == kind).count()
}

fn told(site: &Site, what: &str) -> bool {
    site.told("ana").iter().any(|key| key.contains(what))
}

/// The moments of the story, in their order. What has come stays: a killer who comes late still kills.
const MOMENTS: [Moment; 13] = [
    ("the command is acknowledged", |site| acks(site, "slash_commands") >= 1),
    ("the card is posted", |site| !site.cards().is_empty()),
    ("the click is acknowledged", |site| acks(site, "interactive") >= 1),
    ("AWS is looked at", |site| site.aws.count("ListAccountAssignmentsForPrincipal") >= 1),
    ("the create is called", |site| site.aws.count("CreateAccountAssignment") >= 1),
    ("the create is polled", |site| site.aws.count("DescribeAccountAssignmentCreationStatus") >= 1),
    ("the access is there", |site| !site.aws.operations().is_empty() && site.aws.in_flight().is_empty()),
    ("Ana is told that it is there", |site| told(site, "granted")),
    ("the card is updated", |site| !site.slack.calls_of("chat.update").is_empty()),
    ("the end is acknowledged", |site| acks(site, "slash_commands") >= 2),
    ("the delete is called", |site| site.aws.count("DeleteAccountAssignment") >= 1),
    ("the access is gone", |site| site.aws.count("DeleteAccountAssignment") >= 1 && ana_has_nothing(site)),
    ("Ana is told that it is gone", |site| told(site, "ended")),
];

fn ana_has_nothing(site: &Site) -> bool {
    site.aws.has_nothing_for("ana")
}

fn card_offers(site: &Site, button: &str) -> bool {
    site.cards().iter().any(|(_, card)| card.buttons().iter().any(|label| label == button))
}

/// Kills the bot at each of the moments and starts another.
async fn killer(site: &Site, moments: &[Moment]) {
    for (name, come) in moments {
        site.until(name, come).await;
        site.kill().await;
        site.start().await;
    }
}

/// Does something until it got through.
async fn persists<F>(site: &Site, mut act: impl FnMut() -> F, enough: impl Fn(&Site) -> bool)
where
    F: Future<Output = InteractionResult>,
{
    loop {
        site.until("a bot that hears", |site| site.slack.sockets() > 0 || enough(site)).await;
        if enough(site) || act().await.failure.is_none() {
            return;
        }
    }
}

/// Ana asks, Bo approves, it is granted, Ana ends it: people who try again when nobody answers.
async fn story(site: &Site) {
    let ask = "payments-staging PowerUser 1h mend the pipeline";
    persists(site, || site.slack.slash("ana", ACCESS, "/elevate", ask), |site| !site.cards().is_empty())
        .await;
    // P7: what was acknowledged has its request, and its card, whoever died.
    site.until("the card", |site| !site.cards().is_empty()).await;
    let (id, card) = site.cards().remove(0);
    let approved = |site: &Site| !card_offers(site, "Approve");
    persists(site, || site.slack.click("bo", ACCESS, &card.ts, "Approve"), approved).await;
    // An approval that was acknowledged is never asked for again: nobody clicks from here on.
    site.until("Ana is told and sees it", |site| told(site, "granted") && card_offers(site, "End now")).await;
    assert!(site.aws.has("ana", "payments-staging", "PowerUser"));
    let end = format!("end {id}");
    let ended = |site: &Site| !card_offers(site, "End now");
    persists(site, || site.slack.slash("ana", ACCESS, "/elevate", &end), ended).await;
    site.until("Ana is told that it is gone", |site| told(site, "ended")).await;
}

/// Counts the events of a kind in the journal.
fn count(site: &Site, wanted: impl Fn(&Event) -> bool) -> usize {
    site.records().iter().flat_map(|record| &record.events).filter(|event| wanted(event)).count()
}

/// The end of the story, whoever died in it.
async fn ends_well(site: &Site, approvals: usize) {
    let id = site.cards()[0].0.clone();
    site.until("the card shows the end", |site| {
        let (.., card) = &site.cards()[0];
        card.words().contains("Ended")
    })
    .await;
    assert!(site.terminate().await.success(), "SIGTERM drains: {}", site.log());
    assert!(ana_has_nothing(site));
    assert_eq!(site.cards().len(), 1, "the card is posted once");
    let mut told = site.told("ana");
    told.sort();
    let whole = |kind: &str| told.iter().filter(|key| key.starts_with(&format!("{id}/{kind}/"))).count();
    assert_eq!((whole("granted"), whole("ended"), told.len()), (1, 1, 2), "{told:?}");
    assert_eq!(site.slack.violations(), Vec::<String>::new());
    let verified = site.glasskey("glasskey.toml", &["audit", "verify"]).await;
    assert!(verified.status.success(), "{verified:?}");
    assert_eq!(past(&site.records()).requests.len(), 1);
    assert_eq!(count(site, |event| matches!(event, Event::Approved { .. })), approvals);
    assert_eq!(count(site, |event| matches!(event, Event::GrantConfirmed { .. })), 1, "granted once");
    assert_eq!(count(site, |event| matches!(event, Event::EndConfirmed { .. })), 1, "ended once");
    let last = site.records().last().map(|record| record.events.clone());
    assert_eq!(last, Some(vec![Event::Stopped]), "the journal learns of the drain");
}

async fn killed_at(moments: &[Moment], redelivery: Redelivery) {
    let site = Site::new(redelivery).await;
    site.start().await;
    tokio::join!(story(&site), killer(&site, moments));
    ends_well(&site, 1).await;
}

/// Every third moment, so that each bot lives long enough to get somewhere.
fn every_third(first: usize) -> Vec<Moment> {
    MOMENTS.iter().skip(first).step_by(3).copied().collect()
}

/// Most of their time is spent in waiting until a create whose answer died with the bot can be believed to be over, so
/// they are told at the same time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_every_moment_and_at_any_time_of_its_start_it_comes_to_the_same_end() {
    let (first, second, third) = (every_third(0), every_third(1), every_third(2));
    tokio::join!(
        killed_at(&first, Redelivery::Never),
        killed_at(&second, Redelivery::Once),
        killed_at(&third, Redelivery::Never),
        killed_at(&MOMENTS, Redelivery::Once),
        killed_at_any_time_of_its_start(),
    );
}

/// At what time of its start it is killed, in milliseconds: from before its first line to after its first job.
const INTO_THE_START: [u64; 9] = [0, 10, 25, 50, 80, 120, 180, 260, 360];

async fn killed_at_any_time_of_its_start() {
    let site = Site::new(Redelivery::Never).await;
    let deaths = async {
        site.until("the create is called", |site| site.aws.count("CreateAccountAssignment") >= 1).await;
        site.kill().await;
        for ms in INTO_THE_START {
            site.begin().await;
            sleep(Duration::from_millis(ms)).await;
            site.kill().await;
        }
        site.start().await;
    };
    site.start().await;
    tokio::join!(story(&site), deaths);
    ends_well(&site, 1).await;
}

/// P2, P3: nobody was there at the deadline, and whoever comes next takes it back before anything else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadline_that_passed_while_no_bot_lived_is_kept_by_the_next_one() {
    let site = Site::new(Redelivery::Never).await;
    site.start().await;
    let ask = "sandbox-ana PowerUser 1m mend the pipeline";
    assert_eq!(site.slack.slash("ana", ACCESS, "/elevate", ask).await.failure, None);
    site.until("Ana is told", |site| told(site, "granted")).await;
    site.kill().await;
    let deadline = site
        .records()
        .iter()
        .flat_map(|record| record.events.clone())
        .find_map(|event| match event {
            Event::GrantConfirmed { deadline, .. } => Some(deadline),
            _ => None,
        })
        .unwrap();
    let granted_at = site.records().last().unwrap().at;
    let dead_for = Duration::try_from(deadline.duration_since(granted_at)).unwrap();
    assert!(dead_for < Duration::from_secs(61) && !ana_has_nothing(&site));
    sleep(dead_for).await;
    assert!(!ana_has_nothing(&site), "nobody was there to take it back");
    // Slack does not answer, and that is no reason to wait.
    site.slack.set_latency("*", Duration::from_secs(3));
    site.begin().await;
    site.until("the access is gone", ana_has_nothing).await;
    site.slack.set_latency("*", Duration::ZERO);
    site.until("Ana is told that it is gone", |site| told(site, "ended")).await;
    ends_well(&site, 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_bot_is_told_that_there_is_one_and_does_not_harm_it() {
    let site = Site::new(Redelivery::Never).await;
    site.start().await;
    let same = site.glasskey("glasskey.toml", &["run"]).await;
    let words = String::from_utf8_lossy(&same.stderr).into_owned();
    assert_eq!(same.status.code(), Some(1), "{words}");
    assert!(words.contains("is in use by process") && words.contains("stop it first"), "{words}");
    // One that was given everything of its own but the store.
    let other = site.glasskey(site.second_configuration(), &["run"]).await;
    let words = String::from_utf8_lossy(&other.stderr).into_owned();
    assert_eq!(other.status.code(), Some(1), "{words}");
    assert!(words.contains("is in use by process") && words.contains("stop it first"), "{words}");
    // The first one is as it was.
    let listed = site.glasskey("glasskey.toml", &["requests", "list"]).await;
    assert!(listed.status.success(), "{listed:?}");
    story(&site).await;
    ends_well(&site, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_state_is_made_anew_and_a_damaged_journal_is_refused_by_its_record() {
    let site = Site::new(Redelivery::Never).await;
    site.start().await;
    let ask = "payments-staging PowerUser 1h mend the pipeline";
    assert_eq!(site.slack.slash("ana", ACCESS, "/elevate", ask).await.failure, None);
    site.until("the card", |site| !site.cards().is_empty()).await;
    site.kill().await;
    for file in std::fs::read_dir(site.store().join("state")).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            std::fs::write(path, "not what sled wrote").unwrap();
        }
    }
    let told = site.told("bo").len();
    tokio::time::timeout(PATIENCE, site.start()).await.unwrap();
    assert!(site.log().contains("was not as it was left"), "{}", site.log());
    assert_eq!(site.told("bo").len(), told, "nobody is told again");
    story_from_the_card(&site).await;

    let journal = site.store().join("journal");
    let segment = std::fs::read_dir(&journal).unwrap().next().unwrap().unwrap().path();
    let mut bytes = std::fs::read(&segment).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&segment, bytes).unwrap();
    let refused = site.glasskey("glasskey.toml", &["run"]).await;
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{words}");
    assert!(words.contains("the journal is damaged: record "), "{words}");
    assert!(words.contains("glasskey store restore"), "{words}");
}

async fn story_from_the_card(site: &Site) {
    let (id, card) = site.cards().remove(0);
    assert_eq!(site.slack.click("bo", ACCESS, &card.ts, "Approve").await.failure, None);
    site.until("Ana is told and sees it", |site| told(site, "granted") && card_offers(site, "End now")).await;
    assert_eq!(site.slack.slash("ana", ACCESS, "/elevate", &format!("end {id}")).await.failure, None);
    site.until("Ana is told that it is gone", |site| told(site, "ended")).await;
    ends_well(site, 1).await;
}
