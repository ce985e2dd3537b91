//! People who sign in at the company: to be known, and before what counts.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use glasskey::clock::SystemClock;
use glasskey::ports::{Answer, Clock as _, Fault, NotSignedIn, SignInOffer, SignInProvider, SignInTicket};
use glasskey_domain::Settings;
use glasskey_domain::person::SignIn;
use glasskey_domain::settings::{StepUp, StepUpAction};
use glasskey_playground::discord::{Fault as DiscordFault, Operation, Scene};
use serde_json::json;
use tokio::sync::Notify;

use super::house::{ACCESS, House, Plan};

/// A desk where everybody who comes is this person, when they come.
struct Desk {
    email: Mutex<&'static str>,
    came: Notify,
}

impl Desk {
    fn of(email: &'static str) -> Arc<Self> {
        Arc::new(Self { email: Mutex::new(email), came: Notify::new() })
    }
}

impl SignInProvider for Desk {
    fn begin(&self) -> Answer<'_, Result<SignInOffer, Fault>> {
        let begun_at = SystemClock.now();
        let interval = Duration::from_secs(5);
        let ticket =
            SignInTicket { device_code: "dev".to_owned().into(), interval, nonce: String::new(), begun_at };
        let until = begun_at + Duration::from_secs(600);
        let page = "https://acme.okta.com/activate".to_owned();
        let offer = SignInOffer::new("WDJB-MJHT".to_owned(), page, None, until, ticket);
        Box::pin(async move { Ok(offer) })
    }

    fn finish<'a>(&'a self, _: &'a SignInOffer) -> Answer<'a, Result<SignIn, NotSignedIn>> {
        Box::pin(async move {
            self.came.notified().await;
            let email = Some((*self.email.lock().unwrap()).to_owned());
            let (issuer, subject) = ("https://acme.okta.com".to_owned(), "00u1".to_owned());
            Ok(SignIn { issuer, subject, email, at: SystemClock.now(), interactive: true })
        })
    }
}

/// A house that knows this desk.
async fn house(desk: &Arc<Desk>, settings: Settings) -> House {
    House::planned(Plan { sign_in: Some(desk.clone()), settings, ..Plan::default() }).await
}

/// What somebody alone reads, as soon as they do.
async fn whispers(house: &House, who: &str, words: &str) -> String {
    house
        .shows(|discord| {
            let mut all = discord.ephemerals(who).into_iter().map(|said| said.words());
            all.find(|said| said.contains(words))
        })
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_in_is_linked_and_served_from_then_on() {
    let desk = Desk::of("ana@acme.example");
    let house = house(&desk, Settings::default()).await;
    house.unlinks("ana").await;
    assert!(house.says("ana", "elevate list", json!({})).await.contains("/elevate link"));
    let said = house.says("ana", "elevate link", json!({})).await;
    assert!(!said.contains("WDJB-MJHT"), "the code comes beside the first answer: {said}");
    whispers(&house, "ana", "WDJB-MJHT").await;
    assert!(
        house.discord.messages(ACCESS).iter().all(|said| !said.words().contains("WDJB")),
        "for her eyes alone"
    );
    desk.came.notify_one();
    whispers(&house, "ana", "This account is linked to").await;
    assert!(house.says("ana", "elevate list", json!({})).await.contains("no open requests"));
    let said = house.says("ana", "elevate unlink", json!({})).await;
    assert!(said.contains("linked"), "{said}");
    assert!(house.says("ana", "elevate list", json!({})).await.contains("/elevate link"));
    house.check();
}

/// An account of somebody else's is not linked by who signs in for another.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_linked_who_is_nobody_of_the_company_or_is_linked_already() {
    let desk = Desk::of("eve@elsewhere.example");
    let house = house(&desk, Settings::default()).await;
    house.says("eve", "elevate link", json!({})).await;
    whispers(&house, "eve", "WDJB-MJHT").await;
    desk.came.notify_one();
    whispers(&house, "eve", "eve@elsewhere.example").await;
    *desk.email.lock().unwrap() = "bo@acme.example";
    house.says("eve", "elevate link", json!({})).await;
    desk.came.notify_one();
    whispers(&house, "eve", "(person-is-linked)").await;
    assert!(house.says("eve", "elevate list", json!({})).await.contains("/elevate link"));
    house.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_signs_in_elsewhere_and_no_bot_does() {
    let house = house(&Desk::of("ana@acme.example"), Settings::default()).await;
    assert!(house.discord.set_member("eve", |flags| flags.is_bot = true));
    for (who, scene, words) in [
        ("ana", Scene::OtherGuild, "another workspace"),
        ("ana", Scene::Direct, "not in direct messages"),
        ("eve", Scene::Channel(ACCESS.to_owned()), "bots"),
    ] {
        let said = house.says_in(who, &scene, "elevate link").await;
        assert!(said.contains(words), "{said}");
    }
    house.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_that_needs_a_fresh_sign_in_counts_when_there_is_one() {
    let desk = Desk::of("bo@acme.example");
    let step_up = vec![StepUp { action: StepUpAction::Approve, scope: None }];
    let house = house(&desk, Settings { step_up, ..Settings::default() }).await;
    let (_, card) = house.asked().await;
    house.clicks("bo", &card, "Approve").await;
    whispers(&house, "bo", "WDJB-MJHT").await;
    assert_eq!(house.aws.holds(), 0);
    desk.came.notify_one();
    house.card(ACCESS, "Active").await;
    assert_eq!(house.aws.holds(), 1);
    house.check();
}

/// Two cards, one after the other: the first code looks as if it counted.
#[tokio::test(flavor = "multi_thread")]
async fn who_begins_another_sign_in_is_told_that_the_first_counts_no_more() {
    let desk = Desk::of("bo@acme.example");
    let step_up = vec![StepUp { action: StepUpAction::Approve, scope: None }];
    let house = house(&desk, Settings { step_up, ..Settings::default() }).await;
    let (_, card) = house.asked().await;
    house.clicks("bo", &card, "Approve").await;
    whispers(&house, "bo", "WDJB-MJHT").await;
    house.clicks("bo", &card, "Approve").await;
    whispers(&house, "bo", "counts no more").await;
    house.check();
}

/// An account that somebody lost is cut off at once, whatever was begun with it.
#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_is_taken_back_while_somebody_signs_in_approves_nothing() {
    let desk = Desk::of("bo@acme.example");
    let step_up = vec![StepUp { action: StepUpAction::Approve, scope: None }];
    let house = house(&desk, Settings { step_up, ..Settings::default() }).await;
    let (id, card) = house.asked().await;
    house.clicks("bo", &card, "Approve").await;
    whispers(&house, "bo", "WDJB-MJHT").await;
    house.unlinks("bo").await;
    desk.came.notify_one();
    whispers(&house, "bo", "/elevate link").await;
    let book = house.engine.book().await;
    assert!(book.request(&id).unwrap().approvals.is_empty());
    house.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_said_beside_what_was_done_is_said_directly() {
    let house = house(&Desk::of("ana@acme.example"), Settings::default()).await;
    house.discord.fault(Operation::FollowUp, DiscordFault::Refused { status: 401, code: 50_027 });
    house.says("ana", "elevate link", json!({})).await;
    house.told("ana", "WDJB-MJHT").await;
    house.check();
}
