//! What is wrong, said so that it helps.

use super::table;
use crate::acme::{Acme, heard_emergency};
use glasskey_commands::{Breakglass, Fault, NoVocabulary, Slot, TEXT_CHARS_MAX, Vocabulary, breakglass};

#[test]
fn a_missing_reason_is_named_and_the_right_form_has_the_persons_words() {
    table(
        &Acme,
        &[
            ("on", "a reason is missing; try `/breakglass on <reason>`"),
            (
                "on main ops 2h INC-7 @bo",
                "a reason is missing; try `/breakglass on main ops 2h INC-7 <reason> @bo`",
            ),
            ("on \"ops\" ro", "a reason is missing; try `/breakglass on \"ops\" ro <reason>`"),
            ("on ro because", "a reason is missing; try `/breakglass on ro <reason>`"),
            ("on reason:", "a reason is missing; try `/breakglass on <reason>`"),
        ],
    );
}

#[test]
fn two_levels_durations_or_federations_are_not_chosen_between() {
    table(
        &Acme,
        &[
            (
                "on ro ops sso is down",
                "two levels are given, `ro` and `ops`; try `/breakglass on ro sso is down`",
            ),
            (
                "on 1h ro until 18:00 sso is down",
                "two durations are given, `1h` and `until 18:00`; try `/breakglass on ro 1h sso is down`",
            ),
            (
                "on ro sso is down 1h 2h",
                "two durations are given, `1h` and `2h`; try `/breakglass on ro 1h sso is down`",
            ),
            (
                "on main partner-eu sso is down",
                "two federations are given, `main` and `partner-eu`; try `/breakglass on main sso is down`",
            ),
            ("add @bo ro rw", "two levels are given, `ro` and `rw`; try `/breakglass add @bo ro`"),
            (
                "add main @bo partner-eu",
                "two federations are given, `main` and `partner-eu`; try `/breakglass add \"main\" @bo`",
            ),
            ("extend 1h 2h", "two durations are given, `1h` and `2h`; try `/breakglass extend 1h`"),
            (
                "extend main partner-eu 1h",
                "two federations are given, `main` and `partner-eu`; try `/breakglass extend \"main\" 1h`",
            ),
        ],
    );
}

#[test]
fn a_level_after_the_reason_is_asked_about() {
    table(
        &NoVocabulary,
        &[
            (
                "on sso is down ops",
                "`ops` after the reason could be the level or a word of the reason; a level goes before the reason, and `reason:` begins a reason for certain; try `/breakglass on ops sso is down`",
            ),
            (
                "on sso is down, call ops for 2h @bo",
                "`ops` after the reason could be the level or a word of the reason; a level goes before the reason, and `reason:` begins a reason for certain; try `/breakglass on ops 2h sso is down, call @bo`",
            ),
            (
                "on sso is down as rw",
                "`rw` after the reason could be the level or a word of the reason; a level goes before the reason, and `reason:` begins a reason for certain; try `/breakglass on ops sso is down`",
            ),
        ],
    );
}

#[test]
fn durations_that_cannot_be_name_the_bound() {
    table(
        &NoVocabulary,
        &[
            (
                "on ro 30s sso is down",
                "`30s` is too short: access lasts at least 1 min; try `/breakglass on ro 1m sso is down`",
            ),
            (
                "on ro 8d sso is down",
                "`8d` is too long: access lasts at most 7 d; try `/breakglass on ro 7d sso is down`",
            ),
            (
                "on ro until 25:00 sso is down",
                "`until 25:00` names no time of day, such as `until 18:00` or `until 6pm`; try `/breakglass on ro sso is down`",
            ),
            ("extend 0h", "`0h` is too short: access lasts at least 1 min; try `/breakglass extend 1m`"),
            (
                "extend 99999999999999999999h",
                "`99999999999999999999h` is too long: access lasts at most 7 d; try `/breakglass extend 7d`",
            ),
        ],
    );
}

#[test]
fn an_unknown_word_shows_the_nearest_or_how_to_open() {
    table(
        &Acme,
        &[
            ("of", "`of` is unknown, and the nearest word is `off`; try `/breakglass off`"),
            (
                "onn ro sso is down",
                "`onn` is unknown, and the nearest word is `on`; try `/breakglass on ro sso is down`",
            ),
            ("clse", "`clse` is unknown, and the nearest word is `close`; try `/breakglass close`"),
            ("aprove", "`aprove` is unknown, and the nearest word is `approve`; try `/breakglass approve`"),
            (
                "stauts main",
                "`stauts` is unknown, and the nearest word is `status`; try `/breakglass status main`",
            ),
            (
                "extned 1h",
                "`extned` is unknown, and the nearest word is `extend`; try `/breakglass extend 1h`",
            ),
            (
                "revew",
                "`revew` is unknown, and the nearest word is `review`; try `/breakglass review <id> [note]`",
            ),
            (
                "sso is down",
                "`sso` is not among the words that `/breakglass` begins with; try `/breakglass help`",
            ),
            (
                "sso is down for 2h",
                "`sso` is not among the words that `/breakglass` begins with; try `/breakglass on sso is down for 2h`",
            ),
            (
                "main sso is down",
                "`main` is not among the words that `/breakglass` begins with; try `/breakglass on main sso is down`",
            ),
            (
                "ops sso is down",
                "`ops` is not among the words that `/breakglass` begins with; try `/breakglass on ops sso is down`",
            ),
            (
                "INC-7 sso is down",
                "`INC-7` is not among the words that `/breakglass` begins with; try `/breakglass on INC-7 sso is down`",
            ),
            ("in", "`in` is not among the words that `/breakglass` begins with; try `/breakglass help`"),
            (
                "ro 2h sso is down @bo",
                "`ro` is not among the words that `/breakglass` begins with; try `/breakglass on ro 2h sso is down @bo`",
            ),
            (
                "please",
                "`please` is not among the words that `/breakglass` begins with; try `/breakglass help`",
            ),
            (
                "INC-7 ro",
                "`INC-7` is not among the words that `/breakglass` begins with; try `/breakglass help`",
            ),
            ("help me", "there is no help about `me`; try `/breakglass help`"),
            (
                "help help me",
                "`help` takes `[topic]` and nothing more after it, but `me` follows; try `/breakglass help help`",
            ),
        ],
    );
}

#[test]
fn people_who_are_missing_or_no_persons_are_said_so() {
    table(
        &Acme,
        &[
            ("add", "a person is missing; try `/breakglass add [federation] <@person …> [ro|ops]`"),
            ("add ro", "a person is missing; try `/breakglass add [federation] <@person …> [ro|ops]`"),
            (
                "add bo ro",
                "`bo` names no single person; a person is a mention or an e-mail address; try `/breakglass add [federation] <@person …> [ro|ops]`",
            ),
            (
                "add @bo <!subteam^S1|@oncall>",
                "`<!subteam^S1|@oncall>` names no single person; a person is a mention or an e-mail address; try `/breakglass add @bo`",
            ),
            (
                "add @everyone",
                "`@everyone` names no single person; a person is a mention or an e-mail address; try `/breakglass add [federation] <@person …> [ro|ops]`",
            ),
            (
                "add @bo for 2h",
                "`2h` names no single person; a person is a mention or an e-mail address; try `/breakglass add @bo`",
            ),
            ("remove", "a person is missing; try `/breakglass remove [federation] <@person …>`"),
            (
                "remove me",
                "`me` names no single person; a person is a mention or an e-mail address; try `/breakglass remove [federation] <@person …>`",
            ),
            (
                "remove @bo ops",
                "`remove` takes `[federation] <@person …>` and nothing more after it, but `ops` follows; try `/breakglass remove @bo`",
            ),
            (
                "on ro sso is down <!subteam^S1|@oncall>",
                "`<!subteam^S1|@oncall>` names no single person; a person is a mention or an e-mail address; try `/breakglass on ro reason: sso is down <!subteam^S1|@oncall>`",
            ),
            (
                "on ro <@&123> sso is down @bo",
                "`<@&123>` names no single person; a person is a mention or an e-mail address; try `/breakglass on ro @bo reason: <@&123> sso is down`",
            ),
        ],
    );
}

#[test]
fn an_extension_without_a_duration_shows_one() {
    table(
        &Acme,
        &[
            ("extend", "a duration is missing, such as `1h`; try `/breakglass extend 1h`"),
            ("extend main", "a duration is missing, such as `1h`; try `/breakglass extend \"main\" 1h`"),
            (
                "extend to 18:00",
                "`extend` takes `[federation] <duration>` and nothing more after it, but `18:00` follows; try `/breakglass extend 1h`",
            ),
            (
                "extend 1h please",
                "`extend` takes `[federation] <duration>` and nothing more after it, but `please` follows; try `/breakglass extend 1h`",
            ),
        ],
    );
}

#[test]
fn ids_that_are_missing_or_malformed_and_words_too_many_are_said_so() {
    table(
        &Acme,
        &[
            (
                "review",
                "`review` needs the id of an emergency, such as `BG-7K3Q`; try `/breakglass review <id> [note]`",
            ),
            (
                "review AR-7K3Q",
                "`AR-7K3Q` is not the id of an emergency, which is like `BG-7K3Q`; try `/breakglass review <id> [note]`",
            ),
            ("review main", "/breakglass review BG-MA1N"),
            (
                "status now",
                "`status` takes `[federation]` and nothing more after it, but `now` follows; try `/breakglass status`",
            ),
            (
                "status main now",
                "`status` takes `[federation]` and nothing more after it, but `now` follows; try `/breakglass status main`",
            ),
            (
                "confirm it",
                "`confirm` takes `[federation]` and nothing more after it, but `it` follows; try `/breakglass confirm`",
            ),
            (
                "drill mian",
                "`drill` takes `[federation]` and nothing more after it, but `mian` follows; try `/breakglass drill`",
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
                "on ro ops reason: call @bo",
                "two levels are given, `ro` and `ops`; try `/breakglass on ro reason: call @bo`",
            ),
            (
                "on 1h 2h reason: ops cannot sign in",
                "two durations are given, `1h` and `2h`; try `/breakglass on 1h reason: ops cannot sign in`",
            ),
            (
                "on 30s reason: because INC-7",
                "`30s` is too short: access lasts at least 1 min; try `/breakglass on 1m reason: because INC-7`",
            ),
            (
                "on partner-eu partner-eu main reason: INC-7",
                "two federations are given, `partner-eu` and `main`; try `/breakglass on \"partner-eu\" reason: INC-7`",
            ),
            (
                "add \"ops\" @bo ro rw",
                "two levels are given, `ro` and `rw`; try `/breakglass add \"ops\" @bo ro`",
            ),
        ],
    );
}

#[test]
fn a_reason_may_be_left_out_where_the_company_does_not_ask_for_one() {
    struct NoReason;
    impl Vocabulary for NoReason {
        fn reason_required(&self) -> bool {
            false
        }
    }
    table(&NoReason, &[("on", "on  |  |  |  |  | "), ("on ro 2h @bo", "on  | ro | 2h |  | @bo | ")]);
    let said = breakglass::parse("on ro 2h @bo", &NoReason).unwrap();
    assert_eq!(breakglass::parse(&said.to_string(), &NoReason).unwrap(), said);
    assert_eq!(
        heard_emergency("on ro ops", &NoReason),
        "two levels are given, `ro` and `ops`; try `/breakglass on ro`"
    );
}

#[test]
fn text_at_the_limit_is_read_and_one_character_more_refused() {
    let text = |chars: usize| format!("on ro {}", "é".repeat(chars - "on ro ".len()));
    let Ok(Breakglass::On(words)) = breakglass::parse(&text(TEXT_CHARS_MAX), &NoVocabulary) else {
        panic!("refused")
    };
    assert_eq!(words.reason.chars().count(), TEXT_CHARS_MAX - "on ro ".len());
    let wrong = breakglass::parse(&text(TEXT_CHARS_MAX + 1), &NoVocabulary).unwrap_err();
    assert_eq!(*wrong.fault(), Fault::TooLong { chars: TEXT_CHARS_MAX + 1 });
    assert_eq!(
        wrong.right_form(),
        "/breakglass on [federation] [ro|ops] [for 2h] [incident] <reason> [@person …]"
    );
}

#[test]
fn a_fault_says_in_a_type_what_is_missing() {
    let fault = |text: &str| breakglass::parse(text, &Acme).unwrap_err().fault().clone();
    assert_eq!(fault("on ro"), Fault::Missing(vec![Slot::Reason]));
    assert_eq!(fault("add"), Fault::Missing(vec![Slot::Person]));
    assert_eq!(fault("extend"), Fault::Missing(vec![Slot::Duration]));
}
