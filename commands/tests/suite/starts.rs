//! When it is to begin: how people say it, and what cannot be told from the reason.

use crate::acme::{Acme, table};
use glasskey_commands::NoVocabulary;

#[test]
fn a_start_stands_with_the_names_in_any_sensible_order() {
    table(
        &NoVocabulary,
        &[
            ("prod ReadOnly 1h at 02:00 INC-7 fix", "prod | ReadOnly | 1h at 02:00 | INC-7 | fix"),
            ("prod ReadOnly at 02:00 for 1h fix", "prod | ReadOnly | 1h at 02:00 |  | fix"),
            ("at 02:00 prod ReadOnly 1h fix", "prod | ReadOnly | 1h at 02:00 |  | fix"),
            ("tomorrow 02:00 prod ReadOnly 1h fix", "prod | ReadOnly | 1h at tomorrow 02:00 |  | fix"),
            (
                "prod ReadOnly for 1h, starting at 6 pm, INC-7 fix",
                "prod | ReadOnly | 1h at 18:00 | INC-7 | fix",
            ),
            (
                "prod ReadOnly INC-7 from 18:00 until 20:00 because it burns",
                "prod | ReadOnly | until 20:00 at 18:00 | INC-7 | it burns",
            ),
            (
                "prod ReadOnly 1h at 2026-12-01T02:00+01:00 fix",
                "prod | ReadOnly | 1h at 2026-12-01T01:00Z |  | fix",
            ),
            (
                "prod ReadOnly 1h on 2026-12-01 at 2am fix",
                "prod | ReadOnly | 1h at 2026-12-01T02:00 |  | fix",
            ),
            ("prod ReadOnly 1h at 02:00 reason: at 03:00", "prod | ReadOnly | 1h at 02:00 |  | at 03:00"),
        ],
    );
    table(
        &Acme,
        &[
            (
                "fix the queue ReadOnly on prod 1h at 02:00",
                "prod | ReadOnly | 1h at 02:00 |  | fix the queue",
            ),
            ("at 02:00 Operator in prod eu for 1h fix", "prod eu | Operator | 1h at 02:00 |  | fix"),
        ],
    );
}

#[test]
fn a_time_within_the_reason_stays_there() {
    table(
        &NoVocabulary,
        &[
            (
                "prod ReadOnly 1h look at 02:00 logs of tomorrow 03:00 runs",
                "prod | ReadOnly | 1h |  | look at 02:00 logs of tomorrow 03:00 runs",
            ),
            ("prod ReadOnly 1h reason: failed at 02:00", "prod | ReadOnly | 1h |  | failed at 02:00"),
            ("prod ReadOnly 1h at work nothing loads", "prod | ReadOnly | 1h |  | at work nothing loads"),
            (
                "prod ReadOnly 1h it broke at 25:00 in test",
                "prod | ReadOnly | 1h |  | it broke at 25:00 in test",
            ),
            ("prod ReadOnly 1h \"at 02:00\" runs", "prod | ReadOnly | 1h |  | \"at 02:00\" runs"),
        ],
    );
}

#[test]
fn a_time_that_could_be_the_start_or_the_reason_is_asked_about() {
    let asked = "could be the start or words of the reason; \
                 a start goes before the reason, and `reason:` begins a reason for certain; try";
    table(
        &Acme,
        &[
            (
                "prod ReadOnly 1h the batch failed at 02:00",
                &format!("`at 02:00` {asked} `/elevate prod ReadOnly 1h at 02:00 the batch failed`"),
            ),
            (
                "prod ReadOnly fix the queue tomorrow at 2 am for 1h",
                &format!(
                    "`tomorrow at 2 am` {asked} `/elevate prod ReadOnly 1h at tomorrow 02:00 fix the queue`"
                ),
            ),
            (
                "at 02:00 please prod ReadOnly 1h fix",
                &format!("`at 02:00` {asked} `/elevate prod ReadOnly 1h at 02:00 please fix`"),
            ),
            (
                "prod ReadOnly it broke at 02:00",
                &format!("`at 02:00` {asked} `/elevate prod ReadOnly 1h at 02:00 it broke`"),
            ),
        ],
    );
}

#[test]
fn what_names_no_start_is_not_taken_for_now() {
    let none = "names no start, which is like `at 02:00`, `at tomorrow 02:00` or `at 2026-12-01 02:00` where you are, \
                or `at 2026-12-01T02:00Z`; try `/elevate prod ReadOnly 1h at 02:00 fix`";
    for start in [
        "at 25:00",
        "at 2",
        "on Monday at 2am",
        "at tomorrow",
        "at 02:00 UTC",
        "at 02:00 CET",
        "on 2026-02-30",
    ] {
        table(&NoVocabulary, &[(&format!("prod ReadOnly 1h {start} fix"), &format!("`{start}` {none}"))]);
    }
    table(
        &NoVocabulary,
        &[(
            "prod ReadOnly 1h at 02:00 at 03:00 fix",
            "two starts are given, `at 02:00` and `at 03:00`; try `/elevate prod ReadOnly 1h at 02:00 fix`",
        )],
    );
}

#[test]
fn a_right_form_keeps_the_start() {
    table(
        &Acme,
        &[
            (
                "prod ReadOnly at 02:00 INC-7 fix",
                "a duration is missing, such as `1h`; try `/elevate prod ReadOnly 1h at 02:00 INC-7 fix`",
            ),
            (
                "prod ReadOnly 1h at 02:00",
                "a reason is missing; try `/elevate prod ReadOnly 1h at 02:00 <reason>`",
            ),
        ],
    );
}
