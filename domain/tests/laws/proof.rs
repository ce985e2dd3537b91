//! A fresh sign-in before something counts: for what, where, for whom, how fresh; and what never needs one.

use glasskey_domain::command::{Incoming, NewRequest};
use glasskey_domain::directory::Ou;
use glasskey_domain::ids::OuId;
use glasskey_domain::person::SignIn;
use glasskey_domain::refusal::StateWord;
use glasskey_domain::settings::{StepUp, StepUpAction};
use glasskey_domain::*;
use jiff::SignedDuration;

use crate::town::*;

fn step_up(action: StepUpAction, scope: Option<&str>) -> StepUp {
    StepUp { action, scope: scope.map(str::to_owned) }
}

fn everything() -> Vec<StepUp> {
    StepUpAction::ALL.map(|action| step_up(action, None)).to_vec()
}

fn needed(action: StepUpAction) -> Result<Reply, Refusal> {
    Err(Refusal::SignInNeeded { action })
}

fn new_request(id: &RequestId) -> Command {
    Command::Request(NewRequest {
        id: id.clone(),
        targets: vec![target()],
        bundle: None,
        length: Seconds::hours(1),
        starts_at: None,
        urgent: false,
        reason: "mend the pipeline".to_owned(),
        ticket: None,
    })
}

fn id() -> RequestId {
    RequestId::parse("AR-7K3Q").unwrap()
}

impl Town {
    fn asking_for(step_up: Vec<StepUp>) -> Self {
        let mut town = Self::new(1);
        town.settings.step_up = step_up;
        town
    }

    /// Ana's request, which bo could approve.
    fn waiting(&mut self) -> RequestId {
        let gates = std::mem::take(&mut self.settings.step_up);
        let id = self.asks("ana", "AR-7K3Q", 1).unwrap();
        self.settings.step_up = gates;
        id
    }

    /// Somebody's sign-in so many seconds ago.
    fn signed_in(&self, name: &str, seconds_ago: i64) -> SignIn {
        SignIn {
            issuer: "https://acme.okta.example".to_owned(),
            subject: "00u1".to_owned(),
            email: Some(format!("{name}@acme.example")),
            at: self.now.checked_sub(SignedDuration::from_secs(seconds_ago)).unwrap(),
            interactive: true,
        }
    }

    fn proves(
        &mut self,
        who: &str,
        door: Door,
        sign_in: Option<SignIn>,
        command: Command,
    ) -> Result<Reply, Refusal> {
        let by = Actor { sign_in, ..Actor::person(person(who), door) };
        self.send(Incoming { by, interaction: None, command })
    }

    fn bo_approves(&mut self, sign_in: Option<SignIn>) -> Result<Reply, Refusal> {
        self.proves(
            "bo",
            Door::Slack,
            sign_in,
            Command::Approve { id: id(), matter: Matter::Now, length: None },
        )
    }
}

fn granting() -> Result<Reply, Refusal> {
    Ok(Reply::Granting { id: id() })
}

#[test]
fn an_approval_counts_after_a_fresh_sign_in_and_the_journal_says_by_which() {
    let mut town = Town::asking_for(vec![step_up(StepUpAction::Approve, None)]);
    let id = town.waiting();
    assert_eq!(town.bo_approves(None), needed(StepUpAction::Approve));
    assert_eq!(town.state(&id).word(), StateWord::Pending);
    let refused = town.journal.last().unwrap();
    let said = Refusal::SignInNeeded { action: StepUpAction::Approve };
    assert_eq!(
        refused.events,
        [Event::Refused { verb: "approve".to_owned(), id: Some(id.clone()), refusal: said }]
    );
    let sign_in = town.signed_in("bo", 10);
    assert_eq!(town.bo_approves(Some(sign_in.clone())), granting());
    let record = town.journal.last().unwrap();
    assert_eq!(record.by.sign_in, Some(sign_in));
    let text = serde_json::to_string(record).unwrap();
    assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), *record);
    assert_eq!(town.replayed(), town.book);
}

#[test]
fn asking_takes_a_sign_in_where_the_configuration_says_so() {
    let mut town = Town::asking_for(vec![step_up(StepUpAction::Request, None)]);
    let ask = new_request(&id());
    assert_eq!(town.proves("ana", Door::Discord, None, ask.clone()), needed(StepUpAction::Request));
    assert!(town.book.request(&id()).is_none());
    let sign_in = Some(town.signed_in("ana", 0));
    assert!(town.proves("ana", Door::Discord, sign_in, ask).is_ok());
    assert_eq!(town.bo_approves(None), granting(), "approving is not asking");
}

#[test]
fn each_action_is_asked_for_by_its_own_name() {
    for action in [StepUpAction::Approve, StepUpAction::Breakglass] {
        let mut town = Town::asking_for(vec![step_up(action, None)]);
        assert!(town.asks("ana", "AR-7K3Q", 1).is_ok(), "{action:?}");
    }
    for action in [StepUpAction::Request, StepUpAction::Breakglass] {
        let mut town = Town::asking_for(vec![step_up(action, None)]);
        town.waiting();
        assert_eq!(town.bo_approves(None), granting(), "{action:?}");
    }
}

/// The account is payments-prod (222222222222), in the unit Prod (ou-1), under the root (r-1).
#[test]
fn a_scope_is_an_account_or_a_unit_by_name_or_by_id() {
    let all = [StepUpAction::Request, StepUpAction::Approve];
    for (scope, asked) in [
        ("payments-prod", true),
        ("Payments-PROD", true),
        ("222222222222", true),
        ("Prod", true),
        ("prod", true),
        ("ou-1", true),
        ("Root", true),
        ("r-1", true),
        ("payments", false),
        ("333333333333", false),
        ("Sandbox", false),
        ("ou-2", false),
        ("OU-1", false),
        ("", false),
    ] {
        for action in all {
            let mut town = Town::asking_for(vec![step_up(action, Some(scope))]);
            for (id, name, parent) in
                [("r-1", "Root", None), ("ou-1", "Prod", Some("r-1")), ("ou-2", "Sandbox", Some("r-1"))]
            {
                let ou = Ou { id: OuId::new(id), name: name.to_owned(), parent: parent.map(OuId::new) };
                town.directory.ous.insert(ou.id.clone(), ou);
            }
            town.directory.accounts.values_mut().for_each(|account| account.parent = OuId::new("ou-1"));
            let answer = if action == StepUpAction::Request {
                town.proves("ana", Door::Slack, None, new_request(&id()))
            } else {
                town.waiting();
                town.bo_approves(None)
            };
            assert_eq!(answer == needed(action), asked, "{action:?} in `{scope}`: {answer:?}");
            assert_eq!(answer.is_ok(), !asked, "{action:?} in `{scope}`");
            let known = town.directory.has_place(scope);
            let other = ["Sandbox", "ou-2"].contains(&scope);
            assert_eq!(known, asked || other, "`{scope}` is a place of the company");
        }
    }
}

#[test]
fn one_of_several_scopes_is_enough_to_ask() {
    let both = ["Sandbox", "payments-prod"].map(|scope| step_up(StepUpAction::Approve, Some(scope)));
    let mut town = Town::asking_for(both.to_vec());
    town.waiting();
    assert_eq!(town.bo_approves(None), needed(StepUpAction::Approve));
}

#[test]
fn both_platforms_ask_and_the_host_never_does() {
    for (door, asked) in [(Door::Slack, true), (Door::Discord, true), (Door::Host, false)] {
        let mut town = Town::asking_for(everything());
        let answer = town.proves("ana", door, None, new_request(&id()));
        assert_eq!(answer == needed(StepUpAction::Request), asked, "{door}: {answer:?}");
        let mut town = Town::asking_for(everything());
        town.waiting();
        let answer =
            town.proves("bo", door, None, Command::Approve { id: id(), matter: Matter::Now, length: None });
        assert_eq!(answer == needed(StepUpAction::Approve), asked, "{door}: {answer:?}");
        assert_eq!(answer == granting(), !asked, "{door}: {answer:?}");
    }
}

#[test]
fn a_sign_in_is_fresh_for_so_long_and_not_a_second_longer() {
    let ahead = settings::SIGN_IN_AHEAD_MAX.0;
    for fresh in [Seconds::minutes(5), Seconds::minutes(1)] {
        let not_fresh = || Err(Refusal::SignInNotFresh { fresh });
        for (ago, counts) in [
            (0, true),
            (i64::from(fresh.0) - 1, true),
            (i64::from(fresh.0), false),
            (i64::from(fresh.0) + 1, false),
            (86_400, false),
            (-i64::from(ahead), true),
            (-i64::from(ahead) - 1, false),
        ] {
            let mut town = Town::asking_for(everything());
            town.settings.sign_in_fresh = fresh;
            town.waiting();
            let sign_in = Some(town.signed_in("bo", ago));
            let answer = town.bo_approves(sign_in);
            assert_eq!(answer, if counts { granting() } else { not_fresh() }, "{ago} s ago, {fresh}");
        }
    }
}

/// P9: it could be of a session that is days old.
#[test]
fn a_token_that_does_not_say_when_they_signed_in_does_not_count() {
    let mut town = Town::asking_for(everything());
    town.waiting();
    let silent = SignIn { interactive: false, ..town.signed_in("bo", 0) };
    assert_eq!(town.bo_approves(Some(silent)), Err(Refusal::SignInNotFresh { fresh: Seconds::minutes(5) }));
}

#[test]
fn a_sign_in_of_another_person_does_not_count() {
    let mut town = Town::asking_for(everything());
    let id = town.waiting();
    for other in ["cy", "dee", "nobody"] {
        let sign_in = town.signed_in(other, 0);
        let email = sign_in.email.clone();
        assert_eq!(town.bo_approves(Some(sign_in)), Err(Refusal::SignedInAsAnother { email }));
    }
    let nameless = SignIn { email: None, ..town.signed_in("bo", 0) };
    assert_eq!(town.bo_approves(Some(nameless)), Err(Refusal::SignedInAsAnother { email: None }));
    town.directory.people.get_mut(&person("cy")).unwrap().emails.push("bo@acme.example".to_owned());
    let shared = town.signed_in("bo", 0);
    let email = shared.email.clone();
    assert_eq!(
        town.bo_approves(Some(shared)),
        Err(Refusal::SignedInAsAnother { email }),
        "it is two people's"
    );
    assert_eq!(town.state(&id).word(), StateWord::Pending);
}

/// Nobody signs in for what they may not do anyway, and a sign-in opens no door.
#[test]
fn what_is_refused_anyway_is_refused_without_a_sign_in() {
    let mut town = Town::asking_for(everything());
    let id = town.waiting();
    assert_eq!(
        town.does("ana", Command::Approve { id: id.clone(), matter: Matter::Now, length: None }),
        Err(Refusal::OwnRequest)
    );
    let sign_in = Some(town.signed_in("ana", 0));
    let own = town.proves(
        "ana",
        Door::Slack,
        sign_in,
        Command::Approve { id: id.clone(), matter: Matter::Now, length: None },
    );
    assert_eq!(own, Err(Refusal::OwnRequest));
    for sign_in in [None, Some(town.signed_in("cy", 0))] {
        let answer = town.proves(
            "cy",
            Door::Slack,
            sign_in,
            Command::Approve { id: id.clone(), matter: Matter::Now, length: None },
        );
        assert!(matches!(answer, Err(Refusal::NotAnApprover { .. })), "{answer:?}");
    }
    let gone =
        Command::Approve { id: RequestId::parse("AR-0000").unwrap(), matter: Matter::Now, length: None };
    assert!(matches!(town.does("bo", gone), Err(Refusal::NoSuchRequest { .. })));
}

/// P3: taking access away waits for nobody's sign-in, and neither does a no.
#[test]
fn ending_never_takes_a_sign_in() {
    let mut town = Town::asking_for(everything());
    let id = town.waiting();
    let deny = Command::Deny { id: id.clone(), matter: Matter::Now, why: "not today".to_owned() };
    assert!(town.does("bo", deny).is_ok());
    for end in ["ana", "bo", "dee"] {
        let mut town = Town::asking_for(everything());
        let id = town.waiting();
        let sign_in = Some(town.signed_in("bo", 0));
        town.bo_approves(sign_in).unwrap();
        town.settle();
        assert!(town.does(end, Command::End { id: id.clone(), cut: false }).is_ok(), "{end}");
        town.settle();
        assert!(town.provider.has.is_empty());
    }
    let mut town = Town::asking_for(everything());
    let id = town.waiting();
    assert!(town.does("ana", Command::Withdraw { id }).is_ok());
    let mut town = Town::asking_for(everything());
    let id = town.waiting();
    assert!(
        town.does("ana", Command::End { id, cut: false }).is_ok() || town.book.request(&self::id()).is_some()
    );
    town.pass(3600);
    town.settle();
    assert!(town.book.request(&self::id()).is_none(), "timers have no face to show");
}

#[test]
fn a_click_that_comes_twice_with_its_sign_in_counts_once() {
    let mut town = Town::asking_for(everything());
    town.rules.terms.approvals = 2;
    town.waiting();
    let by = Actor { sign_in: Some(town.signed_in("bo", 0)), ..Actor::person(person("bo"), Door::Slack) };
    let click = Incoming {
        by,
        interaction: Some(InteractionId::new("click-1:signed-in")),
        command: Command::Approve { id: id(), matter: Matter::Now, length: None },
    };
    let first = town.send(click.clone());
    assert_eq!(first, Ok(Reply::Approved { id: id(), missing: 1 }));
    let records = town.journal.len();
    assert_eq!(town.send(click), first);
    assert_eq!(town.journal.len(), records);
    assert_eq!(town.book.request(&id()).unwrap().approvals.len(), 1);
}
