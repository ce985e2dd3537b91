//! What people say: typed text becomes a command, or a sentence about what is wrong with the right form in it.
//!
//! From one table ([`definition`]) come the parser's keywords, the [`help`], and the [`manifest`]s. Nothing here
//! knows what a command means: an account that was typed is a selector, not an account; whether it exists, and who
//! may do what, is decided elsewhere. Must never do I/O, read a clock, or depend on another room.
//!
//! ```
//! use glasskey_commands::{AccountSelector, Elevate, Length, NoVocabulary, PermissionSetSelector, What, elevate};
//!
//! let said = elevate::parse("prod ReadOnly for 1h at 02:00 INC-7 look at the stuck queue", &NoVocabulary);
//! let Ok(Elevate::Request(words)) = said else { unreachable!() };
//! let (account, permission_set) = (AccountSelector::new("prod"), PermissionSetSelector::new("ReadOnly"));
//! assert_eq!(words.what, What::Assignment { account, permission_set });
//! assert_eq!(words.length, Length::For(3600));
//! assert_eq!(words.start.unwrap().to_string(), "at 02:00");
//! assert_eq!(words.ticket.as_deref(), Some("INC-7"));
//! assert_eq!(words.reason, "look at the stuck queue");
//!
//! let wrong = elevate::parse("prod ReadOnly INC-7 fix", &NoVocabulary).unwrap_err();
//! assert_eq!(wrong.sentence(), "a duration is missing, such as `1h`; try `/elevate prod ReadOnly 1h INC-7 fix`");
//! ```
//!
//! ```
//! use glasskey_commands::{Breakglass, LevelWord, NoVocabulary, PersonRef, breakglass};
//!
//! let said = breakglass::parse("on ops for 2h INC-7 nobody can sign in <@U123>", &NoVocabulary);
//! let Ok(Breakglass::On(words)) = said else { unreachable!() };
//! assert_eq!(words.level, Some(LevelWord::Ops));
//! assert_eq!(words.reason, "nobody can sign in");
//! assert_eq!(words.people, [PersonRef::Mention("U123".to_owned())]);
//! ```
//!
//! Where a chat shows a field for each part, the same is said by named options:
//!
//! ```
//! use glasskey_commands::{Elevate, RequestRef, Said, elevate};
//!
//! let said = Said { keyword: "show", options: &[("id", "ar-7k3q")] };
//! assert_eq!(elevate::from_options(&said), Ok(Elevate::Show(RequestRef::parse("AR-7K3Q").unwrap())));
//! ```

pub mod breakglass;
pub mod definition;
pub mod elevate;
mod help;
mod json;
mod keyword;
mod length;
pub mod manifest;
mod options;
mod parts;
mod person;
mod selector;
mod start;
mod usage;
mod vocabulary;
mod words;

pub use breakglass::{Breakglass, LevelWord, OnWords};
pub use definition::{BreakglassKeyword, Keyword, Keywords};
pub use elevate::{Elevate, EndScope, RequestWords, What};
pub use help::{help, help_by_options};
pub use length::{LENGTH_SECONDS_MAX, LENGTH_SECONDS_MIN, Length, print_length};
pub use options::Said;
pub use person::{MENTION_ID_CHARS_MAX, PersonRef};
pub use selector::{
    AccountSelector, EmergencyRef, GroupSelector, PermissionSetSelector, REQUEST_SYMBOLS_MAX,
    REQUEST_SYMBOLS_MIN, RequestRef,
};
pub use start::{START_YEARS, Start};
pub use usage::{Fault, Numbered, Slot, Usage};
pub use vocabulary::{NoVocabulary, Vocabulary, is_ticket_shaped};
pub use words::TEXT_CHARS_MAX;
