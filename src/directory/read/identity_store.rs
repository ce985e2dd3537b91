//! People, groups and who is in which, from the Identity Store.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_identitystore::types::{Group as AwsGroup, MemberId, User};
use futures_util::{StreamExt, TryStreamExt, stream};
use glasskey_domain::directory::{Feed, Group};
use glasskey_domain::{GroupId, Person, PersonId};

use super::{AT_ONCE, unless_gone};
use crate::access::aws::AwsClients;
use crate::access::budget::Rank;
use crate::access::failure::Failure;
use crate::access::operation::Op;
use crate::access::pages::{Page, all_pages};
use crate::access::people::employment;
use crate::access::retry::patiently;

/// What the Identity Store holds.
pub(super) struct Store {
    pub(super) people: BTreeMap<PersonId, Person>,
    pub(super) groups: BTreeMap<GroupId, Group>,
    pub(super) memberships: BTreeMap<PersonId, BTreeSet<GroupId>>,
}

pub(super) async fn read(aws: &AwsClients) -> Result<Store, Failure> {
    let (people, mut groups) = futures_util::try_join!(users(aws), groups(aws))?;
    let ids: Vec<GroupId> = groups.keys().cloned().collect();
    let lists: Vec<(GroupId, Option<Vec<PersonId>>)> = stream::iter(ids)
        .map(async |group| {
            let members = unless_gone(members(aws, &group).await)?;
            Ok::<_, Failure>((group, members))
        })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    let mut memberships: BTreeMap<PersonId, BTreeSet<GroupId>> = BTreeMap::new();
    for (group, members) in lists {
        let Some(members) = members else {
            // Deleted since it was listed.
            groups.remove(&group);
            continue;
        };
        for member in members {
            memberships.entry(member).or_default().insert(group.clone());
        }
    }
    Ok(Store { people, groups, memberships })
}

async fn users(aws: &AwsClients) -> Result<BTreeMap<PersonId, Person>, Failure> {
    let op = Op::ListUsers;
    let users = all_pages(op, async |token| {
        let answer = patiently(|| {
            let request = aws
                .identity_store
                .list_users()
                .identity_store_id(aws.identity_store_id())
                .max_results(100)
                .set_next_token(token.clone());
            aws.call(op, Rank::Background, request.send())
        });
        let answer = answer.await?;
        Ok(Page { rows: answer.users, next: answer.next_token })
    });
    Ok(users.await?.into_iter().map(person).map(|person| (person.id.clone(), person)).collect())
}

async fn groups(aws: &AwsClients) -> Result<BTreeMap<GroupId, Group>, Failure> {
    let op = Op::ListGroups;
    let groups = all_pages(op, async |token| {
        let answer = patiently(|| {
            let request = aws
                .identity_store
                .list_groups()
                .identity_store_id(aws.identity_store_id())
                .max_results(100)
                .set_next_token(token.clone());
            aws.call(op, Rank::Background, request.send())
        });
        let answer = answer.await?;
        Ok(Page { rows: answer.groups, next: answer.next_token })
    });
    Ok(groups.await?.into_iter().map(group).map(|group| (group.id.clone(), group)).collect())
}

/// A group that another system keeps up to date has an id there: whoever we put in is taken out again by it.
fn group(row: AwsGroup) -> Group {
    let fed = row.external_ids.is_some_and(|ids| !ids.is_empty());
    let id = GroupId::new(row.group_id);
    let name = row.display_name.unwrap_or_else(|| id.to_string());
    Group { fed_by: fed.then_some(Feed::Scim), ..Group::plain(id, name) }
}

async fn members(aws: &AwsClients, group: &GroupId) -> Result<Vec<PersonId>, Failure> {
    let op = Op::ListGroupMemberships;
    let rows = all_pages(op, async |token| {
        let answer = patiently(|| {
            let request = aws
                .identity_store
                .list_group_memberships()
                .identity_store_id(aws.identity_store_id())
                .group_id(group.as_str())
                .max_results(100)
                .set_next_token(token.clone());
            aws.call(op, Rank::Background, request.send())
        });
        let answer = answer.await?;
        Ok(Page { rows: answer.group_memberships, next: answer.next_token })
    });
    let rows = rows.await?.into_iter().map(|row| match row.member_id {
        Some(MemberId::UserId(user)) => Ok(PersonId::new(user)),
        // Policy may forbid by group: a member that we cannot read must not be left out in silence.
        _ => Err(Failure::garbled(op, "a member that is not a user")),
    });
    rows.collect()
}

fn person(user: User) -> Person {
    let employment = employment(user.user_status.as_ref());
    let mut emails = user.emails.unwrap_or_default();
    emails.sort_by_key(|email| !email.primary);
    let mut addresses: Vec<String> = Vec::with_capacity(emails.len());
    for email in emails.into_iter().filter_map(|email| email.value) {
        let address = email.trim().to_lowercase();
        if !address.is_empty() && !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    Person {
        id: PersonId::new(user.user_id),
        user_name: user.user_name.unwrap_or_default(),
        display_name: user.display_name.unwrap_or_default(),
        emails: addresses,
        employment,
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_identitystore::types::{Email, ExternalId, UserStatus};
    use glasskey_domain::person::Employment;

    use super::*;

    fn user(status: Option<&str>, emails: &[(&str, bool)]) -> Person {
        let emails = emails
            .iter()
            .map(|(value, primary)| Email::builder().value(*value).primary(*primary).build())
            .collect();
        let user = User::builder()
            .identity_store_id("d-1")
            .user_id("u-1")
            .user_arn("arn:aws:identitystore:::user/u-1")
            .revision("1")
            .user_name("ana")
            .set_user_status(status.map(UserStatus::from))
            .set_emails(Some(emails));
        person(user.build().unwrap())
    }

    /// pitfall 25
    #[test]
    fn a_status_that_is_missing_or_new_is_unknown_and_not_enabled() {
        let employment = |status| user(status, &[]).employment;
        assert_eq!(employment(Some("ENABLED")), Employment::Enabled);
        assert_eq!(employment(Some("DISABLED")), Employment::Disabled);
        assert_eq!(employment(Some("ON_LEAVE")), Employment::Unknown);
        assert_eq!(employment(None), Employment::Unknown);
    }

    #[test]
    fn a_group_that_scim_keeps_is_told_apart_from_one_that_people_keep() {
        let row = |ids: Option<Vec<ExternalId>>| {
            let arn = "arn:aws:identitystore:::group/g-1";
            let row =
                AwsGroup::builder().identity_store_id("d-1").group_id("g-1").group_arn(arn).revision("1");
            group(row.set_external_ids(ids).build().unwrap()).fed_by
        };
        let id = ExternalId::builder().issuer("https://scim.example").id("00g1").build().unwrap();
        assert_eq!(row(Some(vec![id])), Some(Feed::Scim));
        assert_eq!(row(Some(Vec::new())), None);
        assert_eq!(row(None), None);
    }

    #[test]
    fn the_primary_address_comes_first_and_each_once_in_lower_case() {
        let person = user(
            None,
            &[
                ("Old@Acme.example", false),
                ("Ana@Acme.example", true),
                ("old@acme.example", false),
                (" ", false),
            ],
        );
        assert_eq!(person.emails, ["ana@acme.example", "old@acme.example"]);
        assert_eq!(person.email(), "ana@acme.example");
        assert_eq!(user(None, &[]).email(), "ana", "the user name is shown, and is not an address");
    }
}
