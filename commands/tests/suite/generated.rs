//! Texts that are generated from the table of definitions.

use crate::acme::Acme;
use glasskey_commands::definition::{BREAKGLASS, COMMANDS, Command, ELEVATE, Registered};
use glasskey_commands::manifest::{SlackApp, discord, slack};
use glasskey_commands::{
    Breakglass, BreakglassKeyword, Elevate, Keyword, Keywords, NoVocabulary, RequestWords, What, breakglass,
    elevate, help, help_by_options,
};

#[test]
fn the_help_says_what_can_be_said() {
    insta::assert_snapshot!(help(&ELEVATE, None));
}

#[test]
fn each_topic_has_its_help() {
    let topics: Vec<String> = Keyword::ALL.iter().map(|topic| help(&ELEVATE, Some(*topic))).collect();
    insta::assert_snapshot!(topics.join("\n"));
}

#[test]
fn the_help_of_breakglass_says_what_can_be_said() {
    insta::assert_snapshot!(help(&BREAKGLASS, None));
}

#[test]
fn each_topic_of_breakglass_has_its_help() {
    let topics: Vec<String> =
        BreakglassKeyword::ALL.iter().map(|topic| help(&BREAKGLASS, Some(*topic))).collect();
    insta::assert_snapshot!(topics.join("\n"));
}

/// A chat with a field for each part must not be told how to type them on one line.
#[test]
fn the_help_where_parts_have_fields_names_the_fields() {
    fn all<K: Keywords>(command: &Command<K>) -> String {
        let topics = K::ALL.iter().map(|topic| help_by_options(command, Some(*topic)));
        std::iter::once(help_by_options(command, None)).chain(topics).collect::<Vec<_>>().join("\n")
    }
    insta::assert_snapshot!([all(&ELEVATE), all(&BREAKGLASS)].join("\n"));
}

#[test]
fn every_keyword_is_in_the_table_once_and_every_example_is_heard() {
    let named: Vec<Keyword> = ELEVATE.uses.iter().map(|entry| entry.keyword).collect();
    assert_eq!(named, Keyword::ALL);
    for entry in ELEVATE.uses {
        assert!(!entry.examples.is_empty(), "{:?}", entry.keyword);
        for example in entry.examples {
            let said = elevate::parse(example, &NoVocabulary).unwrap();
            assert_eq!(keyword_of(&said), Some(entry.keyword), "{example}");
        }
    }
}

/// What people need every day stands first, with all that one needs to know to say it; the whole fits on one screen.
#[test]
fn the_short_help_has_every_keyword_once_and_fits_on_a_screen() {
    let mut words: Vec<Keyword> =
        ELEVATE.sections.iter().flat_map(|section| section.keywords).copied().collect();
    assert!(ELEVATE.sections.is_sorted_by_key(|section| section.brief));
    words.sort_unstable();
    assert_eq!(words, Keyword::ALL);
    for text in [help(&ELEVATE, None), help_by_options(&ELEVATE, None)] {
        assert!(text.lines().count() <= 20, "{text}");
        assert!(text.chars().count() <= 2000, "{text}");
    }
}

#[test]
fn every_keyword_of_breakglass_is_in_the_table_once_and_every_example_is_heard() {
    let named: Vec<BreakglassKeyword> = BREAKGLASS.uses.iter().map(|entry| entry.keyword).collect();
    assert_eq!(named, BreakglassKeyword::ALL);
    for entry in BREAKGLASS.uses {
        assert!(!entry.examples.is_empty(), "{:?}", entry.keyword);
        for example in entry.examples {
            let said = breakglass::parse(example, &NoVocabulary).unwrap();
            assert_eq!(breakglass_keyword_of(&said), Some(entry.keyword), "{example}");
        }
    }
}

fn breakglass_keyword_of(said: &Breakglass) -> Option<BreakglassKeyword> {
    Some(match said {
        Breakglass::Form => return None,
        Breakglass::On(_) => BreakglassKeyword::On,
        Breakglass::Off { .. } => BreakglassKeyword::Off,
        Breakglass::Status { .. } => BreakglassKeyword::Status,
        Breakglass::Add { .. } => BreakglassKeyword::Add,
        Breakglass::Remove { .. } => BreakglassKeyword::Remove,
        Breakglass::Extend { .. } => BreakglassKeyword::Extend,
        Breakglass::Confirm { .. } => BreakglassKeyword::Confirm,
        Breakglass::Decline { .. } => BreakglassKeyword::Decline,
        Breakglass::Drill { .. } => BreakglassKeyword::Drill,
        Breakglass::Review { .. } => BreakglassKeyword::Review,
        Breakglass::Help(_) => BreakglassKeyword::Help,
    })
}

/// One word must not mean two things.
#[test]
fn no_word_is_of_two_keywords() {
    fn words<K: Keywords>() -> Vec<&'static str> {
        K::ALL
            .iter()
            .flat_map(|keyword| std::iter::once(keyword.word()).chain(keyword.also().to_vec()))
            .collect()
    }
    for mut all in [words::<Keyword>(), words::<BreakglassKeyword>()] {
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}

fn keyword_of(said: &Elevate) -> Option<Keyword> {
    Some(match said {
        Elevate::Form => return None,
        Elevate::Request(RequestWords { urgent: true, .. }) => Keyword::Urgent,
        Elevate::Request(RequestWords { what: What::Assignment { .. }, .. }) => Keyword::Request,
        Elevate::Request(RequestWords { what: What::Group(_), .. }) => Keyword::Group,
        Elevate::Request(RequestWords { what: What::Bundle(_), .. }) => Keyword::Bundle,
        Elevate::Again(_) => Keyword::Again,
        Elevate::Mine => Keyword::Mine,
        Elevate::List => Keyword::List,
        Elevate::Show(_) => Keyword::Show,
        Elevate::End { .. } => Keyword::End,
        Elevate::EndAll { .. } => Keyword::EndAll,
        Elevate::Approve { .. } => Keyword::Approve,
        Elevate::Deny { .. } => Keyword::Deny,
        Elevate::Withdraw(_) => Keyword::Withdraw,
        Elevate::Extend { .. } => Keyword::Extend,
        Elevate::Acknowledge { .. } => Keyword::Acknowledge,
        Elevate::Object { .. } => Keyword::Object,
        Elevate::Why(_) => Keyword::Why,
        Elevate::Link => Keyword::Link,
        Elevate::Unlink => Keyword::Unlink,
        Elevate::Help(_) => Keyword::Help,
    })
}

#[test]
fn every_keyword_of_the_table_is_a_keyword_of_the_parser() {
    for keyword in Keyword::ALL {
        assert_eq!(Keyword::named(keyword.word()), Some(*keyword));
        let quoted = format!("\"{}\" ReadOnly 1h fix", keyword.word());
        assert!(matches!(elevate::parse(&quoted, &Acme), Ok(Elevate::Request(_))), "{quoted}");
    }
}

/// The lengths are those of Slack's manifest reference (node-slack-sdk, web-api, types/request/manifest.ts).
#[test]
fn commands_fit_what_slack_allows() {
    let fits = |command: &&dyn Registered| {
        command.name().len() < 32
            && command.summary().chars().count() <= 2000
            && command.hint().chars().count() <= 1000
    };
    assert!(COMMANDS.iter().all(fits));
    assert_eq!(COMMANDS.iter().map(|command| command.name()).collect::<Vec<_>>(), ["elevate", "breakglass"]);
    let app = SlackApp::default();
    assert!(
        app.name.chars().count() <= 35 && app.description.chars().count() <= 140 && app.bot_name.len() <= 80
    );
}

#[test]
fn a_name_that_is_not_yaml_stays_one_text() {
    let app = SlackApp { name: "a\": {b}\n# \\".to_owned(), ..SlackApp::default() };
    assert!(slack(&app).contains("\n  name: \"a\\\": {b}\\u000A# \\\\\"\n"));
}

/// To write the files anew: `UPDATE_GENERATED=1 cargo test -p glasskey-commands`.
#[test]
fn the_manifests_in_deploy_are_what_the_table_says() {
    let deploy = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy");
    for (file, generated) in
        [("slack/manifest.yaml", slack(&SlackApp::default())), ("discord/commands.json", discord())]
    {
        let path = format!("{deploy}/{file}");
        if std::env::var_os("UPDATE_GENERATED").is_some() {
            std::fs::write(&path, &generated).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(written, generated, "run with UPDATE_GENERATED=1");
        assert!(generated.ends_with('\n'));
    }
}
