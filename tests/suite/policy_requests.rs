//! What policies answer about groups, about urgent access, about whose approval is needed, and about access that begins later.

use std::fs;
use std::path::Path;

use glasskey::policy::{self, PolicyFault, RuleSet, Source, cases, company, explain};
use glasskey_domain::directory::{Group, Keeper};
use glasskey_domain::rules::{Escalation, NotPermitted, Question, Quorum, Rules, Terms, Verdict};
use glasskey_domain::settings::Settings;
use glasskey_domain::{Directory, GroupId, PersonId, Seconds, Target};
use jiff::Timestamp;
use jiff::tz::TimeZone;

const COMPANY: &str = "
unit Prod
account 111111111111 sandbox in Prod
permission set ReadOnly, session 1h
group engineers: ana, bo
group leads: bo, lea
group payments-oncall: cy
people: eve
";

/// With groups of Okta: one that has a namesake in the Identity Store, one that has none.
fn acme() -> Directory {
    let mut directory = company("company", COMPANY).unwrap();
    for name in ["leads", "vpn"] {
        let id = GroupId::new(format!("00g-{name}"));
        let group = Group { kept_in: Keeper::Okta, ..Group::plain(id.clone(), name.to_owned()) };
        directory.groups.insert(id, group);
    }
    directory
}

fn monday() -> Timestamp {
    "2026-11-23T10:00:00Z".parse().unwrap()
}

fn load(text: &str) -> Result<RuleSet, Vec<PolicyFault>> {
    RuleSet::from_sources(&[Source { file: "p.cedar".to_owned(), text: text.to_owned() }], TimeZone::UTC)
}

fn rules(text: &str) -> RuleSet {
    load(text).unwrap_or_else(|faults| panic!("{faults:#?}"))
}

/// The faults of a text, one line each.
fn faults(text: &str) -> Vec<String> {
    load(text).expect_err(text).iter().map(ToString::to_string).collect()
}

fn permit(annotations: &str, action: &str, resource: &str, when: &str) -> String {
    format!(
        "{annotations} permit(principal in Group::\"engineers\", action == Action::\"{action}\", {resource}) when {{ {when} }};\n"
    )
}

fn joins(directory: &Directory, who: &str, group: &str) -> Question {
    let target = Target::Membership { group: GroupId::new(group) };
    let plain = policy::group_question(directory, (who, "engineers"), Seconds::minutes(30), monday());
    Question { target, ..plain.unwrap() }
}

fn asks(directory: &Directory, who: &str) -> Question {
    policy::question(directory, (who, "sandbox", "ReadOnly"), Seconds::minutes(30), monday()).unwrap()
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

fn id(name: &str) -> PersonId {
    PersonId::new(format!("p-{name}"))
}

#[test]
fn a_policy_speaks_of_groups_by_id_by_name_and_by_where_they_are_kept() {
    let directory = acme();
    for (resource, when, oncall, vpn) in [
        ("resource is Group", "true", true, true),
        ("resource in Group::\"payments-oncall\"", "true", true, false),
        ("resource == Group::\"g-payments-oncall\"", "true", true, false),
        ("resource in Group::\"vpn\"", "true", false, true),
        ("resource == Group::\"00g-vpn\"", "true", false, true),
        ("resource is Group", "resource.keptIn == \"okta\"", false, true),
        ("resource is Group", "resource.keptIn == \"identity-store\"", true, false),
        ("resource is Group", "resource.name like \"*-oncall\"", true, false),
        ("resource is Group", "resource.id == \"00g-vpn\"", false, true),
    ] {
        let rules = rules(&permit("", "request", resource, when));
        let may = |group: &str| {
            matches!(rules.request(&directory, &joins(&directory, "ana", group)), Verdict::Permit(_))
        };
        assert_eq!((may("g-payments-oncall"), may("00g-vpn")), (oncall, vpn), "{resource} {when}");
        let why = refusal(rules.request(&directory, &joins(&directory, "eve", "00g-vpn")));
        assert_eq!(why, NotPermitted::NoPolicy);
    }
}

#[test]
fn nobody_comes_into_a_group_by_a_permission_that_was_written_about_accounts() {
    let directory = acme();
    let rules = rules(
        &(permit("", "request", "resource", "true")
            + &permit(
                "@max_duration(\"1h\") @broad(\"yes: an account in need\")",
                "requestUrgent",
                "resource",
                "true",
            )
            + &permit("", "approve", "resource", "true")
            + &permit("", "revoke", "resource", "true")),
    );
    terms(rules.request(&directory, &asks(&directory, "ana")));
    let question = joins(&directory, "ana", "g-payments-oncall");
    for urgent in [false, true] {
        let question = Question { urgent, ..question.clone() };
        assert_eq!(refusal(rules.request(&directory, &question)), NotPermitted::NoPolicy);
    }
    // Who may approve or end everything may approve and end that too.
    terms(rules.approve(&directory, &question, &id("bo")));
    terms(rules.revoke(&directory, &question, &id("bo")));
}

#[test]
fn a_forbid_about_everything_forbids_groups_too() {
    let directory = acme();
    let text = permit("", "request", "resource is Group", "true")
        + "@id(\"no\") forbid(principal, action == Action::\"request\", resource) when { context.permissionSet != \"ReadOnly\" };";
    let why = refusal(rules(&text).request(&directory, &joins(&directory, "ana", "00g-vpn")));
    assert_eq!(why, NotPermitted::Forbidden { policies: vec!["no".to_owned()] });
}

#[test]
fn a_group_that_is_gone_is_refused_and_can_still_be_taken_away() {
    let directory = acme();
    let rules = rules(
        &(permit("", "request", "resource is Group", "true") + &permit("", "revoke", "resource", "true")),
    );
    let question = joins(&directory, "ana", "g-nowhere");
    assert_eq!(refusal(rules.request(&directory, &question)), NotPermitted::Gone);
    terms(rules.revoke(&directory, &question, &id("bo")));
}

#[test]
fn a_namesake_in_okta_makes_a_group_of_people_no_less_clear_and_is_never_asked_for_by_mistake() {
    let directory = acme();
    let leads = "permit(principal in Group::\"leads\", action == Action::\"approve\", resource);";
    let by_name =
        rules(&(permit("@id(\"named\")", "request", "resource in Group::\"leads\"", "true") + leads));
    // People are in groups of the Identity Store: of whom the policy speaks is clear.
    let found = by_name.approvers(&directory, &joins(&directory, "ana", "00g-vpn"), 9);
    assert_eq!(found.people, [id("bo"), id("lea")]);
    terms(by_name.approve(&directory, &joins(&directory, "ana", "00g-leads"), &id("lea")));
    // Which of the two is asked for is not.
    for group in ["g-leads", "00g-leads"] {
        let why = refusal(by_name.request(&directory, &joins(&directory, "ana", group)));
        assert!(matches!(&why, NotPermitted::Erred { detail } if detail.contains("two things")), "{why:?}");
    }
    let by_id = rules(&permit("", "request", "resource == Group::\"00g-leads\"", "true"));
    terms(by_id.request(&directory, &joins(&directory, "ana", "00g-leads")));
    assert_eq!(
        refusal(by_id.request(&directory, &joins(&directory, "ana", "g-leads"))),
        NotPermitted::NoPolicy
    );
}

#[test]
fn members_of_a_group_may_be_let_to_approve_who_joins_it() {
    let directory = acme();
    let text = permit("", "request", "resource is Group", "true")
        + "permit(principal, action == Action::\"approve\", resource is Group) when { principal in resource };";
    let rules = rules(&text);
    for (group, members) in [("g-payments-oncall", vec![id("cy")]), ("g-leads", vec![id("bo"), id("lea")])] {
        let question = joins(&directory, "ana", group);
        assert_eq!(rules.approvers(&directory, &question, 9).people, members);
        terms(rules.approve(&directory, &question, &members[0]));
        assert_eq!(refusal(rules.approve(&directory, &question, &id("eve"))), NotPermitted::NoPolicy);
    }
}

#[test]
fn the_urgent_way_is_an_action_of_its_own_that_needs_no_approval_first() {
    let directory = acme();
    let ordinary = permit(
        "@id(\"ordinary\") @approvals(\"2\") @max_duration(\"4h\")",
        "request",
        "resource in OU::\"Prod\"",
        "true",
    );
    let urgent =
        permit("@id(\"urgent\") @max_duration(\"1h\")", "requestUrgent", "resource in OU::\"Prod\"", "true");
    let both = rules(&(ordinary.clone() + &urgent));
    let question = asks(&directory, "ana");
    let at_once = Question { urgent: true, ..question.clone() };
    let given = terms(both.request(&directory, &question));
    assert_eq!((given.policies, given.approvals), (vec!["ordinary".to_owned()], 2));
    let given = terms(both.request(&directory, &at_once));
    assert_eq!((given.policies, given.approvals), (vec!["urgent".to_owned()], 0));
    let long = Question { length: Seconds::minutes(61), ..at_once.clone() };
    let too_long = NotPermitted::TooLong { max: Seconds::hours(1), policy: "urgent".to_owned() };
    assert_eq!(refusal(both.request(&directory, &long)), too_long);
    assert_eq!(refusal(rules(&ordinary).request(&directory, &at_once)), NotPermitted::NoPolicy);
    assert_eq!(refusal(rules(&urgent).request(&directory, &question)), NotPermitted::NoPolicy);
}

#[test]
fn a_permission_for_urgent_access_says_how_long_and_no_more_than_four_hours_without_saying_it_twice() {
    let urgent = |annotations: &str| permit(annotations, "requestUrgent", "resource in OU::\"Prod\"", "true");
    for (annotations, what) in [
        ("", "does not say for how long"),
        ("@max_duration(\"5h\")", "for longer than 4 h"),
        ("@max_duration(\"241m\")", "for longer than 4 h"),
        ("@max_duration(\"1h\") @approvals(\"1\")", "before anybody approves"),
        (
            "@max_duration(\"1h\") @escalate(\"30m: leads\")",
            "`@escalate` stands on a policy that it does not bind",
        ),
        ("@max_duration(\"1h\") @solo_after(\"5m\")", "does not bind"),
    ] {
        let faults = faults(&urgent(annotations));
        assert_eq!(faults.len(), 1, "{faults:#?}");
        assert!(faults[0].contains(what), "{annotations}: {faults:#?}");
    }
    for annotations in [
        "@max_duration(\"4h\")",
        "@max_duration(\"8h\") @broad(\"yes: the factory is far away\")",
        "@max_duration(\"1h\") @session(\"1h\") @quiet_approvers(\"leads\") @cut_sessions(\"yes\") @notify(\"#prod\")",
    ] {
        assert_eq!(rules(&urgent(annotations)).warnings(), [], "{annotations}");
    }
    let open = "@max_duration(\"1h\") permit(principal in Group::\"g\", action == Action::\"requestUrgent\", resource);";
    assert!(faults(open)[0].contains("its head does not say for whom or where"));
    let together = "@max_duration(\"1h\") permit(principal in Group::\"g\", action in [Action::\"requestUrgent\", Action::\"approve\"], resource in OU::\"x\");";
    assert!(faults(together)[0].contains("permits `requestUrgent` together with other actions"));
}

#[test]
fn a_forbid_that_urgent_access_passes_by_is_a_warning() {
    let urgent = permit("@max_duration(\"1h\")", "requestUrgent", "resource in OU::\"Prod\"", "true");
    let forbid = "@id(\"no\") forbid(principal, action == Action::\"request\", resource);\n";
    let warned = rules(&(urgent.clone() + forbid));
    assert!(warned.warnings()[0].what.contains("`no` forbids `request` and not `requestUrgent`"));
    let both =
        forbid.replace("== Action::\"request\"", "in [Action::\"request\", Action::\"requestUrgent\"]");
    assert_eq!(rules(&(urgent + &both)).warnings(), []);
    assert_eq!(rules(forbid).warnings(), []);
}

#[test]
fn a_permission_says_of_whom_approvals_must_come_who_is_not_called_and_who_is_asked_next() {
    let directory = acme();
    let annotations = "@approvals(\"1 of leads, 2 of Security team\") @quiet_approvers(\"night shift, cto\") \
                       @escalate(\"1h: cto, 30m: sre-managers\") @cut_sessions(\"yes\")";
    let rules = rules(&permit(annotations, "request", "resource", "true"));
    let given = terms(rules.request(&directory, &asks(&directory, "ana")));
    let of = |needed, group: &str| Quorum { needed, group: group.to_owned() };
    let step =
        |minutes, group: &str| Escalation { after: Seconds::minutes(minutes), group: group.to_owned() };
    assert_eq!(given.approvals, 3);
    assert_eq!(given.from, [of(1, "leads"), of(2, "Security team")]);
    assert_eq!(given.quiet, ["night shift", "cto"]);
    assert_eq!(given.escalate, [step(30, "sre-managers"), step(60, "cto")]);
    assert!(given.cut_sessions);
    let said = explain(&rules, &directory, &asks(&directory, "ana")).to_string();
    assert!(said.contains("permitted: 3 approvals (1 of leads, 2 of Security team), by "), "{said}");
    assert!(said.contains("without calling night shift, cto, after 30 min asking sre-managers"), "{said}");
    let plain = self::rules(&permit("@cut_sessions(\"no\")", "request", "resource", "true"));
    let given = terms(plain.request(&directory, &asks(&directory, "ana")));
    assert_eq!((given.approvals, given.from, given.cut_sessions), (1, Vec::new(), false));
}

#[test]
fn an_annotation_that_cannot_be_read_is_a_fault_with_file_policy_place_and_mend() {
    for (annotation, what, mend) in [
        ("@approvals(\"1 of leads, x of b\")", "cannot be read at `x of b`", "1 of sre-leads"),
        ("@approvals(\"1 of a, 1 of A\")", "cannot be read at `A`", "name each group once"),
        ("@approvals(\"6 of a, 5 of b\")", "cannot be read", "10 people at most"),
        ("@quiet_approvers(\"a,,b\")", "cannot be read", "night-shift"),
        ("@escalate(\"30m sre\")", "cannot be read", "30m: sre-managers"),
        ("@escalate(\"10s: sre\")", "cannot be read", "1 min to 24 h"),
        ("@cut_sessions(\"true\")", "cannot be read", "`yes` or `no`"),
        (
            "@approvals(\"0\") @escalate(\"30m: sre\")",
            "`@escalate` without an approval to wait for",
            "remove it",
        ),
        (
            "@approvals(\"0\") @quiet_approvers(\"sre\")",
            "`@quiet_approvers` without an approval",
            "remove it",
        ),
    ] {
        let text = "\n".to_owned()
            + &permit(&format!("@id(\"mine\") {annotation}"), "request", "resource in OU::\"Prod\"", "true");
        let faults = faults(&text);
        assert_eq!(faults.len(), 1, "{annotation}: {faults:#?}");
        assert!(faults[0].starts_with("p.cedar:2: "), "{faults:#?}");
        assert!(faults[0].contains(what) && faults[0].contains(mend), "{annotation}: {faults:#?}");
        if what.starts_with("cannot") {
            assert!(faults[0].contains("of `mine` cannot be read"), "{faults:#?}");
        }
    }
    let breakglass = "@approvals(\"1 of a\") permit(principal in Group::\"g\", action == Action::\"breakglass\", resource);";
    assert!(faults(breakglass)[0].contains("names groups"));
}

#[test]
fn what_says_nothing_of_a_group_is_refused_on_a_permission_about_groups() {
    for (annotations, when, what) in [
        ("@session(\"1h\")", "true", "`@session`"),
        ("@cut_sessions(\"yes\")", "true", "`@cut_sessions`"),
        ("", "context.permissionSet == \"ReadOnly\"", "context.permissionSet"),
    ] {
        for resource in ["resource is Group", "resource in Group::\"vpn\""] {
            let faults = faults(&permit(annotations, "request", resource, when));
            assert!(faults[0].contains(what), "{faults:#?}");
        }
    }
}

#[test]
fn the_company_and_the_settings_are_held_against_the_annotations() {
    let dir = tempfile::tempdir().unwrap();
    let annotations = "@id(\"mine\") @approvals(\"1 of leeds, 1 of vpn\") @quiet_approvers(\"leads\") \
                       @escalate(\"30m: engineers, 2h: g-leads\") @cut_sessions(\"yes\")";
    fs::write(dir.path().join("p.cedar"), permit(annotations, "request", "resource in OU::\"Prod\"", "true"))
        .unwrap();
    let warnings = |directory: Option<&Directory>, settings: &Settings| -> Vec<String> {
        let report = policy::check(dir.path(), directory, settings);
        assert!(report.is_good(), "{report}");
        report.warnings.iter().map(ToString::to_string).collect()
    };
    let said = warnings(Some(&acme()), &Settings::default());
    let has = |part: &str| said.iter().filter(|said| said.contains(part)).count() == 1;
    assert!(
        has("`@approvals` of `mine` names `leeds`, which no group is called\n    did you mean `leads`?"),
        "{said:#?}"
    );
    assert!(has("`@approvals` of `mine` names `vpn`, which only Okta has"), "{said:#?}");
    assert!(has("`@quiet_approvers` of `mine` names `leads`, which 2 groups are called"), "{said:#?}");
    assert!(has("`@escalate` of `mine` never asks `g-leads`"), "{said:#?}");
    assert!(
        has("`@cut_sessions` of `mine` does nothing while `[requests] cut_sessions` is off"),
        "{said:#?}"
    );
    assert_eq!(said.len(), 5, "{said:#?}");
    let patient = Settings { cut_sessions: true, lapse_after: Seconds::hours(3), ..Settings::default() };
    assert_eq!(warnings(None, &patient), Vec::<String>::new());
}

#[test]
fn the_terms_name_the_groups_of_the_requester_by_which_they_were_permitted() {
    let directory = acme();
    let of = |text: &str, who: &str| {
        terms(rules(text).request(&directory, &joins(&directory, who, "g-payments-oncall"))).groups
    };
    let (engineers, leads) = (GroupId::new("g-engineers"), GroupId::new("g-leads"));
    let oncall = "resource == Group::\"g-payments-oncall\"";
    let head = permit("", "request", oncall, "true");
    assert_eq!(of(&head, "ana"), std::slice::from_ref(&engineers));
    let by_id = head.replace("Group::\"engineers\"", "Group::\"g-engineers\"");
    assert_eq!(of(&by_id, "ana"), std::slice::from_ref(&engineers));
    let also = permit("", "request", oncall, "principal in Group::\"leads\"");
    assert_eq!(of(&also, "bo"), [engineers.clone(), leads]);
    // One of several that would do: only what the person is in can be lost.
    let either =
        permit("", "request", oncall, "principal in Group::\"leads\" || principal in Group::\"engineers\"");
    assert_eq!(of(&either, "ana"), [engineers]);
    // Cy is in the group that is asked for; that is not why they may ask for it.
    let person = |who: &str| {
        format!(
            "permit(principal == Person::\"{who}\", action == Action::\"request\", resource in Group::\"payments-oncall\");"
        )
    };
    for who in ["eve", "cy"] {
        assert_eq!(of(&person(who), who), Vec::<GroupId>::new());
    }
}

#[test]
fn access_that_begins_later_is_judged_by_when_it_begins() {
    let directory = acme();
    let night = permit(
        "",
        "request",
        "resource",
        "context.hour == 3 && context.weekday == 2 && context.start == datetime(\"2026-11-24T02:00:00Z\")",
    );
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let source = Source { file: "p.cedar".to_owned(), text: night };
    let rules = RuleSet::from_sources(&[source], zone).unwrap();
    let question = asks(&directory, "ana");
    assert_eq!(refusal(rules.request(&directory, &question)), NotPermitted::NoPolicy);
    let tomorrow: Timestamp = "2026-11-24T02:00:00Z".parse().unwrap();
    terms(rules.request(&directory, &Question { starts_at: Some(tomorrow), ..question.clone() }));
    // A start that has passed is now.
    let late =
        Question { starts_at: Some(tomorrow), at: "2026-11-24T03:00:00Z".parse().unwrap(), ..question };
    assert_eq!(refusal(rules.request(&directory, &late)), NotPermitted::NoPolicy);
}

#[test]
fn a_table_may_be_about_groups_about_urgent_access_and_about_a_later_start() {
    let text = permit(
        "@id(\"join\") @approvals(\"1 of leads\")",
        "request",
        "resource in Group::\"payments-oncall\"",
        "context.hour < 12",
    ) + &permit(
        "@id(\"now\") @max_duration(\"1h\")",
        "requestUrgent",
        "resource in Group::\"payments-oncall\"",
        "true",
    ) + "@id(\"yes\") permit(principal in Group::\"leads\", action == Action::\"approve\", resource);";
    let run = |rows: &str| cases::run("t", &format!("{COMPANY}{rows}"), &rules(&text), None, monday());
    let report = run("person | group           | for | urgent | start            | approver | expect
         ana    | payments-oncall | 1h  |        |                  |          | permit, 1 approval, by join
         ana    | payments-oncall | 1h  |        | 2026-11-23 13:00 |          | refuse: no policy
         ana    | payments-oncall | 1h  | yes    | 2026-11-23 13:00 |          | permit, no approval, by now
         ana    | payments-oncall | 2h  | yes    |                  |          | refuse: too long
         ana    | payments-oncall | 1h  |        |                  | lea      | permit, by yes
         eve    | payments-oncall | 1h  |        |                  |          | refuse: no policy
         person | account | permission set | group   | for | expect
         ana    | sandbox | ReadOnly       |         | 1h  | refuse: no policy
         ana    |         |                | leads   | 1h  | refuse: no policy");
    let report = report.unwrap_or_else(|faults| panic!("{faults:#?}"));
    assert!(report.is_good(), "{report}");
    assert_eq!(report.cases, 8);
    for (rows, what) in [
        (
            "person | account | permission set | group | for | expect\nana | sandbox | ReadOnly | leads | 1h | permit",
            "a group and an account",
        ),
        ("person | group | for | expect\nana | nowhere | 1h | permit", "no group is called `nowhere`"),
        ("person | group | for | urgent | expect\nana | leads | 1h | now | permit", "neither `yes` nor `no`"),
        ("person | group | for | start | expect\nana | leads | 1h | soon | permit", "not a time"),
        ("person | group | expect\nana | leads | permit", "`for` is missing"),
    ] {
        let faults = run(rows).unwrap_err();
        assert!(faults[0].to_string().contains(what), "{rows}: {faults:?}");
    }
}

#[test]
fn an_explanation_says_that_it_is_about_a_group_urgent_and_later() {
    let directory = acme();
    let rules = rules(&permit(
        "@id(\"now\") @max_duration(\"1h\") @broad(\"yes: for the explanation\")",
        "requestUrgent",
        "resource is Group",
        "true",
    ));
    let question = joins(&directory, "ana", "00g-vpn");
    let question = Question { urgent: true, starts_at: Some(monday()), ..question };
    let said = explain(&rules, &directory, &question).to_string();
    let expected = "ana asks for group vpn for 30 min, urgently, from 2026-11-23 10:00 UTC
permitted: no approval, by now, at most 1 h
  now (p.cedar:1): permits; its limits bind [no approval, at most 1 h]
";
    assert!(said.starts_with(expected), "{said}");
}

/// The demo and the stories rest on it.
#[test]
fn in_the_playground_engineers_go_on_call_and_have_at_once_what_cannot_wait() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("playground/policies/acme.cedar");
    let rules = rules(&fs::read_to_string(file).unwrap());
    assert_eq!(rules.warnings(), []);
    let rows = "
        unit Workloads
        account 222222222222 payments-prod in Workloads
        permission set PowerUser, session 1h
        permission set Admin, session 1h
        group payments-engineers: ana
        group sre-leads: bo
        group platform: cy
        group security: dee
        group incident-commanders: dee
        group sre-managers: dee
        group payments-oncall:
        group oncall-okta:
        person | group           | for | approver | expect
        ana    | payments-oncall | 12h |          | permit, 1 approval, by payments-go-on-call
        ana    | oncall-okta     | 12h |          | permit, 1 approval
        ana    | sre-leads       | 1h  |          | refuse: no policy
        ana    | payments-oncall | 1h  | bo       | permit
        ana    | payments-oncall | 1h  | dee      | permit
        ana    | payments-oncall | 1h  | cy       | refuse: no policy
        person | account       | permission set | urgent | for | expect
        ana    | payments-prod | PowerUser      | yes    | 1h  | permit, no approval, by payments-prod-urgent
        ana    | payments-prod | PowerUser      | yes    | 2h  | refuse: too long
        ana    | payments-prod | Admin          | yes    | 1h  | refuse: forbidden
        cy     | payments-prod | PowerUser      |        | 8h  | permit, 2 approvals, by data-platform-long
        cy     | payments-prod | PowerUser      |        | 4h  | permit, 1 approval, by data-platform";
    let report = cases::run("acme", rows, &rules, None, monday()).unwrap_or_else(|f| panic!("{f:#?}"));
    assert!(report.is_good(), "{report}");
}
