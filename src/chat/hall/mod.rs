//! The hall that all chat doors open into: from who speaks and what was said, typed, clicked or filled in, to an answer
//! in words. The same for every platform.
//!
//! A door knows its platform: what a payload looks like, who is behind an account, how an answer gets back. It knows
//! nothing of what is here, and what is here knows nothing of a platform. Never decides; what was refused before it came
//! to a decision is written down (P7).

mod again;
mod clicks;
pub mod forms;
mod mine;
mod search;
mod sent;
mod sign_ins;

use std::collections::BTreeMap;
use std::sync::Arc;

use glasskey_commands::breakglass::Breakglass;
use glasskey_commands::elevate::Elevate;
use glasskey_commands::{RequestWords, Usage};
use glasskey_domain::command::Incoming;
use glasskey_domain::decide::matters;
use glasskey_domain::refusal::{PlaceWhy, StrangerWhy};
use glasskey_domain::{
    AccountId, Actor, ChatAccount, Command, Directory, Door, InteractionId, Matter, PersonId, Refusal,
    Settings, Subject, Who, event,
};
use jiff::tz::TimeZone;

use super::asking::{self, Ear, Wish};
use super::breakglass::{self, Crowd};
use super::reading;
use crate::engine::{Engine, Stopped};
use crate::notices::{self, Button, Section, Text};

pub use clicks::{Click, Sure, asked_first};
pub use search::{ACCOUNT, BUNDLE, Found, GROUP};
pub use sent::Wrong;
pub use sign_ins::{SignIns, Whisper};

use again::place;
use forms::{Asked, Form};

/// The verb of `/elevate`, for what is refused before it is known what was meant.
pub const ELEVATE: &str = "elevate";

/// Who speaks, where, through which delivery.
#[derive(Debug, Clone)]
pub struct Speaker {
    /// Their account, as the platform signed for it.
    pub account: ChatAccount,
    /// Where, when it is said.
    pub channel: Option<String>,
    /// The delivery: one that comes again has the same (P6).
    pub interaction: InteractionId,
    /// How to say something more to them, later and alone.
    pub whisper: Option<Whisper>,
}

/// A person behind an account.
#[derive(Debug, Clone)]
pub struct Known {
    /// The person.
    pub person: PersonId,
    /// Their time zone as the platform has it, else UTC.
    pub zone: TimeZone,
}

/// What could not be done, as an answer. `None`: nothing was committed, so nothing may be acknowledged.
pub type Said = Result<Text, Option<Text>>;

/// What is answered to something that was said.
#[derive(Debug, Clone)]
pub enum Heard {
    /// Words.
    Say(Text),
    /// A form, with what was said already.
    Ask(Form, Words),
    /// What the person has, waits for, and is waited for.
    Mine(Vec<Section>),
}

/// What a form can hold already.
#[derive(Debug, Clone, Default)]
pub struct Words {
    /// Why.
    pub reason: Option<String>,
    /// Under which ticket.
    pub ticket: Option<String>,
}

/// What is behind a door.
pub struct Hall {
    engine: Engine,
    aliases: BTreeMap<String, AccountId>,
    door: Door,
    sign_ins: Arc<SignIns>,
}

impl Hall {
    /// Behind this door, with this engine. `aliases`: other names for accounts. `sign_ins`: where people sign in.
    #[must_use]
    pub fn new(
        engine: Engine,
        aliases: BTreeMap<String, AccountId>,
        door: Door,
        sign_ins: Arc<SignIns>,
    ) -> Self {
        Self { engine, aliases, door, sign_ins }
    }

    /// The engine.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The settings in force.
    #[must_use]
    pub fn settings(&self) -> Arc<Settings> {
        self.engine.settings()
    }

    /// The company as it is in force.
    #[must_use]
    pub fn directory(&self) -> Arc<Directory> {
        self.engine.directory()
    }

    /// What is needed to understand somebody whose clock shows this zone.
    #[must_use]
    pub fn ear<'a>(&'a self, directory: &'a Directory, zone: TimeZone) -> Ear<'a> {
        let (aliases, settings) = (&self.aliases, self.engine.settings());
        Ear { directory, aliases, settings, now: self.engine.now(), zone }
    }

    /// Whether who was found out to speak, where, may speak here; a refusal is written down.
    ///
    /// # Errors
    /// The words of the refusal.
    pub async fn meet(
        &self,
        speaker: &Speaker,
        verb: &str,
        person: Result<Known, StrangerWhy>,
        place: Result<(), PlaceWhy>,
    ) -> Result<Known, Option<Text>> {
        let known = match person {
            Ok(known) => known,
            // The platform did answer: it is our own directory that was never read.
            Err(StrangerWhy::CouldNotAsk) if self.directory().is_empty() => {
                return Err(refused(self.refuse(speaker, None, verb, Refusal::DirectoryNotRead).await));
            }
            Err(why) => {
                return Err(refused(self.refuse(speaker, None, verb, Refusal::Stranger { why }).await));
            }
        };
        if let Err(why) = place {
            let refusal = Refusal::NotServedHere { why };
            return Err(refused(self.refuse(speaker, Some(&known), verb, refusal).await));
        }
        Ok(known)
    }

    /// Writes a refusal down and answers it.
    ///
    /// # Errors
    /// The words of the refusal.
    pub async fn refuse(
        &self,
        speaker: &Speaker,
        person: Option<&Known>,
        verb: &str,
        refusal: Refusal,
    ) -> Said {
        let who = match person {
            Some(known) => Who::Person { person: known.person.clone() },
            None => Who::Stranger { account: speaker.account.clone() },
        };
        let command = Command::Refuse { verb: verb.to_owned(), refusal };
        self.answered(speaker, Actor { who, door: self.door, sign_in: None }, command).await
    }

    /// What a click leads to, as things are now; nothing, when what it is on has no such button. A form about what came up before
    /// is not filled in first and refused then.
    pub async fn clicked(&self, button: Button, id: Subject) -> Option<Click> {
        let click = clicks::clicked(button, id)?;
        let (id, matter) = match &click {
            Click::Ask(Form::Deny(id, matter)) => (id, *matter),
            Click::Ask(Form::ApproveLess(id)) => (id, Matter::Request),
            Click::Ask(_) | Click::Decide(_) | Click::Again(_) => return Some(click),
        };
        let now = self.engine.now();
        let book = self.engine.book().await;
        match book.request(id).map_or(Ok(()), |request| matters(request, matter, now)) {
            Ok(()) => Some(click),
            Err(refusal) => {
                let verb = button.action().to_owned();
                Some(Click::Decide(Command::Refuse { verb, refusal }))
            }
        }
    }

    /// What a person wants decided, decided.
    ///
    /// # Errors
    /// The words of a refusal.
    pub async fn decide(&self, speaker: &Speaker, known: &Known, command: Command) -> Said {
        let by = Actor::person(known.person.clone(), self.door);
        match self.submit(speaker, by, command.clone()).await {
            Ok(event::Answer::Refused(Refusal::SignInNeeded { action })) => {
                self.step_up(speaker, known, action, command).await
            }
            answer => self.in_words(answer),
        }
    }

    async fn answered(&self, speaker: &Speaker, by: Actor, command: Command) -> Said {
        let answer = self.submit(speaker, by, command).await;
        self.in_words(answer)
    }

    fn in_words(&self, answer: Result<event::Answer, Stopped>) -> Said {
        match answer {
            Ok(event::Answer::Done(reply)) => Ok(notices::reply(&reply, &self.directory())),
            Ok(event::Answer::Refused(refusal)) => Err(Some(notices::refusal(&refusal, &self.directory()))),
            Err(_stopped) => Err(None),
        }
    }

    /// Gives a command to the engine: answered when it is durable.
    async fn submit(&self, speaker: &Speaker, by: Actor, command: Command) -> Result<event::Answer, Stopped> {
        let incoming = Incoming { by, interaction: Some(speaker.interaction.clone()), command };
        self.engine.submit(incoming).await
    }

    /// A payload that cannot be read is written down, and changes nothing.
    ///
    /// # Errors
    /// The words of the refusal.
    pub async fn unreadable(&self, interaction: InteractionId, sentence: String) -> Said {
        let account = ChatAccount { door: self.door, workspace: String::new(), user: String::new() };
        let speaker = Speaker { account, channel: None, interaction, whisper: None };
        self.refuse(&speaker, None, "unreadable-payload", Refusal::Unreadable { sentence }).await
    }

    /// A command that this release does not have.
    ///
    /// # Errors
    /// The words of the refusal.
    pub async fn no_such_command(&self, speaker: &Speaker, command: &str) -> Said {
        let sentence = format!(
            "there is no command `{command}` in this release; `/elevate help` and `/breakglass help` show what there is"
        );
        self.refuse(speaker, None, "unknown-command", Refusal::Unreadable { sentence }).await
    }

    /// What was said with `/elevate`. `read`: how the door reads it, typed or by its options. `crowd`: whom it mentions.
    ///
    /// # Errors
    /// The words of a refusal, or what was wrong with what was said.
    pub async fn elevate(
        &self,
        speaker: &Speaker,
        known: &Known,
        read: impl FnOnce(&Ear<'_>) -> Result<Elevate, Usage> + Send,
        crowd: &Crowd,
    ) -> Result<Heard, Option<Text>> {
        let directory = self.directory();
        let ear = self.ear(&directory, known.zone.clone());
        let said = match read(&ear) {
            Ok(said) => said,
            Err(usage) => return self.misheard(speaker, known, ELEVATE, &usage).await.map(Heard::Say),
        };
        match asking::wish(&ear, said, crowd) {
            Ok(Wish::Decide(command)) => self.decide(speaker, known, command).await.map(Heard::Say),
            Ok(Wish::Extend { id, length, reason }) => {
                let meant = asking::extension(&ear, &*self.engine.book().await, id, (length, reason));
                match meant {
                    Ok(command) => self.decide(speaker, known, command).await.map(Heard::Say),
                    Err(refusal) => self.refuse(speaker, Some(known), ELEVATE, refusal).await.map(Heard::Say),
                }
            }
            Ok(Wish::Link) => self.link(speaker, Ok(())).await.map(Heard::Say),
            Ok(Wish::Unlink) => {
                let command = Command::Unlink { account: speaker.account.clone() };
                self.decide(speaker, known, command).await.map(Heard::Say)
            }
            Ok(help @ Wish::Help(_)) => self.read(known, help).await.map(Heard::Say),
            Ok(Wish::Form) => Ok(Heard::Ask(Form::Access(Box::default()), Words::default())),
            wish => match self.works_here(known).and(wish) {
                Ok(wish) => self.shown(speaker, known, wish).await,
                Err(refusal) => self.refuse(speaker, Some(known), ELEVATE, refusal).await.map(Heard::Say),
            },
        }
    }

    /// What is shown to who works here, and decides nothing.
    async fn shown(&self, speaker: &Speaker, known: &Known, wish: Wish) -> Result<Heard, Option<Text>> {
        match wish {
            Wish::Mine => Ok(Heard::Mine(self.mine(known).await)),
            Wish::Again(id) => match self.again(known, id.as_ref()).await {
                Ok(again) => {
                    let words = again.words();
                    Ok(Heard::Ask(again.form(self.door), words))
                }
                Err(refusal) => self.refuse(speaker, Some(known), ELEVATE, refusal).await.map(Heard::Say),
            },
            wish => self.read(known, wish).await.map(Heard::Say),
        }
    }

    async fn read(&self, known: &Known, wish: Wish) -> Said {
        reading::answer(&self.engine, &known.person, self.door, wish).await.map_err(Some)
    }

    /// Whether somebody is of the company now. What needs no decision is shown to nobody else: a platform may go on to
    /// know who left.
    ///
    /// # Errors
    /// The refusal.
    pub fn works_here(&self, known: &Known) -> Result<(), Refusal> {
        self.directory().works_here(&known.person).map(drop)
    }

    /// The form that asks for the reason of a request that says everything else.
    ///
    /// # Errors
    /// When a name in it leads nowhere, or to several.
    pub fn reason_form(&self, known: &Known, words: &RequestWords) -> Result<Form, Refusal> {
        self.works_here(known)?;
        let directory = self.directory();
        let ear = self.ear(&directory, known.zone.clone());
        let (targets, bundle) = asking::targets(&ear, &words.what)?;
        let starts_at = words.start.map(|said| asking::start(&ear, &said)).transpose()?;
        let (place, permission_set) =
            place(&directory, targets.first(), bundle).ok_or(Refusal::TargetGone)?;
        Ok(Form::Reason(Asked {
            place,
            permission_set,
            length: asking::length(&ear, words.length),
            starts_at: starts_at.map(|at| at.as_second()),
            urgent: words.urgent,
        }))
    }

    /// Whether what was said with `/breakglass` is answered by the form: one with nothing to choose from helps nobody.
    #[must_use]
    pub fn wants_form(&self, said: &Result<Breakglass, Usage>) -> bool {
        matches!(said, Ok(Breakglass::Form)) && !self.settings().federations.is_empty()
    }

    /// What was said with `/breakglass`, but for what [`Hall::wants_form`]. `crowd`: whom it mentions.
    ///
    /// # Errors
    /// The words of a refusal, or what was wrong with what was said.
    pub async fn breakglass(
        &self,
        speaker: &Speaker,
        known: &Known,
        said: Result<Breakglass, Usage>,
        crowd: &Crowd,
    ) -> Said {
        let said = match said {
            Ok(said) => said,
            Err(usage) => return self.misheard(speaker, known, breakglass::VERB, &usage).await,
        };
        let directory = self.directory();
        let ear = self.ear(&directory, known.zone.clone());
        let wish = breakglass::wish(&ear, &*self.engine.book().await, said, crowd);
        let refusal = match wish {
            Ok(breakglass::Wish::Decide(command)) => {
                return self.decide(speaker, known, Command::Emergency(command)).await;
            }
            Ok(breakglass::Wish::Status(federation)) => match self.works_here(known) {
                Ok(()) => match reading::status(&self.engine, federation.as_ref()).await {
                    Ok((text, _)) => return Ok(text),
                    Err(refusal) => refusal,
                },
                Err(refusal) => refusal,
            },
            Ok(breakglass::Wish::Help(topic)) => return Ok(reading::breakglass_help(topic, self.door)),
            Ok(breakglass::Wish::Form) => Refusal::NoFederation,
            Err(refusal) => refusal,
        };
        self.refuse(speaker, Some(known), breakglass::VERB, refusal).await
    }

    /// The journal gets the sentence; the person also gets the right form.
    async fn misheard(&self, speaker: &Speaker, known: &Known, verb: &str, usage: &Usage) -> Said {
        let refusal = Refusal::Unreadable { sentence: usage.sentence() };
        match self.refuse(speaker, Some(known), verb, refusal).await {
            Err(None) => Err(None),
            Ok(_) | Err(Some(_)) => Err(Some(notices::usage(usage))),
        }
    }
}

/// The words of a refusal that was written down; nothing when it could not be.
fn refused(said: Said) -> Option<Text> {
    match said {
        Ok(text) => Some(text),
        Err(said) => said,
    }
}
