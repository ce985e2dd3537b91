//! Emergencies where two platforms are served: a card on each, loud on each, in its own channel.

use glasskey_domain::command::{EmergencyCommand, Incoming};
use glasskey_domain::*;

use crate::town::*;

const INCIDENTS: &str = "1100000000000000005";

impl Town {
    fn starts(&mut self, platforms: Served) {
        let started = Command::Started { version: "0.1.0".to_owned(), platforms };
        self.send(Incoming::inside(started)).unwrap();
    }

    fn opened(platforms: Served, discord_channel: Option<&str>) -> Self {
        let mut town = Self::new(1);
        let place = &mut town.settings.federations.get_mut(&federation()).unwrap().place;
        place.discord_channel = discord_channel.map(str::to_owned);
        town.starts(platforms);
        let command = Command::Emergency(EmergencyCommand::Open(new(0, &["cy"])));
        town.send(Incoming { by: Actor::person(person("ana"), Door::Slack), interaction: None, command })
            .unwrap();
        town
    }

    fn cards_due(&self) -> Vec<Platform> {
        let due = self.book.due().filter_map(|(_, job)| match job {
            Job::Card { on, .. } => Some(*on),
            _ => None,
        });
        due.collect()
    }

    /// The channels in which it is said that it waits for somebody's yes.
    fn loud_in(&self) -> Vec<(Platform, Recipient)> {
        let said = self.book.due().filter_map(|(_, job)| match job {
            Job::Tell { tell } if matches!(tell.kind, NoticeKind::Proposed { .. }) => match &tell.to {
                Recipient::Person { .. } => None,
                to => Some((tell.on, to.clone())),
            },
            _ => None,
        });
        let mut said: Vec<_> = said.collect();
        said.sort();
        said.dedup();
        said
    }
}

fn channel(name: &str) -> Recipient {
    Recipient::Channel { name: name.to_owned() }
}

#[test]
fn an_emergency_has_a_card_on_each_platform_and_is_announced_in_each_ones_channel() {
    let town = Town::opened(Served::all(), Some(INCIDENTS));
    assert_eq!(town.cards_due(), Platform::ALL);
    let loud = town.loud_in();
    assert!(loud.contains(&(Platform::Slack, channel("C0INCIDENT"))), "{loud:?}");
    assert!(loud.contains(&(Platform::Discord, channel(INCIDENTS))), "{loud:?}");
    let strays = [(Platform::Slack, channel(INCIDENTS)), (Platform::Discord, channel("C0INCIDENT"))];
    assert!(strays.iter().all(|stray| !loud.contains(stray)), "{loud:?}");
}

#[test]
fn where_no_incident_channel_is_named_the_access_channel_hears_it() {
    let town = Town::opened(Served::all(), None);
    let loud = town.loud_in();
    assert!(loud.contains(&(Platform::Discord, Recipient::Access)), "{loud:?}");
}

#[test]
fn a_platform_that_goes_takes_its_card_and_what_waits_and_one_that_comes_gets_a_card() {
    let mut town = Town::opened(Served::all(), Some(INCIDENTS));
    town.starts(Served([Platform::Discord].into()));
    assert_eq!(town.cards_due(), [Platform::Discord]);
    let tells = |town: &Town| {
        town.book
            .due()
            .filter(|(_, job)| matches!(job, Job::Tell { tell } if tell.on == Platform::Slack))
            .count()
    };
    assert_eq!(tells(&town), 0);
    town.starts(Served::all());
    assert_eq!(town.cards_due(), Platform::ALL);
    assert_eq!(tells(&town), 0, "what was said before is not said to who comes later");
    assert_eq!(town.replayed(), town.book);
    assert_eq!(town.reloaded(), town.book);
}
