//! What the parser may ask in order to tell which word is which.
//!
//! Must never be asked what anything means, or whether it is permitted; an answer here gives nobody access.

/// Names that the company uses. Every answer has a default, for which shapes and positions decide alone.
///
/// Answers must be pure: the same for the same text while one command is read.
pub trait Vocabulary {
    /// Whether an account has this name or alias. Ids of 12 digits are recognised without asking. Also asked
    /// for several words joined by one space, the longest first.
    fn is_account(&self, _text: &str) -> bool {
        false
    }

    /// Whether this names one permission set, or is the unique beginning of one, in any case of letters.
    /// Beginnings of one or two letters should not count: they are words of a reason.
    fn is_permission_set(&self, _text: &str) -> bool {
        false
    }

    /// Whether a group that can be asked for has this name. Also asked for several words joined by one space, the
    /// longest first.
    fn is_group(&self, _text: &str) -> bool {
        false
    }

    /// Whether a bundle of targets has this name; `bundles.toml`. Also asked for several words, as for groups.
    fn is_bundle(&self, _text: &str) -> bool {
        false
    }

    /// Whether an emergency federation has this name; `[breakglass.<name>]` of the configuration.
    fn is_federation(&self, _text: &str) -> bool {
        false
    }

    /// Whether this has the shape of a ticket; `requests.ticket.pattern` of the configuration.
    fn is_ticket(&self, text: &str) -> bool {
        is_ticket_shaped(text)
    }

    /// Whether a request or an emergency without a reason is a usage error; `requests.reason.required` of the configuration.
    fn reason_required(&self) -> bool {
        true
    }
}

/// Knows nothing: shapes and positions decide.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoVocabulary;

impl Vocabulary for NoVocabulary {}

/// The shape that tickets have in most trackers, `[A-Z][A-Z0-9]+-[0-9]+`: `INC-7`, `CHG-1234`.
#[must_use]
pub fn is_ticket_shaped(text: &str) -> bool {
    let Some((project, number)) = text.split_once('-') else { return false };
    let upper = |b: u8| b.is_ascii_uppercase();
    project.len() >= 2
        && project.bytes().next().is_some_and(upper)
        && project.bytes().all(|b| upper(b) || b.is_ascii_digit())
        && !number.is_empty()
        && number.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tickets_are_told_by_their_shape() {
        for ticket in ["INC-7", "CHG-1234", "A1-0"] {
            assert!(is_ticket_shaped(ticket), "{ticket}");
        }
        for other in
            ["", "-", "INC", "INC-", "-7", "I-7", "inc-7", "1NC-7", "INC-7a", "INC-7-8", "ÏNC-7", "INC-٧"]
        {
            assert!(!is_ticket_shaped(other), "{other}");
        }
    }
}
