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

/// The short speakable name of an access request, such as `AR-7K3Q`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RequestId(String);

impl RequestId {
    /// Shortest tail: 20 bits, a million names, enough for years of one company.
    pub const SYMBOLS_MIN: usize = 4;
    /// Longest tail: what still can be said aloud.
    pub const SYMBOLS_MAX: usize = 8;

    /// Makes an id of `symbols` symbols (held within the limits above) out of random bits.
    #[must_use]
    pub fn from_bits(bits: u64, symbols: usize) -> Self {
        let symbols = symbols.clamp(Self::SYMBOLS_MIN, Self::SYMBOLS_MAX);
        let tail = (0..symbols).map(|place| {
            let index = usize::try_from((bits >> (5 * place)) & 31).unwrap_or(0);
            char::from(ALPHABET.get(index).copied().unwrap_or(b'0'))
        });
        Self(std::iter::once("AR-".to_owned()).chain(tail.map(String::from)).collect())
    }

    /// # Errors
    /// When the text is not `AR-` and four to eight symbols of Crockford's base 32, in capitals.
    pub fn parse(text: &str) -> Result<Self, NotAnId> {
        let wrong = || NotAnId { text: text.to_owned(), what: "a request id such as `AR-7K3Q`" };
        let tail = text.strip_prefix("AR-").ok_or_else(wrong)?;
        let long_enough = (Self::SYMBOLS_MIN..=Self::SYMBOLS_MAX).contains(&tail.len());
        if long_enough && tail.bytes().all(|b| ALPHABET.contains(&b)) {
            Ok(Self(text.to_owned()))
        } else {
            Err(wrong())
        }
    }

    /// The id as people say it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for RequestId {
    type Error = NotAnId;

    fn try_from(text: String) -> Result<Self, NotAnId> {
        Self::parse(&text)
    }
}

impl From<RequestId> for String {
    fn from(id: RequestId) -> Self {
        id.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
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
