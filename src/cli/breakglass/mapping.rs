//! `glasskey breakglass mapping`: which group leads to which role of the emergency account, and on to which role of which
//! workload accounts. AWS's guide asks for this table on paper; here it is made from what the bot is configured with. Says
//! what should be there, and does not look whether it is.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use glasskey_domain::AccountId;
use glasskey_domain::emergency::Level;
use serde::Serialize;
use serde_json::{Value, json};

use super::group_name::{GroupName, GroupNameFault};
use crate::audit::csv_field;

/// A workload account that an emergency role reaches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reached {
    /// Twelve digits.
    pub id: AccountId,
    /// Its name, as the directory has it.
    pub name: String,
}

/// Where one group leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Path {
    /// What people type for it.
    pub level: Level,
    /// The group of the identity provider.
    pub group: String,
    /// The role of the emergency account that its members sign in to.
    pub role: String,
    /// The emergency account.
    pub emergency_account: AccountId,
    /// The role of the workload accounts that they go on to.
    pub workload_role: &'static str,
    /// The workload accounts, by name.
    pub accounts: Vec<Reached>,
}

/// What is wrong with the groups of a federation. Lower case, no full stop.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MappingFault {
    /// A group whose name cannot be read.
    #[error("the group for {}, `{group}`: {fault}", .level.word())]
    Name {
        /// For which level it is configured.
        level: Level,
        /// Its name.
        group: String,
        /// What is wrong with it.
        fault: GroupNameFault,
    },
    /// Whoever is let in to look would be let in to operate, or the reverse.
    #[error("the group for {}, `{group}`, leads to a role for {}", .level.word(), .leads_to.word())]
    OtherLevel {
        /// For which level it is configured.
        level: Level,
        /// Its name.
        group: String,
        /// What its role is for.
        leads_to: Level,
    },
    /// One app federates with one emergency account.
    #[error("the groups lead to different accounts: {one} and {other}")]
    TwoAccounts {
        /// The account of one of them.
        one: AccountId,
        /// The account of another.
        other: AccountId,
    },
    /// A group that is not an emergency group leads into an account that people work in.
    #[error("the groups lead to account {found}, but the emergency account is {expected}")]
    OtherAccount {
        /// Where they lead.
        found: AccountId,
        /// Where they should.
        expected: AccountId,
    },
}

/// The role of a workload account, as `deploy/cloudformation/emergency-workload-account.yaml` makes it.
pub(super) const fn workload_role(level: Level) -> &'static str {
    match level {
        Level::Ro => "EmergencyAccess_RO",
        Level::Ops => "EmergencyAccess_Ops",
    }
}

/// The paths of one federation: from the names of its groups by level, the emergency account where it is known, and the
/// accounts of the company with their names (the emergency account among them is left out).
///
/// # Errors
/// Everything that is wrong with the groups: a table that is wrong in one place is not printed.
pub fn mapping(
    groups: &BTreeMap<Level, String>,
    emergency_account: Option<&AccountId>,
    accounts: &[(AccountId, String)],
) -> Result<Vec<Path>, Vec<MappingFault>> {
    let mut faults = Vec::new();
    let mut paths: Vec<Path> = Vec::new();
    for (level, group) in groups {
        match read(*level, group) {
            Ok(name) => paths.push(path(group, name, accounts)),
            Err(fault) => faults.push(fault),
        }
    }
    faults.extend(wrong_account(&paths, emergency_account));
    if faults.is_empty() { Ok(paths) } else { Err(faults) }
}

fn read(level: Level, group: &str) -> Result<GroupName, MappingFault> {
    let name = GroupName::parse(group).map_err(|fault| MappingFault::Name {
        level,
        group: group.to_owned(),
        fault,
    })?;
    if name.level != level {
        return Err(MappingFault::OtherLevel { level, group: group.to_owned(), leads_to: name.level });
    }
    Ok(name)
}

fn path(group: &str, name: GroupName, accounts: &[(AccountId, String)]) -> Path {
    let others = accounts.iter().filter(|(id, _)| *id != name.account);
    let mut reached: Vec<Reached> =
        others.map(|(id, name)| Reached { id: id.clone(), name: name.clone() }).collect();
    reached.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    Path {
        level: name.level,
        group: group.to_owned(),
        role: name.role,
        emergency_account: name.account,
        workload_role: workload_role(name.level),
        accounts: reached,
    }
}

fn wrong_account(paths: &[Path], expected: Option<&AccountId>) -> Option<MappingFault> {
    let found = &paths.first()?.emergency_account;
    if let Some(other) = paths.iter().map(|path| &path.emergency_account).find(|other| *other != found) {
        return Some(MappingFault::TwoAccounts { one: found.clone(), other: other.clone() });
    }
    let expected = expected.filter(|expected| *expected != found)?;
    Some(MappingFault::OtherAccount { found: found.clone(), expected: expected.clone() })
}

/// For people, and for paper.
#[must_use]
pub fn text(paths: &[Path]) -> String {
    let mut out = String::new();
    for path in paths {
        let Path { group, role, emergency_account, workload_role, accounts, level } = path;
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{}: group {group}", level.word());
        let _ = writeln!(out, "  signs in to  {role} in the emergency account {emergency_account}");
        match accounts.len() {
            0 => {
                let _ =
                    writeln!(out, "  goes on to   {workload_role} (the directory knows no workload account)");
            }
            count => {
                let accounts_word = if count == 1 { "account" } else { "accounts" };
                let _ = writeln!(out, "  goes on to   {workload_role} in {count} {accounts_word}:");
            }
        }
        for account in accounts {
            let _ = writeln!(out, "               {}  {}", account.id, account.name);
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// For spreadsheets: one line for each group and account; a group that reaches none has one line all the same.
#[must_use]
pub fn csv(paths: &[Path]) -> String {
    let mut out = String::new();
    let heads = ["level", "group", "role", "emergency_account", "workload_role", "account", "account_name"];
    row(&mut out, heads);
    for path in paths {
        let mut line = |id: &str, name: &str| {
            let Path { group, role, emergency_account, workload_role, level, .. } = path;
            row(&mut out, [level.word(), group, role, emergency_account.as_str(), workload_role, id, name]);
        };
        if path.accounts.is_empty() {
            line("", "");
        }
        for account in &path.accounts {
            line(account.id.as_str(), &account.name);
        }
    }
    out
}

fn row(out: &mut String, fields: [&str; 7]) {
    out.push_str(&fields.map(csv_field).join(","));
    out.push_str("\r\n");
}

/// For programs.
#[must_use]
pub fn json(paths: &[Path]) -> Value {
    json!({ "mapping": paths })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(id: &str) -> AccountId {
        AccountId::parse(id).unwrap()
    }

    fn groups(ro: &str, ops: &str) -> BTreeMap<Level, String> {
        BTreeMap::from([(Level::Ro, ro.to_owned()), (Level::Ops, ops.to_owned())])
    }

    fn acme() -> BTreeMap<Level, String> {
        groups("aws#EmergencyAccess_Role1_RO#555555555555", "aws#EmergencyAccess_Role1_Ops#555555555555")
    }

    fn accounts() -> Vec<(AccountId, String)> {
        [("222222222222", "prod"), ("555555555555", "emergency"), ("111111111111", "data, \"raw\"")]
            .map(|(id, name)| (account(id), name.to_owned()))
            .to_vec()
    }

    #[test]
    fn each_group_leads_to_its_role_and_on_to_every_other_account() {
        let paths = mapping(&acme(), Some(&account("555555555555")), &accounts()).unwrap();
        let lines: Vec<_> = paths
            .iter()
            .map(|p| (p.level, p.role.as_str(), p.emergency_account.as_str(), p.workload_role))
            .collect();
        assert_eq!(
            lines,
            [
                (Level::Ro, "EmergencyAccess_Role1_RO", "555555555555", "EmergencyAccess_RO"),
                (Level::Ops, "EmergencyAccess_Role1_Ops", "555555555555", "EmergencyAccess_Ops"),
            ]
        );
        for path in paths {
            let names: Vec<_> = path.accounts.iter().map(|account| account.name.as_str()).collect();
            assert_eq!(names, ["data, \"raw\"", "prod"], "by name, without the emergency account");
        }
    }

    #[test]
    fn a_federation_may_have_one_level_only() {
        let groups = BTreeMap::from([(Level::Ro, acme()[&Level::Ro].clone())]);
        assert_eq!(mapping(&groups, None, &accounts()).unwrap().len(), 1);
    }

    #[test]
    fn a_group_for_looking_that_leads_to_operating_is_a_fault() {
        let swapped = groups(&acme()[&Level::Ops], &acme()[&Level::Ro]);
        let faults = mapping(&swapped, None, &[]).unwrap_err();
        let said: Vec<_> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                "the group for ro, `aws#EmergencyAccess_Role1_Ops#555555555555`, leads to a role for ops",
                "the group for ops, `aws#EmergencyAccess_Role1_RO#555555555555`, leads to a role for ro",
            ]
        );
    }

    #[test]
    fn all_groups_lead_to_the_one_emergency_account() {
        let two =
            groups("aws#EmergencyAccess_Role1_RO#555555555555", "aws#EmergencyAccess_Role1_Ops#222222222222");
        let (one, other) = (account("555555555555"), account("222222222222"));
        let apart = MappingFault::TwoAccounts { one: one.clone(), other: other.clone() };
        assert_eq!(mapping(&two, None, &[]), Err(vec![apart]));
        let elsewhere = MappingFault::OtherAccount { found: one, expected: other.clone() };
        assert_eq!(mapping(&acme(), Some(&other), &[]), Err(vec![elsewhere]));
    }

    #[test]
    fn every_wrong_group_is_named_at_once() {
        let faults = mapping(&groups("Everyone", "aws#Admin#555555555555"), None, &[]).unwrap_err();
        let said: Vec<_> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                "the group for ro, `Everyone`: it does not begin with `aws#`",
                "the group for ops, `aws#Admin#555555555555`: the role does not begin with `EmergencyAccess_`",
            ]
        );
    }

    #[test]
    fn people_read_it_as_a_path() {
        let paths = mapping(&acme(), None, &accounts()).unwrap();
        assert_eq!(
            text(&paths),
            "ro: group aws#EmergencyAccess_Role1_RO#555555555555\n\
             \x20 signs in to  EmergencyAccess_Role1_RO in the emergency account 555555555555\n\
             \x20 goes on to   EmergencyAccess_RO in 2 accounts:\n\
             \x20              111111111111  data, \"raw\"\n\
             \x20              222222222222  prod\n\
             ops: group aws#EmergencyAccess_Role1_Ops#555555555555\n\
             \x20 signs in to  EmergencyAccess_Role1_Ops in the emergency account 555555555555\n\
             \x20 goes on to   EmergencyAccess_Ops in 2 accounts:\n\
             \x20              111111111111  data, \"raw\"\n\
             \x20              222222222222  prod"
        );
        let none = mapping(&acme(), None, &[]).unwrap();
        assert!(text(&none).contains("EmergencyAccess_RO (the directory knows no workload account)"));
    }

    #[test]
    fn a_spreadsheet_has_a_line_for_each_group_and_account() {
        let paths = mapping(&acme(), None, &accounts()).unwrap();
        let table = csv(&paths);
        let lines: Vec<_> = table.split_terminator("\r\n").collect();
        assert_eq!(lines.len(), 1 + 2 * 2);
        assert_eq!(
            lines[1],
            "\"ro\",\"aws#EmergencyAccess_Role1_RO#555555555555\",\"EmergencyAccess_Role1_RO\",\"555555555555\",\
             \"EmergencyAccess_RO\",\"111111111111\",\"data, \"\"raw\"\"\""
        );
        let none = csv(&mapping(&acme(), None, &[]).unwrap());
        assert_eq!(none.split_terminator("\r\n").count(), 1 + 2, "who reaches nothing is not forgotten");
    }

    #[test]
    fn programs_read_the_same() {
        let paths = mapping(&acme(), None, &accounts()).unwrap();
        let ops = &json(&paths)["mapping"][1];
        assert_eq!(ops["level"], "ops");
        assert_eq!(ops["workload_role"], "EmergencyAccess_Ops");
        assert_eq!(ops["accounts"][1], serde_json::json!({ "id": "222222222222", "name": "prod" }));
    }
}
