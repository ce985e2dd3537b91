//! Bundles: sets of targets that people ask for by one name. What is in one is as it was written; what that means is resolved
//! when somebody asks.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use glasskey_domain::refusal::Kind;
use glasskey_domain::{AccountId, Directory, Refusal, Target};

use super::resolve;

/// A set of targets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// What it is for.
    pub description: String,
    /// What is in it, in the order in which it is asked for.
    pub targets: Vec<Selector>,
}

/// One of them, as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selector {
    /// A permission set in an account.
    Assignment {
        /// The account: name, alias or id.
        account: String,
        /// The permission set.
        permission_set: String,
    },
    /// A group: name or id.
    Group(String),
}

/// All bundles, by name.
pub type Bundles = BTreeMap<String, Bundle>;

/// The bundles in force, replaced whole.
#[derive(Debug, Clone, Default)]
pub struct SharedBundles(Arc<RwLock<Arc<Bundles>>>);

impl SharedBundles {
    /// Those in force.
    #[must_use]
    pub fn current(&self) -> Arc<Bundles> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts others in force.
    pub fn replace(&self, bundles: Bundles) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(bundles);
    }
}

/// What is in the bundle that is called so, in any case of letters.
///
/// # Errors
/// When there is no such bundle, or something in it cannot be found.
pub fn targets(
    bundles: &Bundles,
    directory: &Directory,
    aliases: &BTreeMap<String, AccountId>,
    typed: &str,
) -> Result<(String, Vec<Target>), Refusal> {
    let typed = typed.trim();
    let Some((name, bundle)) = bundles.iter().find(|(name, _)| name.eq_ignore_ascii_case(typed)) else {
        let near = resolve::nearest(typed, bundles.keys().map(String::as_str));
        return Err(Refusal::Unresolved {
            what: Kind::Bundle,
            typed: typed.to_owned(),
            candidates: near.into_iter().collect(),
        });
    };
    let target = |selector: &Selector| match selector {
        Selector::Assignment { account, permission_set } => Ok(Target::Assignment {
            account: resolve::account(directory, aliases, account)?,
            permission_set: resolve::permission_set(directory, permission_set)?,
        }),
        Selector::Group(group) => Ok(Target::Membership { group: resolve::group(directory, group)? }),
    };
    let targets: Result<Vec<Target>, Refusal> = bundle.targets.iter().map(target).collect();
    Ok((name.clone(), targets?))
}

#[cfg(test)]
mod tests {
    use glasskey_domain::directory::Group;
    use glasskey_domain::person::{Employment, Person};
    use glasskey_domain::{GroupId, PersonId};

    use super::*;

    fn company() -> Directory {
        let mut company = Directory::empty();
        let ana = Person {
            id: PersonId::new("u-ana"),
            user_name: "ana".to_owned(),
            display_name: String::new(),
            emails: Vec::new(),
            employment: Employment::Enabled,
        };
        company.people.insert(ana.id.clone(), ana);
        let group = Group::plain(GroupId::new("g-1"), "payments-oncall".to_owned());
        company.groups.insert(group.id.clone(), group);
        company
    }

    fn bundles(group: &str) -> Bundles {
        let targets = vec![Selector::Group(group.to_owned())];
        Bundles::from([("oncall-payments".to_owned(), Bundle { description: String::new(), targets })])
    }

    #[test]
    fn a_bundle_is_what_its_names_mean_now() {
        let none = BTreeMap::new();
        let found = targets(&bundles("payments-oncall"), &company(), &none, "OnCall-Payments").unwrap();
        let group = Target::Membership { group: GroupId::new("g-1") };
        assert_eq!(found, ("oncall-payments".to_owned(), vec![group]));
    }

    #[test]
    fn a_bundle_that_is_not_there_and_one_with_a_hole_are_refused() {
        let none = BTreeMap::new();
        let no_such = targets(&bundles("payments-oncall"), &company(), &none, "oncall-payment").unwrap_err();
        let Refusal::Unresolved { what: Kind::Bundle, candidates, .. } = no_such else {
            panic!("{no_such:?}")
        };
        assert_eq!(candidates, ["oncall-payments"]);
        let hole = targets(&bundles("gone"), &company(), &none, "oncall-payments").unwrap_err();
        assert!(matches!(hole, Refusal::Unresolved { what: Kind::Group, .. }), "{hole:?}");
    }

    #[test]
    fn bundles_are_replaced_whole_for_everybody_who_shares_them() {
        let shared = SharedBundles::default();
        let other = shared.clone();
        assert!(other.current().is_empty());
        shared.replace(bundles("payments-oncall"));
        assert_eq!(other.current().len(), 1);
    }
}
