//! Laws over texts that nobody thought of.

use crate::acme::{ACCOUNTS, Acme, BUNDLES, GROUPS, SETS};
use glasskey_commands::{
    AccountSelector, Elevate, EndScope, Fault, GroupSelector, Keyword, Keywords, LENGTH_SECONDS_MAX,
    LENGTH_SECONDS_MIN, Length, NoVocabulary, PermissionSetSelector, PersonRef, RequestRef, RequestWords,
    Slot, Start, Vocabulary, What, elevate,
};
use jiff::Timestamp;
use proptest::prelude::*;

/// Words that mean something to the parser, among words that mean nothing.
fn phrase() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        proptest::sample::select(ACCOUNTS.to_vec()).prop_map(str::to_owned),
        proptest::sample::select(SETS.to_vec()).prop_map(str::to_owned),
        proptest::sample::select(GROUPS.to_vec()).prop_map(str::to_owned),
        proptest::sample::select(BUNDLES.to_vec()).prop_map(str::to_owned),
        proptest::sample::select(Keyword::ALL.to_vec()).prop_map(|keyword| keyword.word().to_owned()),
        proptest::sample::select(vec![
            "1h",
            "30m",
            "1h30",
            "2",
            "hours",
            "and",
            "until",
            "18:00",
            "at",
            "at 02:00",
            "from",
            "starting",
            "tomorrow",
            "monday",
            "2026-12-01",
            "2026-12-01T02:00Z",
            "utc",
            "noon",
            "all",
            "cut",
            "sessions",
            "confirm",
            "by",
            "another",
            "@bo",
            "bo@acme.test",
            "6",
            "pm",
            "99d",
            "0s",
            "for",
            "to",
            "in",
            "as",
            "because",
            "reason:",
            "Reason:x",
            "reason=",
            "INC-7",
            "(CHG-8)",
            "123456789012",
            "AR-7K3Q",
            "7k3q",
            "\"",
            "“",
            "”",
            "'",
            "`",
            "\"a b\"",
            "\\",
            "\\\"",
            ",",
            "-",
            "<@U123>",
            "a,",
            "Lake",
            "eu",
            "User",
        ])
        .prop_map(str::to_owned),
        "\\PC{1,6}",
    ];
    proptest::collection::vec(word, 0..14).prop_map(|words| words.join(" "))
}

fn text() -> impl Strategy<Value = String> {
    "\\PC{1,20}"
        .prop_filter("something must be left to read", |text| !AccountSelector::new(text).as_str().is_empty())
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        text(),
        proptest::sample::select(ACCOUNTS.to_vec()).prop_map(str::to_owned),
        proptest::sample::select(vec![
            "list", "group", "1h", "INC-7", "for", "reason:", "a\"b", "c\\", "'x'", "x,", "at 02:00",
            "confirm", "all", "@bo", "AR-7K3Q",
        ])
        .prop_map(str::to_owned),
    ]
}

fn id() -> impl Strategy<Value = RequestRef> {
    "[0-9A-HJKMNP-TV-Z]{4,8}".prop_map(|symbols| RequestRef::parse(&symbols).unwrap())
}

fn length() -> impl Strategy<Value = Length> {
    prop_oneof![
        (LENGTH_SECONDS_MIN..=LENGTH_SECONDS_MAX).prop_map(Length::For),
        (0_i8..24, 0_i8..60).prop_map(|(hour, minute)| Length::Until(jiff::civil::time(hour, minute, 0, 0))),
    ]
}

fn start() -> impl Strategy<Value = Start> {
    let time = || (0_i8..24, 0_i8..60).prop_map(|(hour, minute)| jiff::civil::time(hour, minute, 0, 0));
    let second =
        || (946_684_800_i64..253_370_764_799).prop_map(|second| Timestamp::from_second(second).unwrap());
    prop_oneof![
        time().prop_map(Start::Clock),
        time().prop_map(Start::Tomorrow),
        second().prop_map(|at| Start::Local(jiff::tz::Offset::UTC.to_datetime(at))),
        second().prop_map(Start::Instant),
    ]
}

fn what() -> impl Strategy<Value = What> {
    let assignment = (name(), text()).prop_map(|(account, set)| What::Assignment {
        account: AccountSelector::new(&account),
        permission_set: PermissionSetSelector::new(&set),
    });
    prop_oneof![
        3 => assignment,
        1 => name().prop_map(|name| What::Group(GroupSelector::new(&name))),
        1 => name().prop_map(|name| What::Bundle(GroupSelector::new(&name).to_string())),
    ]
}

fn scope() -> impl Strategy<Value = EndScope> {
    let person = prop_oneof![
        "[A-Z0-9]{1,11}".prop_map(PersonRef::Mention),
        "[a-z][a-z0-9.]{0,5}@[a-z]{1,8}\\.test".prop_map(PersonRef::Email),
        "[a-z][a-z0-9_-]{0,8}".prop_map(PersonRef::Name),
    ];
    let person = person
        .prop_filter("a person", |person| PersonRef::parse(&person.to_string()).as_ref() == Some(person));
    prop_oneof![
        Just(EndScope::Everything),
        person.prop_map(EndScope::Person),
        name().prop_map(|name| EndScope::Account(AccountSelector::new(&name))),
    ]
}

fn request(reason: impl Strategy<Value = String>) -> impl Strategy<Value = RequestWords> {
    let ticket = proptest::option::of("[A-Z][A-Z0-9]{1,5}-[0-9]{1,5}");
    let begin = prop_oneof![
        1 => Just((true, None)),
        3 => proptest::option::of(start()).prop_map(|start| (false, start)),
    ];
    (what(), begin, length(), ticket, reason).prop_map(|(what, (urgent, start), length, ticket, reason)| {
        RequestWords { what, urgent, length, start, ticket, reason }
    })
}

pub(crate) fn said() -> impl Strategy<Value = Elevate> {
    let reason =
        || prop_oneof![text(), phrase()].prop_map(|text| AccountSelector::new(&text).as_str().to_owned());
    let reason = move || reason().prop_filter("a reason", |reason| !reason.is_empty());
    let note = move || proptest::option::of(reason());
    let of_one = prop_oneof![
        id().prop_map(Elevate::Show),
        id().prop_map(Elevate::Withdraw),
        proptest::option::of(id()).prop_map(Elevate::Again),
        (id(), any::<bool>()).prop_map(|(id, cut)| Elevate::End { id, cut }),
        (id(), proptest::option::of(length())).prop_map(|(id, length)| Elevate::Approve { id, length }),
        (id(), reason()).prop_map(|(id, why)| Elevate::Deny { id, why }),
        (id(), length(), note()).prop_map(|(id, length, reason)| Elevate::Extend { id, length, reason }),
        (id(), note()).prop_map(|(id, note)| Elevate::Acknowledge { id, note }),
        (id(), reason()).prop_map(|(id, why)| Elevate::Object { id, why }),
    ];
    let alone = vec![Elevate::Form, Elevate::Mine, Elevate::List, Elevate::Link, Elevate::Unlink];
    prop_oneof![
        6 => request(reason()).prop_map(Elevate::Request),
        1 => what().prop_map(Elevate::Why),
        4 => of_one,
        2 => (scope(), any::<bool>()).prop_map(|(scope, confirmed)| Elevate::EndAll { scope, confirmed }),
        1 => proptest::sample::select(alone),
        1 => proptest::option::of(proptest::sample::select(Keyword::ALL.to_vec())).prop_map(Elevate::Help),
    ]
}

fn each_vocabulary() -> [&'static dyn Vocabulary; 2] {
    [&NoVocabulary, &Acme]
}

pub(crate) fn is_one_clean_line(text: &str) -> bool {
    AccountSelector::new(text).as_str() == text && !text.chars().any(char::is_control)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn whatever_was_said_is_printed_and_heard_again(said in said()) {
        prop_assert_eq!(elevate::parse(&said.to_string(), &NoVocabulary), Ok(said));
    }

    #[test]
    fn whatever_was_heard_is_heard_again_from_its_print(text in phrase()) {
        for vocabulary in each_vocabulary() {
            if let Ok(said) = elevate::parse(&text, vocabulary) {
                prop_assert_eq!(elevate::parse(&said.to_string(), vocabulary), Ok(said));
            }
        }
    }

    #[test]
    fn any_text_gets_an_answer_that_is_one_clean_line(text in any::<String>()) {
        for vocabulary in each_vocabulary() {
            match elevate::parse(&text, vocabulary) {
                Ok(said) => prop_assert!(is_one_clean_line(&said.to_string())),
                Err(wrong) => {
                    prop_assert!(is_one_clean_line(&wrong.sentence()), "{}", wrong.sentence());
                    prop_assert!(wrong.right_form().starts_with("/elevate"));
                }
            }
        }
    }

    #[test]
    fn a_right_form_for_a_missing_duration_is_read_and_asks_for_an_hour(text in phrase()) {
        for vocabulary in each_vocabulary() {
            let Err(wrong) = elevate::parse(&text, vocabulary) else { continue };
            if *wrong.fault() != Fault::Missing(vec![Slot::Duration]) {
                continue;
            }
            let right = wrong.right_form().strip_prefix("/elevate ").unwrap();
            let length = match elevate::parse(right, vocabulary) {
                Ok(Elevate::Request(words)) => words.length,
                Ok(Elevate::Extend { length, .. }) => length,
                read => return Err(TestCaseError::fail(format!("{right} is read as {read:?}"))),
            };
            prop_assert_eq!(length, Length::For(3600));
        }
    }

    /// Whoever copies the right form must not be corrected again.
    #[test]
    fn a_right_form_with_nothing_left_to_fill_in_is_read(text in phrase()) {
        for vocabulary in each_vocabulary() {
            let Err(wrong) = elevate::parse(&text, vocabulary) else { continue };
            let right = wrong.right_form().strip_prefix("/elevate ").unwrap_or_default();
            if !right.contains(['<', '[']) {
                prop_assert!(elevate::parse(right, vocabulary).is_ok(), "{}", wrong.sentence());
            }
        }
    }

    #[test]
    fn a_sentence_keeps_its_code_marks_in_pairs(text in phrase()) {
        if let Err(wrong) = elevate::parse(&text, &Acme) {
            prop_assert_eq!(wrong.sentence().matches('`').count() % 2, 0);
            prop_assert!(!wrong.sentence().ends_with('.'));
        }
    }

    #[test]
    fn an_id_in_its_one_form_is_read_as_itself(id in id()) {
        prop_assert_eq!(RequestRef::parse(id.as_str()), Some(id.clone()));
        prop_assert_eq!(RequestRef::parse(&id.as_str().to_lowercase()), Some(id));
    }
}
