//! Answers that need no decision: lists, one request, what policy says, help. The same for every door.

use std::sync::Arc;

use glasskey_commands::Keywords;
use glasskey_commands::definition::{BREAKGLASS, BreakglassKeyword, Command, ELEVATE};
use glasskey_domain::rules::{Question, Verdict};
use glasskey_domain::{
    AccessRequest, Directory, Door, Emergency, EndScope, FederationId, PersonId, Refusal, Seconds, Target,
};

use super::asking::Wish;
use crate::engine::Engine;
use crate::notices::{self, Text};

/// Finished requests that are looked through for a list.
const CLOSED_LOOKED_AT: usize = 200;
/// The length for which `why` asks.
const WHY_LENGTH: Seconds = Seconds::hours(1);
/// Approvers that `why` names.
const WHY_APPROVERS_MAX: usize = 10;

/// The answer to a wish that decides nothing.
///
/// # Errors
/// The words of a refusal.
pub async fn answer(engine: &Engine, person: &PersonId, door: Door, wish: Wish) -> Result<Text, Text> {
    let directory = engine.directory();
    match wish {
        // A decision is the engine's; a door that comes here with one has a bug, and nothing happens.
        Wish::Decide(_) | Wish::Extend { .. } => Err(Text::new().say("nothing was done")),
        Wish::Link | Wish::Unlink => Err(Text::new()
            .hint("accounts are linked from the chat they are of, or by an administrator with `glasskey people link`")),
        Wish::Help(topic) => Ok(help(&ELEVATE, topic, door)),
        Wish::List => list(engine, person, &directory).await,
        Wish::Show(id) => match engine.request(&id).await {
            Ok(Some(request)) => Ok(notices::show(&request, &directory)),
            Ok(None) => Err(notices::refusal(&Refusal::NoSuchRequest { id }, &directory)),
            Err(_fault) => {
                Err(Text::new().say("the ledger could not be read; nothing was done; try again in a minute"))
            }
        },
        Wish::Why(targets) => {
            let emergency_on = engine.book().await.emergency_on();
            let mut text = Text::new();
            for (place, target) in targets.into_iter().enumerate() {
                text = if place > 0 { text.line() } else { text };
                text = text.and(why(engine, (person, door), target, &directory, emergency_on));
            }
            Ok(text)
        }
        Wish::EndAll(scope) => Ok(end_all_question(engine, &scope).await),
        // Forms and what one has are shown by the doors that can; here they are said.
        Wish::Form | Wish::Again(_) => Ok(help(&ELEVATE, None, door)),
        Wish::Mine => list(engine, person, &directory).await,
    }
}

/// What an order to end many would do, and how it is given.
async fn end_all_question(engine: &Engine, scope: &EndScope) -> Text {
    let count = engine.ends(scope).await;
    let text = Text::new().say(match count {
        0 => "Nothing would end now".to_owned(),
        1 => "1 request would end, now".to_owned(),
        more => format!("{more} requests would end, now"),
    });
    text.hint(". If that is what you want, say the same again with the word `confirm` at the end.")
}

/// `/breakglass help`.
#[must_use]
pub fn breakglass_help(topic: Option<BreakglassKeyword>, door: Door) -> Text {
    help(&BREAKGLASS, topic, door)
}

/// `/breakglass status`, of one federation or of all; with the emergencies for programs.
///
/// # Errors
/// The refusal, when there is nothing that could be open.
pub async fn status(
    engine: &Engine,
    federation: Option<&FederationId>,
) -> Result<(Text, Vec<Emergency>), Refusal> {
    let book = engine.book().await;
    let concerned = |emergency: &&Emergency| federation.is_none_or(|one| *one == emergency.ask.federation);
    let emergencies: Vec<Emergency> = book.emergencies().filter(concerned).cloned().collect();
    let watch = book.watch().clone();
    drop(book);
    if emergencies.is_empty() && engine.settings().federations.is_empty() {
        return Err(Refusal::NoFederation);
    }
    let text =
        notices::emergency::status(&emergencies.iter().collect::<Vec<_>>(), &watch, &engine.directory());
    Ok((text, emergencies))
}

/// As it is said at this door: on one line, or field by field.
fn help<K: Keywords>(command: &Command<K>, topic: Option<K>, door: Door) -> Text {
    let words = match door {
        Door::Discord => glasskey_commands::help_by_options(command, topic),
        Door::Slack | Door::Host | Door::Inside => glasskey_commands::help(command, topic),
    };
    let mut text = Text::new();
    for (place, line) in words.lines().enumerate() {
        text = if place > 0 { text.line() } else { text };
        // What one types stands between backticks; it is told apart here, because a door escapes the marks of others.
        for (place, part) in line.split('`').enumerate() {
            text = if place % 2 == 0 { text.say(part) } else { text.code(part) };
        }
    }
    text
}

async fn list(engine: &Engine, person: &PersonId, directory: &Arc<Directory>) -> Result<Text, Text> {
    let concerns = |request: &AccessRequest| {
        request.ask.requester == *person
            || request.approvals.iter().any(|approval| approval.by == *person)
            || request.approvers.contains(person)
    };
    let book = engine.book().await;
    let mut open: Vec<&AccessRequest> = book.requests().filter(|request| concerns(request)).collect();
    open.sort_by_key(|request| std::cmp::Reverse(request.ask.at));
    if !open.is_empty() {
        return Ok(notices::list(&open, directory));
    }
    drop(open);
    drop(book);
    let closed = engine.recently_closed(CLOSED_LOOKED_AT);
    let closed =
        closed.map_err(|_fault| Text::new().say("the ledger could not be read; try again in a minute"))?;
    let last: Vec<&AccessRequest> = closed.iter().filter(|request| concerns(request)).take(5).collect();
    let head = notices::list(&[], directory);
    if last.is_empty() {
        return Ok(head);
    }
    Ok(head.line().say("The last ones:").line().and(notices::list(&last, directory)))
}

fn why(
    engine: &Engine,
    (person, door): (&PersonId, Door),
    target: Target,
    directory: &Directory,
    emergency_on: bool,
) -> Text {
    let question = Question {
        requester: person.clone(),
        target,
        length: WHY_LENGTH,
        ticket: None,
        door,
        at: engine.now(),
        starts_at: None,
        urgent: false,
        emergency_on,
    };
    let rules = engine.rules();
    match rules.request(directory, &question) {
        Verdict::Permit(terms) => {
            let approvers = if terms.approvals == 0 {
                Vec::new()
            } else {
                rules.approvers(directory, &question, WHY_APPROVERS_MAX).people
            };
            notices::permitted(&terms, &approvers, directory)
        }
        Verdict::Refuse(why) => notices::not_permitted_because(&why),
    }
}
