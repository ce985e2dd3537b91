//! `/breakglass`: how it is said, said wrongly, and its laws.

pub(crate) mod laws;
mod phrasings;
mod wrong;

use crate::acme::heard_emergency;
use glasskey_commands::Vocabulary;

fn table(vocabulary: &dyn Vocabulary, rows: &[(&str, &str)]) {
    for (typed, expected) in rows {
        assert_eq!(heard_emergency(typed, vocabulary), *expected, "{typed}");
    }
}
