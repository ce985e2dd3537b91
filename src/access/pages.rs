//! Reading lists to their end. A list that could not be read whole is never taken for a shorter one.

use std::collections::BTreeSet;

use super::failure::Failure;
use super::operation::Op;

/// More pages than the largest list has: 200,000 users (platform-rules 3.2) at 100 a page, each behind an empty one.
pub const PAGES_MAX: usize = 5_000;

/// One page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// What is on it; nothing, often, with more to come.
    pub rows: Vec<T>,
    /// How to get the next one.
    pub next: Option<String>,
}

/// Turns pages until there is no token: an empty page with a token is not the end.
///
/// # Errors
/// When a page could not be read, when AWS gives a token for the second time, or more than [`PAGES_MAX`] pages.
pub async fn all_pages<T, F, Turned>(op: Op, mut page: F) -> Result<Vec<T>, Failure>
where
    F: FnMut(Option<String>) -> Turned,
    Turned: Future<Output = Result<Page<T>, Failure>>,
{
    let mut rows = Vec::new();
    let mut tokens = BTreeSet::new();
    let mut token = None;
    for _ in 0..PAGES_MAX {
        let Page { rows: more, next } = page(token).await?;
        rows.extend(more);
        // An empty token is no token: the SDK's own paginators read it so.
        token = next.filter(|next| !next.is_empty());
        let Some(next) = &token else { return Ok(rows) };
        if !tokens.insert(next.clone()) {
            return Err(Failure::garbled(op, "the pages go round in a circle"));
        }
    }
    Err(Failure::garbled(op, &format!("more than {PAGES_MAX} pages")))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Reads a list whose pages are written down: token, rows, next token.
    async fn read(pages: &[(&str, &[u32], &str)]) -> Result<Vec<u32>, Failure> {
        let pages: BTreeMap<&str, (&[u32], &str)> =
            pages.iter().map(|(token, rows, next)| (*token, (*rows, *next))).collect();
        all_pages(Op::ListUsers, async |token: Option<String>| {
            let (rows, next) = pages[token.as_deref().unwrap_or("")];
            let next = (next != "end").then(|| next.to_owned());
            Ok(Page { rows: rows.to_vec(), next })
        })
        .await
    }

    /// pitfall 18
    #[tokio::test]
    async fn an_empty_page_with_a_token_is_not_the_end() {
        let list = read(&[("", &[], "a"), ("a", &[1, 2], "b"), ("b", &[], "c"), ("c", &[3], "end")]);
        assert_eq!(list.await, Ok(vec![1, 2, 3]));
        assert_eq!(read(&[("", &[], "end")]).await, Ok(vec![]));
        assert_eq!(
            read(&[("", &[1], "a"), ("a", &[2], "")]).await,
            Ok(vec![1, 2]),
            "an empty token is the end"
        );
    }

    #[tokio::test]
    async fn pages_that_go_round_are_told_and_not_followed() {
        for circle in
            [vec![("", [1], "a"), ("a", [2], "a")], vec![("", [1], "a"), ("a", [2], "b"), ("b", [3], "a")]]
        {
            let pages: Vec<(&str, &[u32], &str)> =
                circle.iter().map(|(token, rows, next)| (*token, rows.as_slice(), *next)).collect();
            let failure = read(&pages).await.unwrap_err();
            assert!(failure.to_string().contains("`ListUsers`"), "{failure}");
        }
    }

    #[tokio::test]
    async fn the_last_page_allowed_is_read_and_one_more_is_not() {
        let endless = async |last: usize| {
            let mut turned = 0;
            all_pages(Op::ListUsers, |_| {
                turned += 1;
                let page = Page { rows: vec![turned], next: (turned < last).then(|| turned.to_string()) };
                std::future::ready(Ok(page))
            })
            .await
        };
        assert_eq!(endless(PAGES_MAX).await.map(|rows| rows.len()), Ok(PAGES_MAX));
        assert!(endless(PAGES_MAX + 1).await.is_err());
    }

    #[tokio::test]
    async fn a_page_that_fails_fails_the_list() {
        let mut turned = 0;
        let list = all_pages(Op::ListGroups, |_| {
            turned += 1;
            let failed = Failure::garbled(Op::ListGroups, "half an answer");
            std::future::ready(if turned == 3 {
                Err(failed)
            } else {
                Ok(Page { rows: vec![turned], next: Some(turned.to_string()) })
            })
        });
        assert!(list.await.is_err());
    }
}
