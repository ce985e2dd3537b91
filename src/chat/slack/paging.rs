//! Lists of Slack's, read to their end or not at all (pitfall 18).

use std::time::Duration;

use serde_json::Value;

use super::fault::{FaultKind, SlackFault};
use super::web::SlackWeb;

/// Pages of one list, at most: 1,000 pages of 200 are more than any list Slack keeps for a workspace of ours.
pub(super) const PAGES_MAX: usize = 1_000;
/// Longest a complete listing waits for its rate limit in all. A list cannot be resumed later, and `users.list` allows 20
/// pages a minute (platform-rules §1.5), so here, and only here, a short wait is better than starting again.
pub(super) const LISTING_WAIT_MAX: Duration = Duration::from_secs(180);

/// Reads one list, page by page.
pub(super) struct Pager<'a> {
    web: &'a SlackWeb,
    method: &'static str,
    list: &'static str,
    params: Vec<(&'a str, String)>,
    cursor: Option<String>,
    pages_left: usize,
    wait_left: Duration,
    ended: bool,
}

impl<'a> Pager<'a> {
    /// `list` is the key the items are under; `wait` is how long rate limits may hold the listing up in all.
    pub(super) fn new(
        web: &'a SlackWeb,
        method: &'static str,
        list: &'static str,
        params: Vec<(&'a str, String)>,
        pages_max: usize,
        wait: Duration,
    ) -> Self {
        Self { web, method, list, params, cursor: None, pages_left: pages_max, wait_left: wait, ended: false }
    }

    /// The next page, empty ones included; `None` after the last.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Value>>, SlackFault> {
        if self.ended {
            return Ok(None);
        }
        let Some(pages_left) = self.pages_left.checked_sub(1) else {
            return Err(self.garbled("the list does not end"));
        };
        self.pages_left = pages_left;
        let mut answer = self.ask().await?;
        let items = match answer.get_mut(self.list).map(Value::take) {
            Some(Value::Array(items)) => items,
            _ => return Err(self.garbled("no list in it")),
        };
        let cursor = answer
            .pointer("/response_metadata/next_cursor")
            .and_then(Value::as_str)
            .filter(|cursor| !cursor.is_empty())
            .map(str::to_owned);
        if cursor.is_none() && answer.get("has_more").and_then(Value::as_bool) == Some(true) {
            return Err(self.garbled("more to come, but no cursor"));
        }
        if cursor.is_some() && cursor == self.cursor {
            return Err(self.garbled("the same cursor again"));
        }
        self.ended = cursor.is_none();
        self.cursor = cursor;
        Ok(Some(items))
    }

    async fn ask(&mut self) -> Result<Value, SlackFault> {
        let mut params = self.params.clone();
        if let Some(cursor) = &self.cursor {
            params.push(("cursor", cursor.clone()));
        }
        loop {
            let fault = match self.web.get(self.method, &params).await {
                Ok(answer) => return Ok(answer),
                Err(fault) => fault,
            };
            let Some((wait, left)) =
                fault.retry_after().and_then(|wait| Some((wait, self.wait_left.checked_sub(wait)?)))
            else {
                return Err(fault);
            };
            self.wait_left = left;
            tokio::time::sleep(wait).await;
        }
    }

    fn garbled(&self, what: &'static str) -> SlackFault {
        SlackFault::not_done(self.method, FaultKind::Garbled(what))
    }
}
