//! What policies answer: tables, laws, and everything that must keep a set from coming into force.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use glasskey::policy::{self, Changed, PolicyFault, RuleSet, SharedRules, Source, cases, company, explain};
use glasskey_domain::directory::AccountState;
use glasskey_domain::person::Employment;
use glasskey_domain::rules::{NotPermitted, Question, Rules, Terms, Verdict};
use glasskey_domain::settings::Settings;
use glasskey_domain::{Directory, GroupId, PersonId, Seconds};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;

const COMPANY: &str = "
unit Workloads
unit Workloads/Prod
unit Workloads/Prod/Payments
unit Workloads/Test
unit Other
account 111111111111 sandbox in Workloads/Test
account 222222222222 payments-prod in Workloads/Prod/Payments
account 333333333333 elsewhere in Other
permission set ReadOnly, session 1h
permission set Admin, session 8h
group engineers: ana, bo, cy
group leads: bo, lea, gone
group contractors: cy
people: eve
disabled: gone
";

fn acme() -> Directory {
    company("company", COMPANY).unwrap()
}

fn monday() -> Timestamp {
    "2026-11-23T10:00:00Z".parse().unwrap()
}

fn source(file: &str, text: &str) -> Source {
    Source { file: file.to_owned(), text: text.to_owned() }
}

fn rules(text: &str) -> RuleSet {
    RuleSet::from_sources(&[source("p.cedar", text)], TimeZone::UTC)
        .unwrap_or_else(|faults| panic!("{faults:#?}"))
}

fn faults(text: &str) -> Vec<PolicyFault> {
    RuleSet::from_sources(&[source("p.cedar", text)], TimeZone::UTC).expect_err("should be refused")
}

fn ask(directory: &Directory, who: &str, account: &str, set: &str, minutes: u32) -> Question {
    policy::question(directory, (who, account, set), Seconds::minutes(minutes), monday()).unwrap()
}

fn id(name: &str) -> PersonId {
    PersonId::new(format!("p-{name}"))
}

fn terms(verdict: Verdict) -> Terms {
    match verdict {
        Verdict::Permit(terms) => terms,
        Verdict::Refuse(why) => panic!("refused: {why:?}"),
    }
}

fn refusal(verdict: Verdict) -> NotPermitted {
    match verdict {
        Verdict::Refuse(why) => why,
        Verdict::Permit(terms) => panic!("permitted: {terms:?}"),
    }
}

/// A permit of `request` with these annotations and this condition.
fn permit(annotations: &str, when: &str) -> String {
    format!(
        "{annotations} permit(principal in Group::\"engineers\", action == Action::\"request\", resource) when {{ {when} }};\n"
    )
}

const APPROVE: &str = "@id(\"leads-approve\") permit(principal in Group::\"leads\", action == Action::\"approve\", resource);\n";

fn table(policies: &str, rows: &str) {
    let text = format!("{COMPANY}\n{rows}");
    let report =
        cases::run("t.cases", &text, &rules(policies), None, monday()).unwrap_or_else(|f| panic!("{f:#?}"));
    assert!(report.is_good(), "{report}");
    assert!(report.cases > 0);
}

#[test]
fn the_starter_policies_load_without_a_warning_and_answer_their_table() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
    let text = fs::read_to_string(dir.join("starter.cases")).unwrap();
    let rules = RuleSet::load(&dir, TimeZone::UTC).unwrap_or_else(|faults| panic!("{faults:#?}"));
    assert_eq!(rules.warnings(), []);
    let report =
        cases::run("starter.cases", &text, &rules, None, monday()).unwrap_or_else(|f| panic!("{f:#?}"));
    assert!(report.is_good(), "{report}");
    let described: String =
        text.lines().filter(|line| !line.contains('|')).map(|line| format!("{line}\n")).collect();
    let directory = company("starter.cases", &described).unwrap();
    assert_eq!(policy::check_against(&rules, &directory), []);
    assert!(policy::check(&dir, Some(&directory), &Settings::default()).is_good());
}

#[test]
fn a_policy_speaks_of_accounts_and_units_by_id_by_name_and_by_path() {
    for resource in [
        "resource in OU::\"Prod\"",
        "resource in OU::\"Workloads/Prod\"",
        "resource in OU::\"Workloads\"",
        "resource in OU::\"Root\"",
        "resource in Account::\"payments-prod\"",
        "resource == Account::\"222222222222\"",
        "resource in OU::\"ou-pretend-00000003\"",
    ] {
        let text =
            format!("permit(principal in Group::\"engineers\", action == Action::\"request\", {resource});");
        table(
            &text,
            "person | account | permission set | for | expect
             ana | payments-prod | ReadOnly | 1h | permit, 1 approval
             eve | payments-prod | ReadOnly | 1h | refuse: no policy",
        );
        if !resource.contains("Root") {
            table(
                &text,
                "person | account | permission set | for | expect
                 ana | elsewhere | ReadOnly | 1h | refuse: no policy",
            );
        }
    }
}

#[test]
fn a_permission_that_does_not_say_asks_for_one_approval_and_gives_one_hour() {
    table(
        &permit("", "true"),
        "person | account | permission set | for | expect
         ana | sandbox | ReadOnly | 1h | permit, 1 approval, by p.cedar:1
         ana | sandbox | ReadOnly | 61m | refuse: too long",
    );
}

/// pitfall 8: the limits that bind are those of the one policy that authorised, never the best of several.
#[test]
fn the_limits_of_a_permission_are_never_mixed_with_those_of_another() {
    let both = permit("@id(\"short-free\") @approvals(\"1\") @max_duration(\"1h\") @notify(\"#a\")", "true")
        + &permit("@id(\"long-strict\") @approvals(\"3\") @max_duration(\"8h\") @notify(\"#b\")", "true");
    let (rules, directory) = (rules(&both), acme());
    let short = terms(rules.request(&directory, &ask(&directory, "ana", "sandbox", "ReadOnly", 60)));
    assert_eq!((short.approvals, short.max_length), (1, Seconds::hours(1)));
    assert_eq!((short.policies, short.notify), (vec!["short-free".to_owned()], vec!["#a".to_owned()]));
    let long = terms(rules.request(&directory, &ask(&directory, "ana", "sandbox", "ReadOnly", 61)));
    assert_eq!((long.approvals, long.max_length), (3, Seconds::hours(8)));
    assert_eq!((long.policies, long.notify), (vec!["long-strict".to_owned()], vec!["#b".to_owned()]));
    let why = refusal(rules.request(&directory, &ask(&directory, "ana", "sandbox", "ReadOnly", 481)));
    assert_eq!(why, NotPermitted::TooLong { max: Seconds::hours(8), policy: "long-strict".to_owned() });
}

/// pitfall 7: which of several permissions binds is decided by rules, not by an order that may change.
#[test]
fn of_equal_permissions_the_longer_binds_and_then_the_first_by_id() {
    let set = permit("@id(\"b\") @max_duration(\"2h\")", "true")
        + &permit("@id(\"a\") @max_duration(\"2h\")", "true")
        + &permit("@id(\"0\") @max_duration(\"1h\")", "true");
    table(
        &set,
        "person | account | permission set | for | expect
         ana | sandbox | ReadOnly | 30m | permit, 1 approval, by a",
    );
}

#[test]
fn a_permission_set_whose_sessions_live_too_long_is_refused_and_says_so() {
    let set =
        permit("@id(\"short\") @session(\"1h\")", "true") + &permit("@id(\"mid\") @session(\"4h\")", "true");
    let (rules, directory) = (rules(&set), acme());
    let why = refusal(rules.request(&directory, &ask(&directory, "ana", "sandbox", "Admin", 30)));
    let (session, max) = (Seconds::hours(8), Seconds::hours(4));
    assert_eq!(why, NotPermitted::SessionTooLong { session, max, policy: "mid".to_owned() });
    terms(rules.request(&directory, &ask(&directory, "ana", "sandbox", "ReadOnly", 30)));
}

/// pitfall 25: whoever or whatever is not known, or not enabled, is refused; missing is never empty.
#[test]
fn who_or_what_is_unknown_is_refused() {
    let rules = rules(
        "@broad(\"yes: this is a test\") @approvals(\"0\") permit(principal, action == Action::\"request\", resource);
         permit(principal, action == Action::\"approve\", resource);
         permit(principal, action == Action::\"revoke\", resource);",
    );
    let directory = acme();
    let question = ask(&directory, "ana", "sandbox", "ReadOnly", 30);
    terms(rules.request(&directory, &question));
    let changes: [&dyn Fn(&mut Directory); 7] = [
        &|d| drop(d.people.remove(&id("ana"))),
        &|d| d.people.get_mut(&id("ana")).unwrap().employment = Employment::Disabled,
        &|d| d.people.get_mut(&id("ana")).unwrap().employment = Employment::Unknown,
        &|d| drop(d.accounts.remove(question.target.account().unwrap())),
        &|d| d.accounts.get_mut(question.target.account().unwrap()).unwrap().state = AccountState::Closed,
        &|d| d.accounts.get_mut(question.target.account().unwrap()).unwrap().state = AccountState::Unknown,
        &|d| drop(d.permission_sets.remove(question.target.permission_set().unwrap())),
    ];
    for (number, change) in changes.iter().enumerate() {
        let mut directory = directory.clone();
        change(&mut directory);
        assert_eq!(
            refusal(rules.request(&directory, &question)),
            NotPermitted::Gone,
            "request, change {number}"
        );
        assert_eq!(
            refusal(rules.approve(&directory, &question, &id("bo"))),
            NotPermitted::Gone,
            "change {number}"
        );
        assert_eq!(rules.approvers(&directory, &question, 5).people, [], "change {number}");
        // Taking away must not wait for what is gone.
        terms(rules.revoke(&directory, &question, &id("bo")));
    }
    for action in [Rules::approve, Rules::revoke] {
        assert_eq!(refusal(action(&rules, &directory, &question, &id("gone"))), NotPermitted::Gone);
        assert_eq!(refusal(action(&rules, &directory, &question, &id("nobody"))), NotPermitted::Gone);
    }
}

/// pitfall 25: a policy that cannot be evaluated is a no, also when another one permits.
#[test]
fn a_policy_that_errs_is_a_no() {
    let overflow = "context.durationSeconds * 9223372036854775807 > 0";
    for text in [
        permit("@id(\"good\")", "true") + &permit("@id(\"errs\")", overflow),
        permit("@id(\"good\")", "true")
            + &format!("@id(\"errs\") forbid(principal, action, resource) when {{ {overflow} }};")
                .replace("principal, action, resource", "principal, action == Action::\"request\", resource"),
    ] {
        let directory = acme();
        let why =
            refusal(rules(&text).request(&directory, &ask(&directory, "ana", "sandbox", "ReadOnly", 30)));
        assert!(matches!(&why, NotPermitted::Erred { detail } if detail.contains("`errs`")), "{why:?}");
    }
}

#[test]
fn nobody_approves_their_own_request_and_the_disabled_approve_nothing() {
    let rules = rules(APPROVE);
    let directory = acme();
    let question = ask(&directory, "bo", "sandbox", "ReadOnly", 30);
    assert_eq!(refusal(rules.approve(&directory, &question, &id("bo"))), NotPermitted::NoPolicy);
    let found = rules.approvers(&directory, &question, 5);
    assert_eq!((found.people, found.complete), (vec![id("lea")], true));
}

#[test]
fn approvers_are_found_up_to_the_number_asked_for_and_say_whether_there_are_more() {
    let rules = rules("permit(principal, action == Action::\"approve\", resource);");
    let directory = acme();
    let question = ask(&directory, "ana", "sandbox", "ReadOnly", 30);
    let all = rules.approvers(&directory, &question, 4);
    assert_eq!((all.people, all.complete), (vec![id("bo"), id("cy"), id("eve"), id("lea")], true));
    let some = rules.approvers(&directory, &question, 3);
    assert_eq!((some.people.len(), some.complete), (3, false));
}

#[test]
fn people_of_the_same_groups_are_told_apart_where_a_policy_does() {
    for condition in
        ["principal.userName == \"lea\"", "principal == Person::\"lea\"", "principal in Person::\"lea\""]
    {
        let text =
            format!("permit(principal, action == Action::\"approve\", resource) when {{ {condition} }};");
        let directory = company("company", &format!("{COMPANY}\ngroup leads: kim, lea, mia")).unwrap();
        let question = ask(&directory, "ana", "sandbox", "ReadOnly", 30);
        assert_eq!(rules(&text).approvers(&directory, &question, 9).people, [id("lea")], "{condition}");
    }
}

#[test]
fn an_approver_may_be_kept_from_approving_their_own_group() {
    let text = format!(
        "{APPROVE} @id(\"not-among-leads\") forbid(principal in Group::\"leads\", action == Action::\"approve\", resource)
         when {{ context.requester in Group::\"leads\" }};"
    );
    table(
        &text,
        "person | account | permission set | for | approver | expect
         ana | sandbox | ReadOnly | 1h | lea | permit, by leads-approve
         bo | sandbox | ReadOnly | 1h | lea | refuse: forbidden
         ana | sandbox | ReadOnly | 1h | eve | refuse: no policy",
    );
}

#[test]
fn hour_and_weekday_are_those_of_the_configured_time_zone() {
    let text = permit(
        "",
        "context.hour == 1 && context.weekday == 2 && context.start < datetime(\"2026-11-24T00:00:01Z\")",
    );
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let rules = RuleSet::from_sources(&[source("p.cedar", &text)], zone).unwrap();
    let directory = acme();
    let mut question = ask(&directory, "ana", "sandbox", "ReadOnly", 30);
    question.at = "2026-11-24T00:00:00Z".parse().unwrap();
    terms(rules.request(&directory, &question));
    question.at = "2026-11-24T01:00:00Z".parse().unwrap();
    refusal(rules.request(&directory, &question));
}

/// Two units of one name, and a policy that means one of them.
fn twice_prod() -> Directory {
    company("company", &format!("{COMPANY}\nunit Other/Prod\naccount 444444444444 other-prod in Other/Prod"))
        .unwrap()
}

#[test]
fn a_second_unit_of_the_same_name_widens_no_permit_and_lifts_no_forbid() {
    let directory = twice_prod();
    let question = ask(&directory, "ana", "other-prod", "ReadOnly", 30);
    let by_name = permit("@id(\"named\")", "resource in OU::\"Prod\"");
    let why = refusal(rules(&by_name).request(&directory, &question));
    assert!(matches!(&why, NotPermitted::Erred { detail } if detail.contains("two things")), "{why:?}");
    let by_path = permit("@id(\"path\")", "resource in OU::\"Other/Prod\"");
    terms(rules(&by_path).request(&directory, &question));

    let open = permit("@id(\"open\")", "true");
    let head = open.clone()
        + "@id(\"f\") forbid(principal, action == Action::\"request\", resource in OU::\"Prod\");";
    let why = refusal(rules(&head).request(&directory, &question));
    assert_eq!(why, NotPermitted::Forbidden { policies: vec!["f".to_owned()] });
    let unless = open
        + "@id(\"f\") forbid(principal, action == Action::\"request\", resource) unless { resource in OU::\"Prod\" };";
    let why = refusal(rules(&unless).request(&directory, &question));
    assert!(matches!(why, NotPermitted::Erred { .. }), "{why:?}");
    // Where the name is not in question, nothing is.
    let elsewhere = ask(&directory, "ana", "sandbox", "ReadOnly", 30);
    terms(rules(&by_name.replace("Prod", "Test")).request(&directory, &elsewhere));
    assert_eq!(policy::check_against(&rules(&by_name), &directory).len(), 1);
}

#[test]
fn a_name_that_looks_like_an_id_is_not_taken_for_it() {
    let mut directory = acme();
    let sandbox = directory.accounts.values_mut().find(|account| account.name == "sandbox").unwrap();
    sandbox.name = "222222222222".to_owned();
    let sandbox = sandbox.id.clone();
    let text = permit("", "resource in Account::\"222222222222\"");
    let mut question = ask(&directory, "ana", "payments-prod", "ReadOnly", 30);
    terms(rules(&text).request(&directory, &question));
    let glasskey_domain::Target::Assignment { account, .. } = &mut question.target else { unreachable!() };
    *account = sandbox;
    refusal(rules(&text).request(&directory, &question));
    // The same for groups: one that is named like another's id.
    let text = "permit(principal in Group::\"g-leads\", action == Action::\"request\", resource);";
    directory.groups.get_mut(&GroupId::new("g-engineers")).unwrap().name = "g-leads".to_owned();
    let ana = ask(&directory, "ana", "payments-prod", "ReadOnly", 30);
    refusal(rules(text).request(&directory, &ana));
    terms(rules(text).request(&directory, &ask(&directory, "bo", "payments-prod", "ReadOnly", 30)));
}

#[test]
fn two_groups_of_one_name_give_nobody_what_one_of_them_was_meant_to() {
    let mut directory = acme();
    directory.groups.get_mut(&GroupId::new("g-contractors")).unwrap().name = "engineers".to_owned();
    let rules = rules(&permit("", "true"));
    let why = refusal(rules.request(&directory, &ask(&directory, "cy", "sandbox", "ReadOnly", 30)));
    assert!(matches!(&why, NotPermitted::Erred { detail } if detail.contains("two things")), "{why:?}");
}

#[test]
fn every_fault_is_found_at_once_with_file_line_and_how_to_mend_it() {
    let text = r##"// a comment
@id("a")
@aprovals("2")
permit(principal in Group::"g", action == Action::"request", resource in OU::"x");

@id("b") @max_duration("4 hours")
permit(principal in Group::"g", action == Action::"request", resource in OU::"x");

@id("c") @approvals("0")
permit(principal in Group::"g", action == Action::"request", resource) when { resource in OU::"x" };

@id("d")
permit(principal in Group::"g", action == Action::"request", resource == Account::"prod");

@id("a") @notify("#x")
forbid(principal, action == Action::"request", resource);

@id("e")
permit(principal in Group::"g", action == Action::"request", resource) when { context.permissonSet == "x" };

@id("f")
permit(principal, action, resource);
"##;
    let faults = faults(text);
    let seen: Vec<String> = faults.iter().map(ToString::to_string).collect();
    let expected = [
        (2, "`@aprovals` is not an annotation", "did you mean `@approvals`?"),
        (6, "`@max_duration(\"4 hours\")` cannot be read", "`4h`"),
        (9, "needs no approval", "say it twice"),
        (12, "compares ids", "in Account::\"prod\""),
        (15, "`a` is also the id of the policy at p.cedar:2", "its own `@id`"),
        (15, "`@notify` stands on a policy that it does not bind", "remove it"),
        (19, "permissonSet", "permissionSet"),
        (21, "permits every action", "name the action"),
    ];
    for (line, what, mend) in expected {
        let found = faults.iter().any(|fault| {
            fault.line == Some(line)
                && fault.what.contains(what)
                && fault.mend.as_ref().is_some_and(|text| text.contains(mend))
        });
        assert!(found, "{line}: {what}: {mend} in {seen:#?}");
    }
    assert_eq!(faults.len(), expected.len(), "{seen:#?}");
    assert!(faults.iter().all(|fault| fault.file == "p.cedar"));
}

#[test]
fn what_does_not_say_what_it_means_is_refused() {
    for (text, what) in [
        ("permit(principal in Group::\"g\", action == Action::\"request\" resource);", "unexpected"),
        ("permit(principal in Group::\"g\", action == Action::\"reqest\", resource);", "reqest"),
        ("permit(principal in Grup::\"g\", action == Action::\"request\", resource);", "Grup"),
        ("permit(principal == ?principal, action == Action::\"request\", resource);", "template"),
        (
            "permit(principal in Group::\"g\", action in [Action::\"request\", Action::\"approve\"], resource);",
            "together",
        ),
        (
            "@id(\"a b\") permit(principal in Group::\"g\", action == Action::\"approve\", resource);",
            "is not an id",
        ),
        (
            "@approvals(\"11\") permit(principal in Group::\"g\", action == Action::\"request\", resource);",
            "cannot be read",
        ),
        (
            "@approvals(\"-1\") permit(principal in Group::\"g\", action == Action::\"request\", resource);",
            "cannot be read",
        ),
        (
            "@approvals permit(principal in Group::\"g\", action == Action::\"request\", resource);",
            "cannot be read",
        ),
        (
            "@max_duration(\"30s\") permit(principal in Group::\"g\", action == Action::\"request\", resource);",
            "cannot be read",
        ),
        (
            "@session(\"30m\") permit(principal in Group::\"g\", action == Action::\"request\", resource);",
            "cannot be read",
        ),
        (
            "@notify(\"<!channel>\") permit(principal in Group::\"g\", action == Action::\"request\", resource);",
            "cannot be read",
        ),
        (
            "@broad(\"yes\") @approvals(\"0\") permit(principal, action == Action::\"request\", resource);",
            "cannot be read",
        ),
        (
            "permit(principal in Group::\"g\", action == Action::\"request\", resource) when { 1 == 2 };",
            "impossible",
        ),
        (
            "permit(principal in Group::\"g\", action == Action::\"request\", resource) when { [Account::\"prod\"].contains(resource) };",
            "compares ids",
        ),
        (
            "permit(principal in Group::\"g\", action == Action::\"request\", resource) when { OU::\"a\" in OU::\"b\" };",
            "stands where",
        ),
        (
            "permit(principal in Group::\"g\", action == Action::\"request\", resource) when { context.ticket == \"x\" };",
            "ticket",
        ),
        (
            "permit(principal in Group::\"g\", action == Action::\"request\", resource) when { context.permissionSet == \"Read\u{0430}dmin\" };",
            "mixed script",
        ),
    ] {
        let faults = faults(text);
        let said: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert!(said.iter().any(|said| said.contains(what)), "{text}\n{said:#?}");
        assert!(faults.iter().all(|fault| fault.line == Some(1)), "{said:#?}");
    }
}

#[test]
fn what_gives_very_much_loads_when_it_is_said_twice() {
    let text = "@approvals(\"0\") @broad(\"yes: a company of three\") permit(principal, action == Action::\"request\", resource);";
    assert_eq!(rules(text).warnings(), []);
    assert_eq!(rules(&text.replace("\"0\"", "\"1\"")).warnings().len(), 1, "needless @broad is a warning");
}

#[test]
fn a_policy_that_names_what_the_company_has_not_is_warned_of() {
    let text = permit("", "resource in OU::\"Prd\" && context.permissionSet == \"Readonly\"");
    let warnings = policy::check_against(&rules(&text), &acme());
    let said: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    assert!(
        said.iter().any(|said| said.contains("there is no `OU::\"Prd\"`") && said.contains("`OU::\"Prod\"`")),
        "{said:?}"
    );
    assert!(said.iter().any(|said| said.contains("`Readonly`") && said.contains("`ReadOnly`")), "{said:?}");
    assert_eq!(said.len(), 2);
}

#[test]
fn files_have_limits_and_the_directory_must_hold_some() {
    let dir = tempfile::tempdir().unwrap();
    let load = || RuleSet::load(dir.path(), TimeZone::UTC);
    assert!(load().unwrap_err()[0].what.contains("holds no `*.cedar` file"));
    assert!(
        RuleSet::load(&dir.path().join("nowhere"), TimeZone::UTC).unwrap_err()[0]
            .what
            .contains("cannot be read")
    );
    let policy = permit("", "true");
    let full = format!("{policy}{}", " ".repeat(policy::FILE_BYTES_MAX - policy.len()));
    fs::write(dir.path().join("a.cedar"), &full).unwrap();
    assert_eq!(load().unwrap().policy_count(), 1);
    fs::write(dir.path().join("a.cedar"), full + " ").unwrap();
    fs::write(dir.path().join("b.cedar"), [0xff, 0xfe]).unwrap();
    fs::write(dir.path().join(".hidden.cedar"), "nonsense").unwrap();
    let faults = load().unwrap_err();
    assert!(faults[0].what.contains("larger than") && faults[0].file == "a.cedar", "{faults:?}");
    assert!(faults[1].what.contains("UTF-8") && faults.len() == 2, "{faults:?}");
    for number in 0..policy::FILES_MAX {
        fs::write(dir.path().join(format!("c{number}.cedar")), "").unwrap();
    }
    assert!(load().unwrap_err()[0].what.contains("more than 200"));
}

#[test]
fn too_many_policies_are_refused() {
    let many = permit("", "true").repeat(policy::POLICIES_MAX);
    let sources = |text: &str| {
        text.lines()
            .collect::<Vec<_>>()
            .chunks(500)
            .enumerate()
            .map(|(number, lines)| source(&format!("{number}.cedar"), &lines.join("\n")))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        RuleSet::from_sources(&sources(&many), TimeZone::UTC).unwrap().policy_count(),
        policy::POLICIES_MAX
    );
    let one_more = many + &permit("", "true");
    let faults = RuleSet::from_sources(&sources(&one_more), TimeZone::UTC).unwrap_err();
    assert!(faults[0].what.contains("more than 2000"), "{faults:?}");
}

#[test]
fn the_hash_is_of_what_is_said_not_of_how_it_is_laid_out() {
    let (a, b) = (permit("@id(\"a\") @approvals(\"2\")", "true"), permit("@id(\"b\")", "context.hour < 9"));
    let one = RuleSet::from_sources(&[source("x.cedar", &(a.clone() + &b))], TimeZone::UTC).unwrap();
    let spaced = format!("// note\n\n{}", b.replace(' ', "\n  "));
    let two =
        RuleSet::from_sources(&[source("1.cedar", &spaced), source("2.cedar", &a)], TimeZone::UTC).unwrap();
    assert_eq!(one.hash(), two.hash());
    assert_eq!(one.hash().len(), 64);
    let other = rules(&(a.replace('2', "3") + &b));
    assert_ne!(one.hash(), other.hash(), "annotations are part of what is said");
    // Without ids of their own, policies are called after their lines, and those change places.
    let (a, b) = (permit("@approvals(\"2\")", "true"), permit("", "context.hour < 9"));
    assert_eq!(rules(&(a.clone() + &b)).hash(), rules(&(b + &a)).hash());
}

#[test]
fn a_set_with_faults_does_not_replace_one_without() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("p.cedar");
    fs::write(&file, permit("@id(\"a\")", "true")).unwrap();
    let shared = SharedRules::new(RuleSet::load(dir.path(), TimeZone::UTC).unwrap());
    let first = shared.current();
    let print = policy::fingerprint(dir.path());
    assert_eq!(shared.reload(dir.path()), Ok(Changed::Same));
    fs::write(&file, permit("@id(\"a\") @aprovals(\"0\")", "true")).unwrap();
    assert_ne!(policy::fingerprint(dir.path()), print);
    shared.reload(dir.path()).unwrap_err();
    fs::remove_file(&file).unwrap();
    shared.reload(dir.path()).unwrap_err();
    assert_eq!(shared.current().hash(), first.hash());
    fs::write(&file, permit("@id(\"a\") @approvals(\"2\")", "true")).unwrap();
    assert!(matches!(shared.reload(dir.path()), Ok(Changed::Now { policies: 1, .. })));
    assert_ne!(shared.current().hash(), first.hash());
}

/// pitfall 35: a reload while a request is open answers for the new set; who began a decision with the old one ends with it.
#[test]
fn a_decision_sees_one_set_only() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("p.cedar"), permit("@id(\"a\")", "true")).unwrap();
    let shared = SharedRules::new(RuleSet::load(dir.path(), TimeZone::UTC).unwrap());
    let directory = acme();
    let question = ask(&directory, "ana", "sandbox", "ReadOnly", 30);
    let held = shared.current();
    fs::write(dir.path().join("p.cedar"), permit("@id(\"b\") @approvals(\"2\")", "true")).unwrap();
    shared.reload(dir.path()).unwrap();
    assert_eq!(terms(held.request(&directory, &question)).policies, ["a"]);
    let now = terms(shared.current().request(&directory, &question));
    assert_eq!((now.policies, now.approvals), (vec!["b".to_owned()], 2));
    assert_eq!(now.set, shared.current().hash());
}

#[test]
fn an_explanation_says_which_policies_spoke_and_which_one_binds() {
    let text = permit("@id(\"binds\")", "true")
        + &permit("@id(\"stricter\") @approvals(\"2\")", "true")
        + &permit("@id(\"short\") @max_duration(\"10m\")", "true")
        + &permit("@id(\"night\")", "context.hour < 6")
        + APPROVE;
    let (rules, directory) = (rules(&text), acme());
    let question = ask(&directory, "ana", "sandbox", "ReadOnly", 30);
    let said = explain(&rules, &directory, &question).to_string();
    let said = said.rsplit_once("policy set").unwrap().0;
    assert_eq!(
        said,
        "ana asks for ReadOnly in sandbox (111111111111) for 30 min
permitted: 1 approval, by binds, at most 1 h
  binds (p.cedar:1): permits; its limits bind [1 approval, at most 1 h]
  stricter (p.cedar:2): permits too; not the one that binds [2 approvals, at most 1 h]
  short (p.cedar:3): permits, but for 10 min at most [1 approval, at most 10 min]
  night (p.cedar:4): would permit, but its conditions do not hold [1 approval, at most 1 h]
could approve: bo, lea
"
    );
    let forbidden = text + "@id(\"never\") forbid(principal, action, resource);";
    let rules = self::rules(&forbidden);
    let said = explain(&rules, &directory, &question).to_string();
    assert!(said.contains("refused: forbidden by never"), "{said}");
    assert!(said.contains("never (p.cedar:6): forbids\n  binds (p.cedar:1): permits too"), "{said}");
}

#[test]
fn a_case_table_reports_what_fails_and_refuses_what_it_cannot_read() {
    let rules = rules(&permit("", "true"));
    let run = |rows: &str| cases::run("t", &format!("{COMPANY}{rows}"), &rules, None, monday());
    let head = "person | account | permission set | for | expect\n";
    let report = run(&format!("{head}ana | sandbox | ReadOnly | 1h | permit, no approval\n")).unwrap();
    assert_eq!(report.failures.len(), 1);
    assert!(report.to_string().contains("permit, 1 approval, by p.cedar:1"), "{report}");
    for (rows, what) in [
        (String::new(), "no cases"),
        (head.to_owned(), "no cases"),
        (head.replace("person", "persn") + "a | b | c | 1h | permit", "is not a column"),
        (head.replace("person | ", "") + "b | c | 1h | permit", "`person` is missing"),
        (
            format!("{head}anna | sandbox | ReadOnly | 1h | permit"),
            "no person is called `anna`; did you mean `ana`",
        ),
        (format!("{head}ana | sandbox | ReadOnly | soon | permit"), "length"),
        (format!("{head}ana | sandbox | ReadOnly | 1h | allow"), "not an expectation"),
        (format!("{head}ana | sandbox | ReadOnly | 1h | refuse: why"), "not an expectation"),
        (format!("{head}ana | sandbox | ReadOnly | 1h | permit | x"), "more cells"),
        (format!("{head}ana | sandbox | ReadOnly | 1h"), "`expect` is empty"),
        (format!("acount 1 x\n{head}ana | sandbox | ReadOnly | 1h | permit"), "not a line of a company"),
    ] {
        let faults = run(&rows).unwrap_err();
        assert!(faults[0].to_string().contains(what), "{rows}: {faults:?}");
    }
    let faults =
        cases::run("t", &format!("{head}ana | sandbox | ReadOnly | 1h | permit"), &rules, None, monday());
    assert!(faults.unwrap_err()[0].what.contains("no company"));
}

/// One random policy about the small company above.
fn any_policy() -> impl Strategy<Value = String> {
    let principal = prop::sample::select(vec![
        "principal",
        "principal in Group::\"engineers\"",
        "principal in Group::\"leads\"",
        "principal in Group::\"g-contractors\"",
        "principal == Person::\"ana\"",
        "principal is Person in Group::\"leads\"",
        "principal in Person::\"bo\"",
    ]);
    let resource = prop::sample::select(vec![
        "resource",
        "resource in OU::\"Prod\"",
        "resource in OU::\"Workloads\"",
        "resource in OU::\"Other/Prod\"",
        "resource == Account::\"222222222222\"",
        "resource in Account::\"sandbox\"",
        "resource is Account in OU::\"Test\"",
    ]);
    let when = prop::sample::select(vec![
        "true",
        "context.permissionSet == \"ReadOnly\"",
        "context.durationSeconds <= 1800",
        "context.hour < 6",
        "principal == context.requester",
        "principal.userName like \"*e*\"",
        "context.requester in Group::\"engineers\"",
        "resource in OU::\"Prod\"",
        "context.durationSeconds * 5000000000000000 > 0",
    ]);
    let action = prop::sample::select(vec!["request", "request", "approve", "revoke"]);
    let limits = (0..4_u32, 1..5_u32, any::<bool>());
    (principal, resource, when, action, limits, 0..5_u8).prop_map(|(p, r, w, a, (n, h, s), forbids)| {
        let forbid = forbids == 0;
        let session = if s { "@session(\"4h\")" } else { "" };
        let head = if forbid || a != "request" {
            String::new()
        } else {
            format!("@approvals(\"{}\") @max_duration(\"{h}h\") {session}", n.max(1))
        };
        let (effect, tail) = if forbid { ("forbid", "") } else { ("permit", "") };
        format!("{head} {effect}({p}, action == Action::\"{a}\", {r}) when {{ {w} }}{tail};")
    })
}

fn any_question() -> impl Strategy<Value = (&'static str, &'static str, &'static str, u32)> {
    (
        prop::sample::select(vec!["ana", "bo", "cy", "eve", "lea"]),
        prop::sample::select(vec!["sandbox", "payments-prod", "elsewhere", "other-prod"]),
        prop::sample::select(vec!["ReadOnly", "Admin"]),
        1..300_u32,
    )
}

/// Policies with ids of their own, so that their places in files do not matter.
fn with_ids(policies: &[String]) -> Vec<String> {
    policies.iter().enumerate().map(|(number, policy)| format!("@id(\"p{number:03}\") {policy}\n")).collect()
}

const EVERYBODY: [&str; 6] = ["ana", "bo", "cy", "eve", "lea", "gone"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn a_forbid_wins_over_every_set_of_permits(
        policies in prop::collection::vec(any_policy(), 1..12),
        (who, account, set, minutes) in any_question(),
        approver in prop::sample::select(EVERYBODY.to_vec()),
    ) {
        let directory = twice_prod();
        let question = ask(&directory, who, account, set, minutes);
        let policies = with_ids(&policies).concat();
        for (action, who) in [("request", who), ("approve", approver), ("revoke", approver)] {
            let forbid = format!("@id(\"never\") forbid(principal == Person::\"{who}\", action == Action::\"{action}\", resource);");
            let rules = rules(&(policies.clone() + &forbid));
            let verdict = match action {
                "request" => rules.request(&directory, &question),
                "approve" => rules.approve(&directory, &question, &id(who)),
                _ => rules.revoke(&directory, &question, &id(who)),
            };
            prop_assert!(matches!(verdict, Verdict::Refuse(_)));
        }
    }

    /// pitfall 7: neither the order of policies nor that of files decides anything; and what is left out of a slice
    /// would not have changed the answer (the whole set is asked through a head that matches everything).
    #[test]
    fn the_order_of_files_and_policies_makes_no_difference(
        policies in prop::collection::vec(any_policy(), 1..12),
        (who, account, set, minutes) in any_question(),
    ) {
        let directory = twice_prod();
        let question = ask(&directory, who, account, set, minutes);
        let mut policies = with_ids(&policies);
        let one = rules(&policies.concat());
        policies.reverse();
        let files: Vec<Source> = policies.iter().enumerate().map(|(n, text)| source(&format!("{n}.cedar"), text)).collect();
        let other = RuleSet::from_sources(&files, TimeZone::UTC).unwrap();
        prop_assert_eq!(one.hash(), other.hash());
        prop_assert_eq!(one.request(&directory, &question), other.request(&directory, &question));
        for person in EVERYBODY {
            let person = id(person);
            prop_assert_eq!(one.approve(&directory, &question, &person), other.approve(&directory, &question, &person));
        }
    }

    /// pitfall 6: who is found as an approver when it is asked is who may approve at the click, and nobody else.
    #[test]
    fn approvers_are_exactly_those_who_may_approve(
        policies in prop::collection::vec(any_policy(), 1..12),
        (who, account, set, minutes) in any_question(),
    ) {
        let directory = twice_prod();
        let question = ask(&directory, who, account, set, minutes);
        let rules = rules(&with_ids(&policies).concat());
        let found: BTreeSet<PersonId> = rules.approvers(&directory, &question, 100).people.into_iter().collect();
        for person in EVERYBODY {
            let may = matches!(rules.approve(&directory, &question, &id(person)), Verdict::Permit(_));
            prop_assert_eq!(found.contains(&id(person)), may, "{}", person);
        }
        prop_assert!(!found.contains(&question.requester));
    }

    /// pitfall 8: a permission's terms are those of one policy of the set, which permits by itself.
    #[test]
    fn the_policy_that_binds_permits_by_itself_under_the_same_terms(
        policies in prop::collection::vec(any_policy(), 1..12),
        (who, account, set, minutes) in any_question(),
    ) {
        let directory = twice_prod();
        let question = ask(&directory, who, account, set, minutes);
        let policies = with_ids(&policies);
        if let Verdict::Permit(terms) = rules(&policies.concat()).request(&directory, &question) {
            prop_assert_eq!(terms.policies.len(), 1);
            prop_assert!(terms.max_length >= question.length);
            let alone: String = policies.into_iter().filter(|text| text.contains(&terms.policies[0])).collect();
            let by_itself = self::terms(rules(&alone).request(&directory, &question));
            prop_assert_eq!((by_itself.approvals, by_itself.max_length), (terms.approvals, terms.max_length));
        }
    }
}
