//! Requests field by field: what each takes, and which go together.

use glasskey_commands::{
    AccountSelector, Elevate, EndScope, GroupSelector, Length, PersonRef, RequestRef, RequestWords, Said,
    Usage, What, elevate,
};

const GROUP: [(&str, &str); 2] = [("group", "sre-leads"), ("duration", "1h")];
const ACCOUNT: [(&str, &str); 3] = [("account", "prod"), ("permission-set", "Admin"), ("duration", "1h")];

fn said(keyword: &str, options: &[(&str, &str)]) -> Result<Elevate, Usage> {
    elevate::from_options(&Said { keyword, options })
}

fn sentence(keyword: &str, options: &[(&str, &str)]) -> String {
    said(keyword, options).unwrap_err().sentence()
}

fn id() -> RequestRef {
    RequestRef::parse("AR-7K3Q").unwrap()
}

#[test]
fn urgent_is_asked_for_with_one_of_three() {
    let asked = |options: &[(&str, &str)]| match said("urgent", options).unwrap() {
        Elevate::Request(RequestWords { what, urgent: true, start: None, .. }) => what,
        other => panic!("{other}"),
    };
    assert_eq!(asked(&GROUP), What::Group(GroupSelector::new("sre-leads")));
    assert_eq!(asked(&[("bundle", "on call"), ("duration", "1h")]), What::Bundle("on call".to_owned()));
    assert!(matches!(asked(&ACCOUNT), What::Assignment { .. }));
}

#[test]
fn a_start_is_read_with_and_without_its_at() {
    for (typed, start) in [
        ("02:00", "at 02:00"),
        ("at 2 am", "at 02:00"),
        ("tomorrow 02:00", "at tomorrow 02:00"),
        ("2026-12-01 02:00", "at 2026-12-01T02:00"),
        ("2026-12-01T02:00Z", "at 2026-12-01T02:00Z"),
        ("14", "none"),
        ("02:00 sharp", "none"),
        ("soon", "none"),
        ("at", "none"),
    ] {
        let read = said("group", &[&GROUP[..], &[("at", typed)]].concat());
        let read = match read {
            Ok(Elevate::Request(words)) => words.start.map(|start| start.to_string()).unwrap_or_default(),
            Ok(other) => other.to_string(),
            Err(_) => "none".to_owned(),
        };
        assert_eq!(read, start, "{typed}");
    }
    assert_eq!(
        sentence("group", &[&GROUP[..], &[("at", "soon"), ("reason", "fix")]].concat()),
        "`soon` names no start, which is like `at 02:00`, `at tomorrow 02:00` or `at 2026-12-01 02:00` where you are, \
         or `at 2026-12-01T02:00Z`; try `/elevate group group:sre-leads duration:1h at:<at> reason:fix`"
    );
}

#[test]
fn what_cannot_be_given_together_is_said_so() {
    for (keyword, options, expected) in [
        (
            "urgent",
            &[("group", "sre-leads"), ("account", "prod"), ("duration", "1h")][..],
            "`account` and `group` are both given, and only one of them can be; \
             try `/elevate urgent duration:1h account:prod`",
        ),
        (
            "why",
            &[("group", "sre-leads"), ("bundle", "on call")],
            "`group` and `bundle` are both given, and only one of them can be; try `/elevate why group:sre-leads`",
        ),
        (
            "why",
            &[("permission-set", "Admin"), ("bundle", "on call")],
            "`permission-set` and `bundle` are both given, and only one of them can be; \
             try `/elevate why permission-set:Admin`",
        ),
        (
            "end-all",
            &[("account", "prod"), ("person", "<@1>")],
            "`person` and `account` are both given, and only one of them can be; try `/elevate end-all person:<@1>`",
        ),
    ] {
        assert_eq!(sentence(keyword, options), expected, "{keyword}");
    }
}

#[test]
fn what_is_missing_is_named_even_where_another_could_stand_for_it() {
    for (keyword, options, expected) in [
        (
            "urgent",
            &[("account", "prod")][..],
            "a permission set and a duration are missing; \
             try `/elevate urgent duration:1h account:prod permission-set:<permission-set>`",
        ),
        ("group", &[], "a group and a duration are missing; try `/elevate group group:<group> duration:1h`"),
        (
            "bundle",
            &[("duration", "2h")],
            "a bundle is missing; try `/elevate bundle bundle:<bundle> duration:2h`",
        ),
        (
            "why",
            &[],
            "an account and a permission set are missing; \
             try `/elevate why account:<account> permission-set:<permission-set>`",
        ),
        (
            "extend",
            &[("id", "7k3q")],
            "a duration is missing, such as `1h`; try `/elevate extend id:7k3q duration:1h`",
        ),
    ] {
        assert_eq!(sentence(keyword, options), expected, "{keyword}");
    }
}

#[test]
fn whose_access_ends_is_never_everybodys_by_a_slip() {
    let end_all = |scope, confirmed| Ok(Elevate::EndAll { scope, confirmed });
    let bo = PersonRef::Mention("1".to_owned());
    assert_eq!(said("end-all", &[]), end_all(EndScope::Everything, false));
    assert_eq!(said("end-all", &[("confirm", "CONFIRM")]), end_all(EndScope::Everything, true));
    assert_eq!(said("end-all", &[("person", "<@!1>")]), end_all(EndScope::Person(bo), false));
    let prod = EndScope::Account(AccountSelector::new("prod"));
    assert_eq!(said("end-all", &[("account", "prod")]), end_all(prod, false));
    for person in ["bo", "<@&1>", "<@1> <@2>", "@here"] {
        assert_eq!(
            sentence("end-all", &[("person", person)]),
            format!(
                "`{person}` names no single person; a person is a mention or an e-mail address; \
                 try `/elevate end-all person:<person>`"
            )
        );
    }
    assert_eq!(
        sentence("end-all", &[("confirm", "no")]),
        "`no` is not a choice of `confirm`; try `/elevate end-all confirm:confirm`"
    );
}

#[test]
fn sessions_and_less_time_are_chosen() {
    let shorter = said("approve", &[("id", "7k3q"), ("duration", "for 30m")]);
    assert_eq!(shorter, Ok(Elevate::Approve { id: id(), length: Some(Length::For(1800)) }));
    assert_eq!(said("end", &[("id", "7k3q"), ("sessions", "Cut")]), Ok(Elevate::End { id: id(), cut: true }));
    assert_eq!(said("end", &[("id", "7k3q"), ("sessions", "")]), Ok(Elevate::End { id: id(), cut: false }));
    assert_eq!(
        sentence("end", &[("id", "7k3q"), ("sessions", "keep")]),
        "`keep` is not a choice of `sessions`; try `/elevate end id:7k3q sessions:cut`"
    );
    assert_eq!(
        sentence("object", &[("id", "7k3q")]),
        "`object AR-7K3Q` needs a reason, which the requester will read; try `/elevate object id:7k3q why:<why>`"
    );
}

#[test]
fn what_is_repeated_is_the_last_one_unless_it_is_named() {
    assert_eq!(said("again", &[]), Ok(Elevate::Again(None)));
    assert_eq!(said("again", &[("id", " ")]), Ok(Elevate::Again(None)));
    assert_eq!(said("again", &[("id", "7k3q")]), Ok(Elevate::Again(Some(id()))));
    assert_eq!(
        sentence("again", &[("id", "the last")]),
        "`the last` is not the id of a request, which is like `AR-7K3Q`; try `/elevate again id:<id>`"
    );
}
