//! What is said about requests that there are: approve, extend, end, look at it after.

use crate::acme::{Acme, table};
use glasskey_commands::{Elevate, EndScope, Fault, PersonRef, elevate};

#[test]
fn an_approval_may_be_for_less_time() {
    table(
        &Acme,
        &[
            ("approve 7k3q", "/elevate approve AR-7K3Q"),
            ("approve AR-7K3Q for 30m", "/elevate approve AR-7K3Q for 30m"),
            ("approve AR-7K3Q 1 h 30 min", "/elevate approve AR-7K3Q for 1h30m"),
            ("approve AR-7K3Q only until 6 pm", "/elevate approve AR-7K3Q until 18:00"),
            (
                "approve AR-7K3Q for 30s",
                "`30s` is too short: access lasts at least 1 min; try `/elevate approve AR-7K3Q for 1m`",
            ),
            (
                "approve AR-7K3Q until 25:00",
                "`until 25:00` names no time of day, such as `until 18:00` or `until 6pm`; \
                 try `/elevate approve AR-7K3Q for 1h`",
            ),
            (
                "approve AR-7K3Q 1h 2h",
                "two durations are given, `1h` and `2h`; try `/elevate approve AR-7K3Q for 1h`",
            ),
        ],
    );
    for typed in ["approve AR-7K3Q looks good", "approve AR-7K3Q for", "approve AR-7K3Q for 30m please"] {
        let wrong = elevate::parse(typed, &Acme).unwrap_err();
        assert!(matches!(wrong.fault(), Fault::Extra { keyword: "approve", .. }), "{wrong}");
    }
}

#[test]
fn an_extension_says_how_much_longer_and_may_say_why() {
    table(
        &Acme,
        &[
            ("extend AR-7K3Q 1h", "/elevate extend AR-7K3Q 1h"),
            ("extend 7k3q by another 30 min", "/elevate extend AR-7K3Q 30m"),
            (
                "extend AR-7K3Q until 18:00 because it burns",
                "/elevate extend AR-7K3Q until 18:00 reason: it burns",
            ),
            (
                "extend AR-7K3Q 1h for the migration of the last 2h",
                "/elevate extend AR-7K3Q 1h reason: for the migration of the last 2h",
            ),
            (
                "extend AR-7K3Q the queue is not empty, for 1h",
                "/elevate extend AR-7K3Q 1h reason: the queue is not empty,",
            ),
            ("extend AR-7K3Q 1h reason: 2h", "/elevate extend AR-7K3Q 1h reason: 2h"),
            (
                "extend AR-7K3Q it burns",
                "a duration is missing, such as `1h`; try `/elevate extend AR-7K3Q 1h reason: it burns`",
            ),
            (
                "extend AR-7K3Q 1h 2h",
                "two durations are given, `1h` and `2h`; try `/elevate extend AR-7K3Q 1h`",
            ),
            (
                "extend AR-7K3Q replay 1h of 2h",
                "two durations are given, `1h` and `2h`; try `/elevate extend AR-7K3Q 1h reason: replay of`",
            ),
            (
                "extend AR-7K3Q 8d",
                "`8d` is too long: access lasts at most 7 d; try `/elevate extend AR-7K3Q 7d`",
            ),
            (
                "extend 1h",
                "`1h` is not the id of a request, which is like `AR-7K3Q`; try `/elevate extend <id> <duration> [reason]`",
            ),
        ],
    );
}

#[test]
fn sessions_are_cut_only_when_that_is_said() {
    table(
        &Acme,
        &[
            ("end AR-7K3Q", "/elevate end AR-7K3Q"),
            ("end AR-7K3Q cut", "/elevate end AR-7K3Q cut"),
            ("end 7k3q and cut sessions", "/elevate end AR-7K3Q cut"),
            ("revoke AR-7K3Q cut the sessions.", "/elevate end AR-7K3Q cut"),
            ("end AR-7K3Q and cut all sessions", "/elevate end AR-7K3Q cut"),
        ],
    );
    for typed in
        ["end AR-7K3Q and", "end AR-7K3Q sessions", "end AR-7K3Q cut off", "end AR-7K3Q cut sessions now"]
    {
        let wrong = elevate::parse(typed, &Acme).unwrap_err();
        assert!(matches!(wrong.fault(), Fault::Extra { keyword: "end", .. }), "{wrong}");
        assert!(wrong.right_form().starts_with("/elevate end AR-7K3Q"), "{wrong}");
    }
}

#[test]
fn all_access_ends_or_that_of_whom_or_what_is_named() {
    table(
        &Acme,
        &[
            ("end all", "/elevate end all"),
            ("END ALL confirm", "/elevate end all confirm"),
            ("end-all confirm", "/elevate end all confirm"),
            ("end all @bo", "/elevate end all @bo"),
            ("end all <@U123|bo>", "/elevate end all <@U123>"),
            ("end all of bo@acme.test confirm", "/elevate end all bo@acme.test confirm"),
            ("end all in prod eu confirm", "/elevate end all \"prod eu\" confirm"),
            ("end all account 1234-5678-9012", "/elevate end all \"123456789012\""),
            ("end all unknown", "/elevate end all \"unknown\""),
            ("end all \"confirm\"", "/elevate end all \"confirm\""),
            ("help end all", "/elevate help end-all"),
        ],
    );
}

/// What is not understood must never make it more.
#[test]
fn words_that_name_nobody_do_not_end_the_access_of_everybody() {
    let form = "try `/elevate end all [@person|account] [confirm]`";
    let takes = "`end all` takes `[@person|account] [confirm]` and nothing more after it, but";
    let quotes = "a name of several words, or one that reads like a command, goes in quotes";
    let person = "names no single person; a person is a mention or an e-mail address";
    table(
        &Acme,
        &[
            ("end all @here", &format!("`@here` {person}; {form}")),
            ("end all <!subteam^S1>", &format!("`<!subteam^S1>` {person}; {form}")),
            ("end all @bo prod", &format!("{takes} `prod` follows; {quotes}; {form}")),
            ("end all north sea confirm", &format!("{takes} `sea` follows; {quotes}; {form}")),
            ("end all of", &format!("{takes} `of` follows; {quotes}; {form}")),
            ("end all AR-7K3Q", &format!("{takes} `AR-7K3Q` follows; {quotes}; {form}")),
            ("end all confirm prod", &format!("{takes} `prod` follows; {quotes}; {form}")),
        ],
    );
    let said = elevate::parse("end all @all", &Acme).unwrap();
    let scope = EndScope::Person(PersonRef::Name("all".to_owned()));
    assert_eq!(said, Elevate::EndAll { scope, confirmed: false });
}

#[test]
fn urgent_access_is_looked_at_after() {
    table(
        &Acme,
        &[
            ("acknowledge AR-7K3Q", "/elevate acknowledge AR-7K3Q"),
            (
                "ack 7k3q because the pager was mine",
                "/elevate acknowledge AR-7K3Q reason: the pager was mine",
            ),
            (
                "object AR-7K3Q nothing was down for 1h",
                "/elevate object AR-7K3Q reason: nothing was down for 1h",
            ),
            (
                "object AR-7K3Q",
                "`object AR-7K3Q` needs a reason, which the requester will read; try `/elevate object AR-7K3Q <why>`",
            ),
            (
                "ack",
                "`acknowledge` needs the id of a request, such as `AR-7K3Q`; try `/elevate acknowledge <id> [note]`",
            ),
        ],
    );
}

#[test]
fn the_last_request_or_another_is_repeated() {
    table(
        &Acme,
        &[
            ("again", "/elevate again"),
            ("repeat 7k3q", "/elevate again AR-7K3Q"),
            ("mine", "/elevate mine"),
            (
                "again prod!",
                "`prod!` is not the id of a request, which is like `AR-7K3Q`; try `/elevate again [id]`",
            ),
        ],
    );
    for typed in ["again AR-7K3Q 2h", "mine too"] {
        assert!(matches!(elevate::parse(typed, &Acme).unwrap_err().fault(), Fault::Extra { .. }), "{typed}");
    }
}
