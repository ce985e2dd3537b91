//! What happens to a town without anybody's wish.

use std::sync::Arc;
use std::time::Duration;

use glasskey::engine::recheck;
use glasskey_domain::rules::{Escalation, Quorum};
use glasskey_domain::{Platform, Seconds};
use jiff::SignedDuration;

use super::weather::Dice;
use super::{SERVED, Town};
use crate::crash::company::{APPROVERS, MANAGED, PEOPLE, Table, directory_without, holding, person};
use crate::crash::outside::Fact;

impl Town {
    /// Somebody works in Okta's console, while an emergency is open.
    fn console(&mut self) {
        let outside = Arc::clone(&self.world.outside);
        if !self.world.store.durable(|book| book.emergencies().any(|one| one.state.holds_federation())) {
            return;
        }
        let seats: Vec<Fact> = outside.open_now().into_iter().filter(|fact| *fact != Fact::App).collect();
        match (self.dice.below(5), self.dice.of(&seats)) {
            (0, _) | (_, None) => outside.by_hand(Fact::is_in("00gops", "mallory"), true),
            (1 | 2, Some(_)) => outside.by_hand(Fact::App, false),
            (_, Some(seat)) => outside.by_hand(seat.clone(), false),
        }
    }

    /// P6: a delivery that comes again gets the answer it got.
    pub(super) async fn comes_again(&mut self) {
        let all: Vec<String> = self.delivered.keys().cloned().collect();
        if let Some(delivery) = self.dice.of(&all) {
            let (who, command, answer) = &self.delivered[delivery];
            assert_eq!(self.life().does(who, delivery, command.clone()).await, *answer, "P6: {delivery}");
        }
    }

    pub(super) async fn dies(&mut self) {
        self.life.take().expect("a bot that lives").dies().await;
        let pause = Duration::from_secs(self.dice.below(40));
        tokio::time::sleep(pause).await;
        self.begins_again();
    }

    /// Perhaps on other platforms.
    pub(super) fn begins_again(&mut self) {
        if self.moves && self.dice.below(2) == 0 {
            self.world.served = self.dice.of(&SERVED).unwrap().iter().copied().collect();
        }
        self.life = Some(self.world.start(|wires| wires));
    }

    async fn rules_change(&mut self) {
        let some = |dice: &mut Dice, of: &[&str]| {
            of.iter().filter(|_| dice.below(5) > 0).map(|name| person(name)).collect()
        };
        let approvals = self.dice.below(3) as u32;
        let each = |group: &str| Quorum { needed: 1, group: group.to_owned() };
        let of_two_groups = approvals == 2 && self.dice.below(2) == 0;
        let rules = Table {
            may_request: some(&mut self.dice, &PEOPLE),
            may_approve: some(&mut self.dice, &APPROVERS),
            approvals,
            from: if of_two_groups { vec![each("leads"), each("managers")] } else { Vec::new() },
            escalate: (self.dice.below(2) == 0)
                .then(|| Escalation { after: Seconds::minutes(3), group: "managers".to_owned() })
                .into_iter()
                .collect(),
            cut_sessions: self.world.settings.cut_sessions,
            confirmations: self.dice.below(2) as u32,
            solo_after: (self.dice.below(2) == 0).then(|| Seconds::minutes(2)),
            ..Table::of_two()
        };
        self.world.rules = Arc::new(rules);
        self.life().engine.set_rules(Arc::clone(&self.world.rules));
        recheck::all(&self.life().engine).await;
    }

    async fn people_change(&mut self) {
        let who = *self.dice.of(&PEOPLE).unwrap();
        if !self.left.remove(who) {
            self.left.insert(who);
        }
        self.world.outside.people_left(self.left.iter().map(|name| person(name)).collect());
        // Sometimes the bot learns of it by schedule alone, long after.
        if self.dice.below(3) > 0 {
            self.is_read().await;
        }
    }

    /// The directory is read, as it is by schedule.
    pub(super) async fn is_read(&mut self) {
        self.world.directory = directory_without(&self.left);
        self.life().reads(&self.world.directory).await;
    }

    /// Somebody assigns something in the console, which nobody asked for.
    fn assigned_by_hand(&mut self) {
        let (who, set) = (self.dice.of(&PEOPLE).unwrap(), self.dice.of(&MANAGED).unwrap());
        self.world.outside.assign_by_hand(&holding(who, set));
    }

    /// Things that happen to a town without anybody's wish.
    pub(super) async fn fate(&mut self) {
        let outside = Arc::clone(&self.world.outside);
        match self.dice.below(26) {
            0 => self.dies().await,
            1 => {
                let drained = self.life.take().expect("a bot").drains(std::future::pending()).await;
                assert!(drained);
                self.begins_again();
            }
            2 | 3 => {
                let mut weather = self.weather.lock().unwrap();
                weather.aws_down = !weather.aws_down;
            }
            4 => {
                let on = *self.dice.of(&Platform::ALL).unwrap();
                self.weather.lock().unwrap().turns_at_chat(on);
            }
            5 => self.rules_change().await,
            6 => self.people_change().await,
            7 => {
                let slept = self.dice.below(600) as i64;
                outside.time.sleep_of_the_machine(SignedDuration::from_secs(slept));
            }
            8 => outside.time.set_wrong_by(self.dice.below(4_001) as i64 - 2_000),
            9 => {
                let stale = SignedDuration::from_millis(self.dice.below(3_000) as i64);
                let takes = SignedDuration::from_millis(50 + self.dice.below(5_000) as i64);
                outside.set_pace(stale, takes);
            }
            10 => {
                let mut weather = self.weather.lock().unwrap();
                weather.okta_down = !weather.okta_down;
            }
            11 => {
                let mut weather = self.weather.lock().unwrap();
                weather.okta_read_only = !weather.okta_read_only;
            }
            12..16 => self.console(),
            16..18 => self.is_read().await,
            18..20 => self.assigned_by_hand(),
            20..22 => self.life().looks_for_drift(&outside).await,
            _ => {
                let ours: Vec<_> = outside.ours().into_iter().collect();
                if let Some(holding) = self.dice.of(&ours) {
                    outside.remove_by_hand(holding);
                }
            }
        }
    }
}
