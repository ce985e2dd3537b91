//! The command and the bot it asks need not be of one release: between an upgrade and the restart they are not. What both know
//! works as ever, and what one of them does not know is refused with what to do.

use std::path::Path;

use glasskey::chat::host::{Frame, HostRequest, PROTOCOL};
use glasskey_domain::Platform;
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixListener;

use super::{configured, folder, open, raw, run, text};

/// What a bot of the first version said to whatever else.
const OF_THE_FIRST: &str =
    "the running bot is of another release than this command; use the binary it was started from";

/// Each request, with the version that a bot must have to know it: what went out once stays as it is.
fn requests() -> Vec<(HostRequest, u32)> {
    let word = || "x".to_owned();
    vec![
        (HostRequest::List { all: false }, 1),
        (HostRequest::Show { id: word() }, 1),
        (HostRequest::End { id: word() }, 1),
        (HostRequest::Approve { id: word() }, 1),
        (HostRequest::Deny { id: word(), why: word() }, 1),
        (HostRequest::Elevate { text: word() }, 1),
        (HostRequest::Breakglass { text: word() }, 1),
        (HostRequest::Drift, 2),
        (
            HostRequest::DriftAdopt {
                person: word(),
                account: word(),
                permission_set: word(),
                reason: word(),
            },
            2,
        ),
        (HostRequest::People, 2),
        (HostRequest::PeopleLink { person: word(), user: word() }, 2),
        (HostRequest::PeopleUnlink { on: Platform::Slack, user: word() }, 2),
    ]
}

#[test]
fn a_request_says_the_oldest_version_that_knows_it_and_the_newest_is_the_protocols() {
    for (request, since) in requests() {
        assert_eq!(Frame::of(request.clone()).version, since, "{request:?}");
    }
    assert_eq!(requests().into_iter().map(|(_, since)| since).max(), Some(PROTOCOL));
}

/// The door as it was in the first version, which knew neither drift nor people.
fn opens_as_of_the_first_version(socket: &Path) -> tokio::task::JoinHandle<()> {
    let door = UnixListener::bind(socket).unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = door.accept().await {
            let (read, mut write) = stream.into_split();
            let mut line = String::new();
            BufReader::new(read).read_line(&mut line).await.unwrap();
            let frame: serde_json::Value = serde_json::from_str(&line).unwrap();
            let refused = frame["version"] != 1;
            let said = if refused { OF_THE_FIRST } else { "done" };
            let answer = json!({ "lines": [said], "json": {}, "refused": refused });
            write.write_all(format!("{answer}\n").as_bytes()).await.unwrap();
        }
    })
}

/// The binary was replaced and the bot not restarted: what takes access away may not wait for that (P3).
#[tokio::test]
async fn a_bot_that_is_older_does_what_it_knows_and_refuses_the_rest() {
    let folder = folder();
    let socket = configured(folder.path(), "http://127.0.0.1:1/api", "http://127.0.0.1:1");
    let _door = opens_as_of_the_first_version(&socket);
    for arguments in [
        &["requests", "list"] as &[&str],
        &["requests", "end", "AR-7K3Q"],
        &["breakglass", "off"],
        &["elevate", "end", "all", "confirm"],
    ] {
        let output = run(folder.path(), arguments, &[]).await;
        assert_eq!((output.status.code(), text(&output).as_str()), (Some(0), "done\n"), "{arguments:?}");
    }
    for arguments in [
        &["drift", "list"] as &[&str],
        &["drift", "adopt", "ana", "prod", "Admin", "why"],
        &["people", "list"],
    ] {
        let output = run(folder.path(), arguments, &[]).await;
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", text(&output));
        assert!(text(&output).contains(OF_THE_FIRST), "{arguments:?}: {}", text(&output));
    }
}

/// What a bot of this release says to a command of the next one, whose request it cannot read.
#[tokio::test]
async fn a_command_that_is_newer_is_told_to_restart_the_bot() {
    let folder = folder();
    let socket = folder.path().join("s.sock");
    let (asked, _door) = open(&socket);
    let next = PROTOCOL + 1;
    let line = format!("{{\"version\":{next},\"request\":{{\"do\":\"dance\"}}}}\n");
    let answer = raw(&socket, line.as_bytes()).await;
    assert!(answer.refused, "{answer:?}");
    assert_eq!(
        answer.lines,
        [
            "the running bot is of an older release than this command and does not know it (it speaks version 2 of the \
          socket's protocol, this takes 3); nothing was done: restart the bot, and say it again"
        ]
    );
    assert!(asked.0.lock().unwrap().is_empty(), "nothing was done");
}

#[tokio::test]
async fn a_command_that_is_older_is_answered() {
    let folder = folder();
    let socket = folder.path().join("s.sock");
    let (asked, _door) = open(&socket);
    for version in 1..=PROTOCOL {
        let line = format!("{{\"version\":{version},\"request\":{{\"do\":\"list\",\"all\":true}}}}\n");
        assert!(!raw(&socket, line.as_bytes()).await.refused, "version {version}");
    }
    assert_eq!(asked.0.lock().unwrap().len(), usize::try_from(PROTOCOL).unwrap());
}
