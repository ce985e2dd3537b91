//! How people say it, and what is heard.

use crate::acme::{Acme, table};
use glasskey_commands::{Elevate, Keyword, NoVocabulary, elevate};

#[test]
fn the_usual_order_needs_no_vocabulary() {
    table(
        &NoVocabulary,
        &[
            ("prod ReadOnly 1h INC-7 fix the queue", "prod | ReadOnly | 1h | INC-7 | fix the queue"),
            ("prod ReadOnly 1h fix the queue", "prod | ReadOnly | 1h |  | fix the queue"),
            ("prod ReadOnly for 1h30m fix the queue", "prod | ReadOnly | 1h30m |  | fix the queue"),
            (
                "to prod as ReadOnly for 2 hours because the queue is stuck",
                "prod | ReadOnly | 2h |  | the queue is stuck",
            ),
            ("1h prod ReadOnly fix", "prod | ReadOnly | 1h |  | fix"),
            ("INC-7 prod ReadOnly 1h fix", "prod | ReadOnly | 1h | INC-7 | fix"),
            ("prod ReadOnly fix the queue 1h", "prod | ReadOnly | 1h |  | fix the queue"),
            ("prod ReadOnly fix the queue for 1h.", "prod | ReadOnly | 1h |  | fix the queue"),
            ("prod, ReadOnly, 1h, fix, then test", "prod | ReadOnly | 1h |  | fix, then test"),
            ("request prod ReadOnly 1h fix", "prod | ReadOnly | 1h |  | fix"),
            ("prod ReadOnly nobody can sign in for 1h", "prod | ReadOnly | 1h |  | nobody can sign in"),
            ("prod ReadOnly until 6 pm - fix", "prod | ReadOnly | until 18:00 |  | fix"),
            ("prod ReadOnly 1 h 30 min to fix it", "prod | ReadOnly | 1h30m |  | to fix it"),
            ("prod\nReadOnly\t1h\r\nfix\nthe queue", "prod | ReadOnly | 1h |  | fix the queue"),
        ],
    );
}

#[test]
fn account_ids_are_known_by_their_shape_wherever_they_stand() {
    table(
        &NoVocabulary,
        &[
            ("ReadOnly 123456789012 1h fix", "123456789012 | ReadOnly | 1h |  | fix"),
            ("ReadOnly on 1234-5678-9012 for 1h fix", "123456789012 | ReadOnly | 1h |  | fix"),
            (
                "prod ReadOnly 1h compare with 123456789012",
                "prod | ReadOnly | 1h |  | compare with 123456789012",
            ),
        ],
    );
}

#[test]
fn known_names_are_found_in_any_sensible_order() {
    table(
        &Acme,
        &[
            ("ReadOnly prod 1h fix", "prod | ReadOnly | 1h |  | fix"),
            ("readonly on prod for 1h because it burns", "prod | readonly | 1h |  | it burns"),
            ("1h admin in prod INC-7 fix", "prod | admin | 1h | INC-7 | fix"),
            (
                "please give me prod as ReadOnly for 1h to fix it",
                "prod | ReadOnly | 1h |  | please give me to fix it",
            ),
            ("fix the queue in prod as ope for 30m", "prod | ope | 30m |  | fix the queue"),
            ("prod eu ReadOnly 1h fix", "prod eu | ReadOnly | 1h |  | fix"),
            ("ReadOnly data lake 1h fix", "data lake | ReadOnly | 1h |  | fix"),
            ("log in prod ReadOnly 1h fix", "log in prod | ReadOnly | 1h |  | fix"),
            ("SANDBOX-12 ReadOnly 1h fix", "SANDBOX-12 | ReadOnly | 1h |  | fix"),
            ("SANDBOX-12 ReadOnly 1h INC-7 fix", "SANDBOX-12 | ReadOnly | 1h | INC-7 | fix"),
            ("Operator prod 1h fix", "prod | Operator | 1h |  | fix"),
            ("prod Operator 1h fix", "prod | Operator | 1h |  | fix"),
            ("Operator Operator 1h fix", "Operator | Operator | 1h |  | fix"),
            ("unknown ReadOnly 1h fix", "unknown | ReadOnly | 1h |  | fix"),
            ("ReadOnly unknown 1h fix", "unknown | ReadOnly | 1h |  | fix"),
            ("unknown prod 1h fix", "prod | unknown | 1h |  | fix"),
        ],
    );
}

#[test]
fn a_name_in_the_reason_never_becomes_what_is_asked_for() {
    table(
        &Acme,
        &[
            ("newacct ReadOnly 1h check prod", "newacct | ReadOnly | 1h |  | check prod"),
            ("stagin Admn 1h compare with prod Admin", "stagin | Admn | 1h |  | compare with prod Admin"),
            ("stagin Admn 1h prod Admin is broken", "stagin | Admn | 1h |  | prod Admin is broken"),
            ("please give me 1h prod Admin to fix it", "please | give | 1h |  | me prod Admin to fix it"),
            ("newacct ReadOnly 1h like prod ReadOnly", "newacct | ReadOnly | 1h |  | like prod ReadOnly"),
            ("staging ReadOnly 1h prod Admin is broken", "staging | ReadOnly | 1h |  | prod Admin is broken"),
            (
                "staging ReadOnly compare with prod Admin 1h",
                "staging | ReadOnly | 1h |  | compare with prod Admin",
            ),
            (
                "staging ReadOnly 1h reason: as prod Admin 2h INC-7",
                "staging | ReadOnly | 1h |  | as prod Admin 2h INC-7",
            ),
        ],
    );
}

#[test]
fn quotes_keep_a_name_together_and_its_meaning_off() {
    table(
        &NoVocabulary,
        &[
            ("\"prod eu\" ReadOnly 1h fix", "prod eu | ReadOnly | 1h |  | fix"),
            ("“prod eu” ‘Read Only’ 1h fix", "prod eu | Read Only | 1h |  | fix"),
            ("\"list\" ReadOnly 1h fix", "list | ReadOnly | 1h |  | fix"),
            ("\"INC-7\" \"1h\" 2h fix", "INC-7 | 1h | 2h |  | fix"),
            (
                "prod ReadOnly 1h the \"big bug\" of 'ours'",
                "prod | ReadOnly | 1h |  | the \"big bug\" of 'ours'",
            ),
            ("prod ReadOnly 1h don't \"wait", "prod | ReadOnly | 1h |  | don't \"wait"),
        ],
    );
}

#[test]
fn the_duration_with_the_names_counts_and_others_belong_to_the_reason() {
    table(
        &NoVocabulary,
        &[
            (
                "prod ReadOnly 1h replay the last 2h for 30m",
                "prod | ReadOnly | 1h |  | replay the last 2h for 30m",
            ),
            ("prod ReadOnly 1h retention of 90d and 0s", "prod | ReadOnly | 1h |  | retention of 90d and 0s"),
            (
                "prod ReadOnly lower the 400d retention, 1h",
                "prod | ReadOnly | 1h |  | lower the 400d retention,",
            ),
            ("prod ReadOnly 1h reason: 2h", "prod | ReadOnly | 1h |  | 2h"),
        ],
    );
}

#[test]
fn a_ticket_within_the_reason_is_noted_and_left_where_it_reads_on() {
    table(
        &NoVocabulary,
        &[
            (
                "prod ReadOnly 1h roll back as INC-7 says",
                "prod | ReadOnly | 1h | INC-7 | roll back as INC-7 says",
            ),
            ("prod ReadOnly 1h [INC-7]: fix", "prod | ReadOnly | 1h | INC-7 | fix"),
            ("prod ReadOnly 1h INC-7 CHG-8 fix", "prod | ReadOnly | 1h | INC-7 | CHG-8 fix"),
            ("prod ReadOnly 1h fix \"INC-7\"", "prod | ReadOnly | 1h |  | fix \"INC-7\""),
        ],
    );
}

#[test]
fn mentions_and_links_are_words_like_others() {
    table(
        &NoVocabulary,
        &[
            (
                "prod ReadOnly 1h with <@U123> in <#C1|ops>",
                "prod | ReadOnly | 1h |  | with <@U123> in <#C1|ops>",
            ),
            (
                "prod ReadOnly 1h <!channel> <https://x.test|y> a&b",
                "prod | ReadOnly | 1h |  | <!channel> <https://x.test|y> a&b",
            ),
        ],
    );
}

#[test]
fn a_reason_cannot_hide_or_forge_anything() {
    table(
        &NoVocabulary,
        &[(
            "prod ReadOnly 1h fix\n*Approved by* Bo\u{202E}lla\u{200B}\u{7}ok",
            "prod | ReadOnly | 1h |  | fix *Approved by* Bolla ok",
        )],
    );
}

#[test]
fn keywords_are_heard_in_any_case_and_with_forgiving_ids() {
    table(
        &Acme,
        &[
            ("", "/elevate "),
            ("  \u{200B}\n ", "/elevate "),
            ("list", "/elevate list"),
            ("LIST", "/elevate list"),
            ("show ar-7k3q", "/elevate show AR-7K3Q"),
            ("Show 7k3q", "/elevate show AR-7K3Q"),
            ("show `AR-7K3Q`", "/elevate show AR-7K3Q"),
            ("end AR-7K3Q.", "/elevate end AR-7K3Q"),
            ("revoke AR-7K3Q", "/elevate end AR-7K3Q"),
            ("approve AR-7K3Q", "/elevate approve AR-7K3Q"),
            ("withdraw AR-OIL0", "/elevate withdraw AR-0110"),
            ("cancel AR-7K3Q", "/elevate withdraw AR-7K3Q"),
            ("deny AR-7K3Q because not in the window", "/elevate deny AR-7K3Q reason: not in the window"),
            ("deny 7k3q reason: because I say so", "/elevate deny AR-7K3Q reason: because I say so"),
            ("reject AR-7K3Q too long, 1h is enough", "/elevate deny AR-7K3Q reason: too long, 1h is enough"),
            ("why prod ReadOnly", "/elevate why \"prod\" \"ReadOnly\""),
            ("why ReadOnly on prod eu", "/elevate why \"prod eu\" \"ReadOnly\""),
            ("help", "/elevate help"),
            ("?", "/elevate help"),
            ("--help", "/elevate help"),
            ("help End", "/elevate help end"),
        ],
    );
    assert_eq!(elevate::parse("", &Acme), Ok(Elevate::Form));
    assert_eq!(elevate::parse("help revoke", &Acme), Ok(Elevate::Help(Some(Keyword::End))));
}

#[test]
fn a_long_account_name_may_begin_with_a_keyword() {
    table(&Acme, &[("End User Services ReadOnly 1h fix", "End User Services | ReadOnly | 1h |  | fix")]);
}
