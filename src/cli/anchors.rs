//! `glasskey anchors …`: keeps one assignment of an empty group for what can be asked for. Talks to AWS itself, behind what the
//! running bot does there, and never gives anybody access: a group that is not empty is refused.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt as _, stream};
use glasskey_domain::directory::{Group, Keeper};
use glasskey_domain::holding::Change;
use glasskey_domain::{Directory, Door, GroupId, PersonId, Seconds};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::arguments::{AnchorsArguments, AnchorsCommand};
use super::aws;
use super::output::{Exit, Output};
use crate::access::anchors::{Anchors, Pair};
use crate::access::aws::AwsClients;
use crate::config::Config;
use crate::directory::read::AwsDirectory;
use crate::directory::resolve;
use crate::notices;
use crate::policy::RuleSet;
use crate::ports::{Asking, Choosing, DirectorySource as _, Fault, Offered, Offering, Query};

/// Anchors that are made or removed at once, of the 15 operations that AWS lets be under way.
const AT_ONCE: usize = 4;
/// People who are asked about in the policies: in a larger company those who are in the same groups are taken for one.
const ASKERS_MAX: usize = 500;
/// Of the calls that the configuration allows, this share: the others are the running bot's.
const SHARE: u32 = 2;

/// What is there and what is to be.
struct Plan {
    /// The group; none when it is still to be made.
    group: Option<GroupId>,
    missing: BTreeSet<Pair>,
    unwanted: BTreeSet<Pair>,
    kept: usize,
}

/// Does it, and says it.
pub async fn perform(out: &mut Output, config: &Config, command: AnchorsCommand, now: Timestamp) -> Exit {
    match performed(out, config, command, now).await {
        Ok(exit) => exit,
        Err(why) => {
            out.fail(&why, &json!({ "failed": why }));
            Exit::Refused
        }
    }
}

async fn performed(
    out: &mut Output,
    config: &Config,
    command: AnchorsCommand,
    now: Timestamp,
) -> Result<Exit, String> {
    let removing = matches!(command, AnchorsCommand::Remove);
    if !config.aws.anchors && !removing {
        return Err("anchors are off; set `aws.anchors = true` to have them".to_owned());
    }
    let mut settings = aws::settings(&config.aws);
    let calls = settings.limits.identity_center.calls_per_second;
    settings.limits.identity_center.calls_per_second = calls.map(|calls| (calls / SHARE).max(1));
    let clients = AwsClients::connect(settings).await.map_err(said)?;
    let directory = AwsDirectory::new(clients.clone()).read(now).await.map_err(said)?;
    let anchors = Anchors::new(clients);
    let (wanted, applies) = match &command {
        AnchorsCommand::Plan(which) => (wanted(config, &directory, which, now)?, false),
        AnchorsCommand::Apply(which) => (wanted(config, &directory, which, now)?, true),
        AnchorsCommand::Remove => (BTreeSet::new(), true),
    };
    let plan = plan(&anchors, &config.aws.anchor_group, &directory, wanted).await?;
    if !applies {
        out.say(&told(&plan, &directory), &as_json(&plan));
        return Ok(Exit::Fine);
    }
    Ok(apply(out, &anchors, &config.aws.anchor_group, &plan, &directory).await)
}

fn said(fault: Fault) -> String {
    fault.what().to_owned()
}

/// What was named, or else what policy offers.
fn wanted(
    config: &Config,
    directory: &Directory,
    which: &AnchorsArguments,
    now: Timestamp,
) -> Result<BTreeSet<Pair>, String> {
    if !which.accounts.is_empty() {
        return named(config, directory, which);
    }
    let rules = RuleSet::load(&config.policy.dir, config.policy.time_zone.clone());
    let rules = rules.map_err(|faults| {
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        format!("the policies cannot be used: {}", faults.join("; "))
    })?;
    Ok(offered(&rules, directory, config.requests.max_length, now))
}

/// What policy offers to somebody, now, at once or not.
fn offered(rules: &dyn Offering, directory: &Directory, longest: Seconds, now: Timestamp) -> BTreeSet<Pair> {
    let people = askers(directory);
    let mut pairs = BTreeSet::new();
    for account in directory.accounts.values().filter(|account| !account.management) {
        for (person, urgent) in people.iter().flat_map(|person| [(person, false), (person, true)]) {
            let asking = Asking {
                person,
                door: Door::Slack,
                at: now,
                starts_at: None,
                urgent,
                ticket: None,
                emergency_on: false,
                longest,
            };
            let choosing = Choosing::PermissionSet { account: &account.id };
            let query = Query { choosing, text: "" };
            for offer in rules.offers(directory, &asking, &query, directory.permission_sets.len()).found {
                if let Offered::PermissionSet(permission_set) = offer.what {
                    pairs.insert(Pair { account: account.id.clone(), permission_set });
                }
            }
        }
    }
    pairs
}

/// Everybody who is enabled; of a large company one for each set of groups, by which policies tell people apart.
fn askers(directory: &Directory) -> Vec<PersonId> {
    let enabled = directory.people.keys().filter(|id| directory.enabled(id).is_some());
    if directory.people.len() <= ASKERS_MAX {
        return enabled.cloned().collect();
    }
    let by_groups: BTreeMap<Vec<&GroupId>, &PersonId> =
        enabled.map(|id| (directory.groups_of(id).collect(), id)).collect();
    by_groups.into_values().take(ASKERS_MAX).cloned().collect()
}

/// Each permission set in each account that was named.
fn named(config: &Config, directory: &Directory, which: &AnchorsArguments) -> Result<BTreeSet<Pair>, String> {
    let no = |refusal| notices::refusal(&refusal, directory).plain();
    let mut pairs = BTreeSet::new();
    for account in &which.accounts {
        let account = resolve::account(directory, &config.aliases, account).map_err(no)?;
        if directory.accounts.get(&account).is_some_and(|account| account.management) {
            return Err(format!(
                "`{account}` is the management account; a permission set that is used there can be changed from nowhere else \
                 any more, so it gets no anchor"
            ));
        }
        for set in &which.permission_sets {
            let permission_set = resolve::permission_set(directory, set).map_err(no)?;
            pairs.insert(Pair { account: account.clone(), permission_set });
        }
    }
    Ok(pairs)
}

async fn plan(
    anchors: &Anchors,
    name: &str,
    directory: &Directory,
    wanted: BTreeSet<Pair>,
) -> Result<Plan, String> {
    let group = group(name, directory)?;
    let held = match &group {
        Some(group) => anchors.held(group, directory.permission_sets.keys()).await.map_err(said)?,
        None => BTreeSet::new(),
    };
    Ok(Plan {
        group,
        missing: wanted.difference(&held).cloned().collect(),
        unwanted: held.difference(&wanted).cloned().collect(),
        kept: held.intersection(&wanted).count(),
    })
}

/// The group of this name, in which nobody is.
fn group(name: &str, directory: &Directory) -> Result<Option<GroupId>, String> {
    let named = |group: &&Group| group.kept_in == Keeper::IdentityStore && group.name == name;
    let found: Vec<&Group> = directory.groups.values().filter(named).collect();
    let group = match found.as_slice() {
        [] => return Ok(None),
        [one] => one,
        several => return Err(format!("{} groups are called `{name}`; rename all but one", several.len())),
    };
    if group.fed_by.is_some() {
        return Err(format!(
            "the group `{name}` is fed by the identity provider, so anybody may come to be in it; choose another name in \
             `aws.anchor_group`"
        ));
    }
    let members = directory.members_of(&group.id).count();
    if members > 0 {
        return Err(format!(
            "the group `{name}` has {members} members, who would have all that it is assigned to; take them out, or choose \
             another name in `aws.anchor_group`"
        ));
    }
    Ok(Some(group.id.clone()))
}

async fn apply(out: &mut Output, anchors: &Anchors, name: &str, plan: &Plan, directory: &Directory) -> Exit {
    let group = match (&plan.group, plan.missing.is_empty()) {
        (Some(group), _) => group.clone(),
        (None, true) => {
            out.say("there is nothing to do", &json!({ "failed": [] }));
            return Exit::Fine;
        }
        (None, false) => match anchors.make_group(name).await {
            Ok(group) => group,
            Err(fault) => {
                let why = format!("the group `{name}` was not made: {fault}");
                out.fail(&why, &json!({ "failed": [why] }));
                return Exit::Refused;
            }
        },
    };
    let creates = plan.missing.iter().map(|pair| (Change::Create, pair));
    let all = creates.chain(plan.unwanted.iter().map(|pair| (Change::Delete, pair)));
    let group = &group;
    let mut changes = stream::iter(all)
        .map(|(change, pair)| async move { (change, pair, anchors.change(change, group, pair).await) })
        .buffer_unordered(AT_ONCE);
    let mut failed = Vec::new();
    while let Some((change, pair, done)) = changes.next().await {
        let line = line(change, pair, directory);
        match done {
            Ok(()) => out.note(&line),
            Err(fault) => {
                out.note(&format!("{line}: {fault}"));
                failed.push(format!("{line}: {fault}"));
            }
        }
    }
    drop(changes);
    let count = plan.missing.len().saturating_add(plan.unwanted.len());
    let text = format!("{} of {count} changes done", count.saturating_sub(failed.len()));
    if failed.is_empty() {
        out.say(&text, &json!({ "changes": count, "failed": [] }));
        return Exit::Fine;
    }
    out.fail(&text, &json!({ "changes": count, "failed": failed }));
    Exit::Refused
}

fn line(change: Change, pair: &Pair, directory: &Directory) -> String {
    let mark = match change {
        Change::Create => '+',
        Change::Delete => '-',
    };
    let set = directory.permission_sets.get(&pair.permission_set);
    let set = set.map_or_else(|| pair.permission_set.to_string(), |set| set.name.clone());
    let account = directory.accounts.get(&pair.account).map_or("", |account| account.name.as_str());
    format!("{mark} {set} in {account} ({})", pair.account)
}

fn told(plan: &Plan, directory: &Directory) -> String {
    let mut lines = Vec::new();
    if plan.group.is_none() && !plan.missing.is_empty() {
        lines.push("+ the group, which is not there yet".to_owned());
    }
    lines.extend(plan.missing.iter().map(|pair| line(Change::Create, pair, directory)));
    lines.extend(plan.unwanted.iter().map(|pair| line(Change::Delete, pair, directory)));
    let (missing, unwanted) = (plan.missing.len(), plan.unwanted.len());
    lines.push(format!("{missing} to make, {unwanted} to remove, {} as they are", plan.kept));
    lines.join("\n")
}

fn as_json(plan: &Plan) -> Value {
    let all = |pairs: &BTreeSet<Pair>| -> Vec<Value> {
        let one = |pair: &Pair| json!({ "account": pair.account.as_str(), "permission_set": pair.permission_set.as_str() });
        pairs.iter().map(one).collect()
    };
    json!({
        "group": plan.group.as_ref().map(|group| group.as_str()),
        "missing": all(&plan.missing),
        "unwanted": all(&plan.unwanted),
        "kept": plan.kept,
    })
}

#[cfg(test)]
mod tests {
    use glasskey_domain::directory::Feed;

    use super::*;

    fn company(group: Group, members: &[&str]) -> Directory {
        let mut company = Directory::empty();
        for member in members {
            company.memberships.entry(PersonId::new(*member)).or_default().insert(group.id.clone());
        }
        company.groups.insert(group.id.clone(), group);
        company
    }

    fn plain() -> Group {
        Group::plain(GroupId::new("g-1"), "glasskey-anchor".to_owned())
    }

    /// An anchor with somebody in it would be standing access to everything that can be asked for.
    #[test]
    fn a_group_with_somebody_in_it_or_that_may_be_filled_is_no_anchor() {
        let look = |company: &Directory| group("glasskey-anchor", company);
        assert_eq!(look(&company(plain(), &[])), Ok(Some(GroupId::new("g-1"))));
        assert!(look(&company(plain(), &["u-ana"])).unwrap_err().contains("1 members"));
        let fed = Group { fed_by: Some(Feed::Scim), ..plain() };
        assert!(look(&company(fed, &[])).unwrap_err().contains("identity provider"));
        let at_okta = Group { kept_in: Keeper::Okta, ..plain() };
        assert_eq!(look(&company(at_okta, &[])), Ok(None), "another group of that name elsewhere");
    }
}
