//! The twin as a plain HTTP client sees it: if it bites as Okta bites, the bot's tests mean something.

mod dpop;
mod faults;
mod groups;
mod keys;
mod limits;
mod reads;
mod tokens;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{OktaControl, OktaOptions, OktaTwin, SSWS_TOKEN, ServiceApp};
use crate::company::Company;

/// Longer than anything here takes; only a failing test waits for it.
const SOON: Duration = Duration::from_secs(10);

const APP: &str = "/api/v1/apps/0oa1emergency";
const RO: &str = "/api/v1/groups/00gro";

/// Status, headers in lower case, body.
#[derive(Debug)]
struct Reply {
    status: u16,
    head: String,
    body: String,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }

    /// Every value of a header.
    fn all(&self, name: &str) -> Vec<&str> {
        let start = format!("{name}: ");
        self.head.lines().filter_map(|line| line.strip_prefix(&start)).collect()
    }

    fn header(&self, name: &str) -> &str {
        self.all(name).first().copied().unwrap_or_default()
    }

    /// Status and Okta's error code, or OAuth's.
    fn error(&self) -> (u16, String) {
        let body = self.json();
        let code = body["errorCode"].as_str().or_else(|| body["error"].as_str());
        (self.status, code.unwrap_or("none").to_owned())
    }

    /// Path and query of the `next` link.
    fn next(&self) -> Option<String> {
        let link = self.all("link").into_iter().find(|link| link.ends_with("rel=\"next\""))?;
        let url = link.strip_prefix("<http://")?.split_once('>')?.0;
        Some(format!("/{}", url.split_once('/')?.1))
    }

    /// `id` of every row.
    fn ids(&self) -> Vec<String> {
        let rows = self.json().as_array().cloned().expect("a list");
        rows.iter().map(|row| row["id"].as_str().expect("an id").to_owned()).collect()
    }
}

/// A twin of Acme with a client pointed at it.
struct Rig {
    twin: OktaTwin,
    okta: OktaControl,
    ids: AtomicU64,
}

impl Rig {
    async fn start(options: OktaOptions) -> Self {
        Self::of(&Company::acme(), options).await
    }

    async fn of(company: &Company, options: OktaOptions) -> Self {
        let twin = OktaTwin::start(company, options).await.expect("a free port");
        Self { okta: twin.control(), twin, ids: AtomicU64::new(0) }
    }

    /// A twin with the service app of these tests, its clock stopped at [`Self::now_secs`].
    async fn with_service_app(change: impl FnOnce(&mut ServiceApp)) -> Self {
        let mut app = ServiceApp::new(keys::CLIENT, keys::rsa_jwk());
        change(&mut app);
        let rig = Self::start(OktaOptions { service_app: Some(app), ..OktaOptions::default() }).await;
        rig.okta.stop_clock_at(Timestamp::from_second(rig.now_secs()).expect("a time"));
        rig
    }

    /// Noon on the day Acme drills.
    fn now_secs(&self) -> i64 {
        1_795_262_400
    }

    fn fresh_id(&self) -> String {
        format!("id-{}", self.ids.fetch_add(1, Ordering::SeqCst))
    }

    /// One request on a connection of its own; `None` when the connection broke before the whole answer was there.
    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Option<Reply> {
        let host = self.twin.url().trim_start_matches("http://").to_owned();
        let mut stream = TcpStream::connect(&host).await.expect("the twin listens");
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
        );
        stream.write_all(request.as_bytes()).await.expect("the twin reads");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.ok()?;
        let answer = String::from_utf8(answer).expect("text");
        let (head, body) = answer.split_once("\r\n\r\n")?;
        let head: Vec<String> = head
            .split("\r\n")
            .map(|line| {
                line.split_once(": ").map_or(line.to_owned(), |(n, v)| format!("{}: {v}", n.to_lowercase()))
            })
            .collect();
        let status = head.first()?.split(' ').nth(1)?.parse().ok()?;
        Some(Reply { status, head: head.join("\n"), body: body.to_owned() })
    }

    /// A call with the SSWS token.
    async fn call(&self, method: &str, path: &str) -> Reply {
        let authorization = format!("SSWS {SSWS_TOKEN}");
        let headers = [("authorization", authorization.as_str()), ("accept", "application/json")];
        self.send(method, path, &headers, "").await.expect("a whole answer")
    }

    async fn get(&self, path: &str) -> Reply {
        self.call("GET", path).await
    }

    /// Asks for a token with this assertion, with or without a proof.
    async fn ask(&self, scope: &str, assertion: &str, proof: Option<&str>) -> Reply {
        let form = format!(
            "grant_type=client_credentials&scope={}&client_assertion_type={}&client_assertion={assertion}",
            scope.replace(' ', "+"),
            "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer",
        );
        let mut headers = vec![("content-type", "application/x-www-form-urlencoded")];
        headers.extend(proof.map(|proof| ("dpop", proof)));
        self.send("POST", "/oauth2/v1/token", &headers, &form).await.expect("a whole answer")
    }

    /// A bearer token with these scopes.
    async fn token(&self, scope: &str) -> String {
        let given = self.ask(scope, &keys::assertion(self, |_| {}), None).await.json();
        given["access_token"].as_str().unwrap_or_else(|| panic!("{given}")).to_owned()
    }

    /// A call with a bearer token.
    async fn bearing(&self, token: &str, method: &str, path: &str) -> Reply {
        let authorization = format!("Bearer {token}");
        self.send(method, path, &[("authorization", &authorization)], "").await.expect("a whole answer")
    }

    /// Every row of a list, following its links; fails on a list without end.
    async fn all(&self, path: &str) -> Vec<Vec<String>> {
        let mut pages = Vec::new();
        let mut next = Some(path.to_owned());
        while let Some(path) = next {
            assert!(pages.len() < 100, "no end: {path}");
            let page = self.get(&path).await;
            assert_eq!(page.status, 200, "{path}: {}", page.body);
            pages.push(page.ids());
            next = page.next();
        }
        pages
    }
}
