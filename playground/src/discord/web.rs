//! The door of REST: who calls, may they, what weather is it, and only then what they want.
//! What an operation does is in `rest`; this file must not know any.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::{ConnectInfo, Path, Query, Request as HttpRequest, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::Shared;
use super::error::RestError;
use super::faults::Fault;
use super::limits::{self, Verdict};
use super::records::Call;
use super::rest::{self, Reply};
use super::routes::{Request, Route, route};
use super::world::World;
use crate::connection::Connection;

/// Bytes of a body; nothing that the bot sends comes near.
const BODY_MAX: usize = 1 << 20;

/// `/api/v10/{path}`.
pub(crate) async fn api(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    Path(path): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
    http: HttpRequest,
) -> Response {
    let (parts, body) = http.into_parts();
    let Ok(bytes) = to_bytes(body, BODY_MAX).await else {
        return RestError::new(413, 40_005, "Request entity too large").into_response();
    };
    let parsed = if bytes.is_empty() { Ok(Value::Null) } else { serde_json::from_slice::<Value>(&bytes) };
    let method = parts.method.as_str();
    let route = route(method, &path);
    let note = Call {
        operation: route.as_ref().map(|r| r.operation),
        method: method.to_owned(),
        path: path.clone(),
        query: query.clone(),
        body: parsed.as_ref().cloned().unwrap_or_default(),
        outcome: "pending".into(),
        at_ms: 0,
    };
    let number = shared.change(|w| notice(w, note, &parts.headers));
    let Some(route) = route else {
        shared.change(|w| w.violation(format!("{method} /{path}: no such route")));
        return finish(&shared, number, &[], Err(RestError::not_found()));
    };
    let Ok(body) = parsed else {
        shared.change(|w| w.violation(format!("{method} /{path}: a body that is not JSON")));
        return finish(
            &shared,
            number,
            &[],
            Err(RestError::new(400, 50_109, "The request body contains invalid JSON.")),
        );
    };
    let is_new_path = path.contains("/messages/pins");
    let request = Request { route, is_new_path, query, body };
    answer(&shared, &connection, number, &request, &parts.headers).await
}

/// Anything outside `/api/v10`.
pub(crate) async fn elsewhere(State(shared): State<Arc<Shared>>, http: HttpRequest) -> Response {
    let what = format!("{} {}: outside /api/v10", http.method(), http.uri().path());
    shared.change(|w| w.violation(what));
    RestError::not_found().into_response()
}

/// Notes a call, and that the bot says who it is.
fn notice(world: &mut World, mut call: Call, headers: &HeaderMap) -> usize {
    call.at_ms = world.clock.now_ms();
    let agent = headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !agent.starts_with("DiscordBot (") {
        world.violation(format!(
            "{} /{}: User-Agent {agent:?}, not `DiscordBot (url, version)`",
            call.method, call.path
        ));
    }
    world.calls.push(call);
    world.calls.len() - 1
}

async fn answer(
    shared: &Shared,
    connection: &Connection,
    number: usize,
    request: &Request,
    headers: &HeaderMap,
) -> Response {
    let operation = request.route.operation;
    let channel = request.route.channel();
    let (latency, fault) =
        shared.change(|w| (w.weather.latency(operation), w.weather.take(operation, channel)));
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    if let Some(fault) = fault {
        return meet(shared, connection, number, request, headers, fault).await;
    }
    let verdict = shared.change(|w| {
        let now = w.clock.now_ms();
        w.limits.count(&request.route, now)
    });
    if let Some((wait, global)) = verdict.refused {
        return too_many(shared, number, &verdict, wait, global);
    }
    let reply = perform(shared, request, headers);
    finish(shared, number, &verdict.headers, reply)
}

async fn meet(
    shared: &Shared,
    connection: &Connection,
    number: usize,
    request: &Request,
    headers: &HeaderMap,
    fault: Fault,
) -> Response {
    match fault {
        Fault::RateLimited { wait, global } => too_many(shared, number, &Verdict::default(), wait, global),
        Fault::Status(status) => {
            outcome(shared, number, status, &format!("{status}"));
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (status, [(header::CONTENT_TYPE, "text/html")], "<html>Something went wrong</html>")
                .into_response()
        }
        Fault::Refused { status, code } => {
            finish(shared, number, &[], Err(RestError::new(status, code, "Refused as the test wants it")))
        }
        Fault::Hang => {
            outcome(shared, number, 0, "hang");
            std::future::pending().await
        }
        Fault::AcceptThenDrop => {
            let reply = perform(shared, request, headers);
            outcome(shared, number, 0, &format!("dropped after {}", word(&reply)));
            connection.cut();
            Response::default()
        }
        Fault::DropBefore => {
            outcome(shared, number, 0, "dropped before");
            connection.cut();
            Response::default()
        }
        Fault::Garbage => {
            outcome(shared, number, 200, "garbage");
            ([(header::CONTENT_TYPE, "text/html")], "<html>Please log in</html>").into_response()
        }
    }
}

fn perform(shared: &Shared, request: &Request, headers: &HeaderMap) -> Reply {
    shared.change(|w| {
        authorise(shared, w, &request.route, headers)?;
        rest::perform(shared, w, request)
    })
}

/// The token of the bot; interactions have theirs in the path.
fn authorise(shared: &Shared, world: &World, route: &Route, headers: &HeaderMap) -> Result<(), RestError> {
    if route.operation.is_interaction() {
        return Ok(());
    }
    let given = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let is_right = given.strip_prefix("Bot ") == Some(shared.options.bot_token.as_str());
    if is_right && !world.token_is_void { Ok(()) } else { Err(RestError::unauthorized()) }
}

fn word(reply: &Reply) -> String {
    match reply {
        Ok(Some(_)) => "200".to_owned(),
        Ok(None) => "204".to_owned(),
        Err(error) => format!("{} {}", error.status, error.code),
    }
}

fn outcome(shared: &Shared, number: usize, status: u16, word: &str) {
    shared.change(|w| {
        if matches!(status, 401 | 403 | 429) {
            w.invalid_calls += 1;
        }
        if let Some(call) = w.calls.get_mut(number) {
            word.clone_into(&mut call.outcome);
        }
    });
}

fn finish(shared: &Shared, number: usize, limits: &[(&'static str, String)], reply: Reply) -> Response {
    outcome(shared, number, reply.as_ref().map_or_else(|e| e.status, |_| 200), &word(&reply));
    let mut response = match reply {
        Ok(Some(body)) => ([(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response(),
        Ok(None) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => error.into_response(),
    };
    let now = shared.read(|w| w.clock.now_ms());
    for (name, value) in limits {
        add(&mut response, name, value);
        if *name == "x-ratelimit-reset" {
            add(&mut response, "x-ratelimit-reset-after", &after(value, now));
        }
    }
    response
}

/// Seconds until a reset.
fn after(reset: &str, now_ms: i64) -> String {
    let left = reset.replace('.', "").parse::<i64>().unwrap_or_default() - now_ms;
    format!("{}.{:03}", left.max(0) / 1000, left.max(0) % 1000)
}

fn add(response: &mut Response, name: &'static str, value: &str) {
    if let Ok(value) = value.parse() {
        response.headers_mut().insert(name, value);
    }
}

fn too_many(shared: &Shared, number: usize, verdict: &Verdict, wait: Duration, global: bool) -> Response {
    outcome(shared, number, 429, if global { "429 global" } else { "429" });
    let (headers, body) = limits::refusal(wait, global);
    let mut response = (StatusCode::TOO_MANY_REQUESTS, body).into_response();
    for (name, value) in headers.iter().chain(&verdict.headers) {
        add(&mut response, name, value);
    }
    if !global {
        add(&mut response, "x-ratelimit-reset-after", &format!("{:.3}", wait.as_secs_f64()));
    }
    response
}
