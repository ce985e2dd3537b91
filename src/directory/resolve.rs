//! From what was typed to what is meant. "No such", "several" and "could not ask" are three answers, and a guess is none.
//!
//! In [`Refusal::Unresolved`] no candidate, or one (the nearest), means "no such"; two or more mean "which of these?".

use std::collections::BTreeMap;

use glasskey_domain::directory::{Account, Group, PermissionSet};
use glasskey_domain::refusal::Kind;
use glasskey_domain::{AccountId, Directory, GroupId, PermissionSetArn, PersonId, Refusal};

/// Most candidates offered: what a person reads at a glance.
pub const CANDIDATES_MAX: usize = 5;
/// Names less alike than this (0 to 1, Jaro-Winkler) are not offered as what may have been meant.
const ALIKE_MIN: f64 = 0.8;
/// Longest text that is compared by likeness, which takes time that grows with its square.
const ALIKE_LENGTH_MAX: usize = 128;

/// The account meant: by id, by an alias of the configuration, by its whole name in any case.
///
/// # Errors
/// When there is none, or several, or the directory was never read.
pub fn account(
    directory: &Directory,
    aliases: &BTreeMap<String, AccountId>,
    typed: &str,
) -> Result<AccountId, Refusal> {
    if directory.is_empty() {
        return Err(Refusal::DirectoryNotRead);
    }
    let typed = typed.trim();
    if let Some(id) = account_id(aliases, typed) {
        return match directory.accounts.contains_key(&id) {
            true => Ok(id),
            false => Err(no_such(Kind::Account, typed, None)),
        };
    }
    let found: Vec<&Account> = accounts_named(directory, typed).collect();
    match found.as_slice() {
        [one] => Ok(one.id.clone()),
        [] => {
            let names = directory.accounts.values().map(|account| account.name.as_str());
            let known = names.chain(aliases.keys().map(String::as_str));
            Err(no_such(Kind::Account, typed, nearest(typed, known)))
        }
        several => {
            let named = several.iter().map(|account| format!("{} ({})", account.name, account.id));
            Err(which(Kind::Account, typed, named))
        }
    }
}

/// Whether [`account`] finds one. Asked of every word of a command, so it looks for nothing that is merely alike.
#[must_use]
pub fn is_account(directory: &Directory, aliases: &BTreeMap<String, AccountId>, typed: &str) -> bool {
    let typed = typed.trim();
    match account_id(aliases, typed) {
        Some(id) => directory.accounts.contains_key(&id),
        None => accounts_named(directory, typed).take(2).count() == 1,
    }
}

fn account_id(aliases: &BTreeMap<String, AccountId>, typed: &str) -> Option<AccountId> {
    AccountId::parse(typed).ok().or_else(|| alias(aliases, typed))
}

fn accounts_named<'a>(directory: &'a Directory, typed: &'a str) -> impl Iterator<Item = &'a Account> {
    directory.accounts.values().filter(move |account| same(&account.name, typed))
}

/// The permission set meant: by its whole name in any case, else by a beginning that only one has.
///
/// # Errors
/// When there is none, or several, or the directory was never read.
pub fn permission_set(directory: &Directory, typed: &str) -> Result<PermissionSetArn, Refusal> {
    if directory.is_empty() {
        return Err(Refusal::DirectoryNotRead);
    }
    let typed = typed.trim();
    let found = permission_sets_named(directory, typed);
    match found.as_slice() {
        [one] => Ok(one.arn.clone()),
        [] => {
            let near = nearest(typed, directory.permission_sets.values().map(|set| set.name.as_str()));
            Err(no_such(Kind::PermissionSet, typed, near))
        }
        several => Err(which(Kind::PermissionSet, typed, several.iter().map(|set| set.name.clone()))),
    }
}

/// Whether [`permission_set`] finds one. Asked of every word of a command, so it looks for nothing that is merely alike.
#[must_use]
pub fn is_permission_set(directory: &Directory, typed: &str) -> bool {
    permission_sets_named(directory, typed.trim()).len() == 1
}

fn permission_sets_named<'a>(directory: &'a Directory, typed: &str) -> Vec<&'a PermissionSet> {
    let sets = || directory.permission_sets.values();
    let mut found: Vec<&PermissionSet> = sets().filter(|set| set.name == typed).collect();
    if found.is_empty() {
        found = sets().filter(|set| same(&set.name, typed)).collect();
    }
    if found.is_empty() && !typed.is_empty() {
        let beginning = typed.to_lowercase();
        found = sets().filter(|set| set.name.to_lowercase().starts_with(&beginning)).collect();
    }
    found
}

/// The group meant: by id, else by its whole name in any case, wherever it is kept.
///
/// # Errors
/// When there is none, or several, or the directory was never read.
pub fn group(directory: &Directory, typed: &str) -> Result<GroupId, Refusal> {
    if directory.is_empty() {
        return Err(Refusal::DirectoryNotRead);
    }
    let typed = typed.trim();
    let found = groups_named(directory, typed);
    match found.as_slice() {
        [one] => Ok(one.id.clone()),
        [] => {
            let near = nearest(typed, directory.groups.values().map(|group| group.name.as_str()));
            Err(no_such(Kind::Group, typed, near))
        }
        several => {
            let named = several
                .iter()
                .map(|group| format!("{} in {} ({})", group.name, group.kept_in.name(), group.id));
            Err(which(Kind::Group, typed, named))
        }
    }
}

/// Whether [`group`] finds one. Asked of every word of a command, so it looks for nothing that is merely alike.
#[must_use]
pub fn is_group(directory: &Directory, typed: &str) -> bool {
    groups_named(directory, typed.trim()).len() == 1
}

fn groups_named<'a>(directory: &'a Directory, typed: &str) -> Vec<&'a Group> {
    match directory.groups.get(&GroupId::new(typed)) {
        Some(group) => vec![group],
        None => directory.groups.values().filter(|group| same(&group.name, typed)).collect(),
    }
}

/// Why a text on the command line is no one person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoPerson {
    /// There is nothing to look in.
    #[error("the directory was never read, so nobody is known yet")]
    DirectoryNotRead,
    /// Nobody.
    #[error("nobody has the user name, e-mail address or user id `{typed}`{}", near.as_ref().map(|near| format!("; nearest is `{near}`")).unwrap_or_default())]
    NoSuch {
        /// What was typed.
        typed: String,
        /// Who may have been meant.
        near: Option<String>,
    },
    /// More than one.
    #[error("`{typed}` is more than one person: {}; use the user id", candidates.join(", "))]
    Several {
        /// What was typed.
        typed: String,
        /// Who it could be.
        candidates: Vec<String>,
    },
}

impl From<NoPerson> for Refusal {
    fn from(why: NoPerson) -> Self {
        let what = Kind::Person;
        match why {
            NoPerson::DirectoryNotRead => Self::DirectoryNotRead,
            NoPerson::NoSuch { typed, near } => {
                Self::Unresolved { what, typed, candidates: near.into_iter().collect() }
            }
            NoPerson::Several { typed, candidates } => Self::Unresolved { what, typed, candidates },
        }
    }
}

/// The person meant on the command line: by user id, else by user name or e-mail address in any case. Never by a name that
/// people choose for themselves.
///
/// # Errors
/// When there is nobody, or several, or the directory was never read.
pub fn person_by(directory: &Directory, typed: &str) -> Result<PersonId, NoPerson> {
    if directory.is_empty() {
        return Err(NoPerson::DirectoryNotRead);
    }
    let typed = typed.trim();
    let id = PersonId::new(typed);
    if directory.people.contains_key(&id) {
        return Ok(id);
    }
    let address = typed.to_lowercase();
    let people = || directory.people.values();
    let found: Vec<_> = people()
        .filter(|person| same(&person.user_name, typed) || person.emails.contains(&address))
        .collect();
    match found.as_slice() {
        [one] => Ok(one.id.clone()),
        [] => {
            let known = people().flat_map(|person| {
                std::iter::once(person.user_name.as_str()).chain(person.emails.iter().map(String::as_str))
            });
            Err(NoPerson::NoSuch { typed: typed.to_owned(), near: nearest(typed, known) })
        }
        several => {
            let named = several.iter().map(|person| format!("{} ({})", person.user_name, person.id));
            Err(NoPerson::Several {
                typed: typed.to_owned(),
                candidates: named.take(CANDIDATES_MAX).collect(),
            })
        }
    }
}

fn alias(aliases: &BTreeMap<String, AccountId>, typed: &str) -> Option<AccountId> {
    let mut fitting = aliases.iter().filter(|(name, _)| same(name, typed)).map(|(_, id)| id);
    let first = fitting.next()?;
    // Two aliases that differ in case alone are one, unless they mean different accounts.
    fitting.all(|other| other == first).then(|| first.clone())
}

fn same(name: &str, typed: &str) -> bool {
    let name = name.trim();
    if name.is_ascii() && typed.is_ascii() {
        return !typed.is_empty() && name.eq_ignore_ascii_case(typed);
    }
    !typed.is_empty() && name.to_lowercase() == typed.to_lowercase()
}

fn nearest<'a>(typed: &str, names: impl Iterator<Item = &'a str>) -> Option<String> {
    if typed.chars().count() > ALIKE_LENGTH_MAX {
        return None;
    }
    let typed = typed.to_lowercase();
    let alike = names.map(|name| (strsim::jaro_winkler(&typed, &name.to_lowercase()), name));
    let best = alike.max_by(|(one, _), (other, _)| one.total_cmp(other));
    best.filter(|(likeness, _)| *likeness >= ALIKE_MIN).map(|(_, name)| name.to_owned())
}

fn no_such(what: Kind, typed: &str, nearest: Option<String>) -> Refusal {
    Refusal::Unresolved { what, typed: typed.to_owned(), candidates: nearest.into_iter().collect() }
}

fn which(what: Kind, typed: &str, candidates: impl Iterator<Item = String>) -> Refusal {
    Refusal::Unresolved {
        what,
        typed: typed.to_owned(),
        candidates: candidates.take(CANDIDATES_MAX).collect(),
    }
}

#[cfg(test)]
mod tests {
    use glasskey_domain::Seconds;
    use glasskey_domain::directory::{AccountState, Keeper};
    use glasskey_domain::ids::OuId;
    use glasskey_domain::person::{Employment, Person};

    use super::*;

    fn company() -> Directory {
        let mut directory = Directory::empty();
        for (id, name) in [
            ("333333333333", "payments-prod"),
            ("444444444444", "payments-staging"),
            ("555555555555", "Shared Name"),
            ("666666666666", "shared name"),
        ] {
            let id = AccountId::parse(id).unwrap();
            let account = Account {
                id: id.clone(),
                name: name.to_owned(),
                state: AccountState::Active,
                parent: OuId::new("r-1"),
                management: false,
            };
            directory.accounts.insert(id, account);
        }
        for name in ["ReadOnly", "ReadOnlyBilling", "PowerUser", "Poweruser-old", "Admin"] {
            let arn = PermissionSetArn::new(format!("arn:{name}"));
            let set = PermissionSet { arn: arn.clone(), name: name.to_owned(), session: Seconds::hours(1) };
            directory.permission_sets.insert(arn, set);
        }
        for (id, user_name, email) in [
            ("u-ana", "ana", "ana@acme.example"),
            ("u-bo", "bo", "bo@acme.example"),
            ("u-x", "ana@acme.example", "x@acme.example"),
        ] {
            let id = PersonId::new(id);
            let person = Person {
                id: id.clone(),
                user_name: user_name.to_owned(),
                display_name: "Bo Lindqvist".to_owned(),
                emails: vec![email.to_owned()],
                employment: Employment::Enabled,
            };
            directory.people.insert(id, person);
        }
        directory
    }

    fn aliases() -> BTreeMap<String, AccountId> {
        let to = |id| AccountId::parse(id).unwrap();
        BTreeMap::from([
            ("prod".to_owned(), to("333333333333")),
            ("gone".to_owned(), to("999999999999")),
            ("payments-staging".to_owned(), to("333333333333")),
            ("Twice".to_owned(), to("333333333333")),
            ("twice".to_owned(), to("444444444444")),
        ])
    }

    fn find_group(typed: &str) -> Result<String, Vec<String>> {
        let mut company = company();
        for (id, name, kept_in) in [
            ("906c4e2b-1", "payments-oncall", Keeper::IdentityStore),
            ("00gpayments", "Payments Admins", Keeper::Okta),
            ("906c4e2b-2", "oncall", Keeper::IdentityStore),
            ("00goncall", "OnCall", Keeper::Okta),
        ] {
            let plain = Group::plain(GroupId::new(id), name.to_owned());
            company.groups.insert(GroupId::new(id), Group { kept_in, ..plain });
        }
        answer(group(&company, typed).map(|id| id.to_string()))
    }

    #[test]
    fn a_group_is_found_in_both_places_and_never_guessed() {
        assert_eq!(find_group("payments-oncall"), Ok("906c4e2b-1".to_owned()));
        assert_eq!(find_group("payments admins"), Ok("00gpayments".to_owned()));
        assert_eq!(find_group("00goncall"), Ok("00goncall".to_owned()), "an id is nobody else's name");
        let several = find_group("oncall").unwrap_err();
        assert_eq!(
            several,
            ["OnCall in Okta (00goncall)", "oncall in IAM Identity Center (906c4e2b-2)"],
            "not the one whose letters fit better"
        );
        assert_eq!(find_group("payments-oncal"), Err(vec!["payments-oncall".to_owned()]));
        assert!(find_group("payments").is_err(), "a beginning is no name");
        assert!(find_group("").is_err());
        assert_eq!(group(&Directory::empty(), "oncall"), Err(Refusal::DirectoryNotRead));
    }

    fn find_account(typed: &str) -> Result<String, Vec<String>> {
        answer(account(&company(), &aliases(), typed).map(|id| id.to_string()))
    }

    fn find_set(typed: &str) -> Result<String, Vec<String>> {
        answer(permission_set(&company(), typed).map(|arn| arn.to_string()))
    }

    fn answer(found: Result<String, Refusal>) -> Result<String, Vec<String>> {
        found.map_err(|refusal| match refusal {
            Refusal::Unresolved { candidates, .. } => candidates,
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn what_is_asked_of_every_word_is_answered_as_when_it_is_meant() {
        let (directory, aliases) =
            (company(), BTreeMap::from([("pay".to_owned(), AccountId::parse("333333333333").unwrap())]));
        let none = Directory::empty();
        for word in [
            "payments-prod",
            "PAYMENTS-prod",
            "payments-prd",
            "shared name",
            "333333333333",
            "999999999999",
            "PAY",
            "",
        ] {
            let is = is_account(&directory, &aliases, word);
            assert_eq!(is, account(&directory, &aliases, word).is_ok(), "{word}");
            assert!(!is_account(&none, &aliases, word) && !is_permission_set(&none, word));
        }
        for word in ["ReadOnly", "readonly", "read", "ReadOnli", "", "Power"] {
            assert_eq!(
                is_permission_set(&directory, word),
                permission_set(&directory, word).is_ok(),
                "{word}"
            );
        }
    }

    #[test]
    fn an_account_is_found_by_id_alias_or_whole_name_in_any_case() {
        for typed in ["333333333333", "prod", "PROD", "payments-prod", " Payments-Prod "] {
            assert_eq!(find_account(typed), Ok("333333333333".to_owned()), "{typed}");
        }
        assert_eq!(
            find_account("payments-staging"),
            Ok("333333333333".to_owned()),
            "the configuration goes before names"
        );
    }

    #[test]
    fn an_account_is_never_guessed() {
        assert_eq!(
            find_account("payments"),
            Err(vec!["payments-prod".to_owned()]),
            "no such, and the nearest"
        );
        assert_eq!(find_account("zzz"), Err(vec![]));
        assert_eq!(find_account(""), Err(vec![]));
        assert_eq!(find_account("999999999999"), Err(vec![]), "an id that is not in the directory");
        assert_eq!(find_account("gone"), Err(vec![]), "an alias for what is not there");
        assert_eq!(
            find_account("shared name"),
            Err(vec!["Shared Name (555555555555)".to_owned(), "shared name (666666666666)".to_owned()])
        );
        assert!(
            find_account("twice").is_err(),
            "two aliases that differ in case and mean different accounts"
        );
    }

    #[test]
    fn a_permission_set_is_found_by_name_or_by_a_beginning_of_its_own() {
        assert_eq!(
            find_set("ReadOnly"),
            Ok("arn:ReadOnly".to_owned()),
            "a whole name goes before a beginning"
        );
        assert_eq!(find_set("readonly"), Ok("arn:ReadOnly".to_owned()));
        assert_eq!(find_set("readonlyb"), Ok("arn:ReadOnlyBilling".to_owned()));
        assert_eq!(find_set("adm"), Ok("arn:Admin".to_owned()));
        assert_eq!(find_set("read"), Err(vec!["ReadOnly".to_owned(), "ReadOnlyBilling".to_owned()]));
        assert_eq!(find_set("Admni"), Err(vec!["Admin".to_owned()]));
        assert_eq!(find_set(""), Err(vec![]), "nothing is the beginning of everything");
    }

    #[test]
    fn no_more_candidates_are_offered_than_a_person_reads() {
        let mut directory = company();
        for n in 0..20 {
            let arn = PermissionSetArn::new(format!("arn:many-{n}"));
            let set =
                PermissionSet { arn: arn.clone(), name: format!("many-{n}"), session: Seconds::hours(1) };
            directory.permission_sets.insert(arn, set);
        }
        let candidates = answer(permission_set(&directory, "many").map(|arn| arn.to_string())).unwrap_err();
        assert_eq!(candidates.len(), CANDIDATES_MAX);
    }

    /// pitfall 25
    #[test]
    fn a_directory_that_was_never_read_is_not_an_empty_company() {
        let empty = Directory::empty();
        assert_eq!(account(&empty, &aliases(), "prod"), Err(Refusal::DirectoryNotRead));
        assert_eq!(permission_set(&empty, "ReadOnly"), Err(Refusal::DirectoryNotRead));
        assert_eq!(person_by(&empty, "ana"), Err(NoPerson::DirectoryNotRead));
    }

    #[test]
    fn a_person_is_found_by_what_they_cannot_choose_and_never_by_their_display_name() {
        let find = |typed| person_by(&company(), typed).map(|id| id.to_string());
        assert_eq!(find("u-bo"), Ok("u-bo".to_owned()));
        assert_eq!(find("BO"), Ok("u-bo".to_owned()));
        assert_eq!(find("Bo@Acme.example"), Ok("u-bo".to_owned()));
        assert!(matches!(find("Bo Lindqvist"), Err(NoPerson::NoSuch { .. })));
        let several = find("ana@acme.example").unwrap_err();
        assert!(several.to_string().contains("u-ana") && several.to_string().contains("u-x"), "{several}");
        let near = find("bo@acme.exmaple").unwrap_err();
        assert!(near.to_string().contains("nearest is `bo@acme.example`"), "{near}");
    }
}
