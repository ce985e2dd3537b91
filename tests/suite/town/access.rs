//! Access requests in this town: forms, messages with buttons, what concerns one person, and rules that ask for more than
//! one approval.

use glasskey::notices::read_about;
use glasskey_playground::discord::Answer;
use glasskey_playground::slack::{Click, Place, SlackTwin};
use jiff::{Span, Timestamp};
use serde_json::{Map, Value, json};

use super::chat::read;
use super::people::{ClickAnswer, Clicked, Person, Request};
use super::{ACME, Platform, Town};

/// Acme, where to look at `payments-prod` takes what these annotations say.
pub(crate) fn acme_with(annotations: &str) -> String {
    let before = "@id(\"payments-prod-read\")\n@max_duration(\"4h\")\n";
    let changed = ACME.replacen(&format!("{before}@approvals(\"1\")"), &format!("{before}{annotations}"), 1);
    assert_ne!(changed, ACME);
    changed
}

/// Acme, where urgent access is half an hour, and to look alone.
pub(crate) fn urgently() -> String {
    let (before, urgent) = ACME.split_once("@id(\"payments-prod-urgent\")").unwrap();
    let changed = urgent.replacen("@max_duration(\"1h\")", "@max_duration(\"30m\")", 1).replacen(
        r#"["ReadOnly", "PowerUser"]"#,
        r#"["ReadOnly"]"#,
        1,
    );
    format!("{before}@id(\"payments-prod-urgent\"){changed}")
}

/// What somebody chooses in Discord's fields who would type these words after `/elevate`; nothing for words that have had
/// fields from the start.
pub(super) fn access_fields(said: &[&str]) -> Option<(&'static str, Value)> {
    let (first, rest) = said.split_first()?;
    let (keyword, given) = match (*first, rest) {
        ("mine", []) => ("mine", Vec::new()),
        ("again", rest) => ("again", named(&["id"], rest)),
        ("end", ["all", rest @ ..]) => ("end-all", all(rest)),
        ("approve", [id, "for", length]) => ("approve", named(&["id", "duration"], &[id, length])),
        ("extend", [id, "by", rest @ ..] | [id, rest @ ..]) => {
            let (length, reason) = rest.split_first()?;
            ("extend", with_words(named(&["id", "duration"], &[id, length]), "reason", reason))
        }
        ("acknowledge", [id, note @ ..]) => ("acknowledge", with_words(named(&["id"], &[id]), "note", note)),
        ("object", [id, why @ ..]) => ("object", with_words(named(&["id"], &[id]), "why", why)),
        ("urgent", [account, set, rest @ ..]) => ("urgent", asked(account, set, rest)),
        ("group" | "bundle", _) => return None,
        (account, [set, rest @ ..]) if rest.contains(&"at") => ("request", asked(account, set, rest)),
        _ => return None,
    };
    let given: Map<String, Value> =
        given.into_iter().map(|(name, text)| (name.to_owned(), Value::from(text))).collect();
    Some((keyword, Value::from(given)))
}

type Given = Vec<(&'static str, String)>;

fn named(names: &[&'static str], said: &[&str]) -> Given {
    names.iter().zip(said).map(|(name, word)| (*name, (*word).to_owned())).collect()
}

fn with_words(mut given: Given, name: &'static str, words: &[&str]) -> Given {
    if !words.is_empty() {
        given.push((name, words.join(" ")));
    }
    given
}

/// `[@person|account] [confirm]`.
fn all(said: &[&str]) -> Given {
    let named = |word: &&str| match *word {
        "confirm" => ("confirm", "confirm".to_owned()),
        word if word.starts_with("<@") => ("person", word.to_owned()),
        word => ("account", word.to_owned()),
    };
    said.iter().map(named).collect()
}

/// `payments-prod ReadOnly 1h [at tomorrow 02:00] CHG-7 look at refunds`.
fn asked(account: &str, set: &str, said: &[&str]) -> Given {
    let mut given = named(&["account", "permission-set"], &[account, set]);
    let (length, said) = said.split_first().unwrap();
    given.push(("duration", (*length).to_owned()));
    let (start, said) = match said {
        ["at", "tomorrow", time, rest @ ..] => (Some(format!("tomorrow {time}")), rest),
        ["at", start, rest @ ..] => (Some((*start).to_owned()), rest),
        rest => (None, rest),
    };
    given.extend(start.map(|start| ("at", start)));
    let (ticket, reason) = said.split_first().unwrap();
    given.push(("ticket", (*ticket).to_owned()));
    with_words(given, "reason", reason)
}

/// What concerns one person, as they see it: App Home in Slack, what `/elevate mine` answers in Discord.
pub(crate) struct Own<'t> {
    who: Person<'t>,
    message: String,
    words: String,
    buttons: Vec<String>,
}

impl Own<'_> {
    /// Checks that it says this.
    #[track_caller]
    pub(crate) fn says(&self, words: &str) -> &Self {
        assert!(self.words.contains(words), "`{words}` is not in: {}", self.words);
        self
    }

    /// Checks that it does not.
    #[track_caller]
    pub(crate) fn is_silent_about(&self, words: &str) -> &Self {
        assert!(!self.words.contains(words), "`{words}` is in: {}", self.words);
        self
    }

    /// Whether this can be done about a request from here.
    pub(crate) fn offers(&self, it: &Request, button: &str) -> bool {
        match self.who.on {
            Platform::Slack => block_of(&self.home(), it, button).is_some(),
            Platform::Discord => self.buttons.contains(&format!("{button} {}", it.id)),
        }
    }

    fn home(&self) -> Value {
        self.who.town.slack().home(&self.who.handle).unwrap().view
    }

    /// Clicks a button beside a request that opens a form.
    pub(crate) fn opens(&self, it: &Request, button: &str) {
        match self.who.on {
            Platform::Slack => self.clicks_at_home(&self.home(), it, button),
            Platform::Discord => drop(self.clicks(it, button)),
        }
    }

    /// Clicks a button beside a request; what they read then.
    pub(crate) fn clicks(&self, it: &Request, button: &str) -> String {
        match self.who.on {
            Platform::Slack => {
                let before = self.home();
                self.clicks_at_home(&before, it, button);
                let again = |slack: &SlackTwin| {
                    slack.home(&self.who.handle).filter(|home| home.view["hash"] != before["hash"])
                };
                self.who.town.slack_shows("App Home to be drawn after a click", again).words()
            }
            Platform::Discord => {
                let clicked = self.who.click_at("access", &self.message, &format!("{button} {}", it.id));
                self.who.is_sure_at("access", &clicked)
            }
        }
    }

    fn clicks_at_home(&self, home: &Value, it: &Request, button: &str) {
        let Person { town, handle, .. } = &self.who;
        let block_id = block_of(home, it, button);
        assert!(block_id.is_some(), "no {button} of {} in: {}", it.id, self.words);
        let (place, what) = (Place::Home, button.to_owned());
        let click = Click { place, what, block_id, chosen: String::new() };
        let result = town.block("the answer to a click", town.slack().act(handle, &click));
        assert_eq!(result.failure, None, "{handle} clicked {button}");
    }
}

/// The block that has this button of a request.
fn block_of(view: &Value, it: &Request, button: &str) -> Option<String> {
    let is_of_it = |element: &Value| {
        let about = element["value"].as_str().and_then(read_about);
        about.is_some_and(|(id, _)| id.to_string() == it.id.as_str())
    };
    let is_it = |element: &Value| element["text"]["text"] == button && is_of_it(element);
    let has = |block: &&Value| block["elements"].as_array().is_some_and(|all| all.iter().any(is_it));
    view["blocks"].as_array()?.iter().find(has)?["block_id"].as_str().map(str::to_owned)
}

impl<'t> Person<'t> {
    /// Looks at what concerns them.
    pub(crate) fn looks_at_theirs(&self) -> Own<'t> {
        let Self { town, handle, on, .. } = self;
        match on {
            Platform::Slack => {
                let opened = town.block("App Home", town.slack().open_home(handle));
                assert_eq!(opened.failure, None);
                let home = town.slack().home(handle).unwrap();
                let (words, buttons) = (home.words(), home.buttons());
                Own { who: self.clone(), message: String::new(), words, buttons }
            }
            Platform::Discord => {
                let nothing = json!({});
                let slash = town.discord().slash(handle, "access", "elevate mine", &nothing);
                let result = town.block("what concerns one person", slash);
                let Some(Answer::Message(message)) = &result.answer else { panic!("{result:?}") };
                let (words, buttons) = (read(&message.words()), message.buttons());
                Own { who: self.clone(), message: message.id.clone(), words, buttons }
            }
        }
    }

    /// Fills in the form that is before them, and sends it. What they read of it: in Slack what is wrong at which field
    /// (`reason: a reason of …`), in Discord any answer.
    pub(crate) fn sends(&self, filled: &Value) -> String {
        let Self { town, handle, on, .. } = self;
        match on {
            Platform::Slack => {
                town.slack_shows("the form", |slack| slack.open_views(handle).pop());
                let sent = town.block("the answer to a form", town.slack().submit_view(handle, filled));
                assert_eq!(sent.failure, None);
                let errors = sent.payload.unwrap_or_default()["errors"].clone();
                let wrong = errors.as_object().cloned().unwrap_or_default();
                let wrong = wrong.iter().map(|(field, text)| format!("{field}: {}", text.as_str().unwrap()));
                wrong.collect::<Vec<_>>().join("\n")
            }
            Platform::Discord => {
                let sent = town.block("the answer to a form", town.discord().submit_modal(handle, filled));
                assert_eq!(sent.failure, None);
                read(&sent.words())
            }
        }
    }

    /// The form that is before them, once it is there: all that can be read in it, and what stands in its fields.
    pub(crate) fn sees_a_form(&self) -> String {
        let Self { town, handle, on, .. } = self;
        town.chat_shows(*on, "a form", || match on {
            Platform::Slack => {
                let view = town.slack().open_views(handle).pop()?;
                Some(format!("{}\n{}", view.words(), view.view["state"]["values"]))
            }
            Platform::Discord => Some(town.discord().open_modal(handle)?.content.to_string()),
        })
    }

    /// Clicks a button under what they were told directly with these words, the last time.
    pub(crate) fn clicks_told(&self, words: &str, button: &str) -> Clicked<'t> {
        let Self { town, handle, on, .. } = self;
        let what = format!("{button} under `{words}` told to {handle}");
        let answer = match on {
            Platform::Slack => {
                let channel = town.slack().direct_channel(handle).unwrap();
                let ts = town.slack_shows(&what, |slack| {
                    let told = slack.direct_messages(handle).into_iter().rev();
                    let mut told = told.filter(|one| one.words().contains(words));
                    told.find(|one| one.buttons().iter().any(|label| label == button)).map(|one| one.ts)
                });
                let before = town.slack().ephemerals(handle).len();
                let click = town.slack().click(handle, &channel, &ts, button);
                let result = town.block("the answer to a click", click);
                assert_eq!(result.failure, None, "{handle} clicked {button}");
                ClickAnswer::After(before)
            }
            Platform::Discord => {
                let channel = town.discord().direct_channel(handle).unwrap();
                let id = town.discord_shows(&what, |discord| {
                    let told = discord.direct_messages(handle).into_iter().rev();
                    let mut told = told.filter(|one| read(&one.words()).contains(words));
                    told.find(|one| one.buttons().iter().any(|label| label == button)).map(|one| one.id)
                });
                let clicked = self.click_at(&channel, &id, button);
                ClickAnswer::Read(self.is_sure_at(&channel, &clicked))
            }
        };
        Clicked { who: self.clone(), answer }
    }
}

impl Town {
    /// Lets time pass until then.
    pub(crate) fn pass_until(&self, at: Timestamp) {
        let left = at.duration_since(self.now());
        self.pass(Span::new().milliseconds(i64::try_from(left.as_millis()).unwrap().max(0) + 1));
    }
}
