//! Requests in every state, and all that people are told about them: what both doors keep as goldens, so that words are
//! read side by side.

mod states;
mod watched;

use glasskey_domain::directory::{Account, AccountState, Group, Keeper, PermissionSet};
use glasskey_domain::person::{Employment, Person};
use glasskey_domain::request::{Approval, Ask, Cards, Cutting, Doubt, Extension, Items, Lost, UrgentReview};
use glasskey_domain::rules::NotPermitted;
use glasskey_domain::settings::{BUNDLE_MAX, REASON_LENGTH_MAX, TICKET_LENGTH_MAX};
use glasskey_domain::{
    AccessRequest, AccountId, Directory, Door, EndCause, Escalation, GroupId, Item, ItemName, NoticeKind,
    PartState, PermissionSetArn, PersonId, Quorum, RequestId, Seconds, State, Target, Terms, Via, Who,
};
use jiff::{SignedDuration, Timestamp};

use super::{Card, Message, Setting, card, tell};

pub(crate) use states::requests;
pub(crate) use watched::watched;

/// So many minutes after it was asked for: 2026-06-01 09:00 UTC.
pub(crate) fn at(minutes: i64) -> Timestamp {
    let asked = Timestamp::from_second(1_780_304_400).unwrap();
    asked.checked_add(SignedDuration::from_mins(minutes)).unwrap()
}

pub(crate) fn person(name: &str) -> PersonId {
    PersonId::new(format!("p-{name}"))
}

fn arn(set: &str) -> PermissionSetArn {
    PermissionSetArn::new(format!("arn:aws:sso:::permissionSet/ssoins-1/ps-{set}"))
}

fn account_id(digit: u8) -> AccountId {
    AccountId::parse(&digit.to_string().repeat(12)).unwrap()
}

/// Acme, as far as a card shows it.
pub(crate) fn directory() -> Directory {
    let mut directory = Directory::empty();
    let people = [
        ("ana", "Ana Ferreira"),
        ("bo", "Bo Lindqvist"),
        ("cy", "Cy Okafor"),
        ("dee", "Dee Marsh"),
        ("kim", "Kim *Lee*"),
    ];
    for (id, name) in people {
        let (display_name, emails) = (name.to_owned(), vec![format!("{id}@acme.example")]);
        let user_name = id.to_owned();
        let employment = Employment::Enabled;
        let person_of = Person { id: person(id), user_name, display_name, emails, employment };
        directory.people.insert(person(id), person_of);
    }
    for (digit, name) in [(3, "payments-prod"), (4, "payments-data")] {
        let (id, name, parent) = (account_id(digit), name.to_owned(), glasskey_domain::ids::OuId::new("r-1"));
        let account =
            Account { id: id.clone(), name, state: AccountState::Active, parent, management: false };
        directory.accounts.insert(id, account);
    }
    let admin = PermissionSet { arn: arn("admin"), name: "Admin".to_owned(), session: Seconds::hours(1) };
    directory.permission_sets.insert(admin.arn.clone(), admin);
    for (id, name, kept_in, members) in [
        ("g-leads", "sre-leads", Keeper::IdentityStore, vec!["bo", "dee"]),
        ("g-security", "security", Keeper::IdentityStore, vec!["cy"]),
        ("g-managers", "sre-managers", Keeper::IdentityStore, vec!["dee"]),
        ("00g-vault", "vault-readers", Keeper::Okta, vec![]),
    ] {
        let group = Group { kept_in, ..Group::plain(GroupId::new(id), name.to_owned()) };
        directory.groups.insert(group.id.clone(), group);
        for member in members {
            directory.memberships.entry(person(member)).or_default().insert(GroupId::new(id));
        }
    }
    directory
}

pub(crate) fn setting() -> Setting {
    Setting {
        portal_url: Some("https://acme.awsapps.com/start".to_owned()),
        region: "eu-west-1".to_owned(),
        cut_sessions: true,
        ..Setting::default()
    }
}

fn assignment(digit: u8, account: &str) -> Item {
    Item {
        target: Target::Assignment { account: account_id(digit), permission_set: arn("admin") },
        name: ItemName::Assignment { account: account.to_owned(), permission_set: "Admin".to_owned() },
        session: Seconds::hours(1),
    }
}

fn membership() -> Item {
    Item {
        target: Target::Membership { group: GroupId::new("00g-vault") },
        name: ItemName::Group { group: "vault-readers".to_owned() },
        session: Seconds::default(),
    }
}

/// Ana asks for Admin for two hours, and one approval is needed.
pub(crate) fn pending() -> AccessRequest {
    let ask = Ask {
        id: RequestId::parse("AR-7K3Q").unwrap(),
        requester: person("ana"),
        items: Items::one(assignment(3, "payments-prod")),
        bundle: None,
        length: Seconds::hours(2),
        starts_at: None,
        urgent: false,
        reason: "refunds fail, INC-7".to_owned(),
        ticket: Some("INC-7".to_owned()),
        at: at(0),
        door: Door::Slack,
    };
    let terms = Terms { policies: vec!["payments-admin".to_owned()], approvals: 1, ..Terms::default() };
    let mut request = AccessRequest::asked(ask, terms, at(60), Cards::default());
    request.approvers = vec![person("bo"), person("dee")];
    request
}

fn with(request: AccessRequest, change: impl FnOnce(&mut AccessRequest)) -> AccessRequest {
    let mut request = request;
    change(&mut request);
    request
}

fn approval(by: &str, minutes: i64, length: Option<Seconds>) -> Approval {
    let policies = vec!["leads-approve".to_owned()];
    Approval { by: person(by), at: at(minutes), door: Door::Slack, policies, length }
}

fn approved() -> AccessRequest {
    with(pending(), |request| request.approvals.push(approval("bo", 5, None)))
}

fn active() -> AccessRequest {
    with(approved(), |request| {
        request.state = State::Active { since: at(6), deadline: at(126), warned: false };
        for part in &mut request.parts {
            part.state = PartState::There { since: at(6) };
        }
    })
}

fn ending(cause: EndCause, overdue_told: u32) -> AccessRequest {
    with(active(), |request| {
        let (due, tell_overdue_at) = (at(126), at(140));
        request.state = State::Ending { due, cause, granted_at: Some(at(6)), overdue_told, tell_overdue_at };
        request.trouble = (overdue_told > 0).then(|| "AccessDenied: not today".to_owned());
    })
}

fn ended(cause: EndCause) -> AccessRequest {
    with(active(), |request| {
        let (at, granted_at) = (at(127), Some(at(6)));
        request.state = State::Ended { at, cause, granted_at, lateness_ms: 400, kept_by: None };
    })
}

fn urgent() -> AccessRequest {
    with(active(), |request| {
        request.ask.urgent = true;
        request.approvals.clear();
        request.review = UrgentReview::Wanted { remind_at: at(1_440), reminded: 0 };
    })
}

fn extending() -> AccessRequest {
    with(active(), |request| {
        request.extensions = 1;
        request.extension = Some(Extension {
            by: Seconds::hours(1),
            reason: Some("the import runs late".to_owned()),
            at: at(100),
            door: Door::Slack,
            lapses_at: at(126),
            terms: request.terms.clone(),
            approvers: request.approvers.clone(),
            approvals: Vec::new(),
        });
    })
}

/// Two accounts and a group of Okta, of which one was held before.
fn bundle() -> AccessRequest {
    with(pending(), |request| {
        request.ask.bundle = Some("oncall-payments".to_owned());
        request.ask.items.more = vec![assignment(4, "payments-data"), membership()];
        *request = with(
            AccessRequest::asked(request.ask.clone(), request.terms.clone(), at(60), Cards::default()),
            |new| new.approvers.clone_from(&request.approvers),
        );
    })
}

fn part_given() -> AccessRequest {
    with(bundle(), |request| {
        request.state = State::Active { since: at(6), deadline: at(126), warned: false };
        let states = [
            PartState::There { since: at(6) },
            PartState::Out { cause: Some(EndCause::AlreadyHeld { via: Via::Direct }), kept_by: None },
            PartState::Leaving { cause: EndCause::GrantFailed { why: "Okta says no".to_owned() } },
        ];
        for (part, state) in request.parts.iter_mut().zip(states) {
            part.state = state;
        }
    })
}

fn quorum() -> AccessRequest {
    with(approved(), |request| {
        request.terms.approvals = 2;
        request.terms.from =
            ["sre-leads", "security"].map(|group| Quorum { needed: 1, group: group.to_owned() }).into();
        request.terms.escalate =
            vec![Escalation { after: Seconds::minutes(30), group: "sre-managers".to_owned() }];
        request.approvers = vec![person("bo"), person("cy")];
        request.quiet = vec![person("kim")];
        request.escalated = 1;
    })
}

fn cut(cut: Cutting) -> AccessRequest {
    with(ended(EndCause::Revoked { by: Who::Person { person: person("bo") } }), |request| request.cut = cut)
}

/// The largest: ten things, twenty approvers, the longest words, everything at once.
pub(crate) fn largest() -> AccessRequest {
    largest_of("&")
}

/// The same, with these words wherever somebody could have typed some.
pub(crate) fn largest_of(words: &str) -> AccessRequest {
    // Names are the company's own; what people type, and what providers say, is anybody's.
    let name = |length: usize| "&".repeat(length);
    let typed = |length: usize| words.repeat(length.div_ceil(words.chars().count()));
    with(extending(), |request| {
        let mut thing = assignment(3, &name(50));
        thing.name = ItemName::Assignment { account: name(50), permission_set: name(32) };
        request.ask.items = Items { first: thing.clone(), more: vec![thing; BUNDLE_MAX - 1] };
        request.ask.bundle = Some(name(64));
        request.ask.urgent = true;
        request.ask.starts_at = Some(at(5));
        request.ask.reason = typed(REASON_LENGTH_MAX);
        request.ask.ticket = Some(typed(TICKET_LENGTH_MAX));
        let why = EndCause::GrantFailed { why: typed(2_000) };
        let leaving = PartState::Leaving { cause: why };
        for part in &mut request.parts {
            part.state = leaving.clone();
        }
        let approvers: Vec<PersonId> =
            (0..20).map(|nth| PersonId::new(format!("{nth}{}", name(40)))).collect();
        let approvals = approvers.iter().map(|by| Approval {
            by: by.clone(),
            policies: vec![name(100); 5],
            ..approval("bo", 5, Some(Seconds::minutes(30)))
        });
        request.approvals = approvals.collect();
        request.approvers.clone_from(&approvers);
        request.quiet = approvers;
        request.terms.policies = vec![name(100); 10];
        request.review =
            UrgentReview::Objected { by: person("bo"), at: at(9), why: typed(REASON_LENGTH_MAX) };
        request.stricter = Some(NotPermitted::Forbidden { policies: vec![name(100); 20] });
        let groups = (0..20).map(|nth| GroupId::new(format!("{nth}{}", name(60)))).collect();
        request.doubt = Some(Doubt { lost: Lost::Permission { groups }, read_at: at(9) });
        request.cut = Cutting::Failed { why: typed(3_000) };
        if let Some(extension) = &mut request.extension {
            extension.reason = Some(typed(REASON_LENGTH_MAX));
            extension.approvals.clone_from(&request.approvals);
            extension.approvers.clone_from(&request.approvers);
        }
    })
}

fn named(name: &str) -> AccessRequest {
    requests().into_iter().find(|(other, _)| *other == name).unwrap().1
}

/// What people are told about requests, by kind and state.
pub(crate) fn tells() -> Vec<(NoticeKind, AccessRequest)> {
    use NoticeKind as Kind;
    vec![
        (Kind::Granted, active()),
        (Kind::Granted, part_given()),
        (Kind::Granted, named("group of Okta")),
        (Kind::Granted, with(active(), |it| it.cut = Cutting::Asked)),
        (Kind::Ended, ended(EndCause::Expired)),
        (Kind::Ended, named("ended, sessions are cut")),
        (Kind::Ended, named("ended, kept")),
        (Kind::Denied, named("denied")),
        (Kind::Lapsed, named("lapsed")),
        (Kind::Failed, named("failed")),
        (Kind::AlreadyHeld, named("held before")),
        (Kind::RemovedByHand, named("removed by hand")),
        (Kind::Overdue { nth: 2 }, named("overdue")),
        (Kind::OverdueOver, ended(EndCause::Expired)),
        (Kind::Scheduled, named("begins later")),
        (Kind::ApprovalDue { nth: 1 }, pending()),
        (Kind::ApprovalDue { nth: 1 }, active()),
        (Kind::Escalated { nth: 1 }, with(quorum(), |it| it.ask.starts_at = Some(at(600)))),
        (Kind::ExtensionAsked { nth: 1 }, extending()),
        (Kind::ExtensionAsked { nth: 1 }, active()),
        (Kind::ExtensionDenied { nth: 1 }, active()),
        (Kind::ExtensionLapsed { nth: 1 }, active()),
        (Kind::Extended { nth: 1 }, active()),
        (Kind::EndsSoon { nth: 0 }, active()),
        (Kind::EndsSoon { nth: 0 }, extending()),
        (Kind::Urgent, urgent()),
        (Kind::ReviewDue { nth: 1 }, urgent()),
        (Kind::ReviewDue { nth: 3 }, named("urgent, acknowledged")),
        (Kind::Reviewed, named("urgent, acknowledged")),
        (Kind::Objected, named("urgent, objected")),
        (Kind::Unsure { since: 0 }, named("unsure")),
        (Kind::Unsure { since: 0 }, active()),
        (Kind::Stricter { version: 2 }, named("policy is stricter")),
        (Kind::Stricter { version: 2 }, active()),
        (Kind::SessionsCut, named("ended, sessions were cut")),
        (Kind::SessionsNotCut, named("ended, sessions were not cut")),
    ]
}

/// A card of each request.
pub(crate) fn cards() -> Vec<(&'static str, Card)> {
    let (directory, setting) = (directory(), setting());
    requests().into_iter().map(|(name, request)| (name, card(&request, &directory, &setting))).collect()
}

/// Each message.
pub(crate) fn messages() -> Vec<(String, Message)> {
    let (directory, setting) = (directory(), setting());
    let told = tells().into_iter().map(|(kind, request)| {
        (
            format!("{kind:?}, {}", format_args!("{:?}", request.state.word())),
            tell(kind, &request, &directory, &setting),
        )
    });
    told.chain(watched().into_iter().map(|(name, message)| (name.to_owned(), message))).collect()
}

/// Everything, with the largest words in it.
pub(crate) fn largest_messages() -> Vec<Message> {
    messages_of("&")
}

/// Every message of every state, with these words wherever somebody could have typed some.
pub(crate) fn messages_of(words: &str) -> Vec<Message> {
    let (directory, setting) = (directory(), setting());
    let states = planted(words);
    let told = tells().into_iter().flat_map(|(kind, _)| {
        states.iter().map(|request| tell(kind, request, &directory, &setting)).collect::<Vec<_>>()
    });
    told.filter(|message| !message.is_empty()).collect()
}

/// The largest request in every state, with these words in what ends it.
pub(crate) fn planted(words: &str) -> Vec<AccessRequest> {
    let why = || words.repeat(REASON_LENGTH_MAX.div_ceil(words.chars().count()));
    let in_state = |state: State| {
        with(largest_of(words), |request| {
            request.trouble = Some(why());
            request.state = state;
        })
    };
    let objected = || EndCause::Objected { by: person("bo"), why: why() };
    let ending = |cause: EndCause, overdue_told: u32| {
        let (due, tell_overdue_at) = (at(126), at(140));
        State::Ending { due, cause, granted_at: Some(at(6)), overdue_told, tell_overdue_at }
    };
    vec![
        in_state(State::Pending { lapses_at: at(60) }),
        in_state(State::Active { since: at(6), deadline: at(126), warned: false }),
        in_state(ending(objected(), 0)),
        in_state(ending(objected(), 1)),
        in_state(State::Ended {
            at: at(127),
            cause: objected(),
            granted_at: Some(at(6)),
            lateness_ms: 0,
            kept_by: None,
        }),
        in_state(State::Denied { at: at(9), by: person("bo"), why: why() }),
        in_state(State::Failed { at: at(9), cause: EndCause::GrantFailed { why: why() } }),
    ]
}
