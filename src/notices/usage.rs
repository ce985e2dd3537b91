//! What was wrong with what was typed, and the right form with the person's own words in it.

use glasskey_commands::Usage;

use super::Text;

/// The longest right form that is shown: what was typed may be a page.
const FORM_LENGTH_MAX: usize = 600;

/// A usage error in words.
#[must_use]
pub fn usage(usage: &Usage) -> Text {
    let form: String = usage.right_form().chars().take(FORM_LENGTH_MAX).collect();
    let sentence = usage.sentence();
    let text = Text::new().say(sentence.clone());
    if sentence.contains(&form) { text } else { text.line().say("Try: ").code(form) }
}
