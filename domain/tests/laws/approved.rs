//! P1, in other words than `decide`'s: whether enough other people said yes, each taking one seat.

use std::collections::BTreeSet;

use glasskey_domain::command::Incoming;
use glasskey_domain::rules::Quorum;
use glasskey_domain::*;
use jiff::Timestamp;

use crate::town::Town;
use crate::watch::{Law, holds};

fn enabled(town: &Town, id: &PersonId) -> bool {
    town.directory.people.get(id).is_some_and(|person| person.employment == person::Employment::Enabled)
}

/// Whether the seats can be filled, by trying every way.
fn filled(town: &Town, people: &[PersonId], seats: &[String], also: &[String]) -> bool {
    let Some((seat, others)) = seats.split_first() else { return true };
    let fits = |person: &PersonId| {
        let of = |group: &String| town.directory.is_in(person, &GroupId::new(group.as_str()));
        of(seat) || also.iter().any(of)
    };
    people.iter().enumerate().filter(|(_, person)| fits(person)).any(|(place, _)| {
        let left: Vec<PersonId> = people
            .iter()
            .enumerate()
            .filter(|(at, _)| *at != place)
            .map(|(_, person)| person.clone())
            .collect();
        filled(town, &left, others, also)
    })
}

fn enough(town: &Town, people: &BTreeSet<PersonId>, terms: &Terms, also: &[String]) -> bool {
    let people: Vec<PersonId> = people.iter().cloned().collect();
    let seats: Vec<String> = terms
        .from
        .iter()
        .flat_map(|Quorum { needed, group }| vec![group.clone(); usize::try_from(*needed).unwrap()])
        .collect();
    people.len() >= usize::try_from(terms.approvals).unwrap() && filled(town, &people, &seats, also)
}

/// Those who said yes and whose yes counts now.
fn counting(town: &Town, requester: &PersonId, approvals: &[request::Approval]) -> BTreeSet<PersonId> {
    let mut others: BTreeSet<PersonId> = approvals.iter().map(|approval| approval.by.clone()).collect();
    others.remove(requester);
    others.retain(|by| enabled(town, by) && town.rules.may_approve.contains(by));
    others
}

fn may_ask(town: &Town, request: &AccessRequest, target: &Target) -> bool {
    let asker = &request.ask.requester;
    let who = if request.ask.urgent { &town.rules.may_urgently } else { &town.rules.may_request };
    let groups = &town.rules.of(target).groups;
    let in_group = groups.is_empty() || groups.iter().any(|group| town.directory.is_in(asker, group));
    enabled(town, asker) && who.contains(asker) && in_group
}

/// A request, or one thing of it, has what it needs now.
pub fn approved_by_others(town: &Town, id: &RequestId, only: Option<&Target>) -> Law {
    let request = town.book.request(id).ok_or_else(|| format!("P1: {id} is not in the book"))?;
    let asker = &request.ask.requester;
    let others = counting(town, asker, &request.approvals);
    let also: Vec<String> = request.escalated_to().map(str::to_owned).collect();
    for target in request.ask.targets().filter(|target| only.is_none_or(|only| only == *target)) {
        holds(may_ask(town, request, target), format!("P1: {asker} may not have {target} of {id}"))?;
        let terms = town.rules.of(target);
        let law = format!("P1: {target} of {id} needs {terms:?} and has {others:?}");
        holds(request.ask.urgent || enough(town, &others, terms, &also), law)?;
    }
    let law = format!("P1: {id} was asked under {:?} and has {others:?}", request.terms);
    holds(request.ask.urgent || enough(town, &others, &request.terms, &also), law)
}

/// An extension is the requester's, stays below the longest grant, and has new approvals of others.
pub fn extension_approved(
    town: &Town,
    before: &Book,
    incoming: &Incoming,
    id: &RequestId,
    deadline: Timestamp,
) -> Law {
    let request = before.request(id).ok_or_else(|| format!("P1: {id} is not in the book"))?;
    let State::Active { since, deadline: was, .. } = request.state else {
        return Err(format!("{id} is extended and not active"));
    };
    holds(town.now < was, format!("P2: {id} is extended after its end"))?;
    holds(was < deadline, format!("P2: {id} is extended to an earlier end"))?;
    let length = deadline.duration_since(since).as_secs();
    let asker = &request.ask.requester;
    let who = incoming.by.as_person().unwrap();
    let mut approvals = match &incoming.command {
        Command::Extend { .. } => {
            holds(who == asker, format!("P1: {who} extends {id}"))?;
            Vec::new()
        }
        Command::Approve { .. } => request.extension.as_ref().unwrap().approvals.clone(),
        other => return Err(format!("P1: {id} is extended by {other:?}")),
    };
    if who != asker {
        let policies = Vec::new();
        approvals.push(request::Approval {
            by: who.clone(),
            at: town.now,
            door: incoming.by.door,
            policies,
            length: None,
        });
    }
    let others = counting(town, asker, &approvals);
    for target in request.ask.targets() {
        let terms = town.rules.of(target);
        let max = i64::from(terms.max_length.0);
        holds(length <= max, format!("P1: {id} lasts {length} s, and may last {max} s"))?;
        holds(may_ask(town, request, target), format!("P1: {asker} may not have {target} of {id} any more"))?;
        holds(
            enough(town, &others, terms, &[]),
            format!("P1: more time for {id} needs {terms:?} and has {others:?}"),
        )?;
    }
    Ok(())
}
