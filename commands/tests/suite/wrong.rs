//! What is wrong, said so that it helps.

use crate::acme::{Acme, heard, table};
use glasskey_commands::{Elevate, Fault, Length, NoVocabulary, Slot, TEXT_CHARS_MAX, Vocabulary, elevate};

#[test]
fn what_is_missing_is_named_and_the_right_form_has_the_persons_words() {
    table(
        &Acme,
        &[
            (
                "prod ReadOnly INC-7 fix",
                "a duration is missing, such as `1h`; try `/elevate prod ReadOnly 1h INC-7 fix`",
            ),
            (
                "ReadOnly on prod eu INC-7",
                "a duration and a reason are missing; try `/elevate \"prod eu\" ReadOnly 1h INC-7 <reason>`",
            ),
            ("prod ReadOnly 1h", "a reason is missing; try `/elevate prod ReadOnly 1h <reason>`"),
            (
                "prod 1h",
                "a permission set and a reason are missing; try `/elevate prod <permission set> 1h <reason>`",
            ),
            (
                "ReadOnly 30m",
                "an account and a reason are missing; try `/elevate <account> ReadOnly 30m <reason>`",
            ),
            (
                "prod",
                "a permission set, a duration and a reason are missing; try `/elevate prod <permission set> 1h <reason>`",
            ),
            (
                "2h",
                "an account, a permission set and a reason are missing; try `/elevate <account> <permission set> 2h <reason>`",
            ),
            ("why prod", "a permission set is missing; try `/elevate why prod <permission set>`"),
            (
                "why",
                "an account and a permission set are missing; try `/elevate why <account> <permission set>`",
            ),
            (
                "prod ReadOnly fix the `list`",
                "a duration is missing, such as `1h`; try `/elevate prod ReadOnly 1h fix the 'list'`",
            ),
            (
                "fix it as ReadOnly on prod",
                "a duration is missing, such as `1h`; try `/elevate prod ReadOnly 1h fix it`",
            ),
            (
                "prod ReadOnly fix INC-7 now",
                "a duration is missing, such as `1h`; try `/elevate prod ReadOnly 1h fix INC-7 now`",
            ),
        ],
    );
}

#[test]
fn a_right_form_that_would_be_misheard_is_written_in_full() {
    table(
        &Acme,
        &[
            (
                "foo bar reason: fix INC-7",
                "a duration is missing, such as `1h`; try `/elevate \"foo\" \"bar\" 1h reason: fix INC-7`",
            ),
            (
                "\"prod\" \"eu\" fix",
                "a duration is missing, such as `1h`; try `/elevate \"prod\" \"eu\" 1h reason: fix`",
            ),
        ],
    );
}

#[test]
fn two_durations_are_not_chosen_between() {
    table(
        &NoVocabulary,
        &[
            (
                "prod ReadOnly 1h 2h fix",
                "two durations are given, `1h` and `2h`; try `/elevate prod ReadOnly 1h fix`",
            ),
            (
                "prod ReadOnly fix the 5 min alert for 1h",
                "two durations are given, `5 min` and `1h`; try `/elevate prod ReadOnly 5m fix the alert`",
            ),
            (
                "prod ReadOnly 1h until 18:00 fix",
                "two durations are given, `1h` and `until 18:00`; try `/elevate prod ReadOnly 1h fix`",
            ),
        ],
    );
}

#[test]
fn durations_out_of_bounds_name_the_bound() {
    table(
        &NoVocabulary,
        &[
            (
                "prod ReadOnly 30s fix",
                "`30s` is too short: access lasts at least 1 min; try `/elevate prod ReadOnly 1m fix`",
            ),
            (
                "prod ReadOnly 8d fix",
                "`8d` is too long: access lasts at most 7 d; try `/elevate prod ReadOnly 7d fix`",
            ),
            (
                "prod ReadOnly 99999999999999999999h fix",
                "`99999999999999999999h` is too long: access lasts at most 7 d; try `/elevate prod ReadOnly 7d fix`",
            ),
            (
                "prod ReadOnly until 25:00 fix",
                "`until 25:00` names no time of day, such as `until 18:00` or `until 6pm`; try `/elevate prod ReadOnly 1h fix`",
            ),
        ],
    );
}

#[test]
fn a_slip_in_a_keyword_counts_only_when_nothing_or_an_id_follows() {
    table(
        &Acme,
        &[
            ("lst", "`lst` is unknown, and the nearest word is `list`; try `/elevate list`"),
            (
                "aprove ar-7k3q",
                "`aprove` is unknown, and the nearest word is `approve`; try `/elevate approve ar-7k3q`",
            ),
            (
                "withdarw 7k3q",
                "`withdarw` is unknown, and the nearest word is `withdraw`; try `/elevate withdraw 7k3q`",
            ),
            (
                "dney AR-7K3Q not today",
                "`dney` is unknown, and the nearest word is `deny`; try `/elevate deny AR-7K3Q not today`",
            ),
            ("ends", "`ends` is unknown, and the nearest word is `end`; try `/elevate end <id> [cut]`"),
            ("lst ReadOnly 1h fix", "lst | ReadOnly | 1h |  | fix"),
            (
                "ends ReadOnly",
                "a duration and a reason are missing; try `/elevate ends ReadOnly 1h <reason>`",
            ),
        ],
    );
    assert!(matches!(elevate::parse("\"lst\"", &Acme).unwrap_err().fault(), Fault::Missing(_)));
}

#[test]
fn ids_that_are_missing_or_malformed_are_said_so() {
    table(
        &Acme,
        &[
            ("show", "`show` needs the id of a request, such as `AR-7K3Q`; try `/elevate show <id>`"),
            (
                "end AR-7U3Q",
                "`AR-7U3Q` is not the id of a request, which is like `AR-7K3Q`; try `/elevate end <id> [cut]`",
            ),
            (
                "approve <@U123>",
                "`<@U123>` is not the id of a request, which is like `AR-7K3Q`; try `/elevate approve <id> [for <duration>]`",
            ),
            (
                "deny AR-7K3Q",
                "`deny AR-7K3Q` needs a reason, which the requester will read; try `/elevate deny AR-7K3Q <why>`",
            ),
            (
                "deny AR-7K3Q because",
                "`deny AR-7K3Q` needs a reason, which the requester will read; try `/elevate deny AR-7K3Q <why>`",
            ),
            ("help me", "there is no help about `me`; try `/elevate help`"),
        ],
    );
}

#[test]
fn words_too_many_are_refused_and_a_name_like_a_keyword_is_shown_in_quotes() {
    let hint = "; a name of several words, or one that reads like a command, goes in quotes; try";
    for (typed, start, right) in [
        ("list of accounts", "`list` takes nothing after it, but `of` follows", "list"),
        (
            "list ReadOnly 1h fix",
            "`list` takes nothing after it, but `ReadOnly` follows",
            "\"list\" ReadOnly 1h fix",
        ),
        (
            "end AR-7K3Q now",
            "`end` takes `<id> [cut]` and nothing more after it, but `now` follows",
            "end AR-7K3Q",
        ),
        (
            "end ReadOnly 1h fix",
            "`end` takes `<id> [cut]` and nothing more after it, but `1h` follows",
            "\"end\" ReadOnly 1h fix",
        ),
        ("help end now", "`help` takes `[topic]` and nothing more after it, but `now` follows", "help end"),
        (
            "why north sea ReadOnly",
            "`why` takes `<account> <permission set>` and nothing more after it, but `ReadOnly` follows",
            "why north sea",
        ),
    ] {
        assert_eq!(heard(typed, &Acme), format!("{start}{hint} `/elevate {right}`"), "{typed}");
    }
}

#[test]
fn a_reason_may_be_left_out_where_the_company_does_not_ask_for_one() {
    struct NoReason;
    impl Vocabulary for NoReason {
        fn reason_required(&self) -> bool {
            false
        }
    }
    table(
        &NoReason,
        &[
            ("prod ReadOnly 1h", "prod | ReadOnly | 1h |  | "),
            ("prod ReadOnly", "a duration is missing, such as `1h`; try `/elevate prod ReadOnly 1h`"),
        ],
    );
    let said = elevate::parse("prod ReadOnly 1h", &NoReason).unwrap();
    assert_eq!(elevate::parse(&said.to_string(), &NoReason).unwrap(), said);
}

#[test]
fn text_at_the_limit_is_read_and_one_character_more_refused() {
    let start = "prod ReadOnly 1h ";
    let text = |chars: usize| format!("{start}{}", "é".repeat(chars - start.len()));
    let Ok(Elevate::Request(words)) = elevate::parse(&text(TEXT_CHARS_MAX), &NoVocabulary) else {
        panic!("refused")
    };
    assert_eq!(words.reason.chars().count(), TEXT_CHARS_MAX - start.len());
    assert_eq!(words.length, Length::For(3600));
    let wrong = elevate::parse(&text(TEXT_CHARS_MAX + 1), &NoVocabulary).unwrap_err();
    assert_eq!(*wrong.fault(), Fault::TooLong { chars: TEXT_CHARS_MAX + 1 });
    assert_eq!(
        wrong.sentence(),
        "the command has 3001 characters and at most 3000 are read; \
         try `/elevate <account> <permission set> <duration> [at <start>] [ticket] <reason>`"
    );
}

#[test]
fn a_long_right_form_is_whole_but_cut_in_the_sentence() {
    let reason = "x".repeat(2000);
    let wrong = elevate::parse(&format!("prod ReadOnly {reason}"), &NoVocabulary).unwrap_err();
    assert_eq!(*wrong.fault(), Fault::Missing(vec![Slot::Duration]));
    assert_eq!(wrong.right_form(), format!("/elevate prod ReadOnly 1h {reason}"));
    assert!(wrong.sentence().ends_with("xxx…`"));
    assert_eq!(
        wrong.sentence().chars().filter(|c| *c == 'x').count(),
        300 - "/elevate prod ReadOnly 1h ".len()
    );
}

#[test]
fn an_account_name_of_eight_words_needs_no_quotes_and_one_of_nine_does() {
    struct Long(usize);
    impl Vocabulary for Long {
        fn is_account(&self, text: &str) -> bool {
            text == vec!["w"; self.0].join(" ")
        }
    }
    let typed = |count: usize| format!("{} ReadOnly 1h fix", vec!["w"; count].join(" "));
    assert_eq!(heard(&typed(8), &Long(8)), "w w w w w w w w | ReadOnly | 1h |  | fix");
    assert_eq!(heard(&typed(9), &Long(9)), "w | w | 1h |  | w w w w w w w ReadOnly fix");
}
