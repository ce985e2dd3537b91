//! Glasskey's no about break-glass: what, why, and what to do now, in one sentence.

use glasskey_domain::{FederationId, Refusal};

use super::{level, word};
use crate::notices::Text;
use crate::notices::refusals::not_permitted;

fn names(federations: &[FederationId]) -> String {
    federations.iter().map(FederationId::as_str).collect::<Vec<_>>().join(", ")
}

/// The sentence; `None` for a refusal of something else.
pub(in crate::notices) fn refusal(refusal: &Refusal) -> Option<Text> {
    let text = Text::new();
    Some(match refusal {
        Refusal::NoFederation => text.hint(
            "no emergency federation is configured, so there is nothing to open; the administrator adds `[breakglass.…]` to the configuration (docs/breakglass.md)",
        ),
        Refusal::WhichFederation { named: Some(named), known } => text
            .say("there is no federation ")
            .code(named.as_str())
            .say("; there is ")
            .code(names(known)),
        Refusal::WhichFederation { named: None, known } => text
            .say("there are several federations; name one of them after the first word: ")
            .code(names(known)),
        Refusal::EmergencyIsOn { id, until } => text
            .say("break-glass is open already, as ")
            .code(id.as_str())
            .say(" until ")
            .time(*until)
            .hint("; use `/breakglass add @person ro` or `/breakglass extend 1h`"),
        Refusal::EmergencyIsProposed { id } => text
            .code(id.as_str())
            .hint(" waits for a confirmation already; press Confirm on its card or say `/breakglass confirm`"),
        Refusal::NoEmergency => text.hint("break-glass is not open, so there is nothing to do; `/breakglass status` shows how things are"),
        Refusal::EmergencyTooLate { id, state } => text
            .code(id.as_str())
            .say(format!(" {}", word(*state)))
            .hint(", so this cannot be done any more; `/breakglass status` shows how things are"),
        Refusal::MayNotBreakGlass { why } => text
            .say("you may not do this to break-glass: ")
            .and(not_permitted(why))
            .say("; ask an incident commander"),
        Refusal::MayNotConfirm { why } => text
            .say("you may not confirm this: ")
            .and(not_permitted(why))
            .say("; ask one of those whom its card names"),
        Refusal::OwnEmergency => text.say(
            "you opened it, confirmed it, or get the access, so somebody else has to do this",
        ),
        Refusal::AloneTooEarly { from: Some(from) } => text
            .say("nobody confirms what they opened; if nobody answers, you may go on alone from ")
            .time(*from),
        Refusal::AloneTooEarly { from: None } => text.say(
            "nobody confirms what they opened, and policy does not let you go on alone; ask one of those whom the card names",
        ),
        Refusal::MayNotClose => text.say("you have no part in this emergency and policy does not let you close it; ask an incident commander"),
        Refusal::NobodyToRemove => text.hint("nobody of those you named is in it; `/breakglass status` shows who is"),
        Refusal::AlreadyIn => text.hint("everybody you named is in it already; `/breakglass status` shows who is"),
        Refusal::TooManyPeople { max } => {
            text.say(format!("an emergency takes at most {max} people; name fewer, or take some out first"))
        }
        Refusal::NoSuchLevel { level: asked } => text
            .say(format!("this federation has no group for {}; ask for the other one", level(*asked))),
        Refusal::NothingToReview { id } => {
            text.code(id.as_str()).hint(" does not wait for a review; `/breakglass status` shows what does")
        }
        Refusal::NotAnAuditor { why } => text
            .say("only an auditor acknowledges an emergency, and policy does not make you one: ")
            .and(not_permitted(why)),
        _other => return None,
    })
}
