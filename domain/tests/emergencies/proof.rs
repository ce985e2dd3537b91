//! A fresh sign-in before break-glass: for opening, confirming, adding and extending; never for closing.

use glasskey_domain::command::{EmergencyCommand, Incoming};
use glasskey_domain::emergency::Level;
use glasskey_domain::person::SignIn;
use glasskey_domain::settings::{StepUp, StepUpAction};
use glasskey_domain::*;

use crate::town::*;

fn gated(approvals: u32) -> Town {
    let mut town = Town::new(approvals);
    town.settings.step_up = vec![StepUp { action: StepUpAction::Breakglass, scope: None }];
    town
}

impl Town {
    fn by(
        &mut self,
        who: &str,
        door: Door,
        proven: bool,
        command: &EmergencyCommand,
    ) -> Result<Reply, Refusal> {
        let sign_in = proven.then(|| SignIn {
            issuer: "https://acme.okta.example".to_owned(),
            subject: who.to_owned(),
            email: Some(format!("{who}@acme.example")),
            at: self.now,
            interactive: true,
        });
        let by = Actor { sign_in, ..Actor::person(person(who), door) };
        self.send(Incoming { by, interaction: None, command: Command::Emergency(command.clone()) })
    }

    /// The same without a sign-in is refused on both platforms, and counts with one.
    fn takes_a_sign_in(&mut self, who: &str, command: &EmergencyCommand) {
        for door in [Door::Slack, Door::Discord] {
            let no = Err(Refusal::SignInNeeded { action: StepUpAction::Breakglass });
            assert_eq!(self.by(who, door, false, command), no, "{command:?} by {door}");
        }
        let answer = self.by(who, Door::Discord, true, command);
        assert!(answer.is_ok(), "{command:?}: {answer:?}");
    }

    fn takes_none(&mut self, who: &str, command: &EmergencyCommand) {
        let answer = self.by(who, Door::Slack, false, command);
        assert!(answer.is_ok(), "{command:?}: {answer:?}");
    }
}

fn off() -> EmergencyCommand {
    EmergencyCommand::Off { which: open(), reason: None }
}

#[test]
fn opening_confirming_adding_and_extending_take_a_sign_in() {
    let mut town = gated(1);
    town.takes_a_sign_in("ana", &EmergencyCommand::Open(new(0, &["cy"])));
    town.takes_a_sign_in("bo", &EmergencyCommand::Confirm { which: open() });
    let people = vec![person("dee")];
    town.takes_a_sign_in("ana", &EmergencyCommand::Add { which: open(), people, level: Level::Ro });
    town.takes_a_sign_in("bo", &EmergencyCommand::Extend { which: open(), by: Seconds::minutes(10) });
}

/// P3: closing, and all that makes it smaller, waits for nobody's sign-in. Nor does a no.
#[test]
fn closing_removing_and_declining_take_none() {
    let mut town = gated(0);
    town.takes_a_sign_in("ana", &EmergencyCommand::Open(new(0, &["cy", "dee"])));
    town.takes_none("ana", &EmergencyCommand::Remove { which: open(), people: vec![person("cy")] });
    town.takes_none("ana", &off());
    let mut town = gated(1);
    town.takes_a_sign_in("ana", &EmergencyCommand::Open(new(0, &["cy"])));
    town.takes_none("bo", &EmergencyCommand::Decline { which: open(), why: None });
}

/// Nobody gets access by a drill, and one by schedule has nobody to sign in.
#[test]
fn a_drill_takes_none() {
    let mut town = gated(0);
    town.takes_none("ana", &EmergencyCommand::Open(drill(0)));
    town.takes_none("ana", &off());
}

/// It must work when no identity provider does (P8).
#[test]
fn on_the_host_break_glass_takes_none() {
    let mut town = gated(1);
    assert!(town.by("ana", Door::Host, false, &EmergencyCommand::Open(new(0, &["cy"]))).is_ok());
    assert!(town.by("bo", Door::Host, false, &EmergencyCommand::Confirm { which: open() }).is_ok());
}

#[test]
fn what_takes_a_sign_in_elsewhere_takes_none_here() {
    let mut town = gated(0);
    town.settings.step_up =
        [StepUpAction::Request, StepUpAction::Approve].map(|action| StepUp { action, scope: None }).to_vec();
    town.takes_none("ana", &EmergencyCommand::Open(new(0, &["cy"])));
}
