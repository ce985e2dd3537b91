//! Anchors: an empty group keeps the roles of what can be asked for, so that a grant is fast and the role keeps its name. Made and
//! removed on the host, seen by nobody in chat. And a company that has less than all of this.

use glasskey_domain::refusal::StateWord;
use glasskey_playground::aws::FaultKind;
use glasskey_playground::company::Principal;
use jiff::ToSpan as _;

use crate::town::{ACME, Plan, Platform, Town};

on_each_platform! {
    anchors_are_planned_made_kept_and_removed_and_change_nothing_for_people,
    anchors_are_off_until_they_are_wanted,
    a_company_without_okta_has_all_the_rest,
    a_company_in_which_nobody_may_be_read_anew_is_served_from_the_directory,
}

const ON: &str = "[aws]\nanchors = true\nanchor_group = \"glasskey-anchor\"\n";
const WHERE: [&str; 4] = ["--account", "payments-prod", "--permission-set", "PowerUser"];

fn told(town: &Town, arguments: &[&str]) -> String {
    let done = town.on_the_host(arguments);
    format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr))
}

fn anchors(town: &Town) -> Vec<String> {
    let all = town.aws().assignments().into_iter();
    let ours = all.filter(|one| matches!(one.principal, Principal::Group(_)));
    ours.filter(|one| !town.company().assignments.contains(one)).map(|one| one.account).collect()
}

fn anchors_are_planned_made_kept_and_removed_and_change_nothing_for_people(on: Platform) {
    let more = format!("{ON}[drift]\npermission_sets = [\"PowerUser\"]\nremove = true\n");
    let town = Town::planned(Plan { more, ..Plan::on(on) });
    let plan = told(&town, &[&["anchors", "plan"], &WHERE[..]].concat());
    assert!(plan.contains("+ PowerUser in payments-prod"), "{plan}");
    assert!(anchors(&town).is_empty(), "a plan changes nothing");
    let applied = told(&town, &[&["anchors", "apply"], &WHERE[..]].concat());
    assert_eq!(anchors(&town), ["333333333333"], "{applied}");
    let again = told(&town, &[&["anchors", "apply"], &WHERE[..]].concat());
    assert_eq!(anchors(&town), ["333333333333"], "{again}");
    // Nobody has anything by it, and what is asked for comes and goes as ever.
    town.reads_the_directory();
    let it = town.ana().asks("payments-prod PowerUser 1h INC-7 change a flag");
    town.bo().approves(&it);
    town.becomes(&it, StateWord::Active);
    town.pass(1.hour());
    town.becomes(&it, StateWord::Ended);
    assert!(town.aws().has_nothing_for("ana"));
    // It is no drift either.
    town.looks_for_drift();
    town.looks_for_drift();
    assert_eq!(anchors(&town), ["333333333333"]);
    assert_eq!(town.said("no request explains"), 0);
    let removed = told(&town, &["anchors", "remove"]);
    assert!(anchors(&town).is_empty(), "{removed}");
}

fn anchors_are_off_until_they_are_wanted(on: Platform) {
    let town = Town::on(on);
    let said = told(&town, &[&["anchors", "apply"], &WHERE[..]].concat());
    assert!(said.contains("anchors are off"), "{said}");
    assert!(anchors(&town).is_empty());
}

const GROUP: &str = r#"
@id("oncall-group")
@max_duration("8h")
@approvals("1")
permit (principal in Group::"payments-engineers", action == Action::"request", resource in Group::"payments-oncall");
@id("leads-approve-groups")
permit (principal in Group::"sre-leads", action in [Action::"approve", Action::"revoke"], resource in Group::"payments-oncall");
"#;

/// pitfall 34
fn a_company_without_okta_has_all_the_rest(on: Platform) {
    let policies = format!("{ACME}{GROUP}");
    let more = "okta = false\nbreakglass = false\n".to_owned();
    let town = Town::planned(Plan { policies, more, ..Plan::on(on) });
    let it = town.ana().asks("group payments-oncall 1h INC-7 carry the pager");
    town.bo().approves(&it);
    town.becomes(&it, StateWord::Active);
    assert!(town.aws().is_in_group("ana", "payments-oncall"));
    town.ana()
        .says("/elevate group oncall-okta 1h INC-7 carry the pager")
        .says("no single group is meant by")
        .says("oncall-okta");
    town.pass(1.hour());
    town.becomes(&it, StateWord::Ended);
    assert!(!town.aws().is_in_group("ana", "payments-oncall"));
    assert_eq!(town.okta().calls().len(), 0, "nobody asks an Okta that there is not");
}

/// pitfall 34
fn a_company_in_which_nobody_may_be_read_anew_is_served_from_the_directory(on: Platform) {
    let town = Town::on(on);
    for operation in ["DescribeUser", "IsMemberInGroups"] {
        town.aws_meets(operation, u32::MAX, FaultKind::AccessDenied);
    }
    let it = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
    town.bo().approves(&it);
    town.becomes(&it, StateWord::Active);
    town.pass(1.hour());
    town.becomes(&it, StateWord::Ended);
    assert!(town.aws().has_nothing_for("ana"));
}
