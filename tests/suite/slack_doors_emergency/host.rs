//! `/breakglass` on the host: the same words through the socket's desk, by local users.

use std::collections::BTreeMap;

use glasskey::chat::host::desk::Desk;
use glasskey::chat::host::{HostHandler as _, HostRequest, HostResponse, LocalUser};

use super::house::{House, Plan, id};

async fn types(desk: &Desk, user: &str, text: &str) -> HostResponse {
    let user = LocalUser { uid: 1000, name: user.to_owned() };
    desk.handle(user, HostRequest::Breakglass { text: text.to_owned() }).await
}

fn desk(house: &House) -> Desk {
    let people = BTreeMap::from([("dee".to_owned(), "dee@acme.example".to_owned())]);
    Desk::new(house.engine.clone(), BTreeMap::new(), people)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_linked_opens_and_anybody_on_the_host_closes() {
    let house = House::planned(Plan { approvals: 0, ..Plan::default() }).await;
    let desk = desk(&house);
    let no = types(&desk, "root", "on ops INC-7 nobody can sign in").await;
    assert!(no.refused && no.lines[0].contains("(local-user-unknown)"), "{no:?}");
    let yes = types(&desk, "dee", "on ops INC-7 nobody can sign in @ana bo@acme.example").await;
    assert!(!yes.refused && yes.lines[0].contains("is being opened for"), "{yes:?}");
    let seats: Vec<_> = house.emergencies().await[0].seats.iter().map(|seat| seat.person.clone()).collect();
    assert_eq!(seats, [id("ana"), id("bo")], "on the host a name is a user name");
    house.card("*ON* until").await;
    let status = types(&desk, "root", "status").await;
    assert!(!status.refused && status.lines.iter().any(|line| line.contains("is on until")), "{status:?}");
    assert_eq!(status.json[0]["ask"]["federation"], "main");
    let off = types(&desk, "root", "off the bridge is closed").await;
    assert!(!off.refused, "{off:?}");
    house.card("closed by local user `root`: “the bridge is closed”").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_with_the_right_form_and_written_down() {
    let house = House::new().await;
    let desk = desk(&house);
    for (text, words) in [
        ("onn INC-7 why", "the nearest word is `on`"),
        ("on INC-7 nobody can sign in <@U0ANA>", "no single person is meant by `<@U0ANA>`"),
        ("on INC-7 nobody can sign in @anna", "did you mean `ana`?"),
        ("review BG-7K3Q", "(local-user-unknown)"),
    ] {
        let no = types(&desk, "root", text).await;
        assert!(no.refused && no.lines.join(" ").contains(words), "{text}: {no:?}");
    }
    for text in ["", "help", "help off"] {
        let help = types(&desk, "root", text).await;
        assert!(!help.refused && help.lines[0].contains("/breakglass"), "{help:?}");
    }
}
