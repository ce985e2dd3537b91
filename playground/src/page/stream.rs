//! One stream of updates for one open page (Server-Sent Events): the chats as their person sees them, AWS, Okta, the bot.
//! Each part is sent whole when it changed; changes in between are merged, so a slow page cannot pile them up.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tokio::sync::{mpsc, watch};

use super::feed::BotState;
use super::view::{self, As};
use super::{PageParts, discord};
use crate::company::Person;

/// Updates that may wait for the browser before the writer waits for it.
const WAITING_MAX: usize = 8;

pub(super) async fn stream(State(parts): State<Arc<PageParts>>, Query(who): Query<As>) -> Response {
    let Some(person) = view::person(&parts, &who.person) else {
        return (StatusCode::NOT_FOUND, "nobody of that name").into_response();
    };
    let (out, updates) = mpsc::channel(WAITING_MAX);
    tokio::spawn(Teller::new(parts, person, out).run());
    let updates = futures_util::stream::unfold(updates, |mut updates| async {
        let event: Event = updates.recv().await?;
        Some((Ok::<_, Infallible>(event), updates))
    });
    Sse::new(updates).keep_alive(KeepAlive::default()).into_response()
}

/// Watches everything for one page.
struct Teller {
    parts: Arc<PageParts>,
    person: Person,
    out: mpsc::Sender<Event>,
    told: u64,
    slack: watch::Receiver<u64>,
    discord: watch::Receiver<u64>,
    aws: watch::Receiver<u64>,
    okta: watch::Receiver<u64>,
    log: watch::Receiver<u64>,
    bot: watch::Receiver<BotState>,
}

impl Teller {
    fn new(parts: Arc<PageParts>, person: Person, out: mpsc::Sender<Event>) -> Self {
        let (slack, discord) = (parts.slack.changes(), parts.discord.changes());
        let (aws, okta) = (parts.aws.changes.clone(), parts.okta.changes.clone());
        let (log, bot) = (parts.feed.lines(), parts.feed.bot());
        let mut teller = Self { parts, person, out, told: 0, slack, discord, aws, okta, log, bot };
        teller.slack.mark_changed();
        teller.discord.mark_changed();
        teller.aws.mark_changed();
        teller.okta.mark_changed();
        teller.log.mark_changed();
        teller.bot.mark_changed();
        teller
    }

    async fn run(mut self) {
        loop {
            let gone = self.out.clone();
            let event = tokio::select! {
                () = gone.closed() => return,
                Ok(()) = self.slack.changed() => event("slack", &view::slack(&self.parts, &self.person)),
                Ok(()) = self.discord.changed() => event("discord", &discord::seen(&self.parts, &self.person)),
                Ok(()) = self.aws.changed() => event("aws", &(self.parts.aws.snapshot)()),
                Ok(()) = self.okta.changed() => event("okta", &(self.parts.okta.snapshot)()),
                Ok(()) = self.log.changed() => self.news(),
                Ok(()) = self.bot.changed() => event("bot", &self.bot.borrow().json()),
                else => return,
            };
            if let Some(event) = event
                && self.out.send(event).await.is_err()
            {
                return;
            }
        }
    }

    fn news(&mut self) -> Option<Event> {
        let entries = self.parts.feed.after(self.told);
        self.told = entries.last().map_or(self.told, |entry| entry.number);
        if entries.is_empty() { None } else { event("log", &entries) }
    }
}

fn event(name: &str, data: &impl Serialize) -> Option<Event> {
    Event::default().event(name).json_data(data).ok()
}
