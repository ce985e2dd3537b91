//! What the twins of Entra ID and Keycloak have in common: a tenant with users, groups and one app, a token endpoint that
//! believes nobody without proof, and the faults of a network. Each twin adds its own wire. [`sign_in`] is of Okta's too.
//!
//! It must never be reachable from outside this machine, and never know anything about the bot.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Query, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::Response;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::connection::{Connection, Cuttable};

mod clock;
pub mod sign_in;
mod token;
mod world;

pub use token::{Client, Proof};
pub(crate) use token::{Rules, grant};
pub use world::{Fault, Group, Operation, User, World};

/// A call as it came.
pub(crate) struct Incoming {
    pub(crate) method: Method,
    /// The path, in its segments.
    pub(crate) path: Vec<String>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// What a twin answers.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) body: String,
}

/// What almost every answer is.
pub(crate) const JSON: &str = "application/json";

/// What differs from provider to provider.
pub(crate) trait Wire: Send + Sync + 'static {
    /// What a call is; `None` when there is no such thing.
    fn operation(&self, call: &Incoming) -> Option<Operation>;
    /// Does it. Who calls was seen before.
    fn answer(&self, world: &mut World, operation: Operation, call: &Incoming) -> Reply;
    /// An error in the provider's own form.
    fn error(&self, status: u16, said: &str) -> Reply;
}

/// A running twin; it stops when dropped.
pub struct Twin {
    address: SocketAddr,
    world: Arc<Mutex<World>>,
    server: JoinHandle<()>,
}

struct Shared {
    world: Arc<Mutex<World>>,
    wire: Box<dyn Wire>,
}

impl Drop for Twin {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Twin {
    /// Starts on a free port of loopback; the world and the wire are made for its URL.
    pub(crate) async fn start<W: Wire>(make: impl FnOnce(&str) -> (World, W)) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (world, wire) = make(&format!("http://{address}"));
        let world = Arc::new(Mutex::new(world));
        let shared = Arc::new(Shared { world: Arc::clone(&world), wire: Box::new(wire) });
        let routes = Router::new().fallback(handle).with_state(shared);
        let service = routes.into_make_service_with_connect_info::<Connection>();
        let server = tokio::spawn(async move {
            if let Err(error) = axum::serve(Cuttable(listener), service).await {
                tracing::error!(%error, "a pretend identity provider stopped");
            }
        });
        Ok(Self { address, world, server })
    }

    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What is there, to look at and to change by hand.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What happens on the wire.
enum Delivery {
    Answer(Reply, Option<u64>),
    Cut,
    Silence,
}

async fn handle(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path = uri.path().split('/').skip(1).map(str::to_owned).collect();
    let query = Query::<Vec<(String, String)>>::try_from_uri(&uri).map(|Query(pairs)| pairs);
    let call = Incoming { method, path, query: query.unwrap_or_default(), headers, body };
    let delivery = {
        let mut world = shared.world.lock().unwrap_or_else(PoisonError::into_inner);
        deliver(&mut world, shared.wire.as_ref(), &call)
    };
    match delivery {
        Delivery::Answer(Reply { status, content_type, body }, retry_after) => {
            let mut response = Response::builder().status(status).header("content-type", content_type);
            if let Some(secs) = retry_after {
                response = response.header("retry-after", secs);
            }
            let body = if status == StatusCode::NO_CONTENT { Body::empty() } else { Body::from(body) };
            response.body(body).unwrap_or_default()
        }
        Delivery::Cut => {
            connection.cut();
            Response::default()
        }
        Delivery::Silence => std::future::pending().await,
    }
}

fn deliver(world: &mut World, wire: &dyn Wire, call: &Incoming) -> Delivery {
    let plain = |reply| Delivery::Answer(reply, None);
    let Some(operation) = wire.operation(call) else { return plain(wire.error(404, "no such resource")) };
    world.record(operation);
    let work = |world: &mut World| {
        if !operation.is_public() && !world.knows(&call.headers) {
            return wire.error(401, "the token is missing, revoked or over");
        }
        wire.answer(world, operation, call)
    };
    match world.take_fault(operation) {
        None => plain(work(world)),
        Some(Fault::Throttle { secs }) => Delivery::Answer(wire.error(429, "too many requests"), Some(secs)),
        Some(Fault::Status(status)) => plain(wire.error(status, "as the test wants it")),
        Some(Fault::Garbage) => {
            work(world);
            plain(Reply { status: 200, content_type: "text/html", body: "<html>gateway".to_owned() })
        }
        Some(Fault::Hang) => Delivery::Silence,
        Some(Fault::CutBefore) => Delivery::Cut,
        Some(Fault::CutAfter) => {
            work(world);
            Delivery::Cut
        }
    }
}

impl Incoming {
    /// The segments of the path, to be matched.
    pub(crate) fn segments(&self) -> Vec<&str> {
        self.path.iter().map(String::as_str).collect()
    }

    /// A field of the query.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// A field of the query that is a number.
    pub(crate) fn number(&self, name: &str) -> Option<usize> {
        self.field(name)?.parse().ok()
    }

    /// The fields of the body, when it is a form.
    pub(crate) fn form(&self) -> Vec<(String, String)> {
        let form = format!("/?{}", String::from_utf8_lossy(&self.body)).parse::<Uri>().ok();
        let form = form.and_then(|uri| Query::<Vec<(String, String)>>::try_from_uri(&uri).ok());
        form.map(|Query(pairs)| pairs).unwrap_or_default()
    }

    /// The step of a token endpoint that takes device codes too.
    pub(crate) fn token_operation(&self) -> Operation {
        if sign_in::is_by_device_code(&self.form()) {
            Operation::SignIn(sign_in::Step::Token)
        } else {
            Operation::Token
        }
    }

    /// The body, when it is JSON.
    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

impl Reply {
    pub(crate) fn json(body: &Value) -> Self {
        Self { status: 200, content_type: JSON, body: body.to_string() }
    }

    pub(crate) fn nothing() -> Self {
        Self { status: 204, content_type: JSON, body: String::new() }
    }
}

/// SAML metadata as far as anybody looks at it; the certificate is nobody's.
pub(crate) fn metadata(entity: &str) -> Reply {
    let body = format!(
        "<EntityDescriptor xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"{entity}\"><IDPSSODescriptor>\
         <KeyDescriptor use=\"signing\"><KeyInfo xmlns=\"http://www.w3.org/2000/09/xmldsig#\"><X509Data>\
         <X509Certificate>MIIBpretend</X509Certificate></X509Data></KeyInfo></KeyDescriptor></IDPSSODescriptor>\
         </EntityDescriptor>"
    );
    Reply { status: 200, content_type: "application/samlmetadata+xml", body }
}
