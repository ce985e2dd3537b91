//! Whose a chat account is: every way in which one is linked, and every way in which it is not.

use glasskey_domain::book::{Binding, Proof, RowKey};
use glasskey_domain::command::Incoming;
use glasskey_domain::event::Event;
use glasskey_domain::person::{Employment, SignIn};
use glasskey_domain::rules::NotPermitted;
use glasskey_domain::*;

use crate::town::*;

const GUILD: &str = "1100000000000000001";
/// The user of Discord who is ana, and another one.
const ANAS: &str = "1200000000000000001";
const OTHER: &str = "1200000000000000002";

fn account(user: &str) -> ChatAccount {
    ChatAccount { door: Door::Discord, workspace: GUILD.to_owned(), user: user.to_owned() }
}

fn slack(user: &str) -> ChatAccount {
    ChatAccount { door: Door::Slack, workspace: "T0ACME".to_owned(), user: user.to_owned() }
}

fn stranger(account: &ChatAccount) -> Actor {
    Actor { who: Who::Stranger { account: account.clone() }, door: account.door, sign_in: None }
}

fn admin(name: &str) -> Actor {
    Actor::person(person(name), Door::Host)
}

fn linked(user: &str, name: &str) -> Result<Reply, Refusal> {
    Ok(Reply::Linked { account: account(user), person: person(name) })
}

fn unlinked(user: &str, name: &str) -> Result<Reply, Refusal> {
    Ok(Reply::Unlinked { account: account(user), person: person(name) })
}

fn as_another(email: &str) -> Result<Reply, Refusal> {
    Err(Refusal::SignedInAsAnother { email: Some(email.to_owned()) })
}

impl Town {
    fn token(&self, email: Option<&str>) -> SignIn {
        SignIn {
            issuer: "https://acme.okta.example".to_owned(),
            subject: "00u1".to_owned(),
            email: email.map(str::to_owned),
            at: self.now,
            interactive: true,
        }
    }

    fn by(&mut self, by: Actor, command: Command) -> Result<Reply, Refusal> {
        self.send(Incoming { by, interaction: None, command })
    }

    /// Who speaks from an account signs in with an address, to be that person.
    fn signs_in(&mut self, user: &str, email: &str, name: &str) -> Result<Reply, Refusal> {
        let (account, sign_in) = (account(user), Some(self.token(Some(email))));
        let by = stranger(&account);
        self.by(by, Command::Link { account, person: person(name), sign_in })
    }

    fn says(&mut self, by: Actor, user: &str, name: &str) -> Result<Reply, Refusal> {
        self.by(by, Command::Link { account: account(user), person: person(name), sign_in: None })
    }

    fn frees(&mut self, by: Actor, account: ChatAccount) -> Result<Reply, Refusal> {
        self.by(by, Command::Unlink { account })
    }

    fn whose(&self, user: &str) -> Option<&Binding> {
        self.book.binding(&account(user))
    }

    /// Who is told on a platform that an account is linked to them, or not any more.
    fn told(&self, on: Platform) -> Vec<(NoticeKind, Recipient)> {
        let here = self.book.watch().untold.keys().filter(|tell| tell.on == on);
        here.map(|tell| (tell.kind, tell.to.clone())).collect()
    }
}

/// Slack and Discord are served.
fn town() -> Town {
    let mut town = Town::new(1);
    town.starts(Served::all());
    town
}

fn of(name: &str) -> Recipient {
    Recipient::Person { person: person(name) }
}

fn number(user: &str) -> u64 {
    user.parse().unwrap()
}

#[test]
fn who_signs_in_from_their_own_account_is_known_by_it_from_then_on() {
    let mut town = town();
    assert_eq!(town.signs_in(ANAS, "ana@acme.example", "ana"), linked(ANAS, "ana"));
    let sign_in = town.token(Some("ana@acme.example"));
    let binding =
        Binding { person: person("ana"), proof: Proof::SignIn { sign_in: sign_in.clone() }, at: town.now };
    assert_eq!(town.whose(ANAS), Some(&binding));
    let Event::PersonLinked { account: of_event, person: of_person, sign_in: proof } =
        &town.journal[1].events[0]
    else {
        panic!("{:?}", town.journal[1])
    };
    assert_eq!((of_event, of_person, proof), (&account(ANAS), &person("ana"), &Some(sign_in)));
    town.agrees();
}

#[test]
fn an_address_is_the_same_in_capital_letters() {
    assert_eq!(town().signs_in(ANAS, "Ana@ACME.Example", "ana"), linked(ANAS, "ana"));
}

/// Whoever gets hold of a code of somebody else gains nothing by it.
#[test]
fn a_sign_in_of_somebody_else_links_nothing() {
    let mut town = town();
    assert_eq!(town.signs_in(ANAS, "bo@acme.example", "ana"), as_another("bo@acme.example"));
    assert_eq!(town.signs_in(ANAS, "nobody@acme.example", "ana"), as_another("nobody@acme.example"));
    assert_eq!(town.book.bindings().count(), 0);
    // Who speaks from one account links no other one, neither as a stranger nor as somebody else.
    let command = |town: &Town| Command::Link {
        account: account(ANAS),
        person: person("ana"),
        sign_in: Some(town.token(Some("ana@acme.example"))),
    };
    for by in [stranger(&account(OTHER)), admin("bo"), Actor::glasskey()] {
        let asked = command(&town);
        assert_eq!(town.by(by.clone(), asked), as_another("ana@acme.example"), "{by:?}");
    }
    assert_eq!(town.book.bindings().count(), 0);
    let asked = command(&town);
    assert_eq!(town.by(admin("ana"), asked), linked(ANAS, "ana"), "one's own, from elsewhere");
}

#[test]
fn an_address_that_nobody_vouches_for_or_that_two_people_have_is_nobodys() {
    let mut town = town();
    let (by, sign_in) = (stranger(&account(ANAS)), Some(town.token(None)));
    let none = Command::Link { account: account(ANAS), person: person("ana"), sign_in };
    assert_eq!(town.by(by, none), Err(Refusal::SignedInAsAnother { email: None }));
    let cy = town.directory.people.get_mut(&person("cy")).unwrap();
    cy.emails.push("ana@acme.example".to_owned());
    assert_eq!(town.signs_in(ANAS, "ana@acme.example", "ana"), as_another("ana@acme.example"));
    assert_eq!(town.signs_in(ANAS, "ana@acme.example", "cy"), as_another("ana@acme.example"));
    assert_eq!(town.signs_in(OTHER, "cy@acme.example", "cy"), linked(OTHER, "cy"), "their own one still is");
}

#[test]
fn who_does_not_work_here_any_more_is_not_linked_whoever_says_so() {
    for employment in [Employment::Disabled, Employment::Unknown] {
        let mut town = town();
        town.directory.people.get_mut(&person("ana")).unwrap().employment = employment;
        let no = Err(Refusal::NotEnabled { person: person("ana") });
        assert_eq!(town.signs_in(ANAS, "ana@acme.example", "ana"), no);
        assert_eq!(town.says(admin("bo"), ANAS, "ana"), no);
        assert_eq!(town.says(admin("ana"), OTHER, "cy"), no, "nor do they administer");
    }
    let mut town = town();
    let nobody = Err(Refusal::NotEnabled { person: person("zed") });
    assert_eq!(town.says(admin("bo"), ANAS, "zed"), nobody, "nor is one linked who never did");
}

#[test]
fn nobody_is_linked_before_the_company_was_read() {
    let mut town = town();
    town.directory = Directory::empty();
    assert_eq!(town.signs_in(ANAS, "ana@acme.example", "ana"), Err(Refusal::DirectoryNotRead));
    assert_eq!(town.says(admin("bo"), ANAS, "ana"), Err(Refusal::DirectoryNotRead));
}

#[test]
fn a_link_that_is_there_is_said_and_not_written_down_again() {
    let mut town = town();
    town.signs_in(ANAS, "ana@acme.example", "ana").unwrap();
    let (records, before) = (town.journal.len(), town.whose(ANAS).cloned());
    town.pass(60);
    assert_eq!(town.signs_in(ANAS, "ana@acme.example", "ana"), linked(ANAS, "ana"));
    assert_eq!(town.says(admin("bo"), ANAS, "ana"), linked(ANAS, "ana"));
    assert_eq!((town.journal.len(), town.whose(ANAS).cloned()), (records, before));
}

#[test]
fn an_account_is_one_persons_and_is_not_taken_over() {
    let mut town = town();
    town.signs_in(ANAS, "ana@acme.example", "ana").unwrap();
    let no = Err(Refusal::AccountIsLinked { person: person("ana") });
    assert_eq!(town.signs_in(ANAS, "bo@acme.example", "bo"), no);
    assert_eq!(town.says(admin("bo"), ANAS, "bo"), no, "not even by an administrator");
    assert_eq!(town.whose(ANAS).unwrap().person, person("ana"));
}

#[test]
fn a_person_has_one_account_in_a_place() {
    let mut town = town();
    town.signs_in(ANAS, "ana@acme.example", "ana").unwrap();
    let no = Err(Refusal::PersonIsLinked { person: person("ana"), user: ANAS.to_owned() });
    assert_eq!(town.signs_in(OTHER, "ana@acme.example", "ana"), no);
    assert_eq!(town.says(admin("bo"), OTHER, "ana"), no);
    assert_eq!(town.says(admin("bo"), OTHER, "cy"), linked(OTHER, "cy"), "another person has another one");
    let elsewhere = ChatAccount { workspace: "1100000000000000009".to_owned(), ..account(OTHER) };
    let command = Command::Link { account: elsewhere.clone(), person: person("ana"), sign_in: None };
    let said = Ok(Reply::Linked { account: elsewhere, person: person("ana") });
    assert_eq!(town.by(admin("bo"), command), said, "in another place they have another");
}

#[test]
fn an_account_of_slack_does_not_stand_in_the_way_of_one_of_discord() {
    let mut town = town();
    // Two platforms could call their places the same.
    let (bound, email) =
        (ChatAccount { workspace: GUILD.to_owned(), ..slack("U0ANA") }, "ana@acme.example".to_owned());
    let bind = Command::Bind { account: bound, person: person("ana"), email };
    town.by(Actor::glasskey(), bind).unwrap();
    assert_eq!(town.signs_in(ANAS, "ana@acme.example", "ana"), linked(ANAS, "ana"));
}

#[test]
fn an_administrator_links_whom_they_like_and_nobody_else_does() {
    let mut town = town();
    assert_eq!(town.says(admin("bo"), ANAS, "ana"), linked(ANAS, "ana"));
    assert_eq!(town.whose(ANAS).unwrap().proof, Proof::Administrator);
    town.agrees();
    let no = Err(Refusal::NotAnAdministrator { why: NotPermitted::NoPolicy });
    assert_eq!(town.says(admin("cy"), OTHER, "cy"), no, "not even themselves");
    let local = Actor { who: Who::Local { user: "root".to_owned() }, door: Door::Host, sign_in: None };
    assert_eq!(town.says(local, OTHER, "cy"), Err(Refusal::LocalUserUnknown { user: "root".to_owned() }));
    for by in [stranger(&account(OTHER)), Actor::glasskey()] {
        assert_eq!(town.says(by.clone(), OTHER, "cy"), Err(Refusal::NotInDirectory), "{by:?}");
    }
    assert_eq!(town.whose(OTHER), None);
}

#[test]
fn what_is_not_of_discord_is_not_linked() {
    let mut town = town();
    for door in [Door::Slack, Door::Host, Door::Inside] {
        let account = ChatAccount { door, ..slack("U0ANA") };
        let sign_in = Some(town.token(Some("ana@acme.example")));
        for (by, sign_in) in [(stranger(&account), sign_in), (admin("bo"), None)] {
            let command = Command::Link { account: account.clone(), person: person("ana"), sign_in };
            assert_eq!(town.by(by, command), Err(Refusal::NotLinkable), "{door}");
        }
    }
    assert_eq!(town.book.bindings().count(), 0);
}

#[test]
fn a_link_is_undone_by_the_person_or_by_an_administrator_and_by_nobody_else() {
    let mut town = town();
    for (by, may) in [
        (Actor::person(person("cy"), Door::Discord), Some("cy")),
        (admin("bo"), Some("cy")),
        (admin("cy"), None),
        (stranger(&account(OTHER)), None),
    ] {
        let name = may.unwrap_or("ana");
        town.says(admin("bo"), OTHER, name).unwrap();
        let answer = town.frees(by.clone(), account(OTHER));
        if may.is_some() {
            assert_eq!(answer, unlinked(OTHER, name), "{by:?}");
            assert_eq!(town.whose(OTHER), None);
        } else {
            assert!(answer.is_err(), "{by:?}");
            assert_eq!(town.whose(OTHER).unwrap().person, person(name));
            town.frees(admin("bo"), account(OTHER)).unwrap();
        }
        town.agrees();
    }
    assert_eq!(town.frees(admin("bo"), account(OTHER)), Err(Refusal::NotLinked));
}

/// Whoever was disabled keeps no account that they could hand on: they may let it go themselves, and do nothing else.
#[test]
fn who_is_disabled_may_still_let_their_account_go() {
    let mut town = town();
    town.says(admin("bo"), OTHER, "cy").unwrap();
    town.directory.people.get_mut(&person("cy")).unwrap().employment = Employment::Disabled;
    assert_eq!(town.frees(Actor::person(person("cy"), Door::Discord), account(OTHER)), unlinked(OTHER, "cy"));
}

#[test]
fn after_unlinking_nothing_remains_and_the_account_is_free() {
    let mut town = town();
    town.signs_in(ANAS, "ana@acme.example", "ana").unwrap();
    let row = RowKey::Binding(account(ANAS));
    assert!(town.rows.contains_key(&row));
    town.frees(Actor::person(person("ana"), Door::Discord), account(ANAS)).unwrap();
    assert!(!town.rows.contains_key(&row));
    assert_eq!((town.whose(ANAS), town.replayed().binding(&account(ANAS))), (None, None));
    town.agrees();
    assert_eq!(town.signs_in(ANAS, "bo@acme.example", "bo"), linked(ANAS, "bo"), "it may be another's now");
    assert_eq!(town.signs_in(OTHER, "ana@acme.example", "ana"), linked(OTHER, "ana"), "and they another's");
}

/// If it was not they who did it, they learn of it where whoever did it cannot hide it.
#[test]
fn who_was_linked_or_unlinked_is_told_on_the_other_platform_too() {
    let mut town = town();
    town.says(admin("bo"), ANAS, "ana").unwrap();
    let note = (NoticeKind::Linked { user: number(ANAS), at: town.now.as_second() }, of("ana"));
    assert_eq!(town.told(Platform::Slack), std::slice::from_ref(&note));
    assert_eq!(town.told(Platform::Discord), [note]);
    town.settle();
    town.frees(admin("bo"), account(ANAS)).unwrap();
    let note = (NoticeKind::Unlinked { user: number(ANAS), at: town.now.as_second() }, of("ana"));
    assert_eq!(town.told(Platform::Slack), [note]);
    assert_eq!(town.told(Platform::Discord), [], "where they are not linked they cannot be reached");
    town.agrees();
    town.settle();
    assert!(town.book.watch().untold.is_empty());
}

/// What waits is one row of the ledger, and one that is too large would end the bot.
#[test]
fn who_links_a_whole_company_while_a_platform_is_down_leaves_a_bounded_row_with_the_newest_in_it() {
    let mut town = town();
    let (user, ana) = (|nth: u64| 1_200_000_000_000_000_000 + nth, person("ana"));
    for nth in 0..600 {
        town.now = Seconds(1).after(town.now);
        let account = account(&user(nth).to_string());
        let (person, events) = (ana.clone(), vec![]);
        let mut record = Record { at: town.now, by: admin("dee"), interaction: None, answer: None, events };
        record.events.push(Event::PersonLinked { account, person, sign_in: None });
        town.book.apply(&record);
    }
    for on in Platform::ALL {
        let told = town.told(on);
        let told = |nth: u64| {
            told.iter()
                .any(|(kind, _)| matches!(kind, NoticeKind::Linked { user: is, .. } if *is == user(nth)))
        };
        assert!(told(599) && told(450) && !told(0) && !told(350), "{on}");
    }
    assert!(town.book.watch().untold.len() <= 400);
}

#[test]
fn nobody_is_told_where_nobody_is_served() {
    let mut town = Town::new(1);
    town.starts(Served([Platform::Discord].into()));
    town.says(admin("bo"), ANAS, "ana").unwrap();
    assert_eq!(town.told(Platform::Slack), []);
    assert_eq!(town.told(Platform::Discord).len(), 1);
    town.frees(admin("bo"), account(ANAS)).unwrap();
    assert_eq!(town.told(Platform::Slack), []);
}

/// The account of Slack is found by its address again; the administrator only makes Glasskey forget who it was.
#[test]
fn an_account_of_slack_is_forgotten_by_an_administrator() {
    let mut town = town();
    let (bound, email) = (slack("U0ANA"), "ana@acme.example".to_owned());
    let bind = Command::Bind { account: bound.clone(), person: person("ana"), email };
    town.by(Actor::glasskey(), bind).unwrap();
    assert!(town.frees(admin("cy"), bound.clone()).is_err());
    town.frees(admin("bo"), bound.clone()).unwrap();
    assert_eq!(town.book.binding(&bound), None);
    assert_eq!(
        town.told(Platform::Discord),
        [(NoticeKind::Unlinked { user: 0, at: town.now.as_second() }, of("ana"))]
    );
    assert_eq!(town.told(Platform::Slack), []);
    town.agrees();
}
