//! The door of the Web API: who calls, may they, what weather is it, and only then what they want.
//! What a method does is in `methods`; this file must not know any.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::Shared;
use super::faults::Fault;
use super::methods;
use super::params::{Answer, Params, SlackError};
use super::records::Call;
use super::world::World;

/// `/api/{method}`.
pub(crate) async fn api(
    State(shared): State<Arc<Shared>>,
    Path(method): Path<String>,
    request: Request,
) -> Response {
    let header_token = bearer(request.headers());
    let params = match Params::of(request).await {
        Ok(params) => params,
        Err(error) => return reply(&shared, &Err(error)),
    };
    let channel = params.text("channel").map(str::to_owned);
    let (number, latency, fault) = shared.change(|w| {
        let number = note(w, &method, &params);
        (number, w.weather.latency(&method), w.weather.take(&method, channel.as_deref()))
    });
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    let outcome = |word: &str| {
        shared.change(|w| w.calls.get_mut(number).map(|call| word.clone_into(&mut call.outcome)));
    };
    match fault {
        None => {}
        Some(Fault::RateLimited { secs }) => {
            outcome("ratelimited");
            return too_many(secs);
        }
        Some(Fault::Http500) => {
            outcome("http_500");
            return (StatusCode::INTERNAL_SERVER_ERROR, "<html>Something went wrong</html>").into_response();
        }
        Some(Fault::Garbage) => {
            outcome("garbage");
            return ([(header::CONTENT_TYPE, "text/html")], "<html>Please log in</html>").into_response();
        }
        Some(Fault::Hang) => {
            outcome("hang");
            return std::future::pending().await;
        }
        Some(Fault::Error(code)) => {
            outcome(&code);
            return reply(&shared, &Err(SlackError::new(&code)));
        }
        Some(Fault::AcceptThenDrop) => {
            let answer = perform(&shared, &method, header_token.as_deref(), &params);
            outcome(&format!("dropped after {}", word(&answer)));
            return broken();
        }
    }
    if let Some(secs) = shared.change(|w| w.weather.count(&method, channel.as_deref(), w.clock.now_ms())) {
        outcome("ratelimited");
        return too_many(secs);
    }
    let answer = perform(&shared, &method, header_token.as_deref(), &params);
    outcome(&word(&answer));
    reply(&shared, &answer)
}

fn note(world: &mut World, method: &str, params: &Params) -> usize {
    let mut arguments = params.0.clone();
    arguments.remove("token");
    let at_ms = world.clock.now_ms();
    let method = method.to_owned();
    world.calls.push(Call { method, arguments: Value::Object(arguments), outcome: "pending".into(), at_ms });
    world.calls.len() - 1
}

fn word(answer: &Answer) -> String {
    answer.as_ref().map_or_else(|error| error.code.clone(), |_| "ok".to_owned())
}

fn perform(shared: &Shared, method: &str, header_token: Option<&str>, params: &Params) -> Answer {
    authorise(shared, method, header_token, params)?;
    methods::call(shared, method, params)
}

fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    Some(value.strip_prefix("Bearer ")?.trim().to_owned())
}

fn authorise(
    shared: &Shared,
    method: &str,
    header_token: Option<&str>,
    params: &Params,
) -> Result<(), SlackError> {
    let options = &shared.options;
    let opens_socket = method == "apps.connections.open";
    // The app-level token is accepted in the header only (platform-rules §1.2).
    let token = header_token.or_else(|| if opens_socket { None } else { params.text("token") });
    let token = token.ok_or_else(|| SlackError::new("not_authed"))?;
    let (wanted, other) = if opens_socket {
        (&options.app_token, &options.bot_token)
    } else {
        (&options.bot_token, &options.app_token)
    };
    if token == other {
        return Err(SlackError::new("not_allowed_token_type"));
    }
    if token != wanted {
        return Err(SlackError::new("invalid_auth"));
    }
    if let Some(code) = shared.read(|w| w.revoked.clone()) {
        return Err(SlackError::new(&code));
    }
    let needed = methods::scopes(method, params.text("channel").unwrap_or_default());
    if needed.is_empty() || needed.iter().any(|scope| options.scopes.contains(*scope)) {
        return Ok(());
    }
    let provided: Vec<&str> = options.scopes.iter().map(String::as_str).collect();
    Err(SlackError::new("missing_scope")
        .with("needed", Value::from(needed.join(",")))
        .with("provided", Value::from(provided.join(","))))
}

fn reply(shared: &Shared, answer: &Answer) -> Response {
    let body = answer.as_ref().map_or_else(SlackError::body, Value::clone);
    let scopes: Vec<&str> = shared.options.scopes.iter().map(String::as_str).collect();
    let headers = [
        ("content-type", "application/json; charset=utf-8".to_owned()),
        ("x-oauth-scopes", scopes.join(",")),
    ];
    (headers, body.to_string()).into_response()
}

fn too_many(secs: u64) -> Response {
    let headers =
        [("retry-after", secs.to_string()), ("content-type", "application/json; charset=utf-8".to_owned())];
    (StatusCode::TOO_MANY_REQUESTS, headers, SlackError::new("ratelimited").body().to_string())
        .into_response()
}

/// An answer that breaks off before its first byte of content: the caller knows nothing about the effect.
fn broken() -> Response {
    let lost =
        futures_util::stream::once(async { Err::<String, _>(std::io::Error::other("connection lost")) });
    Response::new(Body::from_stream(lost))
}
