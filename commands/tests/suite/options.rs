//! The same, said by named options.

use crate::emergency;
use crate::laws;
use glasskey_commands::definition::{BREAKGLASS, ELEVATE};
use glasskey_commands::{
    Breakglass, BreakglassKeyword, Elevate, EmergencyRef, EndScope, Fault, Keyword, Keywords, Length,
    LevelWord, OnWords, PersonRef, RequestRef, RequestWords, Said, TEXT_CHARS_MAX, Usage, What, breakglass,
    elevate,
};
use proptest::prelude::*;

type Options = Vec<(&'static str, String)>;

fn borrowed(options: &Options) -> Vec<(&str, &str)> {
    options.iter().map(|(name, text)| (*name, text.as_str())).collect()
}

fn elevated(keyword: &str, options: &[(&str, &str)]) -> Result<Elevate, Usage> {
    elevate::from_options(&Said { keyword, options })
}

fn broken(keyword: &str, options: &[(&str, &str)]) -> Result<Breakglass, Usage> {
    breakglass::from_options(&Said { keyword, options })
}

// ---- laws ----------------------------------------------------------------------------------------------------

/// How a chat would send it.
fn options_of(said: &Elevate) -> (&'static str, Options) {
    let id = |id: &RequestRef| vec![("id", id.to_string())];
    let target = |what: &What| match what {
        What::Assignment { account, permission_set } => {
            vec![("account", account.to_string()), ("permission-set", permission_set.to_string())]
        }
        What::Group(group) => vec![("group", group.to_string())],
        What::Bundle(name) => vec![("bundle", name.clone())],
    };
    let with = |id: &RequestRef, name: &'static str, text: Option<String>| {
        [("id", id.to_string())].into_iter().chain(text.map(|text| (name, text))).collect()
    };
    match said {
        Elevate::Form => ("", Vec::new()),
        Elevate::Request(words) => {
            let mut options = target(&words.what);
            options.push(("reason", words.reason.clone()));
            options.push(("duration", words.length.to_string()));
            options.extend(words.ticket.clone().map(|ticket| ("ticket", ticket)));
            options.extend(words.start.map(|start| ("at", start.to_string())));
            let keyword = match &words.what {
                _ if words.urgent => "urgent",
                What::Assignment { .. } => "request",
                What::Group(_) => "group",
                What::Bundle(_) => "bundle",
            };
            (keyword, options)
        }
        Elevate::Again(request) => ("again", request.iter().flat_map(id).collect()),
        Elevate::Mine => ("mine", Vec::new()),
        Elevate::List => ("list", Vec::new()),
        Elevate::Show(request) => ("show", id(request)),
        Elevate::End { id, cut } => ("end", with(id, "sessions", cut.then(|| "cut".to_owned()))),
        Elevate::EndAll { scope, confirmed } => {
            let mut options: Options = match scope {
                EndScope::Everything => Vec::new(),
                EndScope::Person(person) => vec![("person", person.to_string())],
                EndScope::Account(account) => vec![("account", account.to_string())],
            };
            options.extend(confirmed.then(|| ("confirm", "confirm".to_owned())));
            ("end-all", options)
        }
        Elevate::Approve { id, length } => {
            ("approve", with(id, "duration", length.map(|length| length.to_string())))
        }
        Elevate::Deny { id, why } => ("deny", with(id, "why", Some(why.clone()))),
        Elevate::Withdraw(request) => ("withdraw", id(request)),
        Elevate::Extend { id, length, reason } => {
            let mut options: Options = with(id, "reason", reason.clone());
            options.push(("duration", length.to_string()));
            ("extend", options)
        }
        Elevate::Acknowledge { id, note } => ("acknowledge", with(id, "note", note.clone())),
        Elevate::Object { id, why } => ("object", with(id, "why", Some(why.clone()))),
        Elevate::Why(what) => ("why", target(what)),
        Elevate::Link => ("link", Vec::new()),
        Elevate::Unlink => ("unlink", Vec::new()),
        Elevate::Help(topic) => {
            ("help", topic.iter().map(|topic| ("topic", topic.word().to_owned())).collect())
        }
    }
}

fn emergency_options_of(said: &Breakglass) -> (&'static str, Options) {
    fn some(name: &'static str, text: Option<&impl ToString>) -> Options {
        text.iter().map(|text| (name, text.to_string())).collect()
    }
    let federation = |federation: &Option<String>| some("federation", federation.as_ref());
    let people = |people: &[PersonRef]| {
        let people: Vec<String> = people.iter().map(PersonRef::to_string).collect();
        some("people", Some(&people.join(" ")).filter(|_| !people.is_empty()))
    };
    match said {
        Breakglass::Form => ("on", Vec::new()),
        Breakglass::Help(topic) => ("help", some("topic", topic.map(Keywords::word).as_ref())),
        Breakglass::On(OnWords { federation: named, level, length, incident, reason, people: whom }) => {
            let parts = [
                federation(named),
                some("level", level.as_ref()),
                some("duration", length.as_ref()),
                some("incident", incident.as_ref()),
                some("reason", Some(reason)),
                people(whom),
            ];
            ("on", parts.concat())
        }
        Breakglass::Off { federation: named, reason } => {
            ("off", [some("reason", reason.as_ref()), federation(named)].concat())
        }
        Breakglass::Status { federation: named } => ("status", federation(named)),
        Breakglass::Add { federation: named, people: whom, level } => {
            ("add", [people(whom), some("level", level.as_ref()), federation(named)].concat())
        }
        Breakglass::Remove { federation: named, people: whom } => {
            ("remove", [people(whom), federation(named)].concat())
        }
        Breakglass::Extend { federation: named, length } => {
            ("extend", [some("duration", Some(length)), federation(named)].concat())
        }
        Breakglass::Confirm { federation: named } => ("confirm", federation(named)),
        Breakglass::Decline { federation: named, why } => {
            ("decline", [some("why", why.as_ref()), federation(named)].concat())
        }
        Breakglass::Drill { federation: named } => ("drill", federation(named)),
        Breakglass::Review { id, note } => {
            ("review", [some("id", Some(id)), some("note", note.as_ref())].concat())
        }
    }
}

/// Any keyword, or none, with any of all option names and any texts.
fn anything() -> impl Strategy<Value = (String, Vec<(String, String)>)> {
    let words = Keyword::ALL.iter().map(|keyword| keyword.word());
    let words = words.chain(BreakglassKeyword::ALL.iter().map(|keyword| keyword.word()));
    let keyword = prop_oneof![
        8 => proptest::sample::select(words.collect::<Vec<_>>()).prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    let elevate = ELEVATE.uses.iter().flat_map(|entry| entry.options).map(|option| option.name);
    let breakglass = BREAKGLASS.uses.iter().flat_map(|entry| entry.options).map(|option| option.name);
    let name = prop_oneof![
        30 => proptest::sample::select(elevate.chain(breakglass).collect::<Vec<_>>()).prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    let text = prop_oneof![
        3 => proptest::sample::select(vec![
            "AR-7K3Q", "bg-7k3q", "1h", "for 2h", "until 18:00", "99d", "0s", "until 99:00", "ro", "OPS", "<@1><@2>",
            "@bo and <@!3>", "@bo", "cut", "confirm", "at 02:00", "tomorrow 2am", "2026-12-01T02:00Z", "prod", "INC-7", "(INC-7)", "a b", "", " ", "`", "help", "<@&1>", "because",
        ]).prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    (keyword, proptest::collection::vec((name, text), 0..5))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn whatever_was_said_is_the_same_by_options_and_on_one_line(said in laws::said()) {
        let (keyword, options) = options_of(&said);
        let by_options = elevated(keyword, &borrowed(&options));
        prop_assert_eq!(&by_options, &elevate::parse(&said.to_string(), &glasskey_commands::NoVocabulary));
        prop_assert_eq!(by_options, Ok(said));
    }

    #[test]
    fn whatever_was_said_of_break_glass_is_the_same_by_options_and_on_one_line(said in emergency::laws::said()) {
        let (keyword, options) = emergency_options_of(&said);
        let by_options = broken(keyword, &borrowed(&options));
        prop_assert_eq!(&by_options, &breakglass::parse(&said.to_string(), &crate::acme::Acme));
        prop_assert_eq!(by_options, Ok(said));
    }

    #[test]
    fn any_options_get_an_answer_that_is_one_clean_line((keyword, options) in anything()) {
        let options: Vec<(&str, &str)> = options.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        let answers = [
            elevated(&keyword, &options).map(|said| said.to_string()),
            broken(&keyword, &options).map(|said| said.to_string()),
        ];
        for answer in answers {
            let line = match answer {
                Ok(said) => said,
                Err(wrong) => {
                    prop_assert!(wrong.right_form().starts_with('/'));
                    prop_assert_eq!(wrong.sentence().matches('`').count() % 2, 0);
                    wrong.sentence()
                }
            };
            prop_assert!(laws::is_one_clean_line(&line), "{}", line);
        }
    }
}

// ---- parts ---------------------------------------------------------------------------------------------------

const REQUEST: [(&str, &str); 3] = [("account", "prod"), ("permission-set", "ReadOnly"), ("duration", "1h")];

fn request(more: &[(&str, &str)]) -> RequestWords {
    let Elevate::Request(words) = elevated("request", &[&REQUEST, more].concat()).unwrap() else {
        panic!("no request")
    };
    words
}

#[test]
fn a_reason_is_a_reason_whatever_it_reads_like() {
    for reason in [
        "until 18:00",
        "AR-7K3Q",
        "reason: x",
        "because",
        "2h for INC-7 on prod",
        "\"a b\"",
        "<@1> ro",
        "list",
    ] {
        let words = request(&[("reason", reason)]);
        assert_eq!((words.reason.as_str(), words.ticket, words.length), (reason, None, Length::For(3600)));
        let Ok(Breakglass::On(words)) = broken("on", &[("reason", reason)]) else { panic!("{reason}") };
        assert_eq!(words, OnWords { reason: reason.to_owned(), ..OnWords::default() });
        let denied = elevated("deny", &[("why", reason), ("id", "7k3q")]);
        let id = RequestRef::parse("7K3Q").unwrap();
        assert_eq!(denied, Ok(Elevate::Deny { id, why: reason.to_owned() }));
    }
}

#[test]
fn a_reason_of_several_lines_is_one_clean_line() {
    assert_eq!(request(&[("reason", " a\n\u{202E}b\t c ")]).reason, "a b c");
}

#[test]
fn a_request_without_a_reason_is_understood_so_that_the_door_can_ask() {
    for more in [&[][..], &[("reason", "")], &[("reason", " \u{200B}")]] {
        assert_eq!(request(more).reason, "");
    }
    let Ok(Breakglass::On(words)) = broken("on", &[("level", "ops")]) else { panic!("not read") };
    assert_eq!(words, OnWords { level: Some(LevelWord::Ops), ..OnWords::default() });
}

#[test]
fn nothing_filled_in_asks_for_the_form() {
    assert_eq!(broken("on", &[]), Ok(Breakglass::Form));
    assert_eq!(broken("on", &[("reason", " ")]), Ok(Breakglass::Form));
    assert_eq!(broken("", &[]), Ok(Breakglass::Form));
    assert_eq!(elevated("", &[]), Ok(Elevate::Form));
}

#[test]
fn durations_and_tickets_are_read_as_people_write_them() {
    for (typed, length) in
        [("90 min", Length::For(5400)), ("for 2h", Length::For(7200)), ("1 h 30 min", Length::For(5400))]
    {
        let extended = broken("extend", &[("duration", typed)]);
        assert_eq!(extended, Ok(Breakglass::Extend { federation: None, length }), "{typed}");
    }
    assert_eq!(request(&[("ticket", "(INC-7),")]).ticket.as_deref(), Some("INC-7"));
    assert_eq!(request(&[("ticket", " ")]).ticket, None);
}

#[test]
fn one_field_takes_several_people_each_once() {
    let (one, two) = (PersonRef::Mention("1".to_owned()), PersonRef::Mention("2".to_owned()));
    let mail = PersonRef::Email("bo@acme.test".to_owned());
    for typed in [
        "<@1><@!2><mailto:bo@acme.test|bo>",
        "<@1> <@2> bo@acme.test",
        "<@1>, <@2> and bo@acme.test",
        "<@1> <@1> <@2>, bo@acme.test",
    ] {
        let removed = broken("remove", &[("people", typed)]);
        let people = vec![one.clone(), two.clone(), mail.clone()];
        assert_eq!(removed, Ok(Breakglass::Remove { federation: None, people }), "{typed}");
    }
}

#[test]
fn ids_are_read_as_people_write_them() {
    let request = RequestRef::parse("AR-7K3Q").unwrap();
    assert_eq!(elevated("show", &[("id", "7k3q")]), Ok(Elevate::Show(request)));
    let id = EmergencyRef::parse("BG-7K3Q").unwrap();
    assert_eq!(broken("review", &[("id", "bg-7k3q")]), Ok(Breakglass::Review { id, note: None }));
}

// ---- what is wrong -------------------------------------------------------------------------------------------

#[test]
fn what_is_wrong_is_said_with_the_right_options() {
    for (keyword, options, expected) in [
        (
            "request",
            &[("account", "Data Lake"), ("reason", "fix it")][..],
            "a permission set and a duration are missing; try \
             `/elevate request account:Data Lake permission-set:<permission-set> duration:1h reason:fix it`",
        ),
        (
            "request",
            &[("account", "prod"), ("permission-set", "Admin"), ("duration", "soon")],
            "`soon` is not a duration, such as `1h30m` or `until 18:00`; try \
             `/elevate request account:prod permission-set:Admin duration:1h`",
        ),
        (
            "request",
            &[("account", "prod"), ("permission-set", "Admin"), ("duration", "8d")],
            "`8d` is too long: access lasts at most 7 d; try \
             `/elevate request account:prod permission-set:Admin duration:7d`",
        ),
        (
            "request",
            &[("account", "prod"), ("permission-set", "Admin"), ("duration", "1h"), ("ticket", "INC 7")],
            "`INC 7` is not a ticket, which is one word such as `INC-7`; try \
             `/elevate request account:prod permission-set:Admin duration:1h ticket:<ticket>`",
        ),
        ("show", &[], "`show` needs the id of a request, such as `AR-7K3Q`; try `/elevate show id:<id>`"),
        (
            "show",
            &[("id", "BG-7K3Q")],
            "`BG-7K3Q` is not the id of a request, which is like `AR-7K3Q`; try `/elevate show id:<id>`",
        ),
        (
            "deny",
            &[("id", "7k3q"), ("why", " ")],
            "`deny AR-7K3Q` needs a reason, which the requester will read; try `/elevate deny id:7k3q why:<why>`",
        ),
        (
            "why",
            &[],
            "an account and a permission set are missing; try \
             `/elevate why account:<account> permission-set:<permission-set>`",
        ),
        ("help", &[("topic", "x")], "there is no help about `x`; try `/elevate help topic:<topic>`"),
        (
            "list",
            &[("id", "7k3q")],
            "`list` takes nothing after it, but `id:7k3q` follows; try `/elevate list`",
        ),
        (
            "show",
            &[("id", "7k3q"), ("id", "7k3r")],
            "`show` takes `<id>` and nothing more after it, but `id:7k3r` follows; try `/elevate show id:7k3q`",
        ),
        ("lst", &[], "`lst` is unknown, and the nearest word is `list`; try `/elevate list`"),
        ("banana", &[], "`banana` is not among the words that `/elevate` begins with; try `/elevate help`"),
    ] {
        assert_eq!(elevated(keyword, options).unwrap_err().sentence(), expected, "{keyword} {options:?}");
    }
}

#[test]
fn what_is_wrong_with_break_glass_is_said_with_the_right_options() {
    for (keyword, options, expected) in [
        (
            "on",
            &[("level", "admin"), ("reason", "sso is down")][..],
            "`admin` is not a level, which is `ro` or `ops`; try `/breakglass on level:<level> reason:sso is down`",
        ),
        (
            "on",
            &[("reason", "sso is down"), ("people", "<@1> <@&2>")],
            "`<@&2>` names no single person; a person is a mention or an e-mail address; try \
             `/breakglass on reason:sso is down people:<@1>`",
        ),
        ("add", &[("level", "ro")], "a person is missing; try `/breakglass add people:<people> level:ro`"),
        ("remove", &[("people", "and")], "a person is missing; try `/breakglass remove people:<people>`"),
        (
            "remove",
            &[("people", "bo")],
            "`bo` names no single person; a person is a mention or an e-mail address; try \
             `/breakglass remove people:<people>`",
        ),
        ("extend", &[], "a duration is missing, such as `1h`; try `/breakglass extend duration:1h`"),
        (
            "extend",
            &[("duration", "1h 2h"), ("federation", "main")],
            "`1h 2h` is not a duration, such as `1h30m` or `until 18:00`; try \
             `/breakglass extend duration:1h federation:main`",
        ),
        (
            "review",
            &[("note", "well")],
            "`review` needs the id of an emergency, such as `BG-7K3Q`; try `/breakglass review id:<id> note:well`",
        ),
    ] {
        assert_eq!(broken(keyword, options).unwrap_err().sentence(), expected, "{keyword} {options:?}");
    }
}

#[test]
fn a_text_at_the_limit_is_read_and_one_past_it_refused() {
    let others: usize = REQUEST.iter().map(|(_, text)| text.len()).sum();
    let at_the_limit = "x".repeat(TEXT_CHARS_MAX - others);
    assert_eq!(request(&[("reason", &at_the_limit)]).reason, at_the_limit);
    let past_it = format!("{at_the_limit}x");
    let wrong = elevated("request", &[&REQUEST[..], &[("reason", &past_it)]].concat()).unwrap_err();
    assert_eq!(*wrong.fault(), Fault::TooLong { chars: TEXT_CHARS_MAX + 1 });
}
