//! Lists of an Okta that answers what a test wants it to.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::IntoResponse;
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::*;
use crate::access::okta::budget::Rank;
use crate::access::okta::failure::Thing;
use crate::access::okta::operation::Op;
use crate::access::okta::settings::{Auth, OktaLimits, OktaSettings};
use crate::access::settings::Timeouts;
use crate::ports::Clock;

struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_795_000_000).unwrap()
    }
}

/// From the query to the rows, and to what the `Link` headers say; `{base}` is where the server is.
type Pages = Arc<dyn Fn(&str) -> (Value, Vec<String>) + Send + Sync>;

async fn answer(State((pages, base)): State<(Pages, String)>, uri: Uri) -> impl IntoResponse {
    let (rows, links) = pages(uri.query().unwrap_or_default());
    let mut headers = HeaderMap::new();
    for link in links {
        headers.append("link", link.replace("{base}", &base).parse().unwrap());
    }
    (headers, rows.to_string())
}

async fn read(
    pages: impl Fn(&str) -> (Value, Vec<String>) + Send + Sync + 'static,
) -> Result<Vec<u32>, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let pages: Pages = Arc::new(pages);
    let router = Router::new().fallback(answer).with_state((pages, base.clone()));
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let second = Duration::from_secs(1);
    let settings = OktaSettings {
        url: base.parse().unwrap(),
        auth: Auth::Token(SecretString::from("00token")),
        timeouts: Timeouts { connect: second, attempt: second, operation: second },
        limits: OktaLimits::default(),
    };
    let okta = Connection::new(settings, Arc::new(Stopped)).unwrap();
    let url = with_limit(okta.url(&["api", "v1", "groups", "rules"]), 200);
    let call = Call { op: Op::ListGroupRules, rank: Rank::Check, thing: Thing::Nothing, url };
    let rows = okta.read_all(call).await;
    server.abort();
    rows
}

fn next(query: &str) -> String {
    format!("<{{base}}/api/v1/groups/rules?{query}>; rel=\"next\"")
}

/// pitfall 18
#[tokio::test]
async fn an_empty_page_with_a_link_is_not_the_end() {
    let rows = read(|query| match query {
        "limit=200" => {
            (json!([]), vec!["<{base}/api/v1/groups/rules>; rel=\"self\"".to_owned(), next("after=a")])
        }
        // One header with two links, as a proxy may join them.
        "after=a" => (json!([1, 2]), vec![format!("<{{base}}/x,y>; rel=\"self\", {}", next("after=b,c"))]),
        "after=b,c" => (json!([]), vec![next("after=d")]),
        _ => (json!([3]), vec!["<{base}/api/v1/groups/rules>; rel=\"self\"".to_owned()]),
    });
    assert_eq!(rows.await, Ok(vec![1, 2, 3]));
}

/// A token goes along to the next page.
#[tokio::test]
async fn a_page_elsewhere_is_not_followed_and_the_list_is_not_taken_for_read() {
    for link in [
        "<https://evil.example/api/v1/groups/rules?after=a>; rel=\"next\"",
        "<http://127.0.0.1:1/api/v1/groups/rules?after=a>; rel=\"next\"",
        "<{base}/api/v1/users?after=a>; rel=\"next\"",
        "</api/v1/groups/rules?after=a>; rel=\"next\"",
    ] {
        let failure = read(move |_| (json!([1]), vec![link.to_owned()])).await.unwrap_err();
        assert!(failure.what.contains("next page"), "{link}: {failure:?}");
    }
}

#[tokio::test]
async fn pages_that_go_round_are_told_and_not_followed() {
    let failure = read(|_| (json!([1]), vec![next("after=a")])).await.unwrap_err();
    assert!(failure.what.contains("circle"), "{failure:?}");
}

#[tokio::test]
async fn the_last_page_allowed_is_read_and_one_more_is_not() {
    let endless = |last: usize| {
        read(move |query| {
            let page = query.strip_prefix("after=").map_or(1, |page| page.parse().unwrap());
            let more = (page < last).then(|| next(&format!("after={}", page + 1)));
            (json!([page]), more.into_iter().collect())
        })
    };
    assert_eq!(endless(PAGES_MAX).await.map(|rows| rows.len()), Ok(PAGES_MAX));
    assert!(endless(PAGES_MAX + 1).await.unwrap_err().what.contains("pages"));
}

#[tokio::test]
async fn a_page_that_is_no_list_fails_the_list() {
    let failure = read(|query| match query {
        "limit=200" => (json!([1]), vec![next("after=a")]),
        _ => (json!({"not": "a list"}), vec![]),
    });
    assert!(failure.await.is_err());
}
