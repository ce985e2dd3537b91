//! What people do in a town.

use std::time::Duration;

use glasskey_domain::command::{DriftCommand, EmergencyCommand, EndScope, NewRequest, Which};
use glasskey_domain::emergency::{EmergencyState, Level};
use glasskey_domain::{AccountId, Command, Emergency, Matter, PersonId, RequestId, Seconds, Target, Who};
use jiff::SignedDuration;

use super::Town;
use crate::crash::company::{APPROVERS, AUDITOR, PEOPLE, SETS, membership, person, target};
use crate::crash::life::{asked, drill, open};

impl Town {
    /// Somebody does something, and perhaps the bot dies while it is being decided.
    pub(super) async fn person_acts(&mut self) {
        let (who, command) = match self.dice.below(24) {
            0..8 => (self.somebody(), self.asks()),
            8..16 => self.about_a_request(),
            16 if self.dice.below(3) == 0 => (AUDITOR, self.administers()),
            _ => self.about_an_emergency(),
        };
        self.deliveries += 1;
        let delivery = format!("delivery-{:04}", self.deliveries);
        let dies_after = (self.dice.below(12) == 0).then(|| Duration::from_millis(self.dice.below(5)));
        let deciding = self.life().does(who, &delivery, command.clone());
        let answer = match dies_after {
            None => Some(deciding.await),
            Some(pause) => tokio::time::timeout(pause, deciding).await.ok(),
        };
        if dies_after.is_some() {
            self.dies().await;
        }
        // Who got no answer does it again.
        let answer = match answer {
            Some(answer) => answer,
            None => self.life().does(who, &delivery, command.clone()).await,
        };
        self.delivered.insert(delivery, (who, command, answer));
    }

    fn somebody(&mut self) -> &'static str {
        self.dice.of(&PEOPLE).expect("people")
    }

    /// For one thing, for several, for later, or at once.
    fn asks(&mut self) -> Command {
        let minutes = 1 + self.dice.below(30) as u32;
        let mut any = || target(self.dice.of(&SETS).expect("permission sets"));
        let (one, other) = (any(), any());
        let ask = |targets: Vec<Target>| asked(targets, minutes);
        Command::Request(match self.dice.below(12) {
            0..4 => ask(vec![one]),
            4 => ask(vec![membership()]),
            5..8 if one != other => ask(vec![one, membership(), other]),
            5..8 => ask(vec![one, membership()]),
            8 | 9 => {
                let wait = SignedDuration::from_secs(self.dice.below(1_200) as i64);
                NewRequest { starts_at: Some(self.world.outside.time.truth() + wait), ..ask(vec![one]) }
            }
            _ => NewRequest { urgent: true, ..ask(vec![one]) },
        })
    }

    /// What somebody says about one of the newest requests, be it theirs or not.
    fn about_a_request(&mut self) -> (&'static str, Command) {
        let who = self.somebody();
        let requests = self.requests();
        let newest = requests.len().saturating_sub(6);
        let Some(id) = self.dice.of(&requests[newest..]).cloned() else { return (who, self.asks()) };
        let minutes = Seconds::minutes(1 + self.dice.below(15) as u32);
        let (asker, looks, more) = self.asker(&id);
        if more && self.dice.below(2) == 0 {
            let who = self.dice.of(&APPROVERS).expect("approvers");
            let no = self.dice.below(3) == 0;
            let why = "it is long enough".to_owned();
            return (
                who,
                if no {
                    Command::Deny { id, matter: Matter::Now, why }
                } else {
                    Command::Approve { id, matter: Matter::Now, length: None }
                },
            );
        }
        let command = match self.dice.below(16) {
            0..7 => Command::Approve {
                id,
                matter: Matter::Now,
                length: (self.dice.below(5) == 0).then_some(minutes),
            },
            7 => Command::Deny { id, matter: Matter::Now, why: "not on a Friday".to_owned() },
            8 => Command::Withdraw { id },
            9 if self.dice.below(2) == 0 => return (asker.unwrap_or(who), Command::End { id, cut: true }),
            9 => Command::End { id, cut: false },
            // Else hardly anybody would ask for more of what they have.
            10..13 => return (asker.unwrap_or(who), Command::Extend { id, by: minutes, reason: None }),
            13 | 14 if looks => Command::Acknowledge { id, note: None },
            13..15 => Command::Approve { id, matter: Matter::Now, length: None },
            _ => Command::Object { id, why: "nobody was called".to_owned() },
        };
        (who, command)
    }

    /// Who asked, whether it waits for somebody to look at it, and whether they ask for more time.
    fn asker(&self, id: &RequestId) -> (Option<&'static str>, bool, bool) {
        self.world.store.durable(|book| {
            let Some(request) = book.request(id) else { return (None, false, false) };
            let asker = PEOPLE.into_iter().find(|name| request.ask.requester == person(name));
            (asker, request.review.is_wanted(), request.extension.is_some())
        })
    }

    /// Everything is ended, or much of it, or what somebody made by hand may stay.
    fn administers(&mut self) -> Command {
        let drifts: Vec<_> =
            self.world.store.durable(|book| book.drifts().map(|drift| drift.holding.clone()).collect());
        let scope = match (self.dice.below(6), self.dice.of(&drifts)) {
            (0..3, Some(holding)) => {
                let (holding, reason) = (holding.clone(), "it was always so".to_owned());
                return Command::Drift(DriftCommand::Adopt { holding, reason });
            }
            (3, _) => EndScope::Account { account: AccountId::parse("333333333333").expect("an id") },
            (4, _) => EndScope::Everything,
            (_, _) => EndScope::Person { person: person(self.somebody()) },
        };
        Command::EndAll { scope }
    }

    fn about_an_emergency(&mut self) -> (&'static str, Command) {
        let command = self.breaks_glass();
        let alone = matches!(command, EmergencyCommand::Confirm { .. });
        let opener = self.opener().filter(|_| alone && self.dice.below(2) == 0);
        (opener.unwrap_or_else(|| self.somebody()), Command::Emergency(command))
    }
    /// What somebody says about an emergency, whether or not one is there.
    fn breaks_glass(&mut self) -> EmergencyCommand {
        let which = Which::Open(None);
        let level = *self.dice.of(&Level::ALL).unwrap();
        let whom = *self.dice.of(&PEOPLE).unwrap();
        let minutes = 2 + self.dice.below(25) as u32;
        let opens = if self.dice.below(4) == 0 { drill() } else { open(level, minutes, &[whom]) };
        let waits = self.opener().is_some();
        match (self.dice.below(10), opens) {
            (0..3, Command::Emergency(opens)) => opens,
            (3 | 4, _) => EmergencyCommand::Confirm { which },
            // Else hardly anybody would go on alone.
            (7 | 8, _) if waits => EmergencyCommand::Confirm { which },
            (5, _) if self.dice.below(2) == 0 => EmergencyCommand::Decline { which, why: None },
            (6, _) => EmergencyCommand::Add { which, people: vec![person(whom)], level },
            (7, _) => EmergencyCommand::Remove { which, people: self.seated() },
            (8, _) => EmergencyCommand::Extend { which, by: Seconds::minutes(minutes) },
            _ => EmergencyCommand::Off { which, reason: None },
        }
    }

    /// Who waits for another's yes.
    fn opener(&self) -> Option<&'static str> {
        self.world.store.durable(|book| {
            let waits = |one: &&Emergency| matches!(one.state, EmergencyState::Proposed { .. });
            let opener = &book.emergencies().find(waits)?.ask.by;
            PEOPLE.into_iter().find(|name| *opener == Who::Person { person: person(name) })
        })
    }

    /// Whoever has a seat, so that there is somebody to take it from.
    fn seated(&self) -> Vec<PersonId> {
        self.world.store.durable(|book| {
            let seats = book.emergencies().flat_map(Emergency::seats_given);
            seats.map(|seat| seat.person.clone()).take(1).collect()
        })
    }
}
