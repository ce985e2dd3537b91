//! Laws over texts that nobody thought of.

use crate::acme::{ACCOUNTS, Acme, SETS};
use glasskey_commands::{
    AccountSelector, Elevate, Fault, Keyword, Keywords, LENGTH_SECONDS_MAX, LENGTH_SECONDS_MIN, Length,
    NoVocabulary, PermissionSetSelector, RequestRef, RequestWords, Slot, Vocabulary, elevate,
};
use proptest::prelude::*;

/// Words that mean something to the parser, among words that mean nothing.
fn phrase() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        proptest::sample::select(ACCOUNTS.to_vec()).prop_map(str::to_owned),
        proptest::sample::select(SETS.to_vec()).prop_map(str::to_owned),
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
        proptest::sample::select(vec!["list", "1h", "INC-7", "for", "reason:", "a\"b", "c\\", "'x'", "x,"])
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

pub(crate) fn said() -> impl Strategy<Value = Elevate> {
    let reason =
        || prop_oneof![text(), phrase()].prop_map(|text| AccountSelector::new(&text).as_str().to_owned());
    let reason = move || reason().prop_filter("a reason", |reason| !reason.is_empty());
    let ticket = proptest::option::of("[A-Z][A-Z0-9]{1,5}-[0-9]{1,5}");
    let request =
        (name(), text(), length(), ticket, reason()).prop_map(|(account, set, length, ticket, reason)| {
            Elevate::Request(RequestWords {
                account: AccountSelector::new(&account),
                permission_set: PermissionSetSelector::new(&set),
                length,
                ticket,
                reason,
            })
        });
    let why = (name(), text()).prop_map(|(account, set)| Elevate::Why {
        account: AccountSelector::new(&account),
        permission_set: PermissionSetSelector::new(&set),
    });
    prop_oneof![
        5 => request,
        1 => why,
        1 => Just(Elevate::Form),
        1 => Just(Elevate::List),
        1 => Just(Elevate::Link),
        1 => Just(Elevate::Unlink),
        1 => id().prop_map(Elevate::Show),
        1 => id().prop_map(Elevate::End),
        1 => id().prop_map(Elevate::Approve),
        1 => id().prop_map(Elevate::Withdraw),
        1 => (id(), reason()).prop_map(|(id, why)| Elevate::Deny { id, why }),
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
            let Ok(Elevate::Request(words)) = elevate::parse(right, vocabulary) else {
                return Err(TestCaseError::fail(format!("{right} is not read")));
            };
            prop_assert_eq!(words.length, Length::For(3600));
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
