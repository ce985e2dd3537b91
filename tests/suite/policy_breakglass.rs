//! What policies answer about break-glass: who opens it, who confirms it, who reviews it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use glasskey::policy::{self, PolicyFault, RuleSet, Source, cases, company};
use glasskey_domain::emergency::{EmergencyTerms, Level, Place, Provider};
use glasskey_domain::ids::FederationId;
use glasskey_domain::person::Employment;
use glasskey_domain::rules::{Approvers, EmergencyQuestion, NotPermitted, Rules};
use glasskey_domain::settings::{FederationSettings, Settings};
use glasskey_domain::{Directory, Door, Person, PersonId, Seconds};
use jiff::Timestamp;
use jiff::tz::TimeZone;

const COMPANY: &str = "
unit Prod
account 222222222222 payments-prod in Prod
permission set ReadOnly
group commanders: dee, ida, gone
group leads: bo, lea, dee
group auditors: aud
people: ana
disabled: gone
";

fn acme() -> Directory {
    company("company", COMPANY).unwrap()
}

fn monday() -> Timestamp {
    "2026-11-23T10:00:00Z".parse().unwrap()
}

fn load(text: &str) -> Result<RuleSet, Vec<PolicyFault>> {
    let source = Source { file: "p.cedar".to_owned(), text: text.to_owned() };
    RuleSet::from_sources(&[source], TimeZone::UTC)
}

fn rules(text: &str) -> RuleSet {
    load(text).unwrap_or_else(|faults| panic!("{faults:#?}"))
}

fn id(name: &str) -> PersonId {
    PersonId::new(format!("p-{name}"))
}

fn asks(opener: &str, minutes: u32) -> EmergencyQuestion {
    EmergencyQuestion {
        opener: id(opener),
        federation: FederationId::new("main"),
        level: Level::Ops,
        length: Seconds::minutes(minutes),
        incident: None,
        drill: false,
        door: Door::Slack,
        at: monday(),
        emergency_on: false,
    }
}

fn opens(rules: &RuleSet, question: &EmergencyQuestion) -> Result<EmergencyTerms, NotPermitted> {
    rules.breakglass(&acme(), question)
}

/// A permit of `breakglass` for the commanders, with these annotations and this condition.
fn permit(annotations: &str, when: &str) -> String {
    format!(
        "{annotations} permit(principal in Group::\"commanders\", action == Action::\"breakglass\", \
         resource == Federation::\"main\") when {{ {when} }};\n"
    )
}

const CONFIRM: &str = "@id(\"leads-confirm\") permit(principal in Group::\"leads\", \
                       action == Action::\"approveBreakglass\", resource == Federation::\"main\");\n";

fn table(policies: &str, rows: &str) {
    let text = format!("{COMPANY}\n{rows}");
    let report =
        cases::run("t.cases", &text, &rules(policies), None, monday()).unwrap_or_else(|f| panic!("{f:#?}"));
    assert!(report.is_good(), "{report}");
    assert!(report.cases > 0);
}

#[test]
fn a_permission_to_break_glass_binds_its_own_limits() {
    let text = permit(
        "@id(\"c\") @approvals(\"2\") @solo_after(\"5m\") @max_duration(\"3h\") @notify(\"#war-room\")",
        "true",
    );
    let rules = rules(&text);
    let expected = EmergencyTerms {
        policies: vec!["c".to_owned()],
        set: rules.hash().to_owned(),
        approvals: 2,
        max_length: Seconds::hours(3),
        solo_after: Some(Seconds::minutes(5)),
        notify: vec!["#war-room".to_owned()],
    };
    assert_eq!(opens(&rules, &asks("dee", 180)), Ok(expected));
    let too_long = NotPermitted::TooLong { max: Seconds::hours(3), policy: "c".to_owned() };
    assert_eq!(opens(&rules, &asks("dee", 181)), Err(too_long));
    assert_eq!(opens(&rules, &asks("ana", 60)), Err(NotPermitted::NoPolicy));
}

#[test]
fn a_permission_that_does_not_say_asks_nobody_and_gives_four_hours() {
    let rules = rules(&permit("", "true"));
    let terms = opens(&rules, &asks("dee", 240)).unwrap();
    assert_eq!((terms.approvals, terms.max_length, terms.solo_after), (0, Seconds::hours(4), None));
    assert!(matches!(opens(&rules, &asks("dee", 241)), Err(NotPermitted::TooLong { .. })));
}

/// pitfall 8, as for requests.
#[test]
fn of_the_permissions_that_allow_the_length_the_one_with_the_fewest_approvals_binds_alone() {
    let both = permit("@id(\"short\") @approvals(\"1\") @solo_after(\"2m\") @max_duration(\"1h\")", "true")
        + &permit("@id(\"long\") @approvals(\"2\") @max_duration(\"8h\") @notify(\"#b\")", "true");
    let rules = rules(&both);
    let short = opens(&rules, &asks("dee", 60)).unwrap();
    assert_eq!((short.policies, short.approvals), (vec!["short".to_owned()], 1));
    assert_eq!((short.solo_after, short.notify), (Some(Seconds::minutes(2)), vec![]));
    let long = opens(&rules, &asks("dee", 61)).unwrap();
    assert_eq!((long.policies, long.approvals), (vec!["long".to_owned()], 2));
    assert_eq!((long.solo_after, long.notify), (None, vec!["#b".to_owned()]));
}

#[test]
fn policies_see_level_length_incident_drill_opener_door_and_whether_one_is_on() {
    for (when, yes, no) in [
        ("context.level == \"ro\"", "level = ro", ""),
        ("context.durationSeconds <= 1800", "for = 30m", ""),
        ("context has incident && context.incident == \"INC-7\"", "incident = INC-7", "incident = INC-8"),
        ("context.drill", "drill = yes", ""),
        ("context.emergencyOn", "emergency = yes", ""),
        ("context.platform == \"host\"", "platform = host", ""),
        ("context.hour == 3 && context.weekday == 7", "at = 2026-11-22 03:10", ""),
        ("context.requester == principal", "", "person = ana"),
        ("resource.name == \"main\"", "", "federation = other"),
    ] {
        let policies = permit("@id(\"c\")", when).replace("resource == Federation::\"main\"", "resource");
        let row = |change: &str, expect: &str| {
            let (column, value) = change.split_once(" = ").unwrap_or(("", ""));
            let mut cells = BTreeMap::from([
                ("person", "dee"),
                ("federation", "main"),
                ("level", "ops"),
                ("for", "1h"),
                ("action", "breakglass"),
                ("expect", expect),
            ]);
            if !column.is_empty() {
                cells.insert(column, value);
            }
            let titles: Vec<&str> = cells.keys().copied().collect();
            let values: Vec<&str> = cells.values().copied().collect();
            format!("{}\n{}\n", titles.join(" | "), values.join(" | "))
        };
        let rows = row(yes, "permit, no approval, by c") + &row(no, "refuse: no policy");
        if yes.is_empty() || !no.is_empty() {
            table(&policies, &rows);
        } else {
            table(&policies, &(row(yes, "permit, never alone") + &row("", "refuse: no policy")));
        }
    }
}

#[test]
fn policies_that_were_written_for_the_moment_alone_stay_valid() {
    table(
        "permit(principal in Group::\"commanders\", action in [Action::\"breakglass\", Action::\"approveBreakglass\"], resource)
         when { context.hour >= 6 && context.weekday <= 7 && context.platform == \"slack\" && !context.emergencyOn
                && context.start > datetime(\"2026-01-01\") && resource.name == \"main\" };",
        "person | action | federation | level | for | approver | expect
         dee | breakglass | main | ops | 4h | | permit, no approval
         dee | breakglass | main | ops | 5h | | refuse: too long
         dee | breakglass | main | ops | 4h | ida | permit
         dee | breakglass | main | ops | 4h | bo | refuse: no policy",
    );
}

#[test]
fn a_forbid_wins_when_it_is_opened_and_when_it_is_confirmed() {
    let never = |action: &str| format!("@id(\"never\") forbid(principal, {action}, resource);");
    for action in ["action", "action in [Action::\"breakglass\", Action::\"approveBreakglass\"]"] {
        let rules = rules(&(permit("", "true") + CONFIRM + &never(action)));
        let forbidden = NotPermitted::Forbidden { policies: vec!["never".to_owned()] };
        assert_eq!(opens(&rules, &asks("dee", 60)).unwrap_err(), forbidden);
        assert_eq!(rules.confirm(&acme(), &asks("dee", 60), &id("bo")), Err(forbidden));
        assert_eq!(rules.confirmers(&acme(), &asks("dee", 60), 5).people, []);
    }
}

/// pitfall 25: what cannot be evaluated is a no.
#[test]
fn a_policy_that_errs_is_a_no() {
    let overflow = "context.durationSeconds * 9223372036854775807 > 0";
    let rules = rules(&(permit("", "true") + &permit("@id(\"errs\")", overflow)));
    let why = opens(&rules, &asks("dee", 60)).unwrap_err();
    assert!(matches!(&why, NotPermitted::Erred { detail } if detail.contains("`errs`")), "{why:?}");
}

#[test]
fn who_is_unknown_or_not_enabled_opens_confirms_and_reviews_nothing() {
    let rules = rules(
        "@broad(\"yes: this is a test\") permit(principal, action == Action::\"breakglass\", resource);
         permit(principal, action in [Action::\"approveBreakglass\", Action::\"audit\"], resource);",
    );
    let changes: [&dyn Fn(&mut Directory); 3] = [
        &|d| drop(d.people.remove(&id("dee"))),
        &|d| d.people.get_mut(&id("dee")).unwrap().employment = Employment::Disabled,
        &|d| d.people.get_mut(&id("dee")).unwrap().employment = Employment::Unknown,
    ];
    let question = asks("dee", 60);
    assert!(opens(&rules, &question).is_ok());
    for change in changes {
        let mut directory = acme();
        change(&mut directory);
        assert_eq!(rules.breakglass(&directory, &question), Err(NotPermitted::Gone));
        assert_eq!(rules.confirm(&directory, &question, &id("bo")), Err(NotPermitted::Gone));
        assert_eq!(rules.confirm(&directory, &asks("ana", 60), &id("dee")), Err(NotPermitted::Gone));
        assert_eq!(rules.confirmers(&directory, &question, 5), Approvers { people: vec![], complete: true });
        assert_eq!(rules.audit(&directory, &id("dee"), Door::Slack, monday()), Err(NotPermitted::Gone));
    }
    let mut twice = acme();
    let namesake = Person { id: id("dee2"), ..twice.people[&id("dee")].clone() };
    twice.people.insert(namesake.id.clone(), namesake);
    let why = rules.confirm(&twice, &question, &id("dee2")).unwrap_err();
    assert!(matches!(why, NotPermitted::Erred { .. }), "two people of one user name: {why:?}");
}

#[test]
fn confirmers_are_enabled_people_without_the_opener_up_to_the_number_asked_for() {
    let rules = rules(CONFIRM);
    let directory = acme();
    let all = rules.confirmers(&directory, &asks("dee", 60), 2);
    assert_eq!((all.people, all.complete), (vec![id("bo"), id("lea")], true));
    let some = rules.confirmers(&directory, &asks("ana", 60), 2);
    assert_eq!((some.people, some.complete), (vec![id("bo"), id("dee")], false));
    let elsewhere = EmergencyQuestion { federation: FederationId::new("other"), ..asks("ana", 60) };
    assert_eq!(rules.confirmers(&directory, &elsewhere, 2).people, []);
    assert_eq!(rules.confirm(&directory, &asks("ana", 60), &id("bo")), Ok(vec!["leads-confirm".to_owned()]));
}

#[test]
fn confirmers_are_who_may_confirm_one_by_one() {
    let text = "
        permit(principal in Group::\"leads\", action == Action::\"approveBreakglass\", resource)
        when { context.level == \"ro\" };
        permit(principal == Person::\"ana\", action == Action::\"approveBreakglass\", resource);
        permit(principal, action == Action::\"approveBreakglass\", resource) when { principal.userName like \"i*\" };
        forbid(principal, action == Action::\"approveBreakglass\", resource)
        when { principal == context.requester || context.requester in Group::\"auditors\" };";
    let (rules, directory) = (rules(text), acme());
    for opener in ["dee", "bo", "ana", "aud"] {
        for level in Level::ALL {
            let question = EmergencyQuestion { level, ..asks(opener, 60) };
            let one_by_one: Vec<PersonId> = directory
                .people
                .keys()
                .filter(|who| **who != question.opener)
                .filter(|who| rules.confirm(&directory, &question, who).is_ok())
                .cloned()
                .collect();
            let found = rules.confirmers(&directory, &question, 100);
            assert_eq!(found, Approvers { people: one_by_one, complete: true }, "{opener} {level:?}");
        }
    }
}

#[test]
fn auditors_are_who_policy_says_whether_or_not_an_emergency_is_on() {
    let audit = |when: &str| {
        let text = format!(
            "permit(principal in Group::\"auditors\", action == Action::\"audit\", resource == Glasskey::\"main\") when {{ {when} }};"
        );
        rules(&text).audit(&acme(), &id("aud"), Door::Host, monday())
    };
    for when in ["true", "context.platform == \"host\" && context.hour == 10 && context.weekday == 1"] {
        assert_eq!(audit(when), Ok(()), "{when}");
    }
    // The question does not say it, so a policy by which it matters says no.
    for when in ["context.emergencyOn", "!context.emergencyOn", "context.platform == \"slack\""] {
        assert_eq!(audit(when), Err(NotPermitted::NoPolicy), "{when}");
    }
    table(
        "permit(principal in Group::\"auditors\", action in [Action::\"audit\", Action::\"administer\"], resource);",
        "person | action | expect
         aud | audit | permit
         dee | audit | refuse: no policy
         aud | administer | permit
         dee | administer | refuse: no policy",
    );
}

#[test]
fn annotations_of_break_glass_bind_nothing_else_and_are_read_strictly() {
    let confirm = |annotation: &str| format!("{annotation} {CONFIRM}").replace("@id(\"leads-confirm\") ", "");
    let request = |annotation: &str| {
        format!(
            "{annotation} permit(principal in Group::\"leads\", action == Action::\"request\", resource in OU::\"Prod\");"
        )
    };
    let both = "@approvals(\"1\") permit(principal in Group::\"leads\", action in [Action::\"breakglass\", Action::\"approveBreakglass\"], resource);";
    let forbid = "@solo_after(\"5m\") forbid(principal, action == Action::\"breakglass\", resource);";
    let everybody = "permit(principal, action == Action::\"breakglass\", resource);";
    for (text, what, mend) in [
        (
            permit("@session(\"1h\")", "true"),
            "`@session` stands on a policy",
            "`action == Action::\"requestUrgent\"` only",
        ),
        (
            request("@solo_after(\"5m\")"),
            "`@solo_after` stands on a policy",
            "`action == Action::\"breakglass\"` only",
        ),
        (
            confirm("@approvals(\"1\")"),
            "`@approvals` stands on a policy",
            "or `action == Action::\"breakglass\"` only",
        ),
        (both.to_owned(), "`@approvals` stands on a policy", "only"),
        (forbid.to_owned(), "`@solo_after` stands on a policy", "only"),
        (permit("@solo_after(\"5m\")", "true"), "without an approval to wait for", "`@approvals(\"1\")`"),
        (permit("@solo_after(\"5m\") @approvals(\"0\")", "true"), "without an approval", "remove it"),
        (
            permit("@solo_after(\"59s\") @approvals(\"1\")", "true"),
            "`@solo_after(\"59s\")`",
            "from 1 min to 9 min",
        ),
        (
            permit("@solo_after(\"541s\") @approvals(\"1\")", "true"),
            "`@solo_after(\"541s\")`",
            "10 min it lapses",
        ),
        (
            permit("@solo_after(\"soon\") @approvals(\"1\")", "true"),
            "`@solo_after(\"soon\")`",
            "such as `5m`",
        ),
        (
            permit("@solo(\"5m\") @approvals(\"1\")", "true"),
            "`@solo` is not an annotation",
            "did you mean `@solo_after`",
        ),
        (permit("@approvals(\"11\")", "true"), "`@approvals(\"11\")`", "from 0 to 10"),
        (everybody.to_owned(), "does not say for whom", "@broad"),
        (
            everybody.replace(
                "== Action::\"breakglass\"",
                "in [Action::\"breakglass\", Action::\"approveBreakglass\"]",
            ),
            "does not say for whom",
            "incident-commanders",
        ),
        (
            permit("", "Federation::\"main\".name == \"main\""),
            "stands where nothing is known of it",
            "right of `in`",
        ),
    ] {
        let faults = load(&text).expect_err(&text);
        let said = faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        assert!(faults.len() == 1 && said.contains(what) && said.contains(mend), "{text}\n{said}");
    }
}

#[test]
fn annotations_of_break_glass_that_are_right_are_taken() {
    let everybody = "permit(principal, action == Action::\"breakglass\", resource);";
    for right in [
        permit("@solo_after(\"1m\") @approvals(\"1\")", "true"),
        permit("@solo_after(\"9m\") @approvals(\"10\")", "true"),
        format!("@broad(\"yes: all of us are on call\") {everybody}"),
        format!("@approvals(\"1\") {everybody}"),
        permit("", "resource in Federation::\"main\" || resource == Federation::\"other\""),
    ] {
        assert_eq!(rules(&right).warnings(), [], "{right}");
    }
    assert_eq!(rules(&permit("@broad(\"yes: it is not\")", "true")).warnings().len(), 1);
}

#[test]
fn an_explanation_says_who_could_confirm_and_when_the_opener_may_go_on_alone() {
    let text = permit("@id(\"binds\") @approvals(\"1\") @solo_after(\"5m\")", "true")
        + &permit("@id(\"short\") @max_duration(\"30m\")", "true")
        + &permit("@id(\"drills\")", "context.drill")
        + CONFIRM;
    let (rules, directory) = (rules(&text), acme());
    let said = policy::explain_emergency(&rules, &directory, &asks("dee", 60)).to_string();
    assert_eq!(
        said.rsplit_once("policy set").unwrap().0,
        "dee asks to break glass on main (ops) for 1 h
permitted: 1 approval, by binds, at most 4 h, alone after 5 min
  binds (p.cedar:1): permits; its limits bind [1 approval, at most 4 h]
  short (p.cedar:2): permits, but for 30 min at most [no approval, at most 30 min]
  drills (p.cedar:3): would permit, but its conditions do not hold [no approval, at most 4 h]
could approve: bo, lea
"
    );
    let refused = policy::explain_emergency(&rules, &directory, &asks("ana", 60));
    assert_eq!((refused.answer, refused.approvers), (Err(NotPermitted::NoPolicy), None));
}

#[test]
fn a_federation_that_is_not_configured_is_a_warning_when_it_can_be_known() {
    let dir = tempfile::tempdir().unwrap();
    let text = permit("", "resource != Federation::\"mian\"") + CONFIRM;
    fs::write(dir.path().join("p.cedar"), text).unwrap();
    let place = Place {
        provider: Provider::Okta,
        app: "0oa1".to_owned(),
        groups: BTreeMap::new(),
        session: Seconds::hours(1),
        channel: Some("C0INCIDENT".to_owned()),
        discord_channel: None,
        cut: None,
    };
    let settings =
        FederationSettings { place, max_length: Seconds::hours(4), length: Seconds::hours(2), canary: None };
    let federations = BTreeMap::from([(FederationId::new("main"), settings)]);
    let configured = Settings { federations, ..Settings::default() };
    let warnings = policy::check(dir.path(), Some(&acme()), &configured).warnings;
    assert_eq!(warnings.len(), 1, "{warnings:#?}");
    assert!(
        warnings[0]
            .to_string()
            .contains("there is no `Federation::\"mian\"`\n    did you mean `Federation::\"main\"`?")
    );
    assert_eq!(policy::check(dir.path(), Some(&acme()), &Settings::default()).warnings, []);
}

#[test]
fn a_case_about_break_glass_that_cannot_be_read_says_what_is_wrong() {
    let rules = rules(&permit("@approvals(\"1\") @solo_after(\"5m\")", "true"));
    let run = |rows: &str| {
        let head = "person | action | federation | level | for | approver | ticket | expect";
        cases::run("t", &format!("{COMPANY}{head}\n{rows}"), &rules, None, monday())
    };
    let report = run("dee | breakglass | main | ops | 1h | | | permit, 1 approval, alone after 6m
        dee | breakglass | main | ops | 1h | | | permit, never alone
        dee | breakglass | main | ops | 1h | dee | | refuse: no policy")
    .unwrap();
    assert_eq!((report.cases, report.failures.len()), (3, 2));
    assert!(report.to_string().contains("permit, 1 approval, by p.cedar:1, at most 4 h, alone after 5 min"));
    for (row, what) in [
        ("dee | open | main | ops | 1h | | | permit", "`open` is not what a case can be about"),
        ("dee | breakglass | | ops | 1h | | | permit", "the cell `federation` is empty"),
        ("dee | breakglass | main | root | 1h | | | permit", "`root` is not a level"),
        ("dee | breakglass | main | | 1h | | | permit", "the cell `level` is empty"),
        (
            "dee | breakglass | main | ops | 1h | | INC-7 | permit",
            "the cell `ticket` says nothing about `breakglass`",
        ),
        ("dee | audit | main | | | | | permit", "the cell `federation` says nothing about `audit`"),
        ("dee | breakglass | main | ops | 1h | | | permit, alone after lunch", "not an expectation"),
        ("person | acton | expect\ndee | audit | permit", "`acton` is not a column"),
        ("person | expect\ndee | permit", "the column `account` is missing"),
    ] {
        let faults = run(row).expect_err(row);
        assert!(faults[0].to_string().contains(what), "{row}: {faults:#?}");
    }
}

/// The demo and the stories rest on it.
#[test]
fn in_the_playground_dee_opens_bo_confirms_and_cy_reviews() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("playground/policies/acme.cedar");
    let rows = "
        group incident-commanders: dee
        group sre-leads: bo
        group platform: cy
        people: ana
        person | action | federation | level | for | approver | expect
        dee | breakglass | main | ops | 4h |     | permit, 1 approval, alone after 5m
        dee | breakglass | main | ro  | 2h | bo  | permit
        ana | breakglass | main | ro  | 1h |     | refuse: no policy
        dee | breakglass | main | ops | 1h | ana | refuse: no policy
        person | action | expect
        cy  | audit | permit
        bo  | audit | refuse: no policy";
    let report =
        cases::run("acme", rows, &rules(&fs::read_to_string(file).unwrap()), None, monday()).unwrap();
    assert!(report.is_good(), "{report}");
}
