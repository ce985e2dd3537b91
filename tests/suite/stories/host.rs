//! What an operator types on the host, with the real binary: `glasskey drift` over the socket of the running bot, and
//! `glasskey anchors`, which talks to AWS itself.

use std::process::Output;

use glasskey_domain::refusal::StateWord;
use glasskey_playground::aws::FaultKind;
use glasskey_playground::company::Principal;
use jiff::ToSpan as _;
use serde_json::Value;

use crate::town::{ACCESS, Plan, Platform, Town};

on_each_platform! {
    what_was_assigned_by_hand_is_listed_adopted_and_stays,
    a_wrong_adoption_is_refused_with_what_is_wrong_and_written_down,
    who_is_no_administrator_adopts_nothing_and_who_is_adopts_by_name,
    without_a_bot_drift_says_that_nobody_answers,
    what_cannot_be_understood_is_written_down,
    anchors_follow_what_policy_offers_and_need_no_bot,
    an_anchor_that_aws_does_not_make_is_told_and_made_the_next_time,
    anchors_that_are_off_or_have_no_policies_say_so,
}

/// Nobody looks but the story.
const BY_HAND: &str = "reconcile = \"0 0 3 1 1 *\"\n";
const LOOKED_AT: &str = "[drift]\npermission_sets = [\"PowerUser\"]\n";
const REMOVES: &str = "[drift]\npermission_sets = [\"PowerUser\"]\nremove = true\n";
const HEAD: &str = "Access that no request explains";
const WHY: &str = "the migration needs it until spring";
const NOTHING: &str = "every assignment to a user is explained by a request, as of the last look\n";

fn town_with(on: Platform, more: &str) -> Town {
    Town::planned(Plan { schedule: BY_HAND.to_owned(), more: more.to_owned(), ..Plan::on(on) })
}

/// The name under which this process, and with it the binary that it starts, is known on this machine.
fn me() -> String {
    nix::unistd::User::from_uid(nix::unistd::Uid::effective()).unwrap().unwrap().name
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// How it ended, and all that it said; without what every command says of this town's configuration.
fn typed(town: &Town, arguments: &[&str]) -> (i32, String) {
    let output = town.on_the_host(arguments);
    let all = said(&output);
    let lines = all.lines().filter(|line| !line.starts_with("note: town.toml:"));
    (output.status.code().unwrap(), lines.map(|line| format!("{line}\n")).collect())
}

/// What `drift list` says to programs.
fn known(town: &Town) -> Value {
    let output = town.on_the_host(&["--json", "drift", "list"]);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|why| panic!("{why}: {}", said(&output)))
}

fn adopt<'a>(person: &'a str, account: &'a str, permission_set: &'a str, reason: &'a str) -> Vec<&'a str> {
    vec!["drift", "adopt", person, account, permission_set, reason]
}

/// pitfall 20
fn what_was_assigned_by_hand_is_listed_adopted_and_stays(on: Platform) {
    let mut town = town_with(on, LOOKED_AT);
    assert_eq!(typed(&town, &["drift", "list"]), (0, NOTHING.to_owned()));
    town.assigned_by_hand("ana", "payments-prod", "PowerUser");
    town.looks_for_drift();
    let since = known(&town)[0]["since"].as_str().unwrap().to_owned();
    let line = format!("ana@acme.example: PowerUser in payments-prod (333333333333), seen since {since}; ");
    let once = format!("{line}seen once; told when it is seen again\n");
    assert_eq!(typed(&town, &["drift", "list"]), (0, once));

    town.looks_for_drift();
    town.channel_says(on, ACCESS, HEAD);
    let at = known(&town)[0]["state"]["at"].as_str().unwrap().to_owned();
    assert_eq!(typed(&town, &["drift", "list"]), (0, format!("{line}told {at}\n")));
    // The names are those that the list shows.
    let (code, answer) = typed(&town, &adopt("ana@acme.example", "payments-prod", "PowerUser", WHY));
    let ana = town.person_id("ana");
    let told = format!("`{ana}`: `PowerUser` in payments-prod `333333333333` is noted as known: it stays");
    assert!(code == 0 && answer.contains(&told), "{answer}");
    let at = known(&town)[0]["state"]["at"].as_str().unwrap().to_owned();
    let adopted = format!("{line}adopted {at} by {} on the host: {WHY}\n", me());
    assert_eq!(typed(&town, &["drift", "list"]), (0, adopted.clone()));

    // Told no more, not even as something that is still there; nor removed, where that is said of all the rest.
    town.pass(1.minutes());
    town.assigned_by_hand("bo", "payments-prod", "PowerUser");
    town.looks_for_drift();
    town.looks_for_drift();
    town.chat_shows(on, "the second message", || (town.said(HEAD) == 2).then_some(()));
    assert_eq!(town.said("still there"), 0, "{:?}", town.posts());
    town.configures(REMOVES);
    town.restart();
    town.looks_for_drift();
    town.aws_shows("bo's gone", |aws| !aws.has("bo", "payments-prod", "PowerUser"));
    town.settle();
    town.looks_for_drift();
    assert!(town.aws().has("ana", "payments-prod", "PowerUser"));
    assert_eq!(town.aws().count("DeleteAccountAssignment"), 1);
    assert_eq!(typed(&town, &["drift", "list"]), (0, adopted), "known also after a restart");
    assert!(town.journal().contains(WHY), "who, what and why are in the journal");
}

fn a_wrong_adoption_is_refused_with_what_is_wrong_and_written_down(on: Platform) {
    let town = town_with(on, LOOKED_AT);
    town.assigned_by_hand("ana", "payments-prod", "PowerUser");
    town.looks_for_drift();
    for (arguments, words) in [
        (adopt("anna", "payments-prod", "PowerUser", WHY), "no single person is meant by `anna`"),
        (adopt("ana", "payments-prd", "PowerUser", WHY), "no single account is meant by `payments-prd`"),
        (adopt("ana", "payments-prod", "Owner", WHY), "no single permission set is meant by `Owner`"),
        (adopt("ana", "payments-prod", "ReadOnly", WHY), "`glasskey drift list` shows what there is"),
        (adopt("ana", "payments-prod", "PowerUser", "  "), "a reason of at least 1 character"),
        (adopt("ana", "payments-prod", "PowerUser", &"x".repeat(501)), "longer than 500 characters"),
    ] {
        let before = town.journal().len();
        let (code, answer) = typed(&town, &arguments);
        assert!(code == 1 && answer.contains(words), "{arguments:?}: {code} {answer}");
        assert!(town.journal().len() > before, "{arguments:?}: not written down (P7)");
    }
    let (code, usage) = typed(&town, &["drift", "adopt", "ana", "payments-prod", "PowerUser"]);
    assert!(code == 2 && usage.contains("<REASON>"), "{code} {usage}");
    assert_eq!(known(&town)[0]["state"]["drift"], "once", "nothing was adopted");
}

fn who_is_no_administrator_adopts_nothing_and_who_is_adopts_by_name(on: Platform) {
    let is = |handle: &str| format!("{LOOKED_AT}[admin.people]\n{} = \"{handle}@acme.example\"\n", me());
    let mut town = town_with(on, &is("bo"));
    town.assigned_by_hand("ana", "payments-prod", "PowerUser");
    town.looks_for_drift();
    let (code, answer) = typed(&town, &adopt("ana", "payments-prod", "PowerUser", WHY));
    assert!(code == 1 && answer.contains("(not-an-administrator)"), "{code} {answer}");
    assert_eq!(known(&town)[0]["state"]["drift"], "once");
    town.configures(&is("dee"));
    town.restart();
    assert_eq!(typed(&town, &adopt("ana", "payments-prod", "PowerUser", WHY)).0, 0);
    let (_, listed) = typed(&town, &["drift", "list"]);
    let dee = town.company().person("dee").unwrap().name.clone();
    assert!(listed.contains(&format!(" by {dee}: {WHY}")), "{listed}");
}

fn without_a_bot_drift_says_that_nobody_answers(on: Platform) {
    let mut town = town_with(on, LOOKED_AT);
    town.assigned_by_hand("ana", "payments-prod", "PowerUser");
    town.looks_for_drift();
    town.stop();
    for arguments in [vec!["drift", "list"], adopt("ana", "payments-prod", "PowerUser", WHY)] {
        let (code, answer) = typed(&town, &arguments);
        assert_eq!(code, 3, "{answer}");
        assert!(answer.contains("no bot answers") && answer.contains("`glasskey run`"), "{answer}");
    }
    town.start();
    assert_eq!(known(&town)[0]["state"]["drift"], "once", "it knows what it knew, and nothing was adopted");
}

/// P7
fn what_cannot_be_understood_is_written_down(on: Platform) {
    let more = format!("[admin.people]\n{} = \"ana@acme.example\"\n", me());
    let town = town_with(on, &more);
    for (words, answer) in [
        ("payments-prd ReadOnly 1h INC-7 look at refunds", "no single account is meant by `payments-prd`"),
        ("extend AR-7K3Q 1x", "1x"),
        ("bundle nights 1h INC-7 carry the pager", "no single bundle is meant by `nights`"),
    ] {
        let before = town.journal().len();
        let words: Vec<&str> = ["elevate"].into_iter().chain(words.split(' ')).collect();
        let (code, said) = typed(&town, &words);
        assert!(code == 1 && said.contains(answer), "{words:?}: {code} {said}");
        assert!(town.journal().len() > before, "{words:?}: not written down");
    }
}

const ANCHORED: &str = "[aws]\nanchors = true\nanchor_group = \"glasskey-anchor\"\n";

/// Rules that offer these permission sets in `payments-prod`, and nothing else.
fn offering(sets: &str) -> String {
    format!(
        r#"
@id("change-prod") @max_duration("1h") @approvals("1")
permit (
  principal in Group::"payments-engineers", action == Action::"request", resource in Account::"payments-prod"
) when {{ [{sets}].contains(context.permissionSet) }};
@id("leads-approve")
permit (principal in Group::"sre-leads", action in [Action::"approve", Action::"revoke"], resource);
"#
    )
}

fn town_offering(on: Platform, sets: &str) -> Town {
    Town::planned(Plan { policies: offering(sets), more: ANCHORED.to_owned(), ..Plan::on(on) })
}

/// How many assignments of a group there are that were not there in the beginning.
fn anchors(town: &Town) -> usize {
    let all = town.aws().assignments().into_iter();
    let of_groups = all.filter(|one| matches!(one.principal, Principal::Group(_)));
    of_groups.filter(|one| !town.company().assignments.contains(one)).count()
}

fn anchors_follow_what_policy_offers_and_need_no_bot(on: Platform) {
    let mut town = town_offering(on, r#""ReadOnly", "PowerUser""#);
    let plan = "+ the group, which is not there yet\n\
                + ReadOnly in payments-prod (333333333333)\n\
                + PowerUser in payments-prod (333333333333)\n\
                2 to make, 0 to remove, 0 as they are\n";
    assert_eq!(typed(&town, &["anchors", "plan"]), (0, plan.to_owned()));
    assert_eq!(anchors(&town), 0, "a plan changes nothing");
    let (code, applied) = typed(&town, &["anchors", "apply"]);
    assert!(code == 0 && applied.starts_with("2 of 2 changes done\n"), "{applied}");
    assert_eq!(anchors(&town), 2);
    let nothing = (0, "0 to make, 0 to remove, 2 as they are\n".to_owned());
    assert_eq!(typed(&town, &["anchors", "plan"]), nothing);

    town.changes_policies(&offering(r#""ReadOnly""#));
    let less = "- PowerUser in payments-prod (333333333333)\n0 to make, 1 to remove, 1 as they are\n";
    assert_eq!(typed(&town, &["anchors", "plan"]), (0, less.to_owned()));
    assert_eq!(anchors(&town), 2, "a plan changes nothing");
    // By its own rights at AWS: the bot has no part in it.
    town.stop();
    let (code, applied) = typed(&town, &["anchors", "apply"]);
    assert!(code == 0 && applied.starts_with("1 of 1 changes done\n"), "{applied}");
    assert_eq!(anchors(&town), 1);
    let nothing = (0, "0 to make, 0 to remove, 1 as they are\n".to_owned());
    assert_eq!(typed(&town, &["anchors", "plan"]), nothing);
    let planned = town.on_the_host(&["--json", "anchors", "plan"]);
    let planned: Value = serde_json::from_slice(&planned.stdout).unwrap();
    assert_eq!(
        (&planned["kept"], &planned["missing"], &planned["unwanted"]),
        (&1.into(), &Value::Array(vec![]), &Value::Array(vec![]))
    );
}

fn an_anchor_that_aws_does_not_make_is_told_and_made_the_next_time(on: Platform) {
    let town = town_offering(on, r#""ReadOnly", "PowerUser""#);
    let why = "the SAML provider of the account is missing";
    town.aws_meets("CreateAccountAssignment", 1, FaultKind::FailAsync(why.to_owned()));
    let (code, applied) = typed(&town, &["anchors", "apply"]);
    assert!(code == 1 && applied.contains("1 of 2 changes done") && applied.contains(why), "{applied}");
    assert_eq!(anchors(&town), 1);
    let (code, applied) = typed(&town, &["anchors", "apply"]);
    assert!(code == 0 && applied.contains("1 of 1 changes done"), "{applied}");
    // What is asked for comes and goes beside it.
    let it = town.ana().asks("payments-prod PowerUser 1h INC-7 change a flag");
    town.bo().approves(&it);
    town.becomes(&it, StateWord::Active);
    town.pass(1.hour());
    town.becomes(&it, StateWord::Ended);
    assert_eq!(anchors(&town), 2);
}

fn anchors_that_are_off_or_have_no_policies_say_so(on: Platform) {
    let mut town = town_with(on, "");
    for command in ["plan", "apply"] {
        let answer = typed(&town, &["anchors", command]);
        let off = "anchors are off; set `aws.anchors = true` to have them\n";
        assert_eq!(answer, (1, off.to_owned()), "{command}");
    }
    town.configures(ANCHORED);
    town.changes_policies("permit (principal, action,");
    let (code, answer) = typed(&town, &["anchors", "plan"]);
    assert!(code == 1 && answer.contains("the policies cannot be used: acme.cedar"), "{code} {answer}");
    assert_eq!((anchors(&town), town.aws().count("CreateGroup")), (0, 0));
}
