//! The name of an emergency group, `aws#EmergencyAccess_Role1_RO#123456789012`: it alone says which role its members get and
//! where, because the identity provider makes the role of the sign-in from it. So it is read strictly, and never mended.

use glasskey_domain::AccountId;
use glasskey_domain::emergency::Level;

/// What every emergency role of the emergency account begins with.
const ROLE_BEGINS: &str = "EmergencyAccess_";

/// IAM's limit for the name of a role.
const ROLE_LENGTH_MAX: usize = 64;

/// What the name of an emergency group says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupName {
    /// The role of the emergency account that its members sign in to.
    pub role: String,
    /// The emergency account.
    pub account: AccountId,
    /// Which roles of workload accounts that role goes on to: the end of its name says so.
    pub level: Level,
}

/// Why a text is not the name of an emergency group. Lower case, no full stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GroupNameFault {
    /// Something else altogether, or `AWS#`: the filter of the identity provider minds case.
    #[error("it does not begin with `aws#`")]
    NotAws,
    /// Too few or too many `#`.
    #[error("it does not have three parts, `aws#Role#Account`")]
    NotThreeParts,
    /// Nothing between the first and the second `#`.
    #[error("it names no role")]
    NoRole,
    /// A space at an end, a slash, a wildcard, a letter that only looks like one.
    #[error("the role has a character other than A-Z a-z 0-9 _ -")]
    RoleCharacter,
    /// More than IAM allows.
    #[error("the role is longer than {ROLE_LENGTH_MAX} characters")]
    RoleTooLong,
    /// Not one of the roles that `deploy/cloudformation` makes.
    #[error("the role does not begin with `{ROLE_BEGINS}`")]
    NotAnEmergencyRole,
    /// Its end does not say what it may do.
    #[error("the role does not end with `_RO` or `_Ops`")]
    NoLevel,
    /// `EmergencyAccess_RO` is what a workload account has.
    #[error(
        "the role names no role set, as in `EmergencyAccess_Role1_RO`: this is a role of a workload account"
    )]
    NoRoleSet,
    /// Not twelve digits.
    #[error("the account is not twelve digits")]
    NotAnAccount,
}

impl GroupName {
    /// Reads the name of a group.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn parse(name: &str) -> Result<Self, GroupNameFault> {
        let rest = name.strip_prefix("aws#").ok_or(GroupNameFault::NotAws)?;
        let (role, account) = rest.split_once('#').ok_or(GroupNameFault::NotThreeParts)?;
        if account.contains('#') {
            return Err(GroupNameFault::NotThreeParts);
        }
        let level = level_of(role)?;
        let account = AccountId::parse(account).map_err(|_| GroupNameFault::NotAnAccount)?;
        Ok(Self { role: role.to_owned(), account, level })
    }
}

fn level_of(role: &str) -> Result<Level, GroupNameFault> {
    if role.is_empty() {
        return Err(GroupNameFault::NoRole);
    }
    // Fewer than IAM allows: the group filter of `deploy/okta` lets no others through.
    if !role.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-') {
        return Err(GroupNameFault::RoleCharacter);
    }
    if role.len() > ROLE_LENGTH_MAX {
        return Err(GroupNameFault::RoleTooLong);
    }
    let rest = role.strip_prefix(ROLE_BEGINS).ok_or(GroupNameFault::NotAnEmergencyRole)?;
    match rest.rsplit_once('_') {
        Some(("", _)) => Err(GroupNameFault::NoRoleSet),
        Some((_, "RO")) => Ok(Level::Ro),
        Some((_, "Ops")) => Ok(Level::Ops),
        None if rest == "RO" || rest == "Ops" => Err(GroupNameFault::NoRoleSet),
        Some(_) | None => Err(GroupNameFault::NoLevel),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_name_says_role_account_and_level() {
        for (name, role, level) in [
            ("aws#EmergencyAccess_Role1_RO#123456789012", "EmergencyAccess_Role1_RO", Level::Ro),
            ("aws#EmergencyAccess_Role2_Ops#123456789012", "EmergencyAccess_Role2_Ops", Level::Ops),
        ] {
            let read = GroupName::parse(name).unwrap();
            assert_eq!(
                (read.role.as_str(), read.account.as_str(), read.level),
                (role, "123456789012", level)
            );
        }
    }

    #[test]
    fn each_fault_of_a_group_name_is_named() {
        use GroupNameFault::*;
        let long = format!("aws#EmergencyAccess_{}_RO#123456789012", "x".repeat(46));
        for (name, fault) in [
            ("", NotAws),
            ("Everyone", NotAws),
            ("AWS#EmergencyAccess_Role1_RO#123456789012", NotAws),
            (" aws#EmergencyAccess_Role1_RO#123456789012", NotAws),
            ("aws#EmergencyAccess_Role1_RO", NotThreeParts),
            ("aws#EmergencyAccess_Role1_RO#123456789012#", NotThreeParts),
            ("aws#alias#EmergencyAccess_Role1_RO#123456789012", NotThreeParts),
            ("aws##123456789012", NoRole),
            ("aws#EmergencyAccess_Role1_RO #123456789012", RoleCharacter),
            ("aws#EmergencyAccess_*_RO#123456789012", RoleCharacter),
            ("aws#path/EmergencyAccess_Role1_RO#123456789012", RoleCharacter),
            ("aws#ЕmergencyAccess_Role1_RO#123456789012", RoleCharacter),
            (&long, RoleTooLong),
            ("aws#Admin#123456789012", NotAnEmergencyRole),
            ("aws#EmergencyAccess_Role1#123456789012", NoLevel),
            ("aws#EmergencyAccess_Role1_ro#123456789012", NoLevel),
            ("aws#EmergencyAccess_RO#123456789012", NoRoleSet),
            ("aws#EmergencyAccess__Ops#123456789012", NoRoleSet),
            ("aws#EmergencyAccess_Role1_RO#12345678901", NotAnAccount),
            ("aws#EmergencyAccess_Role1_RO#1234567890123", NotAnAccount),
            ("aws#EmergencyAccess_Role1_RO#123456789012 ", NotAnAccount),
            ("aws#EmergencyAccess_Role1_RO#١٢٣٤٥٦٧٨٩٠١٢", NotAnAccount),
        ] {
            assert_eq!(GroupName::parse(name), Err(fault), "{name:?}");
        }
        let longest = format!("aws#EmergencyAccess_{}_RO#123456789012", "x".repeat(45));
        assert!(GroupName::parse(&longest).is_ok());
    }
}
