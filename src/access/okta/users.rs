//! Who a person is at Okta. Unknown, several, or not active means no (P9).

use futures_util::future::join_all;
use glasskey_domain::Person;
use glasskey_domain::emergency::Member;
use glasskey_domain::ids::MemberId;
use serde::Deserialize;

use super::budget::Rank;
use super::connection::{Call, Connection};
use super::failure::Thing;
use super::operation::Op;
use crate::access::http::{Failure, Kind, fit};

/// Names that are asked for: the user name and the e-mail addresses of one person; nobody has more.
const NAMES_MAX: usize = 10;

/// What Okta says of what does not exist, and nobody on the way does: a path that no Okta has is answered with 404 too.
const E_NOT_FOUND: &str = "E0000007";

/// Whether Okta says that there is no such thing.
pub(super) fn is_nobody(failure: &Failure) -> bool {
    failure.kind == Kind::NotFound && failure.code == E_NOT_FOUND
}

/// What is used of a user.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct User {
    pub(super) id: String,
    #[serde(default)]
    pub(super) status: String,
    pub(super) profile: Profile,
}

/// What a user is called.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Profile {
    pub(super) login: String,
    #[serde(default)]
    email: Option<String>,
}

/// Why nobody was found.
#[derive(Debug)]
pub(super) enum NotFound {
    /// It could not be asked.
    Failed(Failure),
    /// There is nobody to add: the sentence.
    Nobody(String),
}

impl User {
    /// Okta takes the beginning of a login for the login, and `me` for whoever asks: what was asked for must be what it is.
    pub(super) fn is_called(&self, name: &str) -> bool {
        let same = |own: &str| own.to_lowercase() == name.to_lowercase();
        same(&self.profile.login) || self.profile.email.as_deref().is_some_and(same)
    }

    /// Who they are in a group.
    pub(super) fn into_member(self) -> Member {
        Member { id: MemberId::new(self.id), login: self.profile.login }
    }
}

impl Connection {
    /// The one active user who is this person.
    ///
    /// # Errors
    /// When there is none, or several, or it could not be found out.
    pub(super) async fn find(&self, person: &Person, rank: Rank) -> Result<Member, NotFound> {
        let mut names: Vec<&str> = Vec::new();
        for name in std::iter::once(&person.user_name).chain(&person.emails) {
            if !name.is_empty() && !names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                names.push(name);
            }
        }
        names.truncate(NAMES_MAX);
        let mut users: Vec<User> = Vec::new();
        for found in join_all(names.iter().map(|name| self.user(name, rank))).await {
            match found.map_err(NotFound::Failed)? {
                Some(user) if !users.iter().any(|known| known.id == user.id) => users.push(user),
                Some(_) | None => {}
            }
        }
        the_one(person, &names, &users).map_err(NotFound::Nobody)
    }

    /// The same person again, by their id, whatever they are called now.
    ///
    /// # Errors
    /// When they are not active, or it could not be found out.
    pub(super) async fn still(&self, person: &Person, id: &MemberId) -> Result<Member, NotFound> {
        let url = self.url(&["api", "v1", "users", id.as_str()]);
        let call = Call { op: Op::GetUser, rank: Rank::Add, thing: Thing::User, url };
        let users = match self.read::<User>(&call).await {
            // A login can look like an id.
            Ok(user) => Vec::from_iter(Some(user).filter(|user| user.id == id.as_str())),
            Err(failure) if is_nobody(&failure) => Vec::new(),
            Err(failure) => return Err(NotFound::Failed(failure)),
        };
        if users.is_empty() {
            let who = fit(&person.user_name);
            let why = format!("the user of `{who}` in Okta was deleted meanwhile; ask again");
            return Err(NotFound::Nobody(why));
        }
        the_one(person, &[id.as_str()], &users).map_err(NotFound::Nobody)
    }

    /// The user of this login.
    ///
    /// # Errors
    /// When it could not be found out.
    pub(super) async fn user(&self, name: &str, rank: Rank) -> Result<Option<User>, Failure> {
        let url = self.url(&["api", "v1", "users", name]);
        let call = Call { op: Op::GetUser, rank, thing: Thing::User, url };
        match self.read::<User>(&call).await {
            Ok(user) => Ok(Some(user).filter(|user| user.is_called(name))),
            Err(failure) if is_nobody(&failure) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// Whose token we use, when it is a person's.
    ///
    /// # Errors
    /// When it could not be found out.
    pub(super) async fn me(&self) -> Result<User, Failure> {
        let url = self.url(&["api", "v1", "users", "me"]);
        self.read(&Call { op: Op::GetUser, rank: Rank::Check, thing: Thing::User, url }).await
    }
}

fn the_one(person: &Person, names: &[&str], users: &[User]) -> Result<Member, String> {
    let active: Vec<&User> = users.iter().filter(|user| user.status == "ACTIVE").collect();
    let who = fit(&person.user_name);
    match (active.as_slice(), users) {
        ([user], _) => Ok(Member { id: MemberId::new(user.id.clone()), login: user.profile.login.clone() }),
        ([], []) => {
            let asked = names.iter().map(|name| format!("`{}`", fit(name))).collect::<Vec<_>>().join(", ");
            Err(format!(
                "Okta has no user for `{who}` (asked for {asked}); make one with that login, or put them into the group by hand"
            ))
        }
        ([], [user, ..]) => Err(format!(
            "`{who}` is `{}` in Okta, not `ACTIVE`; activate or unlock the user there, and add them again",
            fit(&user.status)
        )),
        (several, _) => {
            let logins = several
                .iter()
                .map(|user| format!("`{}`", fit(&user.profile.login)))
                .collect::<Vec<_>>()
                .join(", ");
            Err(format!(
                "Okta has several active users for `{who}`: {logins}; put the right one into the group by hand, and mend the \
                 e-mail addresses"
            ))
        }
    }
}

#[cfg(test)]
mod tests;
