//! The one table of what can be said: the parser's keywords, the help and the manifests all read it.
//!
//! Must never hold behaviour, and nothing about a command may be written anywhere else.

mod breakglass;
mod elevate;
mod options;

pub use breakglass::{BREAKGLASS, BreakglassKeyword};
pub use elevate::{ELEVATE, Keyword};
pub(crate) use options::{CONFIRMED, CUT};
pub use options::{Opt, OptKind};

/// The commands in service: what the manifests register. Adding a command is one line here.
pub const COMMANDS: &[&dyn Registered] = &[&ELEVATE, &BREAKGLASS];

/// A slash command, with its own keywords.
#[derive(Debug)]
pub struct Command<K: 'static> {
    /// Without the slash.
    pub name: &'static str,
    /// What it does, in one line, as the chat's own command list shows it.
    pub summary: &'static str,
    /// The words that follow it, as the chat shows them while one types.
    pub hint: &'static str,
    /// What it does with nothing after it, where one types; empty: the help does not say.
    pub alone: &'static str,
    /// What can be said with it, in the order in which it is registered.
    pub uses: &'static [Use<K>],
    /// How the short help orders it: every keyword once. None: in the order of the uses, a line each.
    pub sections: &'static [Section<K>],
}

/// A part of the short help.
#[derive(Debug)]
pub struct Section<K: 'static> {
    /// What its keywords have in common.
    pub title: &'static str,
    /// Its keywords, in the order of the uses.
    pub keywords: &'static [K],
    /// Whether they stand on one line, for those who look for more than what people need every day.
    pub brief: bool,
}

/// One thing that can be said with a command.
#[derive(Debug)]
pub struct Use<K> {
    /// The word that it begins with.
    pub keyword: K,
    /// What follows the keyword.
    pub arguments: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// What else one wants to know, a line each.
    pub details: &'static [&'static str],
    /// What one wants to know to type it on one line, a line each; where each part has a field, that says it.
    pub typing: &'static [&'static str],
    /// As one would type it after the command.
    pub examples: &'static [&'static str],
    /// The same as named options, where a chat shows a field for each: those that are required first, each kind once.
    pub options: &'static [Opt],
}

/// The first words that one command knows.
pub trait Keywords: Copy + Ord + 'static {
    /// Every keyword, in the order of the help.
    const ALL: &'static [Self];

    /// The word as it is typed.
    fn word(self) -> &'static str;

    /// The word as the help has it where one types, when that is more than one word.
    fn typed(self) -> &'static str {
        self.word()
    }

    /// Words that people try instead, with the same effect.
    fn also(self) -> &'static [&'static str];

    /// Whether people leave the word out, and the help with them.
    fn implied(self) -> bool {
        false
    }

    /// The keyword that this lower-case word is.
    #[must_use]
    fn named(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|keyword| keyword.word() == word || keyword.also().contains(&word))
    }
}

/// What a chat platform is told about a command.
pub trait Registered: Sync {
    /// Without the slash.
    fn name(&self) -> &'static str;
    /// What it does, in one line.
    fn summary(&self) -> &'static str;
    /// The words that follow it.
    fn hint(&self) -> &'static str;
    /// What can be said with it, in the order of the help.
    fn subcommands(&self) -> Vec<Subcommand>;
}

/// What a chat platform with named options is told about one thing that can be said.
#[derive(Debug, Clone, Copy)]
pub struct Subcommand {
    /// The keyword.
    pub name: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// Its options.
    pub options: &'static [Opt],
}

impl<K: Keywords + Sync> Registered for Command<K> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn summary(&self) -> &'static str {
        self.summary
    }

    fn hint(&self) -> &'static str {
        self.hint
    }

    fn subcommands(&self) -> Vec<Subcommand> {
        let subcommand = |entry: &Use<K>| Subcommand {
            name: entry.keyword.word(),
            summary: entry.summary,
            options: entry.options,
        };
        self.uses.iter().map(subcommand).collect()
    }
}
