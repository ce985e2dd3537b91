//! `/metrics`, `/healthz` and `/readyz`. Reads nothing but the request line, changes nothing, waits for nobody.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Json};
use axum::routing::get;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::health::Health;

/// Longest life of a connection, with everything: what is served is in memory.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(5);
/// Connections at once: a scraper and some probes. One more waits.
const CONNECTIONS_MAX: usize = 32;
/// Bytes of request line and headers: the least that the library takes, and ten times what a scraper sends.
const HEAD_LENGTH_MAX: usize = 8 * 1024;
/// Header fields: scrapers send about ten.
const HEADERS_MAX: usize = 32;
/// Pause after a failed accept (out of descriptors, say), so that the loop does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The server, listening.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    router: Router,
}

#[derive(Clone)]
struct Shared {
    health: Health,
    metrics: PrometheusHandle,
}

impl Server {
    /// Listens, so that a taken address is told at start.
    ///
    /// # Errors
    /// When the address cannot be had.
    pub async fn bind(address: SocketAddr, health: Health, metrics: PrometheusHandle) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let router = Router::new()
            .route("/metrics", get(measured))
            .route("/healthz", get(alive))
            .route("/readyz", get(ready))
            .with_state(Shared { health, metrics });
        Ok(Self { listener, router })
    }

    /// Where it listens: the port, where any was asked for.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until dropped.
    pub async fn run(self) {
        let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let router = self.router.clone();
                    tokio::spawn(async move {
                        serve(stream, router).await;
                        drop(place);
                    });
                }
                Err(why) => {
                    tracing::warn!(%why, "a connection for metrics or health could not be taken");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

async fn serve(stream: TcpStream, router: Router) {
    let connection = http1::Builder::new()
        .keep_alive(false)
        .max_buf_size(HEAD_LENGTH_MAX)
        .max_headers(HEADERS_MAX)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    match tokio::time::timeout(CONNECTION_TIMEOUT, connection).await {
        Ok(Ok(())) => {}
        Ok(Err(why)) => tracing::debug!(%why, "a connection for metrics or health ended early"),
        Err(_) => tracing::debug!("a connection for metrics or health took too long"),
    }
}

async fn measured(State(shared): State<Shared>) -> impl IntoResponse {
    shared.health.measure();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], shared.metrics.render())
}

async fn alive(State(shared): State<Shared>) -> impl IntoResponse {
    let report = shared.health.report();
    (status(report.alive), Json(report))
}

async fn ready(State(shared): State<Shared>) -> impl IntoResponse {
    let report = shared.health.report();
    (status(report.ready), Json(report))
}

fn status(well: bool) -> StatusCode {
    if well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

#[cfg(test)]
mod tests {
    use metrics_exporter_prometheus::PrometheusBuilder;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;
    use crate::telemetry::health::{Part, Watched};

    async fn start(health: Health) -> SocketAddr {
        let metrics = PrometheusBuilder::new().build_recorder().handle();
        let server = Server::bind("127.0.0.1:0".parse().unwrap(), health, metrics).await.unwrap();
        let address = server.address().unwrap();
        tokio::spawn(server.run());
        address
    }

    async fn ask(address: SocketAddr, request: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // A reset after an over-long head is an answer too.
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    }

    fn get_path(path: &str) -> String {
        format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n")
    }

    #[tokio::test]
    async fn health_is_told_with_its_reasons() {
        let watched = Watched { name: "engine", silence_max: Duration::from_secs(60) };
        let health = Health::new(vec![watched], vec![Part::Slack]);
        let address = start(health.clone()).await;
        let early = ask(address, &get_path("/readyz")).await;
        assert!(early.starts_with("HTTP/1.1 503"), "{early}");
        assert!(early.contains(r#"{"part":"slack","ok":false,"why":"not yet"}"#), "{early}");
        assert!(ask(address, &get_path("/healthz")).await.starts_with("HTTP/1.1 200"));
        for part in [Part::Ledger, Part::Directory, Part::Policy, Part::Slack] {
            health.well(part, "fine");
        }
        health.beat("engine");
        assert!(ask(address, &get_path("/readyz")).await.starts_with("HTTP/1.1 200"));
        assert!(ask(address, &get_path("/metrics")).await.contains("text/plain; version=0.0.4"));
        assert!(ask(address, &get_path("/other")).await.starts_with("HTTP/1.1 404"));
    }

    #[tokio::test]
    async fn an_endless_head_is_cut_off() {
        let address = start(Health::new(Vec::new(), vec![Part::Slack])).await;
        let long = format!("GET /healthz HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "a".repeat(64 * 1024));
        assert!(!ask(address, &long).await.starts_with("HTTP/1.1 200"));
        let many = format!("GET /healthz HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(HEADERS_MAX + 1));
        assert!(!ask(address, &many).await.starts_with("HTTP/1.1 200"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_says_nothing_is_closed() {
        let address = start(Health::new(Vec::new(), vec![Part::Slack])).await;
        let mut stream = TcpStream::connect(address).await.unwrap();
        let mut nothing = [0_u8; 1];
        assert_eq!(stream.read(&mut nothing).await.unwrap_or(0), 0);
    }
}
