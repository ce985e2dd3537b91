//! From bytes on a socket to an answer: route, meet faults, spend budget, see who calls, do the work, record the call.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::Response;
use tokio::sync::watch;

use super::clock::http_date;
use super::limits::Budget;
use super::operation::{Asked, Operation};
use super::options::FaultKind;
use super::wire::{Refusal, Reply, encode, fields};
use super::world::{Call, Outcome, World};
use super::{access, apps, groups, logs, sign_in, token, users};
use crate::connection::Connection;
use crate::idp::sign_in::{Step, is_by_device_code};

/// What the server and the control handles share.
#[derive(Debug)]
pub(super) struct Shared {
    world: Mutex<World>,
    changed: watch::Sender<u64>,
    stopped: AtomicBool,
    at_once: AtomicUsize,
}

impl Shared {
    pub(super) fn new(world: World) -> Self {
        Self {
            world: Mutex::new(world),
            changed: watch::Sender::new(0),
            stopped: AtomicBool::new(false),
            at_once: AtomicUsize::new(0),
        }
    }

    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
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
}

/// A call that is under way; it counts until it is answered or its caller has gone.
struct UnderWay(Arc<Shared>);

impl UnderWay {
    fn enter(shared: &Arc<Shared>) -> (Self, usize) {
        let others = shared.at_once.fetch_add(1, Ordering::SeqCst);
        (Self(Arc::clone(shared)), others)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.at_once.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A call as it came.
#[derive(Debug)]
pub(super) struct Incoming {
    pub(super) method: Method,
    /// Without the query, as sent.
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: HeaderMap,
    body: Bytes,
    sent: String,
}

impl Incoming {
    /// The text of a header; empty when there is none.
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    /// `Accept`; its absence takes everything.
    pub(super) fn accept(&self) -> &str {
        if self.headers.contains_key("accept") { self.header("accept") } else { "*/*" }
    }

    /// A field of the query.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The fields of the body, when it is a form.
    pub(super) fn form(&self) -> Vec<(String, String)> {
        fields(&self.text()).unwrap_or_default()
    }

    /// The body as a page may show it: an assertion is as good as the client's password for an hour.
    fn shown_body(&self) -> String {
        if !self.header("content-type").starts_with("application/x-www-form-urlencoded") {
            return self.text();
        }
        let fields = fields(&self.text()).unwrap_or_default();
        let shown = fields.iter().map(|(name, value)| match name.as_str() {
            "client_assertion" | "client_secret" | "device_code" => format!("{name}=***"),
            _ => format!("{name}={}", encode(value)),
        });
        shown.collect::<Vec<_>>().join("&")
    }
}

/// What happens on the wire.
enum Delivery {
    Answer(Result<Reply, Refusal>),
    Late(Duration, Result<Reply, Refusal>),
    Garbage,
    CutBefore,
    CutAfter,
    Silence,
}

/// An answer with what every answer tells.
struct Told {
    delivery: Delivery,
    budget: Budget,
    date: String,
    latency: Duration,
    number: u64,
}

pub(super) async fn handle(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if shared.stopped.load(Ordering::SeqCst) {
        connection.cut();
        return Response::default();
    }
    let (_under_way, others) = UnderWay::enter(&shared);
    let sent = uri.path_and_query().map_or_else(|| uri.path().to_owned(), ToString::to_string);
    let query = fields(uri.query().unwrap_or_default()).unwrap_or_default();
    let call = Incoming { method, path: uri.path().to_owned(), query, headers, body, sent };
    let told = deliver(&mut shared.world(), &call, others);
    shared.tell();
    let late = if let Delivery::Late(by, _) = &told.delivery { *by } else { Duration::ZERO };
    let wait = told.latency.saturating_add(late);
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
    }
    match &told.delivery {
        Delivery::Answer(answer) | Delivery::Late(_, answer) => respond(answer, &told),
        Delivery::Garbage => {
            respond(&Ok(Reply { content_type: "text/html", ..Reply::xml("<html>gateway".into()) }), &told)
        }
        Delivery::Silence => std::future::pending().await,
        Delivery::CutBefore | Delivery::CutAfter => {
            connection.cut();
            Response::default()
        }
    }
}

fn deliver(world: &mut World, call: &Incoming, others: usize) -> Told {
    let now_ms = world.now_ms();
    let asked = Asked::of(&call.method, &call.path);
    let operation = asked.as_ref().ok().map(|a| a.operation);
    let bucket = operation.map_or(super::limits::Bucket::Others, Operation::bucket);
    let limit = world.options.rate_limits.of(bucket);
    let (within, mut budget) = world.budgets.spend(bucket, limit, now_ms);
    let fault = world.take_fault(operation.map_or("unknown", Operation::id));
    let crowded = world.options.concurrent_max.is_some_and(|most| others >= most);
    let turned_away = match fault {
        Some(FaultKind::RateLimited { reset_secs }) => {
            let reset_secs = now_ms.div_euclid(1_000) + i64::from(reset_secs);
            Some(Budget { remaining: 0, reset_secs, ..budget })
        }
        Some(FaultKind::TooManyAtOnce) => Some(Budget::at_once(now_ms)),
        _ if crowded => Some(Budget::at_once(now_ms)),
        _ if !within && world.options.enforce_rate_limits => Some(budget),
        _ => None,
    };
    budget = turned_away.unwrap_or(budget);
    let answer = |world: &mut World| match (&asked, turned_away) {
        (_, Some(_)) => Err(Refusal::too_many()),
        (Ok(asked), None) => work(world, call, asked),
        (Err(refusal), None) => Err(refusal.clone()),
    };
    let delivery = match fault {
        Some(FaultKind::Hang) => Delivery::Silence,
        Some(FaultKind::DropBeforeEffect) => Delivery::CutBefore,
        Some(FaultKind::GarbageBody) => Delivery::Garbage,
        Some(FaultKind::Internal500) => Delivery::Answer(Err(Refusal::internal())),
        // What is lost is lost, a refusal too.
        Some(FaultKind::DropAfterEffect) => {
            let _ = answer(world);
            Delivery::CutAfter
        }
        Some(FaultKind::Late(by)) => Delivery::Late(by, answer(world)),
        Some(FaultKind::RateLimited { .. } | FaultKind::TooManyAtOnce) | None => {
            Delivery::Answer(answer(world))
        }
    };
    let number = record(world, call, operation, &delivery);
    let latency = world.options.latency;
    Told { delivery, budget, date: http_date(now_ms), latency, number }
}

fn work(world: &mut World, call: &Incoming, asked: &Asked) -> Result<Reply, Refusal> {
    let operation = asked.operation;
    match operation {
        Operation::Token if is_by_device_code(&call.form()) => {
            return Ok(sign_in::answer(world, call, Step::Token));
        }
        Operation::Token => return token::give(world, call),
        Operation::SignIn(step) => return Ok(sign_in::answer(world, call, step)),
        _ => {}
    }
    let caller = access::caller(world, call)?;
    access::may(world, &caller, operation)?;
    if world.options.read_only && operation.writes() {
        return Err(Refusal::read_only());
    }
    let actor = caller.actor(world);
    let id = asked.id();
    match operation {
        Operation::GetApplication => apps::get(world, id),
        Operation::ActivateApplication => apps::set_active(world, id, true, actor),
        Operation::DeactivateApplication => apps::set_active(world, id, false, actor),
        Operation::PreviewSamlMetadata => apps::metadata(world, call, id),
        Operation::ListApplicationGroupAssignments => apps::groups(world, call, id),
        Operation::GetGroup => groups::get(world, id),
        Operation::ListGroupUsers => groups::members(world, call, id),
        Operation::AssignUserToGroup => groups::assign(world, id, asked.second_id(), actor),
        Operation::UnassignUserFromGroup => groups::unassign(world, id, asked.second_id(), actor),
        Operation::ListGroups => groups::list(world, call),
        Operation::ListGroupRules => groups::rules(world, call),
        Operation::GetUser => users::get(world, id, &caller),
        Operation::ListUsers => users::list(world, call),
        Operation::ListLogEvents => logs::list(world, call),
        Operation::Token => token::give(world, call),
        Operation::SignIn(step) => Ok(sign_in::answer(world, call, step)),
    }
}

fn record(world: &mut World, call: &Incoming, operation: Option<Operation>, delivery: &Delivery) -> u64 {
    world.call_count += 1;
    let (status, outcome) = match delivery {
        Delivery::Answer(Ok(reply)) | Delivery::Late(_, Ok(reply)) => (Some(reply.status), Outcome::Answered),
        Delivery::Answer(Err(no)) | Delivery::Late(_, Err(no)) => {
            (Some(no.status), Outcome::Refused(no.code.clone()))
        }
        Delivery::Garbage => (Some(200), Outcome::Garbage),
        Delivery::CutBefore => (None, Outcome::RequestLost),
        Delivery::CutAfter => (None, Outcome::ReplyLost),
        Delivery::Silence => (None, Outcome::Hung),
    };
    let recorded = Call {
        number: world.call_count,
        method: call.method.to_string(),
        path: call.sent.clone(),
        operation: operation.map_or("unknown", Operation::id).to_owned(),
        scheme: call.header("authorization").split(' ').next().unwrap_or_default().to_owned(),
        accept: call.header("accept").to_owned(),
        content_type: call.header("content-type").to_owned(),
        body: call.shown_body(),
        at_ms: world.now_ms(),
        status,
        outcome,
    };
    world.record(recorded);
    world.call_count
}

fn respond(answer: &Result<Reply, Refusal>, told: &Told) -> Response {
    let (status, content_type, headers, body) = match answer {
        Ok(reply) => (reply.status, reply.content_type, &reply.headers, reply.body.clone()),
        Err(refusal) => (refusal.status, "application/json", &refusal.headers, refusal.body.to_string()),
    };
    let mut builder = Response::builder()
        .status(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
        .header("date", &told.date)
        .header("x-okta-request-id", format!("twin-{}", told.number))
        .header("x-rate-limit-limit", told.budget.limit)
        .header("x-rate-limit-remaining", told.budget.remaining)
        .header("x-rate-limit-reset", told.budget.reset_secs);
    if !content_type.is_empty() {
        builder = builder.header("content-type", content_type);
    }
    for (name, value) in headers {
        builder = builder.header(*name, value);
    }
    builder.body(Body::from(body)).unwrap_or_default()
}
