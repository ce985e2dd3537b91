//! Who may open an emergency, and who may confirm it, as policy and the directory last kept say: for the paper, and for the
//! check. Asks policy about everybody, so not in anybody's way.

use glasskey_domain::emergency::{EmergencyTerms, Level};
use glasskey_domain::person::{Door, Employment};
use glasskey_domain::rules::EmergencyQuestion;
use glasskey_domain::settings::FederationSettings;
use glasskey_domain::{Directory, FederationId, PersonId, Rules};
use jiff::Timestamp;

/// People listed of each kind: more of them nobody calls in one night.
const LISTED_MAX: usize = 30;
/// A policy may ask for an incident; who may open one for an incident may open one.
const SOME_INCIDENT: &str = "INC-1";

/// Somebody who may open an emergency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commander {
    /// Who.
    pub person: PersonId,
    /// The most that they may open.
    pub level: Level,
    /// Under which terms.
    pub terms: EmergencyTerms,
}

/// People to call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Callers {
    /// Who may open an emergency: those for operations first.
    pub commanders: Vec<Commander>,
    /// Who may say the second yes, when policy asks for one.
    pub confirmers: Vec<PersonId>,
    /// Who may acknowledge it afterwards.
    pub auditors: Vec<PersonId>,
    /// Whether there are more than are listed.
    pub more: bool,
}

/// Asks policy about everybody.
#[must_use]
pub fn callers(
    rules: &dyn Rules,
    directory: &Directory,
    federation: &FederationId,
    settings: &FederationSettings,
    at: Timestamp,
) -> Callers {
    let question = |opener: &PersonId, level: Level| EmergencyQuestion {
        opener: opener.clone(),
        federation: federation.clone(),
        level,
        length: settings.length,
        incident: Some(SOME_INCIDENT.to_owned()),
        drill: false,
        door: Door::Slack,
        at,
        emergency_on: false,
    };
    let mut found = Callers::default();
    let enabled = directory.people.values().filter(|person| person.employment == Employment::Enabled);
    for person in enabled {
        let levels = settings.place.groups.keys().rev();
        let may = levels.filter_map(|level| {
            let terms = rules.breakglass(directory, &question(&person.id, *level)).ok()?;
            Some(Commander { person: person.id.clone(), level: *level, terms })
        });
        found.commanders.extend(may.into_iter().next());
        if rules.audit(directory, &person.id, Door::Slack, at).is_ok() {
            found.auditors.push(person.id.clone());
        }
    }
    found.commanders.sort_by(|a, b| (b.level, &a.person).cmp(&(a.level, &b.person)));
    // Two of them, because nobody confirms what they opened.
    for commander in found.commanders.iter().filter(|commander| commander.terms.approvals > 0).take(2) {
        let asked = question(&commander.person, commander.level);
        let confirmers = rules.confirmers(directory, &asked, LISTED_MAX);
        found.more |= !confirmers.complete;
        found.confirmers.extend(confirmers.people);
    }
    found.confirmers.sort();
    found.confirmers.dedup();
    found.more |= found.commanders.len() > LISTED_MAX || found.auditors.len() > LISTED_MAX;
    found.commanders.truncate(LISTED_MAX);
    found.auditors.truncate(LISTED_MAX);
    found
}

impl Callers {
    /// How many people other than this commander could confirm.
    #[must_use]
    pub fn confirmers_beside(&self, commander: &Commander) -> usize {
        self.confirmers.iter().filter(|person| **person != commander.person).count()
    }
}
