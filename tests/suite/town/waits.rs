//! Waiting, always for something that is awaited, never longer than [`PATIENCE`].

use glasskey_domain::holding::{HoldingState, Operation};
use glasskey_domain::refusal::StateWord;
use glasskey_domain::{AccessRequest, Book};
use glasskey_playground::aws::AwsControl;
use glasskey_playground::discord::DiscordTwin;
use glasskey_playground::slack::SlackTwin;
use jiff::Timestamp;

use super::people::Request;
use super::{ACCESS, PATIENCE, Platform, Town, logs};

/// How much of the log a failing wait shows.
const LOG_SHOWN: usize = 40;

impl Town {
    /// Runs something to its end, with patience.
    pub(crate) fn block<T>(&self, what: &str, future: impl Future<Output = T>) -> T {
        let ended = self.world.block_on(async { tokio::time::timeout(PATIENCE, future).await });
        ended.unwrap_or_else(|_| self.give_up(what))
    }

    /// Waits until the bot has read the directory.
    pub(crate) fn knows_the_company(&self) {
        let mut fresh = self.alive().bot.freshness();
        self.block("the directory", async {
            fresh.wait_for(|fresh| fresh.read_at.is_some()).await.unwrap();
        });
    }

    /// Waits until `look` finds something in the state of the bot; it is asked again after every decision.
    pub(crate) fn book_shows<T>(&self, what: &str, look: impl Fn(&Book, Timestamp) -> Option<T>) -> T {
        let engine = self.engine().clone();
        self.block(what, async {
            let mut rounds = engine.rounds();
            loop {
                rounds.borrow_and_update();
                if let Some(found) = look(&*engine.book().await, engine.now()) {
                    return found;
                }
                rounds.changed().await.unwrap();
            }
        })
    }

    /// Waits until nothing is left to be done now.
    pub(crate) fn settle(&self) {
        self.book_shows("all that is due to be done", |book, now| {
            book.due().next().is_none_or(|(at, _)| now < *at).then_some(())
        });
    }

    /// Waits until the bot has written down the name of an operation that AWS works on.
    pub(crate) fn follows_an_operation(&self) {
        self.book_shows("an operation to be written down", |book, _| {
            let running = |state: &HoldingState| matches!(state.operation, Operation::Running { .. });
            book.holdings().any(running).then_some(())
        });
    }

    /// Waits until AWS is as described.
    pub(crate) fn aws_shows(&self, what: &str, look: impl FnMut(&AwsControl) -> bool) {
        let seen = self.world.block_on(self.control.wait_for(PATIENCE, look));
        if seen.is_err() {
            self.give_up(what);
        }
    }

    /// Waits until Slack shows something.
    pub(crate) fn slack_shows<T>(&self, what: &str, look: impl Fn(&SlackTwin) -> Option<T>) -> T {
        let seen = self.world.block_on(self.slack.wait_for(PATIENCE, look));
        seen.unwrap_or_else(|_| self.give_up(what))
    }

    /// Waits until Discord shows something.
    pub(crate) fn discord_shows<T>(&self, what: &str, look: impl Fn(&DiscordTwin) -> Option<T>) -> T {
        let seen = self.world.block_on(self.discord.wait_for(PATIENCE, look));
        seen.unwrap_or_else(|_| self.give_up(what))
    }

    /// A request as it is, finished or not.
    pub(crate) fn request(&self, it: &Request) -> AccessRequest {
        let found = self.block("a request", self.engine().request(&it.id));
        found.unwrap().unwrap_or_else(|| panic!("there is no {}", it.id))
    }

    /// Where a request is.
    pub(crate) fn state(&self, it: &Request) -> StateWord {
        self.request(it).state.word()
    }

    /// Waits until a request is there.
    pub(crate) fn becomes(&self, it: &Request, word: StateWord) -> AccessRequest {
        let engine = self.engine().clone();
        self.block(&format!("{} to be {word:?}", it.id), async {
            let mut rounds = engine.rounds();
            loop {
                rounds.borrow_and_update();
                let found = engine.request(&it.id).await.unwrap().unwrap();
                if found.state.word() == word {
                    return found;
                }
                rounds.changed().await.unwrap();
            }
        })
    }

    /// How many grants are overdue, as an operator sees it.
    pub(crate) fn overdue_metric(&self) -> f64 {
        logs::gauge("glasskey_overdue")
    }

    /// The kinds of all events of the journal, in order.
    pub(crate) fn journal(&self) -> String {
        let mut text = String::new();
        let folder = self.store().join("journal");
        let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        for file in files {
            text.push_str(&String::from_utf8_lossy(&std::fs::read(file).unwrap()));
        }
        text
    }

    fn give_up(&self, what: &str) -> ! {
        let log = logs::lines();
        let lines: Vec<&str> = log.lines().filter(|line| line.contains("glasskey")).collect();
        let last = lines.iter().rev().take(LOG_SHOWN).rev().copied().collect::<Vec<_>>().join("\n");
        let due = self.alive.as_ref().map(|alive| {
            let engine = alive.bot.engine().clone();
            let now = engine.now();
            self.world.block_on(async move {
                let book = engine.book().await;
                book.due().map(|(at, job)| format!("{at} {job}")).collect::<Vec<_>>().join("\n")
                    + &format!("\nnow {now}")
            })
        });
        let posts =
            |on| self.posts_on(on, ACCESS).iter().map(|post| post.words()).collect::<Vec<_>>().join("\n--\n");
        panic!(
            "waited in vain for {what}\n== due\n{}\n== AWS\n{}\n== Slack\n{}\n== Discord\n{}\n== violations\n{:#?}\n== log\n{last}",
            due.unwrap_or_default(),
            self.control.snapshot_json(),
            posts(Platform::Slack),
            posts(Platform::Discord),
            self.discord.violations(),
        )
    }
}
