//! What people are told: true when it is written, once, and nothing to somebody who was removed before.

use glasskey_domain::emergency::{EmergencyState, Level};
use glasskey_domain::job::{NoticeKind, Recipient, Tell};
use glasskey_domain::*;

use crate::laws::{Law, Watch, holds};
use crate::town::Town;
use crate::truth::is_news;
use crate::twin::Twin;

impl Watch {
    pub fn notices(&mut self, town: &Town, twin: &Twin, before: &Book) -> Law {
        for one in town.book.emergencies() {
            let was = before.emergency(&one.ask.id);
            for tell in one.untold.keys() {
                if was.is_none_or(|was| !was.untold.contains_key(tell)) {
                    self.begins(town, twin, one, tell)?;
                }
            }
            overdue_ends(one, was)?;
        }
        Ok(())
    }

    fn begins(&mut self, town: &Town, twin: &Twin, one: &Emergency, tell: &Tell) -> Law {
        let times = self.told.entry(tell.clone()).or_default();
        *times += 1;
        let most = match (&tell.kind, &tell.to) {
            (NoticeKind::SignIn { level }, Recipient::Person { person }) => {
                self.seats.get(&(one.ask.id.clone(), person.clone(), *level)).copied().unwrap_or(0)
            }
            // Once that it is stuck, and once that it is the disaster recovery that is in the way.
            (NoticeKind::EmergencyStuck, _) => 2,
            _ => 1,
        };
        holds(*times <= most, format!("{} is told {times} times", tell.key()))?;
        match tell.kind {
            NoticeKind::EmergencyOn | NoticeKind::StillOn { .. } | NoticeKind::CloseNow => {
                holds(is_on(one), format!("{} is told in {:?}", tell.key(), one.state))
            }
            NoticeKind::EmergencyOff => {
                holds(one.state.is_terminal(), format!("{} is told in {:?}", tell.key(), one.state))
            }
            NoticeKind::SignIn { level } => can_sign_in(town, twin, one, tell, level),
            _ => Ok(()),
        }
    }

    /// Before a message is posted.
    pub fn posted(&self, town: &Town, tell: &Tell) -> Law {
        let Some(one) = tell.id.emergency().and_then(|id| town.book.emergency(id)) else { return Ok(()) };
        let (NoticeKind::SignIn { level }, Recipient::Person { person }) = (&tell.kind, &tell.to) else {
            return Ok(());
        };
        let tried = one.untold.get(tell).is_some_and(|posting| *posting != request::Posting::No);
        let open = matches!(one.state, EmergencyState::On { .. });
        let sits = one
            .seats_given()
            .any(|seat| seat.person == *person && seat.level == *level && !seat.gone_by_hand);
        holds(tried || (open && sits), format!("{} is posted to somebody who has no access", tell.key()))
    }
}

fn is_on(one: &Emergency) -> bool {
    matches!(one.state, EmergencyState::On { .. })
}

fn can_sign_in(town: &Town, twin: &Twin, one: &Emergency, tell: &Tell, level: Level) -> Law {
    let Recipient::Person { person } = &tell.to else { return Err(format!("{} is told to all", tell.key())) };
    let can = twin.has.app && twin.has_in(level, person) && !one.is_drill();
    let can = can || is_news(twin.closed_by_hand, town.now) || {
        // It may have been closed by hand while it was on: the second look will say so.
        twin.closed_by_hand > jiff::Timestamp::MIN && is_on(one)
    };
    holds(can, format!("{} is told and is not true: {:?}", tell.key(), twin.has))
}

/// P3: overdue is over at last, and that is said.
fn overdue_ends(one: &Emergency, was: Option<&Emergency>) -> Law {
    let told = match was.map(|was| &was.state) {
        Some(EmergencyState::Closing { overdue_told, .. }) => *overdue_told,
        _ => 0,
    };
    if told == 0 || !matches!(one.state, EmergencyState::Off { .. }) {
        return Ok(());
    }
    let over = one.untold.keys().any(|tell| tell.kind == NoticeKind::OverdueOver);
    holds(over, format!("{} was overdue, is off, and nobody is told", one.ask.id))
}
