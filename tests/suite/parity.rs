//! `docs/parity.md`, walked: everything that people can do or be told has a line for both platforms, nothing else claims one,
//! and what Discord is said to have is rendered by its door, and read back.

use std::collections::{BTreeMap, BTreeSet};

use glasskey::chat::discord::{forms, render};
use glasskey::chat::hall::forms::{Asked, Form, Place};
use glasskey::notices::{self, Button, Card, SignInSteps, Text, Tone};
use glasskey_commands::definition::Keywords as _;
use glasskey_commands::{BreakglassKeyword, Keyword, manifest};
use glasskey_domain::drift::StandingReport;
use glasskey_domain::emergency::Level;
use glasskey_domain::settings::StepUpAction;
use glasskey_domain::watch::{EndAll, Watch};
use glasskey_domain::{
    AccountId, EmergencyId, Matter, NoticeKind, PersonId, RequestId, Seconds, Settings, Subject,
};
use glasskey_domain::{EndScope, Who};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::discord_doors::day;
use crate::slack_doors_emergency::house::{directory, federation, setting};

const PAGE: &str = include_str!("../../docs/parity.md");

struct Nobody;

impl render::Names for Nobody {
    fn discord_user(&self, _: &PersonId) -> Option<String> {
        None
    }
}

/// The lines of a section: what, Slack, Discord.
fn lines(section: &str) -> BTreeMap<String, (String, String)> {
    let body =
        PAGE.split(&format!("## {section}\n")).nth(1).unwrap_or_else(|| panic!("no section {section}"));
    let body = body.split("\n## ").next().unwrap();
    let mut lines = BTreeMap::new();
    for row in body.lines().filter(|line| line.starts_with('|')).skip(2) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [what, slack, discord] = cells.as_slice() else { panic!("{row}") };
        assert!(!slack.is_empty() && !discord.is_empty(), "{row}");
        let before = lines.insert(what.trim_matches('`').to_owned(), ((*slack).into(), (*discord).into()));
        assert!(before.is_none(), "{what} twice");
    }
    lines
}

/// That a section has these lines and no others; those that say yes for Discord.
fn claimed(section: &str, all: &BTreeSet<String>) -> BTreeSet<String> {
    let lines = lines(section);
    assert_eq!(lines.keys().cloned().collect::<BTreeSet<_>>(), *all, "{section}");
    let yes = lines.into_iter().filter(|(_, (_, discord))| discord.starts_with("yes"));
    yes.map(|(what, _)| what).collect()
}

fn keywords() -> BTreeSet<String> {
    let elevate = Keyword::ALL.iter().map(|keyword| format!("/elevate {}", keyword.word()));
    let breakglass = BreakglassKeyword::ALL.iter().map(|keyword| format!("/breakglass {}", keyword.word()));
    elevate.chain(breakglass).collect()
}

#[test]
fn every_word_of_the_grammar_is_registered_in_discord_and_in_the_help_of_slack() {
    let claimed = claimed("Commands", &keywords());
    let registered: Value = serde_json::from_str(&manifest::discord()).unwrap();
    let names = |of: &Value| of["name"].as_str().unwrap().to_owned();
    let commands = registered.as_array().unwrap().iter();
    let registered: BTreeSet<String> = commands
        .flat_map(|command| {
            let words = command["options"].as_array().unwrap().iter();
            words.map(|word| format!("/{} {}", names(command), names(word))).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(claimed, registered);
}

#[test]
fn every_button_of_a_card_is_shown_in_discord_and_comes_back_as_itself() {
    let all = Button::ALL.iter().map(|button| button.action().to_owned()).collect();
    let request: Subject = RequestId::from_bits(7, RequestId::SYMBOLS_MIN).into();
    let card = Card {
        id: request.clone(),
        version: 1,
        tone: Tone::Waiting,
        title: Text::new().say("Ana asks"),
        status: Text::new().say("waits"),
        reason: "look at refunds".to_owned(),
        facts: Vec::new(),
        footer: Text::new().say("small print"),
        buttons: Button::ALL.to_vec(),
    };
    let shown = render::card(&card, &Nobody, "mark");
    let rows = shown["components"].as_array().unwrap().iter();
    let ids = rows.flat_map(|row| row["components"].as_array().unwrap()).map(|button| &button["custom_id"]);
    let back = ids.map(|id| {
        let clicked = render::clicked(id.as_str().unwrap()).unwrap();
        assert_eq!(clicked.id, request);
        clicked.button.action().to_owned()
    });
    assert_eq!(claimed("Buttons", &all), back.collect());
    for button in Button::ALL {
        let lines = lines("Buttons");
        let (_, discord) = &lines[button.action()];
        let asks = render::sure(button, &request).is_some();
        assert_eq!(
            discord.contains("asks first") || discord.contains("a message"),
            asks,
            "{button:?}: {discord}"
        );
    }
}

/// One of each form. A new one does not compile here.
fn forms_of_all_kinds() -> Vec<Form> {
    let (request, emergency) = (
        RequestId::from_bits(7, RequestId::SYMBOLS_MIN),
        EmergencyId::from_bits(7, EmergencyId::SYMBOLS_MIN),
    );
    let forms = vec![
        Form::Deny(request.clone(), Matter::Extension { nth: 2 }),
        Form::ApproveLess(request.clone()),
        Form::Access(Box::default()),
        Form::Reason(Asked {
            place: Place::Account(AccountId::parse("111111111111").unwrap()),
            permission_set: Some("ReadOnly".to_owned()),
            length: Seconds::hours(1),
            starts_at: Some(1_780_000_000),
            urgent: false,
        }),
        Form::Extend(request.clone()),
        Form::Object(request),
        Form::Decline(emergency.clone()),
        Form::Review(emergency),
        Form::Open { channel: String::new(), federation: None },
    ];
    let kinds: BTreeSet<&str> = forms.iter().map(kind).collect();
    assert_eq!(kinds.len(), forms.len());
    forms
}

fn kind(form: &Form) -> &'static str {
    match form {
        Form::Deny(..) => "deny",
        Form::ApproveLess(_) => "approve-less",
        Form::Access(_) => "access",
        Form::Reason(_) => "reason",
        Form::Extend(_) => "extend",
        Form::Object(_) => "object",
        Form::Decline(_) => "decline",
        Form::Review(_) => "review",
        Form::Open { .. } => "open",
    }
}

#[test]
fn every_form_opens_in_discord_and_what_is_filled_in_comes_back() {
    let all = forms_of_all_kinds();
    let names = all.iter().map(|form| kind(form).to_owned()).collect();
    let claimed = claimed("Forms", &names);
    let settings = Settings {
        federations: BTreeMap::from([(glasskey_domain::FederationId::new("main"), federation())]),
        ..Settings::default()
    };
    for form in all.into_iter().filter(|form| claimed.contains(kind(form))) {
        let modal = forms::modal(&form, &settings, &Nobody).unwrap();
        assert_eq!(forms::form(&modal), Some(form.clone()));
        let labels = modal["components"].as_array().unwrap().iter().filter(|part| part["type"] == 18);
        let names: Vec<String> =
            labels.map(|label| label["component"]["custom_id"].as_str().unwrap().to_owned()).collect();
        assert!(!names.is_empty(), "{form:?}");
        let answered = names.iter().map(|name| {
            json!({ "type": 18, "component": { "type": 4, "custom_id": name, "value": format!("my {name}") } })
        });
        let filled = forms::filled(&json!({ "components": answered.collect::<Vec<_>>() }));
        for name in names {
            assert_eq!(filled.0.get(&name), Some(&vec![format!("my {name}")]), "{form:?}");
        }
    }
}

/// One of each notice.
fn notices_of_all_kinds() -> Vec<NoticeKind> {
    use NoticeKind as Kind;
    let second = 1_700_000_000;
    vec![
        Kind::Granted,
        Kind::Ended,
        Kind::Denied,
        Kind::Lapsed,
        Kind::Failed,
        Kind::AlreadyHeld,
        Kind::RemovedByHand,
        Kind::Overdue { nth: 1 },
        Kind::OverdueOver,
        Kind::Scheduled,
        Kind::ApprovalDue { nth: 1 },
        Kind::Escalated { nth: 1 },
        Kind::ExtensionAsked { nth: 1 },
        Kind::ExtensionDenied { nth: 1 },
        Kind::ExtensionLapsed { nth: 1 },
        Kind::Urgent,
        Kind::Objected,
        Kind::Unsure { since: second },
        Kind::Stricter { version: 2 },
        Kind::SessionsCut,
        Kind::SessionsNotCut,
        Kind::Drift { at: second },
        Kind::StandingReport { at: second },
        Kind::EndedAll { at: second },
        Kind::Proposed { nth: 0 },
        Kind::EmergencyOn,
        Kind::EmergencyAlone,
        Kind::SignIn { level: Level::Ops },
        Kind::EmergencyStuck,
        Kind::Strangers { seen: 1 },
        Kind::StillOn { nth: 1 },
        Kind::Extended { nth: 1 },
        Kind::EndsSoon { nth: 0 },
        Kind::CloseNow,
        Kind::EmergencyOff,
        Kind::ReviewDue { nth: 1 },
        Kind::Reviewed,
        Kind::CenterSilent { since: second },
        Kind::CenterAnswers { since: second },
        Kind::DrillMissed { due: second },
        Kind::Linked { user: 7, at: 7 },
        Kind::Unlinked { user: 7, at: 7 },
    ]
}

fn name(kind: NoticeKind) -> String {
    serde_json::to_value(kind).unwrap()["notice"].as_str().unwrap().to_owned()
}

/// The names in the source, so that a new notice cannot be left out above.
fn names_in_the_source() -> BTreeSet<String> {
    let source = include_str!("../../domain/src/job.rs");
    let body = source.split("pub enum NoticeKind {").nth(1).unwrap().split("\n}").next().unwrap();
    let lines = body.lines().filter_map(|line| line.strip_prefix("    "));
    let variants = lines.filter(|line| line.starts_with(char::is_uppercase));
    variants.map(|line| kebab(line.trim_end_matches([' ', '{', ',']))).collect()
}

fn kebab(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !out.is_empty() {
            out.push('-');
        }
        out.extend(c.to_lowercase());
    }
    out
}

#[tokio::test(flavor = "multi_thread")]
async fn every_notice_is_said_in_discord() {
    let all: BTreeSet<String> = notices_of_all_kinds().into_iter().map(name).collect();
    assert_eq!(all, names_in_the_source());
    let claimed = claimed("Notices", &all);
    let (_twin, day) = day::lived().await;
    let (directory, setting) = (directory(), setting());
    for kind in notices_of_all_kinds().into_iter().filter(|kind| claimed.contains(&name(*kind))) {
        let emergencies = day.emergencies.iter();
        let of_emergencies = emergencies.map(|one| notices::emergency::tell(kind, one, &directory, &setting));
        let watch = Watch {
            ended: Some(EndAll {
                scope: EndScope::Everything,
                by: Who::Glasskey,
                at: Timestamp::UNIX_EPOCH,
                number: 0,
            }),
            report: Some(StandingReport {
                at: Timestamp::UNIX_EPOCH,
                standing: 0,
                some: Vec::new(),
                unreviewed: Vec::new(),
            }),
            ..Watch::default()
        };
        let others = [
            notices::tell(kind, &day.request, &directory, &setting),
            notices::watch(kind, &watch, &[], &directory),
        ];
        let others = others.into_iter().map(|message| message.text);
        let said: Vec<Text> = others.chain(of_emergencies).filter(|text| !text.is_empty()).collect();
        assert!(!said.is_empty(), "{kind:?} says nothing");
        for text in said {
            let message = render::message(&text, &Nobody, None);
            let content = message["content"].as_str().unwrap();
            let plain = text.plain();
            let first = plain.split_whitespace().next().unwrap().trim_matches(|c: char| !c.is_alphanumeric());
            let embedded = message["embeds"].to_string();
            assert!(content.contains(first) || embedded.contains(first), "{kind:?}: {message}");
            assert_eq!(message["allowed_mentions"], json!({ "parse": [] }), "{kind:?}");
        }
    }
}

#[test]
fn every_step_up_says_in_discord_where_to_sign_in() {
    let all = StepUpAction::ALL.iter().map(|action| action.word().to_owned()).collect();
    let claimed = claimed("A fresh sign-in before something counts", &all);
    assert_eq!(claimed, all);
    let steps = SignInSteps {
        url: "https://acme.okta.com/activate".to_owned(),
        user_code: "WDJB-MJHT".to_owned(),
        until: jiff::Timestamp::UNIX_EPOCH,
    };
    for action in StepUpAction::ALL {
        let said = render::message(&notices::step_up_steps(action, &steps), &Nobody, None);
        let content = said["content"].as_str().unwrap();
        assert!(
            content.contains("WDJB-MJHT") && content.contains("https://acme.okta.com/activate"),
            "{content}"
        );
    }
}

#[test]
fn what_else_there_is_is_said_of_both_platforms() {
    let lines = lines("Everything else");
    for what in [
        "the same card on both platforms",
        "direct messages",
        "mentions ring",
        "a form that is filled in wrong",
    ] {
        assert!(lines.contains_key(what), "{what}");
    }
    // What the page says of mentions and of commands alone.
    let registered = manifest::discord();
    assert!(!registered.contains("\"type\": 2,") && registered.contains("\"contexts\""), "{registered}");
}
