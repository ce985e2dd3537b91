use axum::Router;
use axum::body::Body;
use axum::routing::get;
use tokio::net::TcpListener;

use super::*;

fn quick() -> Timeouts {
    let short = Duration::from_millis(300);
    Timeouts { connect: short, attempt: short, operation: short }
}

async fn serve(router: Router) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    Url::parse(&url).unwrap()
}

async fn ask(url: Url) -> Result<Reply, Silence> {
    let http = Http::new(quick()).unwrap();
    http.send(http.client().get(url)).await
}

#[tokio::test]
async fn an_answer_is_read_whole_and_one_byte_more_than_the_limit_is_not() {
    let page = |size: usize| get(move || async move { Body::from(vec![b'x'; size]) });
    let router = Router::new().route("/full", page(BODY_BYTES_MAX)).route("/over", page(BODY_BYTES_MAX + 1));
    let base = serve(router).await;
    assert_eq!(ask(below(&base, &["full"])).await.unwrap().body.len(), BODY_BYTES_MAX);
    assert!(matches!(ask(below(&base, &["over"])).await, Err(Silence::Lost(_))));
}

#[tokio::test]
async fn a_redirection_is_shown_and_not_followed() {
    let router = Router::new().route("/", get(|| async { axum::response::Redirect::to("/elsewhere") }));
    let reply = ask(serve(router).await).await.unwrap();
    assert!(reply.status.is_redirection());
    assert_eq!(Kind::of_status(reply.status), Kind::Lost);
}

#[tokio::test]
async fn what_never_left_is_told_from_what_may_have_been_done() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let hang_up = async {
        let (connection, _) = listener.accept().await.unwrap();
        connection.readable().await.unwrap();
        drop((connection, listener));
    };
    let (answer, ()) = tokio::join!(ask(base.clone()), hang_up);
    assert!(matches!(answer, Err(Silence::Lost(_))), "{answer:?}");
    assert!(matches!(ask(base).await, Err(Silence::NotSent(_))), "nobody listens there any more");
}

#[tokio::test]
async fn an_answer_that_never_comes_is_lost() {
    let router = Router::new().route("/", get(std::future::pending::<()>));
    let answer = ask(serve(router).await).await;
    assert_eq!(answer.unwrap_err(), Silence::Lost("no answer in time".to_owned()));
}

#[tokio::test]
async fn nothing_goes_out_in_the_clear() {
    for url in ["http://idp.example/", "ftp://127.0.0.1/", "http://localhost.evil.example/"] {
        let answer = ask(Url::parse(url).unwrap()).await;
        assert!(matches!(answer, Err(Silence::NotSent(_))), "{url}: {answer:?}");
    }
    assert!(is_safe(&Url::parse("https://idp.example/").unwrap()));
    assert!(is_safe(&Url::parse("http://[::1]:9/").unwrap()));
}

#[test]
fn a_name_never_leads_elsewhere_and_a_page_never_off_the_provider() {
    let base = Url::parse("https://idp.example/auth/").unwrap();
    assert_eq!(
        below(&base, &["users", "../admin?x=1#y"]).as_str(),
        "https://idp.example/auth/users/..%2Fadmin%3Fx=1%23y"
    );
    assert!(next_page(&base, "https://idp.example/auth/groups?page=2").is_some());
    for link in ["https://evil.example/auth", "http://idp.example/auth", "https://idp.example:8443/", "/2"] {
        assert_eq!(next_page(&base, link), None, "{link}");
    }
}

#[test]
fn what_may_have_been_done_is_lost_and_only_a_refused_addition_is_for_good() {
    let failed = |status: u16| {
        let kind = Kind::of_status(StatusCode::from_u16(status).unwrap());
        Failure { kind, code: String::new(), retry_after: None, what: "it failed".to_owned() }
    };
    for status in [500, 503, 599, 408, 302, 200] {
        assert!(matches!(failed(status).changing(), Fault::Lost { .. }), "{status}");
        assert!(matches!(failed(status).adding(), Fault::Lost { .. }), "{status}");
    }
    for status in [400, 401, 403, 404, 409, 429] {
        assert!(matches!(failed(status).changing(), Fault::Transient { .. }), "{status}");
    }
    for status in [401, 403, 404, 429] {
        assert!(matches!(failed(status).adding(), Fault::Transient { .. }), "{status}");
    }
    assert!(matches!(failed(400).adding(), Fault::Permanent { .. }));
    for status in [400, 401, 403, 404, 429, 500, 503, 302] {
        assert!(matches!(failed(status).reading(), Fault::Transient { .. }), "{status}");
    }
}

#[test]
fn what_a_provider_says_is_cut_and_cannot_break_a_line() {
    let long = fit(&format!("a\nb\u{1b}[31m{}", "x".repeat(10_000)));
    assert_eq!(long.chars().count(), SAID_LENGTH_MAX + 1);
    assert!(!long.chars().any(char::is_control) && long.ends_with('…'));
    assert_eq!(fit(&"x".repeat(SAID_LENGTH_MAX)).chars().count(), SAID_LENGTH_MAX, "the limit itself fits");
}

#[test]
fn a_provider_cannot_ask_to_be_left_alone_for_ever() {
    let reply = |wait: &str| {
        let headers = [(RETRY_AFTER, wait.parse().unwrap())].into_iter().collect();
        Reply { status: StatusCode::TOO_MANY_REQUESTS, headers, body: Vec::new() }.retry_after()
    };
    assert_eq!(reply("7"), Some(Duration::from_secs(7)));
    assert_eq!(reply("86400"), Some(RETRY_AFTER_MAX));
    assert_eq!(reply("soon"), None);
}

#[test]
fn an_answer_in_a_log_shows_nothing_of_what_it_holds() {
    let headers = [(RETRY_AFTER, "a-token".parse().unwrap())].into_iter().collect();
    let reply = Reply { status: StatusCode::OK, headers, body: b"a-token".to_vec() };
    assert_eq!(format!("{reply:?}"), "Reply(200, 7 bytes)");
}
