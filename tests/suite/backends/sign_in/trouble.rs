//! Signing in while the provider stumbles, and what nobody may see of it.

use super::*;

const SECRET: &str = "a-sign-in-secret-that-nobody-may-see";

fn meets(place: &Place, step: Step, fault: idp::Fault) {
    let Far::Idp(twin) = &place.far else { panic!() };
    twin.world().meets(Operation::SignIn(step), fault);
}

#[tokio::test]
async fn one_that_stumbles_is_asked_again_and_nobody_has_to_begin_anew() {
    use idp::Fault as Met;
    for kind in [Kind::Entra, Kind::Keycloak] {
        let throttle = Met::Throttle { secs: 0 };
        for fault in [throttle, Met::Status(500), Met::Status(408), Met::Hang, Met::CutBefore] {
            for step in [Step::Token, Step::Keys] {
                let place = kind.place().await;
                meets(&place, step, fault);
                let who = place.signed_in().await;
                assert!(who.is_ok(), "{kind:?} {step:?} {fault:?}: {who:?}");
            }
        }
        let place = kind.place().await;
        meets(&place, Step::Keys, Met::Garbage);
        assert!(place.signed_in().await.is_ok());
    }
}

/// The code is used up, and the token is gone with the connection: they begin anew, and no wrong thing is said.
#[tokio::test]
async fn a_token_that_is_lost_on_the_way_is_a_code_that_is_over() {
    for kind in [Kind::Entra, Kind::Keycloak] {
        let place = kind.place().await;
        meets(&place, Step::Token, idp::Fault::CutAfter);
        assert_eq!(place.signed_in().await, Err(NotSignedIn::Expired), "{kind:?}");
    }
}

#[tokio::test]
async fn one_that_is_down_until_the_end_is_not_the_persons_fault() {
    let place = Kind::Keycloak.place().await;
    place.far.desk(|desk| desk.expires_secs = 1);
    let offer = place.offer().await;
    for _ in 0..100 {
        meets(&place, Step::Token, idp::Fault::Status(503));
    }
    let answer = place.door.finish(&offer).await;
    assert!(matches!(&answer, Err(NotSignedIn::CouldNotAsk(Fault::Transient { .. }))), "{answer:?}");
    let asked = place.far.desk(|desk| desk.asked_at_ms.len());
    assert_eq!(asked, 0, "none of them came through");
    let Far::Idp(twin) = &place.far else { panic!() };
    let calls = twin.world().count(Operation::SignIn(Step::Token));
    assert!((2..=7).contains(&calls), "each wait is twice the last: {calls}");
}

#[tokio::test]
async fn one_that_is_down_at_the_beginning_says_so() {
    for (step, fault) in [
        (Step::Discovery, idp::Fault::Status(503)),
        (Step::Discovery, idp::Fault::Garbage),
        (Step::Discovery, idp::Fault::Hang),
        (Step::Authorize, idp::Fault::Status(500)),
        (Step::Authorize, idp::Fault::Throttle { secs: 3 }),
        (Step::Authorize, idp::Fault::CutAfter),
    ] {
        let place = Kind::Entra.place().await;
        meets(&place, step, fault);
        let answer = place.door.begin().await;
        assert!(matches!(&answer, Err(Fault::Transient { .. })), "{step:?} {fault:?}: {answer:?}");
        if let (Err(Fault::Transient { retry_after, .. }), idp::Fault::Throttle { .. }) = (&answer, fault) {
            assert_eq!(*retry_after, Some(Duration::from_secs(3)));
        }
        assert!(place.door.begin().await.is_ok(), "it passes");
    }
}

#[tokio::test]
async fn one_that_is_asked_too_often_is_asked_less_often_for_good() {
    for kind in Kind::ALL {
        let place = kind.place().await;
        let offer = place.offer().await;
        place.far.desk(|desk| desk.slow_downs = 2);
        assert!(place.far.signs_in(&offer.user_code, 0));
        place.door.finish(&offer).await.unwrap();
        let asked = place.far.desk(|desk| desk.asked_at_ms.clone());
        let gaps: Vec<i64> = asked.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(matches!(gaps.as_slice(), [one, two] if *one >= 165 && *two >= 315), "{gaps:?}");
    }
}

#[tokio::test]
async fn nothing_is_asked_more_often_than_the_provider_allows() {
    let place = Kind::OktaOrg.place().await;
    place.far.desk(|desk| desk.interval_secs = 1);
    let offer = place.offer().await;
    assert!(place.far.signs_in(&offer.user_code, 0));
    let begun = tokio::time::Instant::now();
    place.door.finish(&offer).await.unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(1));
    assert_eq!(place.far.desk(|desk| desk.asked_at_ms.len()), 1);
}

#[tokio::test]
async fn a_client_that_is_not_known_is_told_what_to_check_and_no_secret_is_in_it() {
    crate::town::logs::capture();
    for kind in Kind::ALL {
        let place = kind.place_with(Some(SECRET)).await;
        place.signed_in().await.unwrap();
        let offer = place.offer().await;
        let device_code = secrecy::ExposeSecret::expose_secret(&offer.ticket().device_code).to_owned();
        place.far.desk(|desk| {
            desk.client_secret = Some("another".to_owned());
            desk.echoes = true;
        });
        let at_begin = place.door.begin().await.unwrap_err();
        let at_end = place.door.finish(&offer).await.unwrap_err();
        assert!(matches!(&at_end, NotSignedIn::CouldNotAsk(Fault::Permanent { .. })), "{at_end:?}");
        let said = format!("{at_begin} {at_begin:?} {at_end} {at_end:?} {offer:?}");
        assert!(said.contains("client_id") && said.contains("You sent"), "{said}");
        for secret in [SECRET, &device_code, &offer.user_code] {
            assert!(!said.contains(secret), "{kind:?}: {said}");
        }
        let logged = crate::town::logs::lines();
        assert!(!logged.contains(SECRET) && !logged.contains(&device_code));
    }
}
