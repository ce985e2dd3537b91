//! Watching whether Identity Center answers: by how the ordinary calls to it go, and by one light question now and then
//! while that matters. It tells the clerk, who tells people, once. It never opens anything.
//!
//! Break-glass makes no such calls (P8), so nothing of it is heard here, and nothing of it waits for what is asked here.

use std::sync::Arc;
use std::time::Duration;

use glasskey_domain::watch::Center as How;
use glasskey_domain::{Command, Seconds};
use jiff::Timestamp;
use tokio::sync::watch;

use super::{Engine, Stopped};
use crate::ports::{Answer, Center, CenterEar, CenterPart, Clock};

/// Failures in a row before it is called silent: one is a hiccup, two are bad luck.
const FAILURES_MIN: u32 = 3;
/// The time these must span: what a call's own tries and a short failover take is no outage.
const SILENT_FOR: Seconds = Seconds::minutes(1);
/// While it matters, Identity Center is asked this often: soon enough to be told within two minutes, seldom enough to be
/// nothing beside its budget of 20 calls a second.
const ASK_EVERY: Seconds = Seconds(30);
/// Longest that one question may take, its wait for a turn included; the next one comes after it.
const ASK_MAX: Duration = Duration::from_secs(25);
/// Longest sleep, so that an emergency that began and a clock that was set are noticed.
const NAP_MAX: Duration = Duration::from_secs(1);

/// What was heard of one part.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Part {
    /// Failures since the last answer.
    failures: u32,
    first_failure: Timestamp,
    silent_since: Option<Timestamp>,
    answers_since: Option<Timestamp>,
}

impl Part {
    fn hear(&mut self, answered: bool, now: Timestamp) {
        if answered {
            self.failures = 0;
            if self.silent_since.take().is_some() || self.answers_since.is_none() {
                self.answers_since = Some(now);
            }
            return;
        }
        // A clock that was set back would make the row look longer than it is, or endless.
        if self.failures == 0 || now < self.first_failure {
            self.first_failure = now;
        }
        self.failures = self.failures.saturating_add(1);
        if self.failures >= FAILURES_MIN && SILENT_FOR.after(self.first_failure) <= now {
            self.silent_since.get_or_insert(self.first_failure);
        }
    }

    fn is_doubtful(&self) -> bool {
        self.failures > 0 || self.silent_since.is_some()
    }
}

/// What was heard of Identity Center. Its parts fail for themselves: the answers of one must not hide that the other has
/// none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pulse {
    center: Part,
    store: Part,
}

impl Pulse {
    /// What people were told last stands until something else is heard of every part.
    fn resumed(told: &How) -> Self {
        let mut pulse = Self::default();
        if let How::Silent { since } = told {
            pulse.center.silent_since = Some(*since);
            pulse.store.silent_since = Some(*since);
        }
        pulse
    }

    fn hear(&mut self, part: CenterPart, answered: bool, now: Timestamp) {
        match part {
            CenterPart::Center => self.center.hear(answered, now),
            CenterPart::Store => self.store.hear(answered, now),
        }
    }

    fn how(&self) -> How {
        let parts = [&self.center, &self.store];
        if let Some(since) = parts.iter().filter_map(|part| part.silent_since).min() {
            return How::Silent { since };
        }
        match self.center.answers_since {
            Some(_) => parts
                .iter()
                .filter_map(|part| part.answers_since)
                .max()
                .map_or(How::Unknown, |since| How::Answers { since }),
            None => How::Unknown,
        }
    }

    fn is_doubtful(&self) -> bool {
        self.center.is_doubtful() || self.store.is_doubtful()
    }
}

/// Hears how the calls go.
pub struct Ears {
    pulse: watch::Sender<Pulse>,
    clock: Arc<dyn Clock>,
}

impl Ears {
    /// Ears that know what people were told last.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, told: &How) -> Self {
        Self { pulse: watch::Sender::new(Pulse::resumed(told)), clock }
    }

    /// What they hear, for [`run`].
    #[must_use]
    pub fn pulse(&self) -> watch::Receiver<Pulse> {
        self.pulse.subscribe()
    }
}

impl CenterEar for Ears {
    fn heard(&self, part: CenterPart, answered: bool) {
        let now = self.clock.now();
        self.pulse.send_modify(|pulse| pulse.hear(part, answered, now));
    }
}

/// Watches, until drained. One question at a time; one that is under way when the engine is drained is given up.
pub async fn run(engine: Engine, center: Arc<dyn Center>, mut pulse: watch::Receiver<Pulse>) {
    let mut draining = engine.draining();
    let mut told = How::Unknown;
    let mut asked_at = None;
    let mut question: Option<Answer<'_, ()>> = None;
    loop {
        let now = engine.now();
        engine.shared.beats.center.send_replace(now);
        let heard = pulse.borrow_and_update().clone();
        if tell(&engine, &heard, &mut told).await.is_err() {
            return;
        }
        if question.is_none() && is_time(asked_at, now) && matters(&engine, &heard).await {
            asked_at = Some(now);
            question = Some(Box::pin(ask(&*center)));
        }
        tokio::select! {
            _ = draining.changed() => return,
            Ok(()) = pulse.changed() => {}
            () = answered(&mut question) => question = None,
            () = tokio::time::sleep(NAP_MAX) => {}
        }
    }
}

/// What is new goes to the clerk, who knows whether people were told.
async fn tell(engine: &Engine, heard: &Pulse, told: &mut How) -> Result<(), Stopped> {
    let how = heard.how();
    let (answers, since) = match &how {
        How::Unknown => return Ok(()),
        How::Answers { since } => (true, *since),
        How::Silent { since } => (false, *since),
    };
    if std::mem::discriminant(told) == std::mem::discriminant(&how) {
        return Ok(());
    }
    if answers {
        tracing::info!(%since, "Identity Center answers");
    } else {
        tracing::error!(%since, "Identity Center does not answer");
    }
    engine.inside(Command::Center { answers, since }).await?;
    *told = how;
    Ok(())
}

/// Whether somebody wants to know: it is in doubt, or silent, or people work without it.
async fn matters(engine: &Engine, heard: &Pulse) -> bool {
    heard.is_doubtful() || engine.book().await.emergency_on()
}

/// Time for the next question; also when the clock was set back.
fn is_time(asked_at: Option<Timestamp>, now: Timestamp) -> bool {
    asked_at.is_none_or(|asked_at| now < asked_at || ASK_EVERY.after(asked_at) <= now)
}

async fn ask(center: &dyn Center) {
    match tokio::time::timeout(ASK_MAX, center.ask()).await {
        Ok(Ok(())) => {}
        Ok(Err(fault)) => tracing::debug!(%fault, "Identity Center was asked whether it is there"),
        Err(_) => {
            tracing::debug!(waited_s = ASK_MAX.as_secs(), "Identity Center was asked, and says nothing")
        }
    }
}

async fn answered(question: &mut Option<Answer<'_, ()>>) {
    match question {
        Some(question) => question.await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests;
