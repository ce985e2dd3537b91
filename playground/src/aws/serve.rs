//! From bytes on a socket to an answer: route, meet faults, spend budget, do the work, record the call.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Map, Value};
use tokio::sync::watch;
use tokio::time::Instant;

use super::options::FaultKind;
use super::wire::{AwsError, Fields, Service};
use super::world::{Call, Outcome, World};
use super::{identity_store, memberships, organizations, provisioning, sso_admin, sts};
use crate::connection::Connection;

/// What the server, the control handle and the timers share.
#[derive(Debug)]
pub(super) struct Shared {
    world: Mutex<World>,
    changed: watch::Sender<u64>,
    stopped: AtomicBool,
}

impl Shared {
    pub(super) fn new(world: World) -> Self {
        Self { world: Mutex::new(world), changed: watch::Sender::new(0), stopped: AtomicBool::new(false) }
    }

    /// The world as it is now: what is due has ended.
    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        if world.settle(Instant::now()) {
            self.tell();
        }
        world
    }

    /// Wakes everybody who waits for a change.
    pub(super) fn tell(&self) {
        self.changed.send_modify(|version| *version += 1);
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
    }

    /// Makes operations end when they are due even if nobody calls.
    fn watch_end(self: &Arc<Self>, end: Instant) {
        let shared = Arc::downgrade(self);
        tokio::spawn(async move {
            tokio::time::sleep_until(end).await;
            if let Some(shared) = shared.upgrade() {
                drop(shared.world());
            }
        });
    }
}

/// A call, parsed as far as its service and operation.
struct Incoming {
    service: Service,
    operation: String,
    members: Map<String, Value>,
}

/// A body in the protocol of its service.
enum Payload {
    Json(Value),
    Xml(String),
}

/// What happens on the wire.
enum Delivery {
    Answer(Service, Result<Payload, AwsError>),
    Garbage,
    CutAfterEffect,
    Silence,
}

pub(super) async fn handle(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if shared.stopped.load(Ordering::SeqCst) {
        connection.cut();
        return Response::default();
    }
    let (delivery, latency) = match parse(&headers, &body) {
        Ok(call) => {
            let mut world = shared.world();
            let delivery = deliver(&mut world, &call);
            let began = world.began.take();
            let latency = world.options.latency;
            drop(world);
            shared.tell();
            if let Some(end) = began {
                shared.watch_end(end);
            }
            (delivery, latency)
        }
        Err(refused) => {
            let (service, error) = *refused;
            (Delivery::Answer(service, Err(error)), std::time::Duration::ZERO)
        }
    };
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    match delivery {
        Delivery::Answer(service, answer) => respond(service, answer),
        Delivery::Garbage => response(StatusCode::OK, "text/html", None, "<html>gateway".into()),
        Delivery::Silence => std::future::pending().await,
        Delivery::CutAfterEffect => {
            connection.cut();
            Response::default()
        }
    }
}

fn parse(headers: &HeaderMap, body: &[u8]) -> Result<Incoming, Box<(Service, AwsError)>> {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let target = text("x-amz-target");
    let json = !target.is_empty();
    let (service, operation) = if json {
        let (prefix, operation) = target.split_once('.').unwrap_or((target, ""));
        (Service::from_target_prefix(prefix).unwrap_or(Service::SsoAdmin), operation.to_owned())
    } else {
        let form = std::str::from_utf8(body).unwrap_or_default();
        (Service::Sts, sts::action(form).unwrap_or_default().to_owned())
    };
    let refuse = |code, message: &str| Err(Box::new((service, AwsError::new(code, message))));
    if !text("authorization").starts_with("AWS4-HMAC-SHA256 Credential=") {
        return refuse("MissingAuthenticationTokenException", "Missing Authentication Token");
    }
    if !json {
        return Ok(Incoming { service, operation, members: Map::new() });
    }
    let prefix = target.split('.').next().unwrap_or_default();
    if Service::from_target_prefix(prefix).is_none() || text("content-type") != "application/x-amz-json-1.1" {
        return refuse("UnknownOperationException", "Unknown target or content type");
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => Ok(Incoming { service, operation, members }),
        Ok(_) | Err(_) => refuse("SerializationException", "The body is not a JSON object"),
    }
}

fn deliver(world: &mut World, call: &Incoming) -> Delivery {
    let fault = world.take_fault(&call.operation);
    let service = call.service;
    let refusal = |error| Delivery::Answer(service, Err(error));
    let delivery = match fault {
        Some(FaultKind::Throttle) => refusal(service.throttled("Rate exceeded")),
        Some(FaultKind::Internal500) => refusal(service.internal()),
        Some(FaultKind::Conflict) => refusal(service.conflict()),
        Some(FaultKind::AccessDenied) => refusal(AwsError::access_denied(&call.operation)),
        Some(FaultKind::Hang) => Delivery::Silence,
        Some(FaultKind::GarbageBody) => Delivery::Garbage,
        Some(FaultKind::AcceptThenDropConnection) => match work(world, call) {
            Ok(_) => Delivery::CutAfterEffect,
            Err(error) => refusal(error),
        },
        Some(FaultKind::FailAsync(reason)) => {
            world.fail_next = Some(reason);
            let answer = work(world, call);
            world.fail_next = None;
            Delivery::Answer(service, answer)
        }
        None => Delivery::Answer(service, work(world, call)),
    };
    let record = record(world, call, &delivery);
    world.record(record);
    delivery
}

fn work(world: &mut World, call: &Incoming) -> Result<Payload, AwsError> {
    world.spend(call.service, &call.operation)?;
    let fields = Fields { service: call.service, operation: &call.operation, members: &call.members };
    let answer = match call.service {
        Service::SsoAdmin => {
            sso_admin::answer(world, &fields).or_else(|| provisioning::answer(world, &fields))
        }
        Service::IdentityStore => {
            identity_store::answer(world, &fields).or_else(|| memberships::answer(world, &fields))
        }
        Service::Organizations => organizations::answer(world, &fields),
        Service::Sts => return sts::answer(world, &call.operation).map(Payload::Xml),
    };
    let unknown = || AwsError::new("UnknownOperationException", format!("{} is not known", call.operation));
    answer.unwrap_or_else(|| Err(unknown())).map(Payload::Json)
}

fn record(world: &World, call: &Incoming, delivery: &Delivery) -> Call {
    let text = |names: &[&str]| {
        let filter = call.members.get("Filter").and_then(Value::as_object);
        let found = names.iter().find_map(|n| call.members.get(*n).or_else(|| filter?.get(*n)));
        found.and_then(Value::as_str).map(str::to_owned)
    };
    Call {
        service: call.service.name(),
        operation: call.operation.clone(),
        at: world.now,
        seconds: world.calendar.seconds_since_start(world.now),
        account: text(&["TargetId", "AccountId"]),
        principal: text(&["PrincipalId", "UserId", "GroupId"]),
        permission_set: text(&["PermissionSetArn"]),
        outcome: match delivery {
            Delivery::Answer(_, Ok(_)) => Outcome::Answered,
            Delivery::Answer(_, Err(error)) => Outcome::Refused(error.code.to_owned()),
            Delivery::Garbage => Outcome::Garbage,
            Delivery::CutAfterEffect => Outcome::ReplyLost,
            Delivery::Silence => Outcome::Hung,
        },
    }
}

fn respond(service: Service, answer: Result<Payload, AwsError>) -> Response {
    const JSON: &str = "application/x-amz-json-1.1";
    match answer {
        Ok(Payload::Json(body)) => response(StatusCode::OK, JSON, None, body.to_string()),
        Ok(Payload::Xml(body)) => response(StatusCode::OK, "text/xml", None, body),
        Err(error) => {
            let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST);
            match service {
                Service::Sts => response(status, "text/xml", None, sts::error_xml(&error)),
                _ => response(status, JSON, Some(error.code), error.body().to_string()),
            }
        }
    }
}

fn response(status: StatusCode, content_type: &str, error: Option<&str>, body: String) -> Response {
    let mut builder = Response::builder()
        .status(status)
        .header("content-type", content_type)
        .header("x-amzn-requestid", "00000000-0000-4000-8000-000000000000");
    if let Some(code) = error {
        builder = builder.header("x-amzn-errortype", code);
    }
    builder.body(Body::from(body)).unwrap_or_default()
}
