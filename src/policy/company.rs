//! A pretend company written in plain lines, so that policies can be tested before they are let near the real one.
//!
//! ```text
//! unit Workloads
//! unit Workloads/Prod
//! account 222222222222 payments-prod in Workloads/Prod
//! permission set ReadOnly, session 1h
//! group engineers: ana@acme.com, bo@acme.com
//! disabled: zed@acme.com
//! ```

use std::collections::BTreeMap;

use glasskey_domain::directory::{Account, AccountState, Group, Ou, PermissionSet};
use glasskey_domain::ids::OuId;
use glasskey_domain::person::Employment;
use glasskey_domain::{AccountId, Directory, GroupId, PermissionSetArn, Person, PersonId, Seconds};

use super::annotations::parse_length;
use super::fault::{Complaint, PolicyFault};

/// Session of a permission set that does not say: the shortest there is, and the default of AWS.
const SESSION_DEFAULT: Seconds = Seconds::hours(1);
const ROOT: &str = "r-pretend";

/// Reads a pretend company. Lines that begin with `#` are comments.
///
/// # Errors
/// Every line that cannot be read.
pub fn company(file: &str, text: &str) -> Result<Directory, Vec<PolicyFault>> {
    let lines: Vec<(usize, &str)> = (1..).zip(text.lines().map(str::trim)).collect();
    from_lines(file, &lines)
}

pub(super) fn from_lines(file: &str, lines: &[(usize, &str)]) -> Result<Directory, Vec<PolicyFault>> {
    let mut company = Company::new();
    let mut faults = Vec::new();
    for (number, line) in lines.iter().filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
        if let Err(complaint) = company.line(line) {
            faults.push(PolicyFault::at(file, *number, complaint));
        }
    }
    if faults.is_empty() { Ok(company.directory) } else { Err(faults) }
}

struct Company {
    directory: Directory,
    units: BTreeMap<String, OuId>,
}

impl Company {
    fn new() -> Self {
        let mut directory = Directory::empty();
        let root = OuId::new(ROOT);
        directory.ous.insert(root.clone(), Ou { id: root.clone(), name: "Root".to_owned(), parent: None });
        Self { directory, units: BTreeMap::from([(String::new(), root)]) }
    }

    fn line(&mut self, line: &str) -> Result<(), Complaint> {
        let wrong = || {
            Complaint::new(
                format!("`{line}` is not a line of a company"),
                "lines begin with `unit`, `account`, `permission set`, `group`, `people:` or `disabled:`",
            )
        };
        if let Some(path) = line.strip_prefix("unit ") {
            return self.unit(path.trim());
        }
        if let Some(rest) = line.strip_prefix("account ") {
            return self.account(rest).ok_or_else(|| {
                Complaint::new(
                    format!("`{line}` is not an account"),
                    "write `account 222222222222 payments-prod in Workloads/Prod`, after the `unit`",
                )
            });
        }
        if let Some(rest) = line.strip_prefix("permission set ") {
            return self.permission_set(rest).ok_or_else(|| {
                Complaint::new(
                    format!("`{line}` is not a permission set"),
                    "write `permission set ReadOnly` or `permission set Admin, session 4h`",
                )
            });
        }
        let (head, people) = line.split_once(':').ok_or_else(wrong)?;
        match head.strip_prefix("group ") {
            Some(group) => self.group(group.trim(), people),
            None if head == "people" => self.everybody(people, Employment::Enabled),
            None if head == "disabled" => self.everybody(people, Employment::Disabled),
            None => return Err(wrong()),
        }
        Ok(())
    }

    fn unit(&mut self, path: &str) -> Result<(), Complaint> {
        let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
        let parent = self.units.get(above).ok_or_else(|| {
            Complaint::new(
                format!("there is no unit `{above}` yet"),
                format!("write `unit {above}` before it"),
            )
        })?;
        let id = OuId::new(format!("ou-pretend-{:08}", self.units.len()));
        let ou = Ou { id: id.clone(), name: name.to_owned(), parent: Some(parent.clone()) };
        self.directory.ous.insert(id.clone(), ou);
        self.units.insert(path.to_owned(), id);
        Ok(())
    }

    fn account(&mut self, rest: &str) -> Option<()> {
        let (id, rest) = rest.trim().split_once(' ')?;
        let (name, unit) = rest.split_once(" in ").unwrap_or((rest, ""));
        let id = AccountId::parse(id).ok()?;
        let parent = self.units.get(unit.trim())?.clone();
        let name = name.trim().to_owned();
        let account =
            Account { id: id.clone(), name, state: AccountState::Active, parent, management: false };
        self.directory.accounts.insert(id, account);
        Some(())
    }

    fn permission_set(&mut self, rest: &str) -> Option<()> {
        let (name, session) = match rest.split_once(',') {
            None => (rest.trim(), SESSION_DEFAULT),
            Some((name, session)) => {
                (name.trim(), parse_length(session.trim().strip_prefix("session ")?.trim())?)
            }
        };
        let arn = PermissionSetArn::new(format!("arn:aws:sso:::permissionSet/ssoins-pretend/{name}"));
        let set = PermissionSet { arn: arn.clone(), name: name.to_owned(), session };
        self.directory.permission_sets.insert(arn, set);
        Some(())
    }

    fn group(&mut self, name: &str, people: &str) {
        let id = GroupId::new(format!("g-{name}"));
        self.directory.groups.insert(id.clone(), Group::plain(id.clone(), name.to_owned()));
        for person in words(people) {
            let person = self.person(person);
            self.directory.memberships.entry(person).or_default().insert(id.clone());
        }
    }

    fn everybody(&mut self, people: &str, employment: Employment) {
        for name in words(people) {
            let id = self.person(name);
            if let Some(person) = self.directory.people.get_mut(&id) {
                person.employment = employment;
            }
        }
    }

    fn person(&mut self, name: &str) -> PersonId {
        let id = PersonId::new(format!("p-{name}"));
        self.directory.people.entry(id.clone()).or_insert_with(|| Person {
            id: id.clone(),
            user_name: name.to_owned(),
            display_name: name.to_owned(),
            emails: vec![name.to_lowercase()],
            employment: Employment::Enabled,
        });
        id
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|word| !word.is_empty())
}
