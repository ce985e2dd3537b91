//! Signing in at the company, for who must show who they are: to link an account, or before something counts (step-up).
//!
//! Nothing is decided while somebody signs in, and nothing is lost when the bot stops meanwhile: who signs in too late
//! starts again. The code is told to nobody but who asked for it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;
use glasskey_domain::command::Incoming;
use glasskey_domain::person::SignIn;
use glasskey_domain::refusal::{NoSignIn, PlaceWhy, StrangerWhy};
use glasskey_domain::settings::StepUpAction;
use glasskey_domain::{Actor, ChatAccount, Command, Door, InteractionId, Refusal, Who, event};
use tokio::task::AbortHandle;

use super::{Hall, Known, Said, Speaker};
use crate::engine::Engine;
use crate::notices::{self, SignInSteps, Text};
use crate::ports::{NotSignedIn, SignInOffer, SignInProvider};

/// The verb of a link, for the journal.
const LINK: &str = "link";
/// People who sign in at the same time: more than a company at nine in the morning, and a bound on what waits.
const OPEN_MAX: usize = 500;

/// A way to say something more to who spoke, later and to them alone.
#[derive(Clone)]
pub struct Whisper(Arc<dyn Fn(Text) -> BoxFuture<'static, ()> + Send + Sync>);

impl Whisper {
    /// By this way.
    #[must_use]
    pub fn new(way: impl Fn(Text) -> BoxFuture<'static, ()> + Send + Sync + 'static) -> Self {
        Self(Arc::new(way))
    }

    /// Says it.
    pub async fn say(&self, text: Text) {
        (self.0)(text).await;
    }
}

impl fmt::Debug for Whisper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Whisper")
    }
}

/// Where people sign in, and who does at the moment. One for all doors.
#[derive(Default)]
pub struct SignIns {
    provider: Option<Arc<dyn SignInProvider>>,
    open: Mutex<BTreeMap<ChatAccount, Open>>,
}

/// Somebody who signs in at the moment.
struct Open {
    task: AbortHandle,
    whisper: Whisper,
}

impl Open {
    /// Ends it; they are told, because the code that they were given still looks like one that counts.
    fn give_up(self) {
        self.task.abort();
        tokio::spawn(async move { self.whisper.say(notices::sign_in_given_up()).await });
    }
}

impl SignIns {
    /// At this provider; nowhere, when there is none.
    #[must_use]
    pub fn new(provider: Option<Arc<dyn SignInProvider>>) -> Self {
        Self { provider, open: Mutex::default() }
    }

    fn provider(&self) -> Result<Arc<dyn SignInProvider>, NoSignIn> {
        self.provider.clone().ok_or(NoSignIn::NotConfigured)
    }

    /// Lets somebody sign in while nobody waits. Who starts again gives up what they started before.
    fn start(
        &self,
        (account, whisper): (&ChatAccount, Whisper),
        work: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), NoSignIn> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, one| !one.task.is_finished());
        if let Some(before) = open.remove(account) {
            before.give_up();
        }
        if open.len() >= OPEN_MAX {
            return Err(NoSignIn::CouldNotAsk);
        }
        open.insert(account.clone(), Open { task: tokio::spawn(work).abort_handle(), whisper });
        Ok(())
    }
}

/// Somebody who signs in, and where they get to know how it goes.
struct Applicant {
    engine: Engine,
    door: Door,
    account: ChatAccount,
    interaction: InteractionId,
    whisper: Whisper,
    provider: Arc<dyn SignInProvider>,
}

impl Hall {
    fn applicant(&self, speaker: &Speaker) -> Result<Applicant, NoSignIn> {
        Ok(Applicant {
            engine: self.engine.clone(),
            door: self.door,
            account: speaker.account.clone(),
            interaction: InteractionId::new(format!("{}:signed-in", speaker.interaction)),
            whisper: speaker.whisper.clone().ok_or(NoSignIn::CouldNotAsk)?,
            provider: self.sign_ins.provider()?,
        })
    }

    /// Somebody whom we do not know wants to be known: they sign in, and their account is theirs from then on. `place`:
    /// whether this is done where they speak.
    ///
    /// # Errors
    /// The words of a refusal.
    pub async fn link(&self, speaker: &Speaker, place: Result<(), PlaceWhy>) -> Said {
        if let Err(why) = place {
            return self.refuse(speaker, None, LINK, Refusal::NotServedHere { why }).await;
        }
        match self.door {
            Door::Discord => {}
            Door::Slack | Door::Host | Door::Inside => {
                return self.refuse(speaker, None, LINK, Refusal::NotLinkable).await;
            }
        }
        let begun = self.applicant(speaker).and_then(|applicant| {
            let one = (&speaker.account, applicant.whisper.clone());
            self.sign_ins.start(one, async move { applicant.links().await })
        });
        match begun {
            Ok(()) => Ok(notices::sign_in_begins()),
            Err(why) => self.refuse(speaker, None, LINK, Refusal::NotSignedIn { why }).await,
        }
    }

    /// What the configuration wants a fresh sign-in for is decided once more when there is one.
    pub(super) async fn step_up(
        &self,
        speaker: &Speaker,
        known: &Known,
        action: StepUpAction,
        command: Command,
    ) -> Said {
        let by = Actor::person(known.person.clone(), self.door);
        let begun = self.applicant(speaker).and_then(|applicant| {
            let one = (&speaker.account, applicant.whisper.clone());
            self.sign_ins.start(one, async move { applicant.proves(action, by, command).await })
        });
        match begun {
            Ok(()) => Ok(notices::sign_in_begins()),
            Err(why) => {
                let refusal = Refusal::NotSignedIn { why };
                let again = InteractionId::new(format!("{}:no-sign-in", speaker.interaction));
                let speaker = Speaker { interaction: again, ..speaker.clone() };
                self.refuse(&speaker, Some(known), action.word(), refusal).await
            }
        }
    }
}

impl Applicant {
    async fn links(self) {
        let stranger = || Who::Stranger { account: self.account.clone() };
        let sign_in = self.signs_in(notices::link_steps).await;
        let command = match sign_in {
            Ok(sign_in) => self.link_of(sign_in),
            Err(why) => Command::Refuse { verb: LINK.to_owned(), refusal: Refusal::NotSignedIn { why } },
        };
        self.decide(Actor { who: stranger(), door: self.door, sign_in: None }, command).await;
    }

    /// The one person of the company whose address the identity provider vouches for.
    fn link_of(&self, sign_in: SignIn) -> Command {
        let refuse = |refusal| Command::Refuse { verb: LINK.to_owned(), refusal };
        let Some(email) = sign_in.email.clone() else {
            return refuse(Refusal::SignedInAsAnother { email: None });
        };
        let directory = self.engine.directory();
        let found = directory.by_email(&email);
        match found.as_slice() {
            [one] => Command::Link {
                account: self.account.clone(),
                person: one.id.clone(),
                sign_in: Some(sign_in),
            },
            [] if directory.is_empty() => refuse(Refusal::DirectoryNotRead),
            [] => refuse(Refusal::Stranger { why: StrangerWhy::NobodyHasEmail { email } }),
            _several => refuse(Refusal::Stranger { why: StrangerWhy::SeveralHaveEmail { email } }),
        }
    }

    async fn proves(self, action: StepUpAction, by: Actor, command: Command) {
        match self.signs_in(|steps| notices::step_up_steps(action, steps)).await {
            Ok(_) if !self.is_still(&by).await => {
                let refusal = Refusal::Stranger { why: StrangerWhy::NotLinked };
                let by = Actor { who: Who::Stranger { account: self.account.clone() }, ..by };
                self.decide(by, Command::Refuse { verb: action.word().to_owned(), refusal }).await;
            }
            Ok(sign_in) => self.decide(Actor { sign_in: Some(sign_in), ..by }, command).await,
            Err(why) => {
                let refusal = Refusal::NotSignedIn { why };
                self.decide(by, Command::Refuse { verb: action.word().to_owned(), refusal }).await;
            }
        }
    }

    /// Whether the account is still theirs: where only a link says so, it may have been taken back while they signed in.
    async fn is_still(&self, by: &Actor) -> bool {
        match self.door {
            Door::Discord => {
                let book = self.engine.book().await;
                book.binding(&self.account).is_some_and(|link| Some(&link.person) == by.as_person())
            }
            Door::Slack | Door::Host | Door::Inside => true,
        }
    }

    async fn signs_in(&self, words: impl Fn(&SignInSteps) -> Text + Send) -> Result<SignIn, NoSignIn> {
        let offer = self.provider.begin().await.map_err(|fault| {
            tracing::warn!(%fault, "the identity provider gave no code to sign in with");
            NoSignIn::CouldNotAsk
        })?;
        self.whisper.say(words(&steps(&offer))).await;
        self.provider.finish(&offer).await.map_err(|not| {
            tracing::info!(account = %self.account, %not, "a sign-in did not come about");
            match not {
                NotSignedIn::Denied => NoSignIn::Denied,
                NotSignedIn::Expired => NoSignIn::Expired,
                NotSignedIn::Unacceptable { why } => NoSignIn::Unacceptable { what: why },
                NotSignedIn::CouldNotAsk(_) => NoSignIn::CouldNotAsk,
            }
        })
    }

    async fn decide(&self, by: Actor, command: Command) {
        let interaction = Some(self.interaction.clone());
        let answer = self.engine.submit(Incoming { by, interaction, command }).await;
        let directory = self.engine.directory();
        self.whisper
            .say(match answer {
                Ok(event::Answer::Done(reply)) => notices::reply(&reply, &directory),
                Ok(event::Answer::Refused(refusal)) => notices::refusal(&refusal, &directory),
                Err(stopped) => Text::new().say(stopped.to_string()),
            })
            .await;
    }
}

fn steps(offer: &SignInOffer) -> SignInSteps {
    SignInSteps {
        url: offer.verification_uri_complete.as_ref().unwrap_or(&offer.verification_uri).clone(),
        user_code: offer.user_code.clone(),
        until: offer.expires_at,
    }
}
