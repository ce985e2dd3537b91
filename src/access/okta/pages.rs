//! Lists, read to their end. A list that could not be read whole is never taken for a shorter one.

use std::collections::BTreeSet;

use reqwest::header::LINK;
use serde::de::DeserializeOwned;
use url::Url;

use super::connection::{Call, Connection};
use super::failure;
use crate::access::http::{Failure, Reply, next_page};

/// More pages than the largest list that we read has: 200,000 members, each second page empty.
pub(super) const PAGES_MAX: usize = 1_000;

impl Connection {
    /// Turns pages until there is no link to a next one: an empty page with a link is not the end.
    ///
    /// # Errors
    /// When a page could not be read, leads elsewhere or back, or there are more than [`PAGES_MAX`].
    pub(super) async fn read_all<T: DeserializeOwned>(&self, call: Call<'_>) -> Result<Vec<T>, Failure> {
        self.read_up_to(call, usize::MAX).await
    }

    /// The same, of a list that must not be longer than `rows_max`.
    ///
    /// # Errors
    /// As above, and when there are more rows.
    pub(super) async fn read_up_to<T: DeserializeOwned>(
        &self,
        mut call: Call<'_>,
        rows_max: usize,
    ) -> Result<Vec<T>, Failure> {
        let (mut rows, mut seen) = (Vec::new(), BTreeSet::new());
        for _ in 0..PAGES_MAX {
            let reply = self.call(&call).await?;
            let page: Option<Vec<T>> = reply.json();
            let page =
                page.ok_or_else(|| failure::garbled(call.op, "it is not what Okta's description says"))?;
            rows.extend(page);
            if rows.len() > rows_max {
                let why = format!("more than {rows_max} rows, so say by name which are wanted");
                return Err(failure::garbled(call.op, &why));
            }
            let Some(link) = next_link(&reply) else { return Ok(rows) };
            let next = next_page(&self.base, link).filter(|next| next.path() == call.url.path());
            let Some(next) = next else {
                return Err(failure::garbled(call.op, "the next page is not where the list is"));
            };
            if !seen.insert(next.clone()) {
                return Err(failure::garbled(call.op, "the pages go round in a circle"));
            }
            call.url = next;
        }
        Err(failure::garbled(call.op, &format!("more than {PAGES_MAX} pages")))
    }
}

/// The target of `rel="next"` (RFC 8288), of one or of several headers.
fn next_link(reply: &Reply) -> Option<&str> {
    let values = reply.headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(links).find(|(_, parameters)| is_next(parameters)).map(|(target, _)| target)
}

/// Each target with its parameters. A comma within a target does not part it from the next.
fn links(header: &str) -> impl Iterator<Item = (&str, &str)> {
    header.split('<').filter_map(|link| link.split_once('>'))
}

fn is_next(parameters: &str) -> bool {
    parameters.split([';', ',']).any(|parameter| {
        let Some((name, value)) = parameter.split_once('=') else { return false };
        name.trim().eq_ignore_ascii_case("rel") && value.trim().trim_matches('"').eq_ignore_ascii_case("next")
    })
}

/// A list's URL, with how many are wanted on a page.
pub(super) fn with_limit(mut url: Url, limit: u32) -> Url {
    url.query_pairs_mut().append_pair("limit", &limit.to_string());
    url
}

#[cfg(test)]
mod tests;
