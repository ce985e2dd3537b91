//! What is offered is what is permitted: compared, for random policies, with every question that could be asked.

use std::collections::{BTreeMap, BTreeSet};

use glasskey_domain::directory::{Feed, Group, Keeper, PermissionSet};
use glasskey_domain::rules::{Question, Quorum, Rules, Terms, Verdict};
use glasskey_domain::{AccountId, Directory, Door, GroupId, PermissionSetArn, PersonId, Seconds, Target};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::asked::{Asker, TICKET_GUESSED};
use super::{EVALUATIONS_MAX, LENGTHS, SHORTEST};
use crate::policy::{RuleSet, Source, company};
use crate::ports::{Asking, Choosing, Offered, Offering, Offers, Query};

const COMPANY: &str = "
unit Workloads
unit Workloads/Prod
unit Workloads/Test
unit Other
unit Other/Prod
account 111111111111 sandbox in Workloads/Test
account 222222222222 payments-prod in Workloads/Prod
account 333333333333 payments-data in Workloads/Prod
account 444444444444 elsewhere in Other/Prod
account 555555555555 sandbox in Other
permission set ReadOnly, session 1h
permission set PowerUser, session 2h
permission set PowerBilling, session 1h
permission set Admin, session 8h
group engineers: ana, bo
group leads: bo
group on-call: ana
people: eve
disabled: gone
";

/// With a group of Okta that has a namesake, and one that is fed.
fn acme() -> Directory {
    let mut directory = company("c", COMPANY).unwrap();
    for (name, fed_by) in [("on-call", None), ("okta-only", None), ("fed", Some(Feed::Scim))] {
        let id = GroupId::new(format!("00g-{name}"));
        let plain = Group::plain(id.clone(), name.to_owned());
        directory.groups.insert(id, Group { kept_in: Keeper::Okta, fed_by, ..plain });
    }
    directory
}

fn rules(text: &str) -> RuleSet {
    let sources = [Source { file: "p.cedar".to_owned(), text: text.to_owned() }];
    RuleSet::from_sources(&sources, TimeZone::UTC).unwrap_or_else(|faults| panic!("{text}\n{faults:#?}"))
}

fn monday() -> Timestamp {
    "2026-11-23T10:00:00Z".parse().unwrap()
}

fn asking(person: &PersonId) -> Asking<'_> {
    Asking {
        person,
        door: Door::Slack,
        at: monday(),
        starts_at: None,
        urgent: false,
        ticket: None,
        emergency_on: false,
        longest: Seconds::hours(12),
    }
}

/// The terms that policy gives: without a ticket, else with the one that stands for any.
fn terms(
    rules: &RuleSet,
    directory: &Directory,
    asking: &Asking<'_>,
    target: &Target,
    length: Seconds,
) -> Option<(Terms, bool)> {
    let tickets = match asking.ticket {
        Some(ticket) => vec![(Some(ticket), false)],
        None => vec![(None, false), (Some(TICKET_GUESSED), true)],
    };
    tickets.into_iter().find_map(|(ticket, needed)| {
        let question = Question {
            requester: asking.person.clone(),
            target: target.clone(),
            length,
            ticket: ticket.map(str::to_owned),
            door: asking.door,
            at: asking.at,
            starts_at: asking.starts_at,
            urgent: asking.urgent,
            emergency_on: asking.emergency_on,
        };
        match rules.request(directory, &question) {
            Verdict::Permit(terms) => Some((terms, needed)),
            Verdict::Refuse(_) => None,
        }
    })
}

fn offers(rules: &RuleSet, directory: &Directory, asking: &Asking<'_>, choosing: Choosing<'_>) -> Offers {
    rules.offers(directory, asking, &Query { choosing, text: "" }, usize::MAX)
}

fn assignment(account: &AccountId, permission_set: &PermissionSetArn) -> Target {
    Target::Assignment { account: account.clone(), permission_set: permission_set.clone() }
}

/// Everything that is offered and nothing else is permitted, under the terms that are said.
fn offers_are_what_is_permitted(rules: &RuleSet, directory: &Directory, asking: &Asking<'_>) {
    let none = BTreeMap::new();
    let permitted = |target: &Target| terms(rules, directory, asking, target, SHORTEST).is_some();
    let accounts = offers(rules, directory, asking, Choosing::Account { aliases: &none });
    assert!(accounts.complete);
    let offered: BTreeSet<Offered> = accounts.found.into_iter().map(|offer| offer.what).collect();
    for account in directory.accounts.keys() {
        let targets: Vec<Target> =
            directory.permission_sets.keys().map(|set| assignment(account, set)).collect();
        let any = targets.iter().any(permitted);
        assert_eq!(offered.contains(&Offered::Account(account.clone())), any, "{account}");
        let sets = offers(rules, directory, asking, Choosing::PermissionSet { account });
        exactly(rules, directory, asking, &targets, &sets);
    }
    let open = directory.groups.values().filter(|group| group.fed_by.is_none());
    let targets: Vec<Target> = open.map(|group| Target::Membership { group: group.id.clone() }).collect();
    exactly(rules, directory, asking, &targets, &offers(rules, directory, asking, Choosing::Group));
}

fn exactly(rules: &RuleSet, directory: &Directory, asking: &Asking<'_>, targets: &[Target], offers: &Offers) {
    assert!(offers.complete);
    let mut count = 0;
    for target in targets {
        let what = match target {
            Target::Assignment { permission_set, .. } => Offered::PermissionSet(permission_set.clone()),
            Target::Membership { group } => Offered::Group(group.clone()),
        };
        let offer = offers.found.iter().find(|offer| offer.what == what);
        let terms_of = |length| terms(rules, directory, asking, target, length);
        let shortest = terms_of(SHORTEST);
        let said = offer.map(|offer| offer.bounds.clone().unwrap());
        assert_eq!(
            said.as_ref().map(|said| (said.approvals, &said.from, said.ticket)),
            shortest.as_ref().map(|(terms, ticket)| (terms.approvals, &terms.from, *ticket)),
            "{target}"
        );
        let lengths = rules.lengths(directory, asking, target);
        if let Some(said) = &said {
            count += 1;
            assert!(terms_of(said.longest).is_some(), "{target} for {}", said.longest);
            assert_eq!(lengths.last().map(|last| last.length), Some(said.longest));
        }
        for length in LENGTHS.into_iter().filter(|length| *length <= asking.longest) {
            let offered = lengths.iter().find(|offered| offered.length == length);
            assert_eq!(
                offered.map(|offered| (offered.approvals, offered.from.clone(), offered.ticket)),
                terms_of(length).map(|(terms, ticket)| (terms.approvals, terms.from, ticket)),
                "{target} for {length}"
            );
        }
    }
    assert_eq!(offers.found.len(), count, "nothing else is offered");
}

fn any_condition() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        4 => Just("true"),
        1 => Just("context.durationSeconds <= 7200"),
        1 => Just("context has ticket"),
        1 => Just("context has ticket && context.ticket like \"INC-*\""),
        1 => Just("context.hour >= 12"),
        1 => Just("context.start < datetime(\"2026-11-23T11:00:00Z\")"),
        1 => Just("principal in Group::\"on-call\""),
        1 => Just("context.platform == \"slack\""),
    ]
}

fn any_policy() -> impl Strategy<Value = String> {
    let principal = prop_oneof![
        2 => Just("principal in Group::\"engineers\""),
        1 => Just("principal in Group::\"leads\""),
        1 => Just("principal == Person::\"ana\""),
        1 => Just("principal"),
    ];
    let account = (
        prop_oneof![
            Just("resource"),
            Just("resource in OU::\"Workloads\""),
            Just("resource in OU::\"Prod\""),
            Just("resource in OU::\"Workloads/Prod\""),
            Just("resource in Account::\"sandbox\""),
            Just("resource == Account::\"222222222222\""),
        ],
        prop_oneof![
            3 => Just("true"),
            2 => Just("context.permissionSet == \"ReadOnly\""),
            1 => Just("[\"ReadOnly\", \"Admin\"].contains(context.permissionSet)"),
            1 => Just("context.permissionSet like \"Power*\""),
            1 => Just("context.permissionSet != \"Admin\""),
            1 => Just("resource.name like \"payments-*\""),
            1 => Just("resource in Account::\"elsewhere\" || context.permissionSet == \"Admin\""),
        ],
        prop_oneof![3 => Just(""), 1 => Just("@session(\"2h\") ")],
    );
    let group = (
        prop_oneof![
            Just("resource is Group"),
            Just("resource in Group::\"on-call\""),
            Just("resource in Group::\"okta-only\""),
            Just("resource == Group::\"00g-on-call\""),
        ],
        prop_oneof![
            2 => Just("true"),
            1 => Just("principal in resource"),
            1 => Just("resource.keptIn == \"okta\""),
        ],
        Just(""),
    );
    let also = any_condition();
    let annotations = (
        prop_oneof![Just("10m"), Just("1h"), Just("90m"), Just("4h"), Just("14h")],
        prop_oneof![Just("0"), Just("1"), Just("2"), Just("1 of leads, 1 of on-call")],
    );
    let effect = prop_oneof![4 => Just(0), 1 => Just(1), 1 => Just(2)];
    (effect, principal, prop_oneof![3 => account.boxed(), 1 => group.boxed()], also, annotations).prop_map(
        |(effect, principal, (resource, when, session), also, (length, approvals))| {
            let conditions = format!("when {{ {when} }} when {{ {also} }}");
            let broad = "@broad(\"yes: this is a test\")";
            match effect {
                0 => format!(
                    "{broad} @max_duration(\"{length}\") @approvals(\"{approvals}\") {session} permit({principal}, action == Action::\"request\", {resource}) {conditions};\n"
                ),
                1 => format!(
                    "{broad} @max_duration(\"{length}\") {session} permit({principal}, action == Action::\"requestUrgent\", {resource}) {conditions};\n"
                ),
                // The shortest length is asked about: a policy that forbids short ones alone hides what it leaves.
                _ => {
                    let conditions = conditions.replace("<= 7200", ">= 7200");
                    format!("forbid({principal}, action in [Action::\"request\", Action::\"requestUrgent\"], {resource}) {conditions};\n")
                }
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn what_is_offered_is_exactly_what_is_permitted(
        policies in proptest::collection::vec(any_policy(), 1..9),
        urgent in any::<bool>(),
        ticket in prop_oneof![Just(None), Just(Some("INC-7")), Just(Some("x"))],
        hours_ahead in prop_oneof![Just(None), Just(Some(4))],
        longest in prop_oneof![Just(Seconds::hours(12)), Just(Seconds::minutes(45))],
    ) {
        let (rules, directory) = (rules(&policies.concat()), acme());
        for name in ["ana", "bo", "eve", "gone"] {
            let person = PersonId::new(format!("p-{name}"));
            let starts_at = hours_ahead.map(|hours| Seconds::hours(hours).after(monday()));
            let asking = Asking { urgent, ticket, starts_at, longest, ..asking(&person) };
            // Twice: the second time from memory.
            for _ in 0..2 {
                offers_are_what_is_permitted(&rules, &directory, &asking);
            }
        }
    }
}

fn permit(head: &str, when: &str) -> String {
    format!("permit({head}) when {{ {when} }};\n")
}

const REQUEST: &str = "principal in Group::\"engineers\", action == Action::\"request\", resource";

#[test]
fn what_decisions_refuse_whatever_policy_says_is_not_offered() {
    let mut directory = acme();
    let text =
        permit(REQUEST, "true") + &permit(&REQUEST.replace(", resource", ", resource is Group"), "true");
    let rules = rules(&text);
    let managed = AccountId::parse("111111111111").unwrap();
    directory.accounts.get_mut(&managed).unwrap().management = true;
    let ana = PersonId::new("p-ana");
    let (asking, none) = (asking(&ana), BTreeMap::new());
    let accounts = offers(&rules, &directory, &asking, Choosing::Account { aliases: &none }).found;
    assert!(!accounts.iter().any(|offer| offer.what == Offered::Account(managed.clone())));
    assert_eq!(accounts.len(), 4);
    assert!(
        offers(&rules, &directory, &asking, Choosing::PermissionSet { account: &managed }).found.is_empty()
    );
    let set = directory.permission_sets.keys().next().unwrap();
    assert!(rules.lengths(&directory, &asking, &assignment(&managed, set)).is_empty());
    let groups = offers(&rules, &directory, &asking, Choosing::Group).found;
    assert!(groups.iter().all(|offer| offer.name != "fed"));
    assert_eq!(groups.len(), 5);
}

#[test]
fn an_account_is_found_by_name_by_id_and_by_alias_the_best_first() {
    let (rules, directory) = (rules(&permit(REQUEST, "true")), acme());
    let ana = PersonId::new("p-ana");
    let aliases = BTreeMap::from([("prod".to_owned(), AccountId::parse("444444444444").unwrap())]);
    let found = |text: &str, most: usize| {
        let query = Query { choosing: Choosing::Account { aliases: &aliases }, text };
        let offers = rules.offers(&directory, &asking(&ana), &query, most);
        (offers.found.into_iter().map(|offer| offer.name).collect::<Vec<_>>(), offers.complete)
    };
    assert_eq!(found("prod", 9), (vec!["elsewhere".to_owned(), "payments-prod".to_owned()], true));
    assert_eq!(found("pay", 1), (vec!["payments-data".to_owned()], false));
    assert_eq!(found("2222", 9), (vec!["payments-prod".to_owned()], true));
    assert_eq!(found("nothing", 9), (Vec::new(), true));
}

#[test]
fn the_lengths_are_those_of_the_policies_that_would_authorise_them_each_with_its_approvals() {
    let text = format!(
        "@approvals(\"0\") @max_duration(\"30m\") {}",
        permit(&REQUEST.replace("resource", "resource in OU::\"Workloads\""), "true")
    ) + &format!(
        "@approvals(\"1 of leads\") @max_duration(\"90m\") {}",
        permit(REQUEST, "context has ticket")
    );
    let (rules, directory) = (rules(&text), acme());
    let ana = PersonId::new("p-ana");
    let set = directory.permission_sets.values().next().unwrap();
    let target = assignment(&AccountId::parse("111111111111").unwrap(), &set.arn);
    let lengths = |asking: &Asking<'_>| -> Vec<(u32, u32, bool)> {
        let lengths = rules.lengths(&directory, asking, &target);
        let leads = Quorum { needed: 1, group: "leads".to_owned() };
        assert!(lengths.iter().all(|offered| offered.from.contains(&leads) == (offered.approvals == 1)));
        lengths.iter().map(|offered| (offered.length.0 / 60, offered.approvals, offered.ticket)).collect()
    };
    let all = [(15, 0, false), (30, 0, false), (60, 1, true), (90, 1, true)];
    assert_eq!(lengths(&asking(&ana)), all);
    let with = Asking { ticket: Some("INC-7"), ..asking(&ana) };
    assert_eq!(lengths(&with), all.map(|(length, approvals, _)| (length, approvals, false)));
    let capped = Asking { longest: Seconds::minutes(45), ..asking(&ana) };
    assert_eq!(lengths(&capped), [(15, 0, false), (30, 0, false), (45, 1, true)]);
}

/// Five thousand accounts, a hundred permission sets, and policies that tell all of them apart.
fn large() -> (RuleSet, Directory) {
    let mut directory = acme();
    let like = directory.accounts[&AccountId::parse("222222222222").unwrap()].clone();
    for number in 0..5_000_u32 {
        let id = AccountId::parse(&format!("9{number:011}")).unwrap();
        let name = format!("account-{number}");
        directory
            .accounts
            .insert(id.clone(), glasskey_domain::directory::Account { id, name, ..like.clone() });
    }
    for number in 0..100 {
        let (arn, name) = (PermissionSetArn::new(format!("arn-{number}")), format!("set-{number}"));
        directory
            .permission_sets
            .insert(arn.clone(), PermissionSet { arn, name, session: Seconds::hours(1) });
    }
    let text = permit(REQUEST, "context.permissionSet like \"never*\" && resource.name like \"x*\"");
    (rules(&text), directory)
}

#[test]
fn one_list_never_asks_cedar_more_often_than_a_keystroke_has_time_for_and_the_next_goes_on() {
    let (rules, directory) = large();
    let ana = PersonId::new("p-ana");
    let none = BTreeMap::new();
    for _ in 0..2 {
        let offers = offers(&rules, &directory, &asking(&ana), Choosing::Account { aliases: &none });
        assert_eq!(offers, Offers { found: Vec::new(), complete: false });
    }
    let asking = asking(&ana);
    let asker = Asker::new(&rules, &directory, &asking, EVALUATIONS_MAX).unwrap();
    let mut accounts = directory.accounts.values().collect::<Vec<_>>();
    accounts.sort_by_key(|account| (&account.name, &account.id));
    let sets = directory.permission_sets.len();
    // What the two lists above asked is remembered, and costs nothing now.
    for account in accounts.iter().take(2 * EVALUATIONS_MAX / sets) {
        assert_eq!(asker.any_permission_set(&account.id), Ok(false));
    }
    assert_eq!(asker.left(), EVALUATIONS_MAX);
}

#[test]
fn what_no_policy_tells_apart_is_asked_once() {
    let (_, directory) = large();
    let rules = rules(&permit(REQUEST, "context.permissionSet == \"set-7\" && context.hour < 3"));
    let ana = PersonId::new("p-ana");
    let asking = asking(&ana);
    let asker = Asker::new(&rules, &directory, &asking, EVALUATIONS_MAX).unwrap();
    for account in directory.accounts.keys() {
        assert_eq!(asker.any_permission_set(account), Ok(false));
    }
    // Set-7 and any other, in the accounts, all of which are alike to this policy.
    assert_eq!(EVALUATIONS_MAX - asker.left(), 2);
}

#[test]
fn who_is_not_enabled_is_offered_nothing_and_a_company_that_was_read_anew_is_asked_about_anew() {
    let (rules, mut directory) = (rules(&permit(REQUEST, "true")), acme());
    let (gone, ana) = (PersonId::new("p-gone"), PersonId::new("p-ana"));
    directory.memberships.insert(gone.clone(), [GroupId::new("g-engineers")].into());
    let none = BTreeMap::new();
    let count = |directory: &Directory, person: &PersonId| {
        offers(&rules, directory, &asking(person), Choosing::Account { aliases: &none }).found.len()
    };
    assert_eq!((count(&directory, &gone), count(&directory, &ana)), (0, 5));
    directory.memberships.clear();
    assert_eq!(count(&directory, &ana), 0);
}
