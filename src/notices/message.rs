//! A message: words, and what can be done about them on the spot.

use super::{Button, Text};

/// What people are told, with the buttons under it. The buttons are about the thing that the message is about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Message {
    /// The words.
    pub text: Text,
    /// What can be done.
    pub buttons: Vec<Button>,
}

impl Message {
    /// Words with these buttons.
    #[must_use]
    pub fn new(text: Text, buttons: Vec<Button>) -> Self {
        Self { text, buttons }
    }

    /// Whether it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }
}

impl From<Text> for Message {
    fn from(text: Text) -> Self {
        Self { text, buttons: Vec::new() }
    }
}
