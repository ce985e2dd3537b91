//! What was typed → what is meant.

use std::collections::BTreeMap;

use glasskey_domain::refusal::Kind;
use glasskey_domain::{AccountId, Directory, PermissionSetArn, Refusal};

/// The account that is meant.
///
/// # Errors
/// None or several.
pub fn account(
    directory: &Directory,
    aliases: &BTreeMap<String, AccountId>,
    typed: &str,
) -> Result<AccountId, Refusal> {
    if directory.is_empty() {
        return Err(Refusal::DirectoryNotRead);
    }
    if let Some(id) = aliases.get(&typed.to_lowercase()) {
        return Ok(id.clone());
    }
    let found: Vec<_> = directory
        .accounts
        .values()
        .filter(|account| account.id.as_str() == typed || account.name.eq_ignore_ascii_case(typed))
        .collect();
    match found.as_slice() {
        [one] => Ok(one.id.clone()),
        _ => Err(Refusal::Unresolved {
            what: Kind::Account,
            typed: typed.to_owned(),
            candidates: found.iter().map(|a| a.id.to_string()).collect(),
        }),
    }
}

/// The permission set that is meant.
///
/// # Errors
/// None or several.
pub fn permission_set(directory: &Directory, typed: &str) -> Result<PermissionSetArn, Refusal> {
    let lower = typed.to_lowercase();
    let all = || directory.permission_sets.values();
    if let Some(exact) = all().find(|set| set.name.to_lowercase() == lower) {
        return Ok(exact.arn.clone());
    }
    let found: Vec<_> = all().filter(|set| set.name.to_lowercase().starts_with(&lower)).collect();
    match found.as_slice() {
        [one] => Ok(one.arn.clone()),
        _ => Err(Refusal::Unresolved {
            what: Kind::PermissionSet,
            typed: typed.to_owned(),
            candidates: found.iter().map(|a| a.name.clone()).collect(),
        }),
    }
}
