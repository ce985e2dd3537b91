//! Laws over texts that nobody thought of.

use crate::acme::{Acme, FEDERATIONS};
use glasskey_commands::{
    AccountSelector, Breakglass, BreakglassKeyword, EmergencyRef, Keywords, LENGTH_SECONDS_MAX,
    LENGTH_SECONDS_MIN, Length, LevelWord, NoVocabulary, OnWords, PersonRef, Vocabulary, breakglass,
};
use proptest::prelude::*;

fn keyword() -> impl Strategy<Value = String> {
    let words: Vec<&str> = BreakglassKeyword::ALL
        .iter()
        .flat_map(|keyword| std::iter::once(keyword.word()).chain(keyword.also().to_vec()))
        .collect();
    proptest::sample::select(words).prop_map(str::to_owned)
}

/// Words that mean something to the parser, among words that mean nothing; most begin with a keyword.
fn phrase() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        2 => proptest::sample::select(FEDERATIONS.to_vec()).prop_map(str::to_owned),
        1 => keyword(),
        9 => proptest::sample::select(vec![
            "ro", "ops", "rw", "read-only", "\"ops\"", "\"main\"", "1h", "30m", "2", "hours", "until", "18:00", "6",
            "pm", "99d", "0s", "for", "to", "in", "as", "and", "from", "by", "because", "reason:", "Reason:x",
            "reason=", "INC-7", "(CHG-8)", "BG-7K3Q", "7k3q", "\"", "“", "”", "'", "`", "\"a b\"", "\\", "\\\"", ",",
            "-", "<@U123>", "<@U123|bo>", "<@!123>", "@bo", "@o'neil", "o'neil@acme.test", "bo@acme.test,",
            "<mailto:bo@acme.test|x>", "<!subteam^S1>", "<!here>", "@everyone", "<@", "a,", "sso", "is", "down",
        ]).prop_map(str::to_owned),
        2 => "\\PC{1,6}",
    ];
    (proptest::option::weighted(0.9, keyword()), proptest::collection::vec(word, 0..14))
        .prop_map(|(first, words)| first.into_iter().chain(words).collect::<Vec<_>>().join(" "))
}

fn reason() -> impl Strategy<Value = String> {
    prop_oneof!["\\PC{1,20}", phrase()]
        .prop_map(|text| AccountSelector::new(&text).as_str().to_owned())
        .prop_filter("a reason", |reason| !reason.is_empty())
}

fn federation() -> impl Strategy<Value = Option<String>> {
    proptest::option::of(proptest::sample::select(FEDERATIONS.to_vec()).prop_map(str::to_owned))
}

fn level() -> impl Strategy<Value = Option<LevelWord>> {
    proptest::option::of(proptest::sample::select(vec![LevelWord::Ro, LevelWord::Ops]))
}

fn length() -> impl Strategy<Value = Length> {
    prop_oneof![
        (LENGTH_SECONDS_MIN..=LENGTH_SECONDS_MAX).prop_map(Length::For),
        (0_i8..24, 0_i8..60).prop_map(|(hour, minute)| Length::Until(jiff::civil::time(hour, minute, 0, 0))),
    ]
}

fn people(least: usize) -> impl Strategy<Value = Vec<PersonRef>> {
    let person = prop_oneof![
        "[UW][0-9A-Z]{1,10}|[0-9]{17,20}".prop_map(PersonRef::Mention),
        "[a-z][a-z'+.]{0,6}@[a-z]{1,5}[.]test".prop_map(PersonRef::Email),
        "[a-z][a-z0-9._-]{0,6}[a-z0-9]".prop_map(PersonRef::Name),
    ];
    let known = |person: &PersonRef| PersonRef::parse(&person.to_string()).as_ref() == Some(person);
    proptest::collection::vec(person.prop_filter("a person", known), least..4).prop_map(|people| {
        let mut once: Vec<PersonRef> = Vec::new();
        people.into_iter().for_each(|person| {
            if !once.contains(&person) {
                once.push(person);
            }
        });
        once
    })
}

pub(crate) fn said() -> impl Strategy<Value = Breakglass> {
    let incident = proptest::option::of("[A-HJ-Z][A-Z0-9]{1,5}-[0-9]{1,5}");
    let on = (federation(), level(), proptest::option::of(length()), incident, reason(), people(0)).prop_map(
        |(federation, level, length, incident, reason, people)| {
            Breakglass::On(OnWords { federation, level, length, incident, reason, people })
        },
    );
    let id = "[0-9A-HJKMNP-TV-Z]{4,8}".prop_map(|symbols| EmergencyRef::parse(&symbols).unwrap());
    let why = || proptest::option::of(reason());
    prop_oneof![
        5 => on,
        1 => Just(Breakglass::Form),
        1 => proptest::option::of(proptest::sample::select(BreakglassKeyword::ALL.to_vec())).prop_map(Breakglass::Help),
        1 => (federation(), why()).prop_map(|(federation, reason)| Breakglass::Off { federation, reason }),
        1 => federation().prop_map(|federation| Breakglass::Status { federation }),
        2 => (federation(), people(1), level())
            .prop_map(|(federation, people, level)| Breakglass::Add { federation, people, level }),
        1 => (federation(), people(1)).prop_map(|(federation, people)| Breakglass::Remove { federation, people }),
        1 => (federation(), length()).prop_map(|(federation, length)| Breakglass::Extend { federation, length }),
        1 => federation().prop_map(|federation| Breakglass::Confirm { federation }),
        1 => (federation(), why()).prop_map(|(federation, why)| Breakglass::Decline { federation, why }),
        1 => federation().prop_map(|federation| Breakglass::Drill { federation }),
        1 => (id, why()).prop_map(|(id, note)| Breakglass::Review { id, note }),
    ]
}

fn each_vocabulary() -> [&'static dyn Vocabulary; 2] {
    [&NoVocabulary, &Acme]
}

fn is_one_clean_line(text: &str) -> bool {
    AccountSelector::new(text).as_str() == text && !text.chars().any(char::is_control)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn whatever_was_said_is_printed_and_heard_again(said in said()) {
        prop_assert_eq!(breakglass::parse(&said.to_string(), &Acme), Ok(said));
    }

    #[test]
    fn whatever_was_heard_is_heard_again_from_its_print(text in phrase()) {
        for vocabulary in each_vocabulary() {
            if let Ok(said) = breakglass::parse(&text, vocabulary) {
                prop_assert_eq!(breakglass::parse(&said.to_string(), vocabulary), Ok(said));
            }
        }
    }

    #[test]
    fn any_text_gets_an_answer_that_is_one_clean_line(text in prop_oneof![any::<String>(), phrase()]) {
        for vocabulary in each_vocabulary() {
            match breakglass::parse(&text, vocabulary) {
                Ok(said) => prop_assert!(is_one_clean_line(&said.to_string())),
                Err(wrong) => {
                    prop_assert!(is_one_clean_line(&wrong.sentence()), "{}", wrong.sentence());
                    prop_assert!(wrong.right_form().starts_with("/breakglass "));
                    prop_assert_eq!(wrong.sentence().matches('`').count() % 2, 0);
                    prop_assert!(!wrong.sentence().ends_with('.'));
                }
            }
        }
    }

    #[test]
    fn a_right_form_without_a_gap_is_read(text in phrase()) {
        for vocabulary in each_vocabulary() {
            let Err(wrong) = breakglass::parse(&text, vocabulary) else { continue };
            let right = wrong.right_form().strip_prefix("/breakglass ").unwrap();
            let gap = ["<reason>", "<id>", "<@person …>", "[federation]"].iter().any(|gap| right.contains(gap));
            prop_assert!(gap || breakglass::parse(right, vocabulary).is_ok(), "{}", right);
        }
    }

    #[test]
    fn the_text_after_reason_is_the_reason_and_gives_nobody_anything(reason in reason()) {
        let said = breakglass::parse(&format!("on ro 1h reason: {reason}"), &Acme);
        let Ok(Breakglass::On(words)) = said else { return Err(TestCaseError::fail("not read")) };
        let level = Some(LevelWord::Ro);
        let length = Some(Length::For(3600));
        prop_assert_eq!(words, OnWords { level, length, reason, ..OnWords::default() });
    }

    #[test]
    fn words_within_a_reason_change_nothing_but_the_reason(middle in phrase()) {
        prop_assume!(!middle.to_lowercase().contains("reason"));
        let said = breakglass::parse(&format!("on ro 1h down {middle} again"), &Acme);
        let Ok(Breakglass::On(words)) = said else { return Err(TestCaseError::fail("not read")) };
        prop_assert_eq!(words.federation, None);
        prop_assert_eq!(words.level, Some(LevelWord::Ro));
        prop_assert_eq!(words.length, Some(Length::For(3600)));
        prop_assert_eq!(words.people, Vec::new());
    }

    #[test]
    fn an_emergency_id_in_its_one_form_is_read_as_itself(symbols in "[0-9A-HJKMNP-TV-Z]{4,8}") {
        let id = EmergencyRef::parse(&symbols).unwrap();
        prop_assert_eq!(EmergencyRef::parse(id.as_str()), Some(id.clone()));
        prop_assert_eq!(EmergencyRef::parse(&id.as_str().to_lowercase()), Some(id));
    }
}
