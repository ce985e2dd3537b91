//! Names of things, each its own type, each checked once when it is made.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a text is not the identifier it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {what}")]
pub struct NotAnId {
    /// What was given.
    pub text: String,
    /// What it should have been, with its form.
    pub what: &'static str,
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes the text as the platform gave it.
            #[must_use]
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id! {
    /// A person: the immutable user id of the Identity Store. E-mail addresses and names change; this does not.
    PersonId
}
text_id! {
    /// A group of the Identity Store.
    GroupId
}
text_id! {
    /// The ARN of a permission set.
    PermissionSetArn
}
text_id! {
    /// An organizational unit, or the root it hangs from.
    OuId
}
text_id! {
    /// An emergency federation: the name of its section in the configuration (`[breakglass.main]` is `main`).
    FederationId
}
text_id! {
    /// A user as the identity provider names them, immutable there.
    MemberId
}
text_id! {
    /// What a chat platform calls one delivery of one click or command; unique in the ledger (P6).
    InteractionId
}
text_id! {
    /// The provider's name for an asynchronous operation (`RequestId` of IAM Identity Center).
    OperationId
}

/// An AWS account: twelve digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountId(String);

impl AccountId {
    /// # Errors
    /// When the text is not twelve digits.
    pub fn parse(text: &str) -> Result<Self, NotAnId> {
        if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAnId { text: text.to_owned(), what: "an account id (twelve digits)" })
        }
    }

    /// The twelve digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for AccountId {
    type Error = NotAnId;

    fn try_from(text: String) -> Result<Self, NotAnId> {
        Self::parse(&text)
    }
}

impl From<AccountId> for String {
    fn from(id: AccountId) -> Self {
        id.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Crockford's base 32: no I, L, O, U, so that an id survives being read aloud. <https://www.crockford.com/base32.html>
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Makes the tail of a speakable id: `symbols` symbols out of random bits.
fn tail(bits: u64, symbols: usize) -> String {
    let symbols = symbols.clamp(SYMBOLS_MIN, SYMBOLS_MAX);
    let symbol = |place: usize| {
        let index = usize::try_from((bits >> (5 * place)) & 31).unwrap_or(0);
        char::from(ALPHABET.get(index).copied().unwrap_or(b'0'))
    };
    (0..symbols).map(symbol).collect()
}

fn is_tail(text: &str) -> bool {
    (SYMBOLS_MIN..=SYMBOLS_MAX).contains(&text.len()) && text.bytes().all(|b| ALPHABET.contains(&b))
}

/// Shortest tail: 20 bits, a million names, enough for years of one company.
const SYMBOLS_MIN: usize = 4;
/// Longest tail: what still can be said aloud.
const SYMBOLS_MAX: usize = 8;

macro_rules! speakable_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Fewest symbols after the prefix.
            pub const SYMBOLS_MIN: usize = SYMBOLS_MIN;
            /// Most symbols after the prefix.
            pub const SYMBOLS_MAX: usize = SYMBOLS_MAX;

            /// Makes an id of `symbols` symbols (held within the limits above) out of random bits.
            #[must_use]
            pub fn from_bits(bits: u64, symbols: usize) -> Self {
                Self(format!("{}{}", $prefix, tail(bits, symbols)))
            }

            /// # Errors
            /// When the text is not the prefix and four to eight symbols of Crockford's base 32, in capitals.
            pub fn parse(text: &str) -> Result<Self, NotAnId> {
                if text.strip_prefix($prefix).is_some_and(is_tail) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(NotAnId { text: text.to_owned(), what: $what })
                }
            }

            /// The id as people say it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotAnId;

            fn try_from(text: String) -> Result<Self, NotAnId> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

speakable_id! {
    /// The short speakable name of an access request, such as `AR-7K3Q`.
    RequestId, "AR-", "a request id such as `AR-7K3Q`"
}
speakable_id! {
    /// The short speakable name of an emergency, such as `BG-7K3Q`.
    EmergencyId, "BG-", "the id of an emergency such as `BG-7K3Q`"
}

/// What a card or a message is about. One text in the ledger: the ids cannot be mistaken for each other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Subject {
    /// An access request.
    Request(RequestId),
    /// An emergency.
    Emergency(EmergencyId),
    /// What is watched: the provider of ordinary access, and the drills.
    Watch,
}

impl Subject {
    const WATCH: &'static str = "WATCH";

    /// The request, if it is one.
    #[must_use]
    pub fn request(&self) -> Option<&RequestId> {
        match self {
            Self::Request(id) => Some(id),
            Self::Emergency(_) | Self::Watch => None,
        }
    }

    /// The emergency, if it is one.
    #[must_use]
    pub fn emergency(&self) -> Option<&EmergencyId> {
        match self {
            Self::Emergency(id) => Some(id),
            Self::Request(_) | Self::Watch => None,
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(id) => id.fmt(f),
            Self::Emergency(id) => id.fmt(f),
            Self::Watch => f.write_str(Self::WATCH),
        }
    }
}

impl From<RequestId> for Subject {
    fn from(id: RequestId) -> Self {
        Self::Request(id)
    }
}

impl From<EmergencyId> for Subject {
    fn from(id: EmergencyId) -> Self {
        Self::Emergency(id)
    }
}

impl From<Subject> for String {
    fn from(subject: Subject) -> Self {
        subject.to_string()
    }
}

impl TryFrom<String> for Subject {
    type Error = NotAnId;

    fn try_from(text: String) -> Result<Self, NotAnId> {
        if text == Self::WATCH {
            return Ok(Self::Watch);
        }
        let request = RequestId::parse(&text).map(Self::Request);
        let what = "the id of a request or of an emergency";
        request
            .or_else(|_| EmergencyId::parse(&text).map(Self::Emergency))
            .map_err(|_| NotAnId { text, what })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_id_is_twelve_digits_and_nothing_else() {
        assert!(AccountId::parse("123456789012").is_ok());
        for wrong in ["12345678901", "1234567890123", "12345678901a", "", "１２３４５６７８９０１２"]
        {
            assert!(AccountId::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_request_id_made_of_bits_reads_back() {
        for bits in [0, 1, 31, 0x000F_FFFF, u64::MAX, 0xDEAD_BEEF] {
            for symbols in 0..12 {
                let id = RequestId::from_bits(bits, symbols);
                assert_eq!(RequestId::parse(id.as_str()), Ok(id));
            }
        }
        assert_eq!(RequestId::from_bits(0, 4).as_str(), "AR-0000");
    }

    #[test]
    fn a_request_id_has_its_limits() {
        for wrong in ["AR-7K3", "AR-7K3Q7K3Q7", "7K3Q", "ar-7k3q", "AR-7K3U", "AR-7K3I", "AR-", ""] {
            assert!(RequestId::parse(wrong).is_err(), "{wrong}");
        }
    }
}
