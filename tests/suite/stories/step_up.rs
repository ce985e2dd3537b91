//! What the configuration wants a fresh sign-in for counts after it, and not before: on each platform, at the company's
//! Okta.

use glasskey_domain::refusal::StateWord;

use crate::town::{ALONE, Plan, Platform, Request, Town, logs, rules};

const ASKED: &str = "payments-prod ReadOnly 1h INC-7 look at refunds";

/// A town in which this takes a fresh sign-in, at Okta or elsewhere.
fn planned(on: Platform, step_up: &str, issuer: &str) -> Town {
    let more = format!(
        "[sign_in]\nissuer = \"{issuer}\"\nclient_id = \"glasskey-sign-in\"\nstep_up = [{step_up}]\nfresh = \"5m\"\n"
    );
    let town = Town::planned(Plan { more, policies: rules(ALONE), ..Plan::on(on) });
    town.okta().at_the_desk(|desk| desk.interval_secs = 0);
    town
}

fn town(on: Platform, step_up: &str) -> Town {
    planned(on, step_up, "{okta}")
}

on_each_platform! {
    an_approval_counts_when_the_approver_has_signed_in_and_the_journal_has_the_sign_in,
    where_no_scope_says_so_nobody_signs_in,
    a_no_needs_no_sign_in,
    who_signs_in_as_somebody_else_approves_nothing,
    a_session_that_is_older_than_allowed_approves_nothing,
    who_says_no_there_or_never_answers_approves_nothing_and_may_try_again,
    while_the_identity_provider_is_down_nothing_counts_and_ending_works,
    a_double_click_takes_one_sign_in_and_approves_once,
    a_bot_that_dies_while_somebody_signs_in_has_approved_nothing,
    break_glass_is_opened_after_a_sign_in_and_closed_without_one,
}

impl Town {
    /// What somebody is told for their eyes only, as soon as it says this.
    fn whispered(&self, handle: &str, words: &str) -> String {
        self.chat_shows(self.platform(), &format!("`{words}` in {handle}'s ear"), || {
            self.whispers(self.platform(), handle).into_iter().find(|all| all.contains(words))
        })
    }

    /// Somebody clicks Approve and is told to sign in; the code that they are to type.
    fn approval_waits(&self, handle: &str, it: &Request) -> String {
        let before = self.okta().at_the_desk(|desk| desk.pending());
        self.person(handle).approves(it);
        self.whispered(handle, "You have to sign in at the company for this");
        self.code_after(&before, handle)
    }

    /// The code that somebody was told, beside those that were there before.
    fn code_after(&self, before: &[String], handle: &str) -> String {
        self.chat_shows(self.platform(), "a code in somebody's ear", || {
            let codes = self.okta().at_the_desk(|desk| desk.pending());
            let code = codes.into_iter().find(|code| !before.contains(code))?;
            let told = self.whispers(self.platform(), handle);
            told.iter().any(|words| words.contains(&code)).then_some(code)
        })
    }

    fn approvals(&self, it: &Request) -> usize {
        self.request(it).approvals.len()
    }
}

fn an_approval_counts_when_the_approver_has_signed_in_and_the_journal_has_the_sign_in(on: Platform) {
    let town = town(on, r#""approve:prod""#);
    let it = town.ana().asks(ASKED);
    let code = town.approval_waits("bo", &it);
    let steps = town.whispered("bo", "Sign in once more");
    assert!(steps.contains("before your approval counts") && steps.contains(&code), "{steps}");
    town.settle();
    assert_eq!((town.state(&it), town.approvals(&it)), (StateWord::Pending, 0), "nothing counts yet");
    assert!(town.okta().signs_in(&code, "bo", 60));
    town.whispered("bo", "is being created");
    town.becomes(&it, StateWord::Active);
    town.card_says(&it, "Approved by");
    let journal = town.journal();
    let issuer = town.okta().at_the_desk(|desk| desk.issuer.clone());
    let proof = format!("\"sign_in\":{{\"issuer\":\"{issuer}\"");
    assert!(journal.contains(&proof) && journal.contains("bo@acme.example"), "{proof}");
    // The code is for their eyes only.
    let others = town.whispers(on, "ana").concat();
    let channel = town.posts().iter().map(|one| one.words()).collect::<String>();
    assert!(!others.contains(&code) && !channel.contains(&code) && !journal.contains(&code));
}

fn where_no_scope_says_so_nobody_signs_in(on: Platform) {
    let town = town(on, r#""approve:prod""#);
    let it = town.ana().asks("payments-staging PowerUser 1h INC-7 look at refunds");
    town.bo().approves(&it).says("is being created");
    town.becomes(&it, StateWord::Active);
    assert!(town.okta().at_the_desk(|desk| desk.pending()).is_empty());
}

fn a_no_needs_no_sign_in(on: Platform) {
    let town = town(on, r#""approve", "request""#);
    let code = {
        let said = town.ana().says(&format!("/elevate {ASKED}"));
        said.says("You have to sign in at the company for this");
        town.code_after(&[], "ana")
    };
    assert!(town.okta().signs_in(&code, "ana", 0));
    let told = town.whispered("ana", "waits for");
    let id =
        told.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).find(|word| word.starts_with("AR-"));
    let it = Request { id: glasskey_domain::RequestId::parse(id.unwrap()).unwrap() };
    town.bo().denies(&it, "not in this quarter");
    town.becomes(&it, StateWord::Denied);
}

fn who_signs_in_as_somebody_else_approves_nothing(on: Platform) {
    let town = town(on, r#""approve:prod""#);
    let it = town.ana().asks(ASKED);
    let code = town.approval_waits("bo", &it);
    assert!(town.okta().signs_in(&code, "cy", 0));
    let told = town.whispered("bo", "(signed-in-as-another)");
    assert!(told.contains("cy@acme.example") && told.contains("nothing was done"), "{told}");
    town.settle();
    assert_eq!((town.state(&it), town.approvals(&it)), (StateWord::Pending, 0));
    assert!(town.journal().contains("signed-in-as-another"), "P7");
}

fn a_session_that_is_older_than_allowed_approves_nothing(on: Platform) {
    let town = town(on, r#""approve:prod""#);
    let it = town.ana().asks(ASKED);
    let code = town.approval_waits("bo", &it);
    assert!(town.okta().signs_in(&code, "bo", 3_600));
    town.whispered("bo", "the sign-in is older than");
    town.settle();
    assert_eq!((town.state(&it), town.approvals(&it)), (StateWord::Pending, 0));
}

fn who_says_no_there_or_never_answers_approves_nothing_and_may_try_again(on: Platform) {
    let town = town(on, r#""approve:prod""#);
    let it = town.ana().asks(ASKED);
    let code = town.approval_waits("bo", &it);
    assert!(town.okta().at_the_desk(|desk| desk.says_no(&code)));
    town.whispered("bo", "the sign-in was refused there");
    town.okta().at_the_desk(|desk| desk.expires_secs = 1);
    town.approval_waits("bo", &it);
    town.whispered("bo", "nobody signed in in time");
    town.settle();
    assert_eq!((town.state(&it), town.approvals(&it)), (StateWord::Pending, 0));
    town.okta().at_the_desk(|desk| {
        desk.forget();
        desk.expires_secs = 600;
    });
    let code = town.approval_waits("bo", &it);
    assert!(town.okta().signs_in(&code, "bo", 0));
    town.becomes(&it, StateWord::Active);
}

fn while_the_identity_provider_is_down_nothing_counts_and_ending_works(on: Platform) {
    let mut town = planned(on, r#""approve:prod""#, "http://127.0.0.1:1");
    let it = town.ana().asks(ASKED);
    town.bo().approves(&it);
    town.whispered("bo", "You have to sign in at the company for this");
    town.whispered("bo", "the identity provider does not answer");
    town.settle();
    assert_eq!((town.state(&it), town.approvals(&it)), (StateWord::Pending, 0));
    town.ana().withdraws(&it);
    town.becomes(&it, StateWord::Withdrawn);
    town.restart();
    town.settle();
}

/// The second click starts over: the first code opens nothing any more, and the approval is one.
fn a_double_click_takes_one_sign_in_and_approves_once(on: Platform) {
    let town = town(on, r#""approve:prod""#);
    let it = town.ana().asks(ASKED);
    let first = town.approval_waits("bo", &it);
    let second = town.approval_waits("bo", &it);
    assert_ne!(first, second);
    assert!(town.okta().signs_in(&first, "bo", 0), "Okta does not know that nobody waits for it");
    assert!(town.okta().signs_in(&second, "bo", 0));
    town.becomes(&it, StateWord::Active);
    town.settle();
    assert_eq!(town.approvals(&it), 1);
    let done = town.whispers(on, "bo").iter().filter(|words| words.contains("is being created")).count();
    assert_eq!(done, 1, "and is said once");
}

/// A bot that is killed meanwhile has decided nothing; who signs in too late starts again.
fn a_bot_that_dies_while_somebody_signs_in_has_approved_nothing(on: Platform) {
    let mut town = town(on, r#""approve:prod""#);
    let it = town.ana().asks(ASKED);
    let code = town.approval_waits("bo", &it);
    town.restart();
    assert!(town.okta().signs_in(&code, "bo", 0));
    town.settle();
    assert_eq!((town.state(&it), town.approvals(&it)), (StateWord::Pending, 0));
    let code = town.approval_waits("bo", &it);
    assert!(town.okta().signs_in(&code, "bo", 0));
    town.becomes(&it, StateWord::Active);
}

fn break_glass_is_opened_after_a_sign_in_and_closed_without_one(on: Platform) {
    let town = town(on, r#""breakglass""#);
    let said = town.dee().says("/breakglass on ops INC-7 nobody can sign in");
    said.says("You have to sign in at the company for this");
    let code = town.code_after(&[], "dee");
    assert!(town.okta().signs_in(&code, "dee", 0));
    town.whispered("dee", "is being opened");
    town.dee().says("/breakglass off").says("being closed");
    town.settle();
}

/// A slip in a name must not open quietly what was meant to be locked.
#[test]
fn a_scope_that_is_nothing_in_the_company_is_said_loudly() {
    let town = town(Platform::Slack, r#""approve:prodd-by-a-slip", "approve:prod""#);
    let line = |line: &&str| line.contains("\"ERROR\"") && line.contains("approve:prodd-by-a-slip");
    town.block("the line in the log", async {
        while !logs::lines().lines().any(|one| line(&one)) {
            tokio::task::yield_now().await;
        }
    });
    assert!(!logs::lines().lines().any(|one| one.contains("\"slip\":\"approve:prod\"")));
}
