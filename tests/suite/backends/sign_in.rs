//! Signing in by device code: one contract, kept at Okta (both of its authorization servers), Entra ID and Keycloak; every
//! token that must not be believed, by its name; and what happens while a provider stumbles.

mod trouble;

use std::sync::Arc;
use std::time::Duration;

use glasskey::access::http::{Http, Reply};
use glasskey::access::settings::Timeouts;
use glasskey::access::sign_in::{DeviceSignIn, Pacing, SignInSettings};
use glasskey::clock::SystemClock;
use glasskey::ports::{Clock as _, Fault, NotSignedIn, SignInOffer, SignInProvider as _};
use glasskey_domain::person::SignIn;
use glasskey_playground::company::Company;
use glasskey_playground::idp::sign_in::{Desk, Flaw, Signer, Step};
use glasskey_playground::idp::{self, Client, Operation, Proof, Twin, User};
use glasskey_playground::okta::{OktaOptions, OktaTwin};
use glasskey_playground::{entra, keycloak};

const ANA: &str = "ana@acme.example";
const CLIENT: &str = "glasskey-sign-in";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    OktaOrg,
    OktaCustom,
    Entra,
    Keycloak,
}

enum Far {
    Okta(OktaTwin),
    Idp(Twin),
}

/// A provider with its twin.
struct Place {
    kind: Kind,
    far: Far,
    door: DeviceSignIn,
}

impl Kind {
    const ALL: [Self; 4] = [Self::OktaOrg, Self::OktaCustom, Self::Entra, Self::Keycloak];

    async fn place(self) -> Place {
        self.place_with(None).await
    }

    async fn place_with(self, secret: Option<&str>) -> Place {
        let client = Client { id: "bot".to_owned(), proof: Proof::Secret("unused".to_owned()) };
        let far = match self {
            Self::OktaOrg | Self::OktaCustom => {
                Far::Okta(OktaTwin::start(&Company::acme(), OktaOptions::default()).await.unwrap())
            }
            Self::Entra => Far::Idp(entra::start(client).await.unwrap()),
            Self::Keycloak => Far::Idp(keycloak::start(client).await.unwrap()),
        };
        match &far {
            Far::Okta(twin) if self == Self::OktaCustom => twin.control().sign_in_at_the_custom_server(),
            Far::Okta(_) => {}
            Far::Idp(twin) => {
                let (id, login, mail) = ("u-ana".to_owned(), ANA.to_owned(), "Ana@Acme.Example".to_owned());
                twin.world().know(User { id, login, mail, enabled: true });
            }
        }
        let issuer = far.desk(|desk| {
            desk.interval_secs = 0;
            desk.client_secret = secret.map(str::to_owned);
            desk.issuer.clone()
        });
        let door = door(&issuer, secret);
        Place { kind: self, far, door }
    }
}

fn door(issuer: &str, secret: Option<&str>) -> DeviceSignIn {
    let quick = Duration::from_millis(500);
    let settings = SignInSettings {
        timeouts: Timeouts { connect: quick, attempt: quick, operation: quick },
        pacing: Pacing { interval_min: Duration::from_millis(20), slower_by: Duration::from_millis(150) },
        ..SignInSettings::at(issuer, CLIENT, secret.map(Into::into))
    };
    DeviceSignIn::new(settings, Arc::new(SystemClock)).unwrap()
}

impl Far {
    fn desk<T>(&self, act: impl FnOnce(&mut Desk) -> T) -> T {
        match self {
            Self::Okta(twin) => twin.control().at_the_desk(act),
            Self::Idp(twin) => act(&mut twin.world().desk),
        }
    }

    fn signs_in(&self, code: &str, secs_ago: i64) -> bool {
        match self {
            Self::Okta(twin) => twin.control().signs_in(code, "ana", secs_ago),
            Self::Idp(twin) => twin.world().signed_in(code, ANA, secs_ago),
        }
    }
}

impl Place {
    async fn offer(&self) -> SignInOffer {
        self.door.begin().await.unwrap_or_else(|fault| panic!("{:?}: {fault}", self.kind))
    }

    /// Ana signs in, and what came of it.
    async fn signed_in(&self) -> Result<SignIn, NotSignedIn> {
        let offer = self.offer().await;
        assert!(self.far.signs_in(&offer.user_code, 0), "{:?}", self.kind);
        self.door.finish(&offer).await
    }

    async fn flawed(&self, flaw: Flaw) -> Result<SignIn, NotSignedIn> {
        self.far.desk(|desk| desk.flaw = Some(flaw));
        self.signed_in().await
    }
}

async fn page(url: &str, form: Option<String>) -> (u16, String) {
    let http = Http::new(Timeouts::default()).unwrap();
    let request = match form {
        Some(form) => {
            let post = http.client().post(url);
            post.header("content-type", "application/x-www-form-urlencoded").body(form)
        }
        None => http.client().get(url),
    };
    let Reply { status, body, .. } = http.send(request).await.unwrap();
    (status.as_u16(), String::from_utf8(body).unwrap())
}

#[tokio::test]
async fn a_person_who_types_the_code_is_who_the_provider_says() {
    for kind in Kind::ALL {
        let place = kind.place().await;
        let begun = SystemClock.now();
        let offer = place.offer().await;
        assert_eq!(place.far.desk(|desk| desk.pending()), std::slice::from_ref(&offer.user_code));
        let complete = offer.verification_uri_complete.as_deref();
        assert_eq!(complete.is_some_and(|page| page.contains(&offer.user_code)), kind != Kind::Entra);
        let left = offer.expires_at.duration_since(begun).as_secs();
        assert!((599..=601).contains(&left), "{left}");

        let waits = async {
            // Somebody types it only after it was asked for: the first answer is "not yet".
            while place.far.desk(|desk| desk.asked_at_ms.is_empty()) {
                tokio::task::yield_now().await;
            }
            assert!(place.far.signs_in(&offer.user_code, 240));
        };
        let (who, ()) = tokio::join!(place.door.finish(&offer), waits);
        let who = who.unwrap();
        assert_eq!(who.issuer, place.far.desk(|desk| desk.issuer.clone()), "{kind:?}");
        assert!(!who.subject.is_empty());
        assert_eq!(who.email.as_deref(), Some(ANA), "{kind:?}: in lower case");
        let ago = begun.duration_since(who.at).as_secs();
        if kind == Kind::Entra {
            assert!(!who.interactive && ago <= 1, "Entra ID does not say when they signed in");
        } else {
            assert!(who.interactive && (238..=241).contains(&ago), "{ago}");
        }
        assert_eq!(place.door.finish(&offer).await, Err(NotSignedIn::Expired), "a code is good once");
    }
}

#[tokio::test]
async fn a_no_is_a_no_and_a_code_that_nobody_types_ends() {
    for kind in Kind::ALL {
        let place = kind.place().await;
        let offer = place.offer().await;
        assert!(place.far.desk(|desk| desk.says_no(&offer.user_code)));
        assert_eq!(place.door.finish(&offer).await, Err(NotSignedIn::Denied), "{kind:?}");

        let offer = place.offer().await;
        place.far.desk(Desk::forget);
        assert_eq!(place.door.finish(&offer).await, Err(NotSignedIn::Expired), "{kind:?}");

        place.far.desk(|desk| (desk.expires_secs, desk.interval_secs) = (1, 1));
        let offer = place.offer().await;
        let asked = place.far.desk(|desk| desk.asked_at_ms.len());
        assert_eq!(place.door.finish(&offer).await, Err(NotSignedIn::Expired), "{kind:?}");
        assert!(SystemClock.now() >= offer.expires_at, "not before its time");
        assert_eq!(place.door.finish(&offer).await, Err(NotSignedIn::Expired), "at once, when it is over");
        assert_eq!(
            place.far.desk(|desk| desk.asked_at_ms.len()),
            asked,
            "nobody is asked at or after the end"
        );

        place.far.desk(|desk| desk.interval_secs = 0);
        let offer = place.offer().await;
        assert_eq!(place.door.finish(&offer).await, Err(NotSignedIn::Expired), "{kind:?}");
        assert!(place.far.desk(|desk| desk.asked_at_ms.len()) > asked);
    }
}

#[tokio::test]
async fn no_token_is_believed_that_is_not_as_it_must_be() {
    let all = [
        (Flaw::AnotherAudience, "aud"),
        (Flaw::AnotherParty, "azp"),
        (Flaw::AnotherIssuer, "issuer"),
        (Flaw::AnotherNonce, "nonce"),
        (Flaw::Over, "is over"),
        (Flaw::OfTheFuture, "future"),
        (Flaw::Old, "older than the sign-in"),
        (Flaw::SignedInLater, "time of sign-in"),
        (Flaw::Nobody, "sub"),
        (Flaw::Unsigned, "RS256"),
        (Flaw::SharedSecret, "RS256"),
        (Flaw::AnotherKey, "signature"),
        (Flaw::Tampered, "signature"),
        (Flaw::UnknownKey, "not its own"),
        (Flaw::Missing, "no ID token"),
    ];
    for kind in Kind::ALL {
        let place = kind.place().await;
        for (flaw, word) in all {
            match place.flawed(flaw).await {
                Err(NotSignedIn::Unacceptable { why }) => {
                    assert!(why.contains(word), "{kind:?} {flaw:?}: {why}");
                    assert!(
                        !why.contains("eyJ") && !why.contains("another-") && !why.contains("another."),
                        "no part of the token: {why}"
                    );
                }
                other => panic!("{kind:?} {flaw:?}: {other:?}"),
            }
        }
        place.far.desk(|desk| desk.flaw = None);
        assert!(place.signed_in().await.is_ok(), "{kind:?}");
    }
}

#[tokio::test]
async fn an_address_that_nobody_vouches_for_is_none() {
    for kind in Kind::ALL {
        let place = kind.place().await;
        for flaw in [Flaw::NoAddress, Flaw::AddressNotVerified] {
            let who = place.flawed(flaw).await.unwrap();
            assert_eq!(who.email, None, "{kind:?} {flaw:?}");
        }
        let who = place.flawed(Flaw::NoTimeOfSignIn).await.unwrap();
        assert!(!who.interactive, "{kind:?}");
    }
}

#[tokio::test]
async fn all_three_ways_of_signing_are_taken() {
    for kind in Kind::ALL {
        for signer in [Signer::Rs256, Signer::Ps256, Signer::Es256] {
            let place = kind.place().await;
            place.far.desk(|desk| desk.signer = signer);
            assert!(place.signed_in().await.is_ok(), "{kind:?} {signer:?}");
        }
    }
}

/// A new key is believed at once; keys that nobody knows make the provider be asked once, not each time.
#[tokio::test]
async fn keys_are_read_anew_when_one_is_not_known_and_not_more_often() {
    let place = Kind::Keycloak.place().await;
    let Far::Idp(twin) = &place.far else { panic!() };
    let reads = || twin.world().count(Operation::SignIn(Step::Keys));
    place.signed_in().await.unwrap();
    place.signed_in().await.unwrap();
    assert_eq!(reads(), 1);
    place.far.desk(|desk| desk.signer = Signer::Next);
    place.signed_in().await.unwrap();
    assert_eq!(reads(), 2);
    place.far.desk(|desk| desk.signer = Signer::Es256);
    assert!(matches!(place.signed_in().await, Err(NotSignedIn::Unacceptable { .. })));
    assert_eq!(reads(), 2, "a minute has not passed");
}

#[tokio::test]
async fn the_page_for_people_takes_the_code_as_people_type_it() {
    for kind in Kind::ALL {
        let place = kind.place().await;
        let offer = place.offer().await;
        let at = offer.verification_uri_complete.as_ref().unwrap_or(&offer.verification_uri);
        let (status, text) = page(at, None).await;
        assert_eq!(status, 200);
        assert_eq!(text.contains(&offer.user_code), kind != Kind::Entra, "{text}");
        let ana = text.split("<option value=\"").find(|option| option.contains(ANA)).unwrap();
        let ana = ana.split('"').next().unwrap();
        let typed = offer.user_code.replace('-', "").to_lowercase();
        let form = |answer: &str| Some(format!("user_code={typed}&person={ana}&answer={answer}"));
        assert_eq!(page(&offer.verification_uri, form("yes")).await.0, 200);
        assert!(place.door.finish(&offer).await.is_ok(), "{kind:?}");
        assert_eq!(page(&offer.verification_uri, form("yes")).await.0, 400, "nobody waits for it any more");
        let (_, text) = page(&format!("{}?user_code=%22%3Cb%3E", offer.verification_uri), None).await;
        assert!(text.contains("&quot;&lt;b&gt;"), "{text}");
    }
}

#[tokio::test]
async fn check_finds_everything_well_or_says_what_to_mend() {
    for kind in Kind::ALL {
        let place = kind.place().await;
        let found = place.door.check().await;
        assert_eq!(found.len(), 4);
        assert!(found.iter().all(|finding| finding.how.is_ok()), "{found:?}");

        let stranger = door(&place.far.desk(|desk| desk.issuer.clone()), Some("a-wrong-secret"));
        let found = stranger.check().await;
        let wrong: Vec<&String> = found.iter().filter_map(|finding| finding.how.as_ref().err()).collect();
        assert!(matches!(wrong.as_slice(), [one] if one.contains("client_secret")), "{found:?}");

        place.far.desk(|desk| desk.enabled = false);
        let found = door(&place.far.desk(|desk| desk.issuer.clone()), None).check().await;
        assert!(found[0].how.as_ref().unwrap_err().contains("device authorization"), "{found:?}");
    }
}

#[tokio::test]
async fn a_provider_that_calls_itself_otherwise_is_another_one() {
    for kind in Kind::ALL {
        let place = kind.place().await;
        let other = place.far.desk(|desk| {
            desk.issuer.push('/');
            desk.issuer.clone()
        });
        match place.door.begin().await {
            Err(Fault::Permanent { what }) => {
                assert!(what.contains(&other) && what.contains("issuer"), "{what}")
            }
            other => panic!("{kind:?}: {other:?}"),
        }
    }
}
