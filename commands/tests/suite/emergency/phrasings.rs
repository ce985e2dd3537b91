//! How people say it in an emergency, and what is heard.

use super::table;
use crate::acme::Acme;
use glasskey_commands::{Breakglass, BreakglassKeyword, NoVocabulary, breakglass};

#[test]
fn the_usual_order_needs_no_vocabulary() {
    table(
        &NoVocabulary,
        &[
            ("on ro for 2h INC-7 sso is down @bo", "on  | ro | 2h | INC-7 | @bo | sso is down"),
            ("on ro 2h INC-7 sso is down", "on  | ro | 2h | INC-7 |  | sso is down"),
            ("on ops until 18:00 sso is down", "on  | ops | until 18:00 |  |  | sso is down"),
            ("on sso is down", "on  |  |  |  |  | sso is down"),
            ("On RO, 2h, INC-7: sso is down.", "on  | ro | 2h | INC-7 |  | sso is down."),
            ("open read-only sso is down", "on  | ro |  |  |  | sso is down"),
            ("start operations because sso is down", "on  | ops |  |  |  | sso is down"),
            ("on rw - sso  is\ndown", "on  | ops |  |  |  | sso is down"),
            ("`on` ro sso is down", "on  | ro |  |  |  | sso is down"),
        ],
    );
}

#[test]
fn the_parts_before_the_reason_may_stand_in_any_order() {
    table(
        &Acme,
        &[
            ("on main ro 2h INC-7 sso is down", "on main | ro | 2h | INC-7 |  | sso is down"),
            (
                "on INC-7 for 2 hours as ops in main sso is down",
                "on main | ops | 2h | INC-7 |  | sso is down",
            ),
            ("on <@U1> and @cy 1h30 ro sso is down", "on  | ro | 1h30m |  | <@U1> @cy | sso is down"),
            ("on ro ro main main sso is down", "on main | ro |  |  |  | sso is down"),
            ("on <@U1> INC-7 (CHG-8) sso is down", "on  |  |  | INC-7 | <@U1> | (CHG-8) sso is down"),
        ],
    );
}

#[test]
fn a_federation_that_is_called_like_something_else_goes_in_quotes() {
    table(
        &Acme,
        &[
            ("on \"ops\" ro sso is down", "on ops | ro |  |  |  | sso is down"),
            ("on ops ro: sso is down", "on  | ops |  |  |  | ro: sso is down"),
            ("on partner-eu sso is down", "on partner-eu |  |  |  |  | sso is down"),
            ("on INC-9 INC-7 sso is down", "on INC-9 |  |  | INC-7 |  | sso is down"),
        ],
    );
}

#[test]
fn durations_and_people_may_also_follow_the_reason() {
    table(
        &NoVocabulary,
        &[
            ("on sso is down for 2h with <@U1> and <@U2>", "on  |  | 2h |  | <@U1> <@U2> | sso is down"),
            (
                "on ro sso is down <@U1|bo>, bo@acme.test @cy.",
                "on  | ro |  |  | <@U1> bo@acme.test @cy | sso is down",
            ),
            ("on <@U1> sso is down <@U2> <@U1>", "on  |  |  |  | <@U1> <@U2> | sso is down"),
            ("on sso is down <@!123> until 6 pm", "on  |  | until 18:00 |  | <@123> | sso is down"),
            ("on ro sso is down <mailto:bo@acme.test|bo>", "on  | ro |  |  | bo@acme.test | sso is down"),
            ("on ro sso is down INC-7 @bo", "on  | ro |  | INC-7 | @bo | sso is down INC-7"),
            ("on ro <@U1> reason: sso is down @cy 2h", "on  | ro |  |  | <@U1> | sso is down @cy 2h"),
        ],
    );
}

#[test]
fn small_words_that_end_the_reason_stay_in_it() {
    table(
        &NoVocabulary,
        &[
            ("on ro nobody can sign in @bo", "on  | ro |  |  | @bo | nobody can sign in"),
            ("on ro nobody can sign in for 2h", "on  | ro | 2h |  |  | nobody can sign in"),
            ("on ro nobody can log on with @bo and @cy", "on  | ro |  |  | @bo @cy | nobody can log on"),
            ("on ro sso we sign in with 2h", "on  | ro | 2h |  |  | sso we sign in with"),
            ("on ro for as long as it lasts", "on  | ro |  |  |  | for as long as it lasts"),
        ],
    );
}

#[test]
fn what_stands_within_the_reason_opens_nothing_more() {
    table(
        &Acme,
        &[
            (
                "on ro sso fails for <@U1> as for ops in main since 2h ago",
                "on  | ro |  |  |  | sso fails for <@U1> as for ops in main since 2h ago",
            ),
            ("on ro sso fails, call ops", "on  | ro |  |  |  | sso fails, call ops"),
            ("on ro 1h sso fails for 2h", "on  | ro | 1h |  |  | sso fails for 2h"),
            ("on ro sso fails in main", "on  | ro |  |  |  | sso fails in main"),
            ("on the ops team is locked out", "on  |  |  |  |  | the ops team is locked out"),
            ("on reason: ops 2h INC-7 @bo", "on  |  |  |  |  | ops 2h INC-7 @bo"),
            ("on ro roll back as INC-7 says", "on  | ro |  | INC-7 |  | roll back as INC-7 says"),
            ("on ro INC-7 CHG-8 sso is down", "on  | ro |  | INC-7 |  | CHG-8 sso is down"),
            (
                "on ro \"bo@acme.test\" \"2h\" are words",
                "on  | ro |  |  |  | \"bo@acme.test\" \"2h\" are words",
            ),
            ("on ro <!here> sso is down @channel", "on  | ro |  |  |  | <!here> sso is down @channel"),
            ("on ro sso is down <!subteam^S1> knows", "on  | ro |  |  |  | sso is down <!subteam^S1> knows"),
        ],
    );
}

#[test]
fn a_reason_cannot_hide_or_forge_anything() {
    table(
        &NoVocabulary,
        &[(
            "on ro sso down\n*Confirmed by* Bo\u{202E}lla\u{200B}\u{7}ok",
            "on  | ro |  |  |  | sso down *Confirmed by* Bolla ok",
        )],
    );
}

#[test]
fn keywords_are_heard_with_the_words_that_people_try_instead() {
    table(
        &Acme,
        &[
            ("", "/breakglass "),
            (" \u{200B}\n", "/breakglass "),
            ("off", "/breakglass off"),
            ("OFF.", "/breakglass off"),
            ("`off`", "/breakglass off"),
            ("close", "/breakglass off"),
            ("stop because sso answers", "/breakglass off reason: sso answers"),
            ("off main all well", "/breakglass off \"main\" reason: all well"),
            ("off reason: main is back", "/breakglass off reason: main is back"),
            ("off because", "/breakglass off"),
            ("off off", "/breakglass off \"off\""),
            ("status", "/breakglass status"),
            ("status main", "/breakglass status \"main\""),
            ("confirm", "/breakglass confirm"),
            ("approve \"main\"", "/breakglass confirm \"main\""),
            ("decline", "/breakglass decline"),
            ("yes", "/breakglass confirm"),
            ("no reason: it is slow", "/breakglass decline reason: it is slow"),
            ("deny main - not needed", "/breakglass decline \"main\" reason: not needed"),
            ("reject it is only slow", "/breakglass decline reason: it is only slow"),
            ("drill", "/breakglass drill"),
            ("drill partner-eu", "/breakglass drill \"partner-eu\""),
            ("review bg-7k3q", "/breakglass review BG-7K3Q"),
            ("ack 7k3q. all in order", "/breakglass review BG-7K3Q reason: all in order"),
            ("acknowledge BG-OIL0", "/breakglass review BG-0110"),
            ("help", "/breakglass help"),
            ("?", "/breakglass help"),
            ("help close", "/breakglass help off"),
        ],
    );
    assert_eq!(breakglass::parse("", &Acme), Ok(Breakglass::Form));
    let help = Breakglass::Help(Some(BreakglassKeyword::Review));
    assert_eq!(breakglass::parse("help ack", &Acme), Ok(help));
}

#[test]
fn people_are_added_and_removed_in_any_order_of_words() {
    table(
        &Acme,
        &[
            ("add @bo", "/breakglass add @bo"),
            ("add <@U1|bo> <@!2>, bo@acme.test ro", "/breakglass add <@U1> <@2> bo@acme.test ro"),
            ("add ops to main for @bo and @cy", "/breakglass add \"main\" @bo @cy ops"),
            ("add main @bo @bo as ops", "/breakglass add \"main\" @bo ops"),
            ("add \"ops\" @bo ro", "/breakglass add \"ops\" @bo ro"),
            ("add `@bo` readonly ro", "/breakglass add @bo ro"),
            ("remove @bo, @cy", "/breakglass remove @bo @cy"),
            ("remove <@U1> from main", "/breakglass remove \"main\" <@U1>"),
        ],
    );
}

#[test]
fn an_extension_is_a_duration_and_perhaps_a_federation() {
    table(
        &Acme,
        &[
            ("extend 1h", "/breakglass extend 1h"),
            ("extend main by 1 h 30 min", "/breakglass extend \"main\" 1h30m"),
            ("extend until 18:00 in main", "/breakglass extend \"main\" until 18:00"),
        ],
    );
}
