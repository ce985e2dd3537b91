//! The engine's part: one step outside at a time for an emergency, and what the provider makes of it.

use glasskey_domain::command::{EmergencyCommand, Incoming};
use glasskey_domain::emergency::{EmergencyState, Level};
use glasskey_domain::event::{EmergencyFact, Event};
use glasskey_domain::federation::{FederationChange, FederationStep, Made, READ_ONLY, next_step};
use glasskey_domain::job::Job;
use glasskey_domain::request::MessageRef;
use glasskey_domain::*;

use crate::acts::Dice;
use crate::laws::{Law, holds};
use crate::life::Life;
use crate::town::after;
use crate::twin::*;

impl Life {
    pub fn perform(&mut self, job: &Job, dice: &mut Dice) -> Law {
        let command = match job.clone() {
            Job::Federation { id, .. } => return self.steps(&id, dice),
            Job::EmergencyTimer { id } => Command::Emergency(EmergencyCommand::Tick { id }),
            Job::Card { id, on } => {
                let version =
                    id.emergency().and_then(|id| self.town.book.emergency(id)).map(|one| one.version);
                let Some(version) = version else { return Ok(()) };
                let message = MessageRef { channel: "C".to_owned(), message: id.to_string() };
                Command::Outcome(Outcome::CardShown { id, on, version, message })
            }
            Job::Tell { tell } => {
                self.watch.posted(&self.town, &tell)?;
                if dice.one_in(3) {
                    self.send(Incoming::inside(Command::Outcome(Outcome::TellIntended {
                        tell: tell.clone(),
                    })))?;
                }
                Command::Outcome(Outcome::Told { tell })
            }
            other => return Err(format!("nobody asked for access: {other}")),
        };
        let times = if dice.one_in(8) { 2 } else { 1 };
        (0..times).try_for_each(|_| self.send(Incoming::inside(command.clone())))
    }

    /// One step outside, whose outcome is committed now or later.
    fn steps(&mut self, id: &EmergencyId, dice: &mut Dice) -> Law {
        if self.flying.iter().any(|(flying, _, _)| flying == id) {
            return Ok(());
        }
        let Some(emergency) = self.town.book.emergency(id).cloned() else { return Ok(()) };
        let id = id.clone();
        let outcome = match next_step(&emergency, self.town.now) {
            FederationStep::Rest | FederationStep::Wait { .. } => return Ok(()),
            FederationStep::Look { .. } => self.look(&emergency, dice),
            FederationStep::Make { changes } => {
                let mut results = Vec::new();
                for change in changes {
                    self.call_is_lawful(&emergency, &change)?;
                    let made = self.make(&change, dice);
                    self.say(format!("{id} {change:?}: {made:?}"));
                    results.push((change, made));
                }
                Outcome::FederationMade { id: id.clone(), results }
            }
            FederationStep::Metadata => {
                let fault =
                    (self.bad && dice.one_in(2)).then(|| "the metadata has no certificate".to_owned());
                Outcome::MetadataFetched { id: id.clone(), fault }
            }
        };
        self.flying.push((id, self.town.now, outcome));
        Ok(())
    }

    fn look(&mut self, emergency: &Emergency, dice: &mut Dice) -> Outcome {
        let closing = matches!(emergency.state, EmergencyState::Closing { .. });
        let cut = closing && emergency.ask.place.cut.is_some();
        let id = emergency.ask.id.clone();
        let mut looked = self.twin.shows(self.town.now, dice.seconds(self.lag), cut);
        if !(self.bad && dice.one_in(4)) {
            return Outcome::FederationLooked { id, looked, fault: None };
        }
        match dice.below(4) {
            0 => looked = Default::default(),
            1 => looked.app = None,
            2 => drop(looked.groups.remove(&Level::Ro)),
            _ => looked.cut = None,
        }
        Outcome::FederationLooked { id, looked, fault: Some("429 too many requests".to_owned()) }
    }

    fn make(&mut self, change: &FederationChange, dice: &mut Dice) -> Made {
        let now = self.town.now;
        if self.twin.read_only && !matches!(change, FederationChange::Cut { .. }) {
            return Made::NotDone { what: format!("{READ_ONLY} disaster recovery") };
        }
        if self.bad && dice.one_in(4) {
            // A closing change that comes late is not drawn: it could cut short who came after, and nobody could know.
            let late = if change.opens() { dice.seconds(WAY_MAX) } else { 0 };
            match dice.below(3) {
                0 => {}
                1 if late > 0 && self.possible(change) => {
                    self.twin.take_later(after(now, late), change.clone())
                }
                _ if self.possible(change) => self.twin.take(now, change),
                _ => {}
            }
            return Made::Lost { what: "timed out".to_owned() };
        }
        if self.bad && dice.one_in(5) {
            return Made::NotDone { what: "500".to_owned() };
        }
        match change {
            FederationChange::Add { person, .. } if !is_known(person) => {
                Made::Refused { what: "no such user".to_owned() }
            }
            FederationChange::Add { person, .. } => {
                self.twin.take(now, change);
                Made::Done { member: Some(member(person)) }
            }
            FederationChange::Activate
            | FederationChange::Deactivate
            | FederationChange::Remove { .. }
            | FederationChange::Cut { .. } => {
                self.twin.take(now, change);
                Made::Done { member: None }
            }
        }
    }

    fn possible(&self, change: &FederationChange) -> bool {
        !matches!(change, FederationChange::Add { person, .. } if !is_known(person))
    }

    /// P1, P2, P7, before a call: what it is for is written down, and nothing is opened that is over.
    fn call_is_lawful(&self, emergency: &Emergency, change: &FederationChange) -> Law {
        let id = &emergency.ask.id;
        let written = self.town.journal.iter().flat_map(|record| &record.events).any(|event| {
            matches!(event, Event::Emergency { id: of, fact: EmergencyFact::ChangesIntended { changes } }
                if of == id && changes.contains(change))
        });
        holds(written, format!("P7: {id} {change:?} was not written down before"))?;
        if !change.opens() {
            return Ok(());
        }
        let in_time = match &emergency.state {
            EmergencyState::Opening { deadline, .. } | EmergencyState::On { deadline, .. } => {
                self.town.now < *deadline
            }
            _ => false,
        };
        holds(in_time, format!("P2: {id} {change:?} without time left: {:?}", emergency.state))?;
        if let FederationChange::Add { level, person } = change {
            let sits = emergency.seats_given().any(|seat| seat.person == *person && seat.level == *level);
            holds(sits, format!("P1: {id} {change:?} without a seat"))?;
        }
        Ok(())
    }
}
