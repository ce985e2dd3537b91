//! Signing people in by device code (RFC 8628), as all three providers do it: what they say of themselves, codes, the page
//! where people type them, tokens. Each provider has its own paths and its own words.
//!
//! It believes whoever says who they are on its page: a pretend provider has no passwords.

use sha2::{Digest as _, Sha256};

use super::{Reply, User};

mod keys;
mod page;
mod token;
mod wire;

pub use keys::Signer;
pub use token::Flaw;
pub(crate) use wire::is_by_device_code;

/// Letters of codes that people type: no vowels, so that no words come out (RFC 8628 §6.1).
const CODE_LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
/// Codes remembered; the oldest are forgotten first, so that a long demo does not grow without end.
const OFFERS_MAX: usize = 1_000;

/// Whose manners it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flavour {
    Okta,
    Entra,
    Keycloak,
}

/// What is asked of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// What it says of itself.
    Discovery,
    /// The keys that tokens are signed with.
    Keys,
    /// A code.
    Authorize,
    /// A token for a code.
    Token,
    /// The page is opened.
    Page,
    /// Somebody answers on the page.
    Answer,
}

/// Where it is.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    pub(crate) device: String,
    pub(crate) token: String,
    pub(crate) keys: String,
    pub(crate) page: String,
}

/// A provider's sign-in: open to change by hand.
#[derive(Debug)]
pub struct Desk {
    /// What it calls itself.
    pub issuer: String,
    /// The client that may ask for codes.
    pub client_id: String,
    /// What the client must show, when it must show something.
    pub client_secret: Option<String>,
    /// How often the client may ask, seconds.
    pub interval_secs: u64,
    /// For how long a code is good, seconds.
    pub expires_secs: u64,
    /// So many questions are answered with `slow_down`, whenever they come.
    pub slow_downs: usize,
    /// What is wrong with tokens.
    pub flaw: Option<Flaw>,
    /// How tokens are signed.
    pub signer: Signer,
    /// Whether device codes are on.
    pub enabled: bool,
    /// It repeats what it was sent in its errors.
    pub echoes: bool,
    /// When the client asked for a token, milliseconds since the epoch.
    pub asked_at_ms: Vec<i64>,
    flavour: Flavour,
    places: Places,
    offers: Vec<Offer>,
    count: u64,
}

/// A code that was given out.
#[derive(Debug, Clone)]
pub(crate) struct Offer {
    device_code: String,
    user_code: String,
    nonce: Option<String>,
    ends_ms: i64,
    asked_ms: Option<i64>,
    answer: Answer,
}

#[derive(Debug, Clone)]
enum Answer {
    None,
    Yes { user: User, at_secs: i64 },
    No,
    Used,
}

impl Desk {
    pub(crate) fn new(flavour: Flavour, issuer: String, places: Places) -> Self {
        Self {
            issuer,
            client_id: "glasskey-sign-in".to_owned(),
            client_secret: None,
            interval_secs: 5,
            expires_secs: 600,
            slow_downs: 0,
            flaw: None,
            signer: Signer::Rs256,
            enabled: true,
            echoes: false,
            asked_at_ms: Vec::new(),
            flavour,
            places,
            offers: Vec::new(),
            count: 0,
        }
    }

    /// Answers a call. `form` is the query of a page that is opened, and the body of everything else.
    pub(crate) fn answer(
        &mut self,
        step: Step,
        form: &[(String, String)],
        users: &[User],
        now_ms: i64,
    ) -> Reply {
        let field = |name: &str| form.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value.as_str());
        match step {
            Step::Discovery => self.discovery(),
            Step::Keys => self.published(),
            Step::Authorize => self.authorize(form, now_ms),
            Step::Token => self.token(form, now_ms),
            Step::Page => page::form(field("user_code"), users),
            Step::Answer => {
                let (code, who) = (field("user_code"), field("person"));
                let user = users.iter().find(|user| user.id == who && user.enabled);
                let done = match (field("answer"), user) {
                    ("yes", Some(user)) => self.signs_in(code, user, now_ms.div_euclid(1_000)),
                    ("yes", None) => false,
                    _ => self.says_no(code),
                };
                page::done(done)
            }
        }
    }

    /// The codes that wait for somebody, oldest first.
    #[must_use]
    pub fn pending(&self) -> Vec<String> {
        let waits = self.offers.iter().filter(|offer| matches!(offer.answer, Answer::None));
        waits.map(|offer| offer.user_code.clone()).collect()
    }

    /// Somebody types this code, having signed in at that time. False for a code that waits for nobody.
    pub fn signs_in(&mut self, user_code: &str, user: &User, at_secs: i64) -> bool {
        self.answers(user_code, Answer::Yes { user: user.clone(), at_secs })
    }

    /// Somebody types this code and says no. False for a code that waits for nobody.
    pub fn says_no(&mut self, user_code: &str) -> bool {
        self.answers(user_code, Answer::No)
    }

    /// All codes end.
    pub fn forget(&mut self) {
        self.offers.clear();
    }

    fn answers(&mut self, user_code: &str, answer: Answer) -> bool {
        let typed = plain(user_code);
        let mut waiting = self.offers.iter_mut().filter(|offer| matches!(offer.answer, Answer::None));
        let offer = waiting.find(|offer| plain(&offer.user_code) == typed);
        offer.map(|offer| offer.answer = answer).is_some()
    }

    /// A code that never came before: for machines, and for people.
    fn codes(&mut self, now_ms: i64) -> (String, String) {
        self.count += 1;
        let hash = Sha256::digest(format!("{} {} {now_ms}", self.issuer, self.count));
        let device = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        let letters = hash.iter().take(8).filter_map(|byte| {
            CODE_LETTERS.get(usize::from(*byte) % CODE_LETTERS.len()).copied().map(char::from)
        });
        let mut user: String = letters.collect();
        user.insert(4, '-');
        (device, user)
    }

    fn keep(&mut self, offer: Offer) {
        if self.offers.len() >= OFFERS_MAX {
            self.offers.remove(0);
        }
        self.offers.push(offer);
    }
}

/// A code as it is compared: people leave out the dash and the capitals.
fn plain(code: &str) -> String {
    code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}
