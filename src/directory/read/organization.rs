//! Accounts and the tree of organizational units, from AWS Organizations.

use std::collections::BTreeMap;

use aws_sdk_organizations::types::{
    Account as AwsAccount, AccountState as AwsState, AccountStatus, OrganizationalUnit, Root,
};
use futures_util::{StreamExt, TryStreamExt, stream};
use glasskey_domain::AccountId;
use glasskey_domain::directory::{Account, AccountState, Ou};
use glasskey_domain::ids::OuId;

use super::AT_ONCE;
use crate::access::aws::AwsClients;
use crate::access::budget::Rank;
use crate::access::failure::Failure;
use crate::access::operation::Op;
use crate::access::pages::{Page, all_pages};
use crate::access::retry::patiently;

/// Largest page of the lists of Organizations (platform-rules 3.10).
const PAGE_ROWS_MAX: i32 = 20;
/// AWS nests units five deep under the root (platform-rules 3.10); deeper is a circle.
const DEPTH_MAX: usize = 16;

/// What Organizations holds.
pub(super) struct Organization {
    pub(super) accounts: BTreeMap<AccountId, Account>,
    pub(super) ous: BTreeMap<OuId, Ou>,
}

pub(super) async fn read(aws: &AwsClients) -> Result<Organization, Failure> {
    let (management, roots) = futures_util::try_join!(management_account(aws), roots(aws))?;
    let mut ous = BTreeMap::new();
    let mut level: Vec<Ou> = roots;
    for _ in 0..DEPTH_MAX {
        if level.is_empty() {
            break;
        }
        let parents: Vec<OuId> = level.iter().map(|ou| ou.id.clone()).collect();
        for ou in level {
            place(&mut ous, ou.id.clone(), ou, Op::ListOrganizationalUnitsForParent)?;
        }
        let below = stream::iter(parents).map(async |parent| units_below(aws, &parent).await);
        let below: Vec<Vec<Ou>> = below.buffer_unordered(AT_ONCE).try_collect().await?;
        level = below.into_iter().flatten().collect();
    }
    if !level.is_empty() {
        return Err(Failure::garbled(Op::ListOrganizationalUnitsForParent, "units that nest without end"));
    }
    let parents: Vec<OuId> = ous.keys().cloned().collect();
    let lists = stream::iter(parents).map(async |parent| accounts_in(aws, &parent, &management).await);
    let lists: Vec<Vec<Account>> = lists.buffer_unordered(AT_ONCE).try_collect().await?;
    let mut accounts = BTreeMap::new();
    for account in lists.into_iter().flatten() {
        place(&mut accounts, account.id.clone(), account, Op::ListAccountsForParent)?;
    }
    Ok(Organization { accounts, ous })
}

/// The same thing in two places was moved while we read: policy by unit could not be trusted.
fn place<K: Ord, V>(map: &mut BTreeMap<K, V>, key: K, value: V, op: Op) -> Result<(), Failure> {
    match map.insert(key, value) {
        None => Ok(()),
        Some(_) => Err(Failure::garbled(op, "something was moved while it was read")),
    }
}

async fn management_account(aws: &AwsClients) -> Result<String, Failure> {
    let op = Op::DescribeOrganization;
    let answer = patiently(|| {
        let request = aws.organizations.describe_organization();
        aws.call(op, Rank::Background, request.send())
    });
    let id = answer.await?.organization.and_then(|organization| organization.master_account_id);
    id.ok_or_else(|| Failure::garbled(op, "no management account"))
}

async fn roots(aws: &AwsClients) -> Result<Vec<Ou>, Failure> {
    let op = Op::ListRoots;
    let roots = all_pages(op, async |token| {
        let answer = patiently(|| {
            let request =
                aws.organizations.list_roots().max_results(PAGE_ROWS_MAX).set_next_token(token.clone());
            aws.call(op, Rank::Background, request.send())
        });
        let answer = answer.await?;
        Ok(Page {
            rows: answer.roots.ok_or_else(|| Failure::garbled(op, "no list"))?,
            next: answer.next_token,
        })
    });
    roots.await?.into_iter().map(|Root { id, name, .. }| unit(op, id, name, None)).collect()
}

async fn units_below(aws: &AwsClients, parent: &OuId) -> Result<Vec<Ou>, Failure> {
    let op = Op::ListOrganizationalUnitsForParent;
    let units = all_pages(op, async |token| {
        let answer = patiently(|| {
            let request = aws
                .organizations
                .list_organizational_units_for_parent()
                .parent_id(parent.as_str())
                .max_results(PAGE_ROWS_MAX)
                .set_next_token(token.clone());
            aws.call(op, Rank::Background, request.send())
        });
        let answer = answer.await?;
        let rows = answer.organizational_units.ok_or_else(|| Failure::garbled(op, "no list"))?;
        Ok(Page { rows, next: answer.next_token })
    });
    let units = units.await?.into_iter();
    units.map(|OrganizationalUnit { id, name, .. }| unit(op, id, name, Some(parent.clone()))).collect()
}

fn unit(op: Op, id: Option<String>, name: Option<String>, parent: Option<OuId>) -> Result<Ou, Failure> {
    let id = id.ok_or_else(|| Failure::garbled(op, "a unit without an id"))?;
    Ok(Ou { name: name.unwrap_or_else(|| id.clone()), id: OuId::new(id), parent })
}

async fn accounts_in(aws: &AwsClients, parent: &OuId, management: &str) -> Result<Vec<Account>, Failure> {
    let op = Op::ListAccountsForParent;
    let accounts = all_pages(op, async |token| {
        let answer = patiently(|| {
            let request = aws
                .organizations
                .list_accounts_for_parent()
                .parent_id(parent.as_str())
                .max_results(PAGE_ROWS_MAX)
                .set_next_token(token.clone());
            aws.call(op, Rank::Background, request.send())
        });
        let answer = answer.await?;
        Ok(Page {
            rows: answer.accounts.ok_or_else(|| Failure::garbled(op, "no list"))?,
            next: answer.next_token,
        })
    });
    accounts.await?.into_iter().map(|row| account(row, parent, management)).collect()
}

fn account(row: AwsAccount, parent: &OuId, management: &str) -> Result<Account, Failure> {
    let state = state_of(&row);
    let id = row.id.as_deref().and_then(|id| AccountId::parse(id).ok());
    let id =
        id.ok_or_else(|| Failure::garbled(Op::ListAccountsForParent, "an account without a proper id"))?;
    Ok(Account {
        name: row.name.unwrap_or_else(|| id.to_string()),
        management: id.as_str() == management,
        id,
        state,
        parent: parent.clone(),
    })
}

/// `Status` is retired since 9 Sep 2026 (platform-rules 3.10); it counts only where there is no `State`.
fn state_of(row: &AwsAccount) -> AccountState {
    match (&row.state, &row.status) {
        (Some(AwsState::Active), _) | (None, Some(AccountStatus::Active)) => AccountState::Active,
        (Some(AwsState::Suspended | AwsState::PendingClosure | AwsState::Closed), _)
        | (None, Some(AccountStatus::Suspended | AccountStatus::PendingClosure)) => AccountState::Closed,
        _ => AccountState::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(state: Option<&str>, status: Option<&str>) -> AccountState {
        let row = AwsAccount::builder()
            .set_state(state.map(AwsState::from))
            .set_status(status.map(AccountStatus::from));
        state_of(&row.build())
    }

    /// pitfall 25
    #[test]
    fn only_an_account_that_is_said_to_be_active_is() {
        assert_eq!(state(Some("ACTIVE"), None), AccountState::Active);
        assert_eq!(
            state(None, Some("ACTIVE")),
            AccountState::Active,
            "the retired field, where there is no other"
        );
        assert_eq!(state(Some("SUSPENDED"), Some("ACTIVE")), AccountState::Closed, "the new field counts");
        assert_eq!(state(Some("CLOSED"), None), AccountState::Closed);
        assert_eq!(state(Some("PENDING_ACTIVATION"), None), AccountState::Unknown);
        assert_eq!(state(Some("FROZEN"), None), AccountState::Unknown);
        assert_eq!(state(None, None), AccountState::Unknown);
    }

    /// Policy by unit could not be trusted for it.
    #[test]
    fn what_is_found_in_two_places_was_moved_and_fails_the_reading() {
        let mut found = BTreeMap::new();
        assert_eq!(place(&mut found, "333333333333", "Staging", Op::ListAccountsForParent), Ok(()));
        let moved = place(&mut found, "333333333333", "Prod", Op::ListAccountsForParent).unwrap_err();
        assert!(moved.passes() && moved.to_string().contains("moved"), "{moved}");
    }

    #[test]
    fn an_account_without_twelve_digits_fails_the_reading() {
        let row = |id: &str| account(AwsAccount::builder().id(id).build(), &OuId::new("r-1"), "111111111111");
        assert!(row("11111111111").is_err());
        assert!(row("111111111111").unwrap().management);
        assert!(!row("222222222222").unwrap().management);
    }
}
