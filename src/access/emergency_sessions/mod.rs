//! Cutting the sessions that outlive an emergency: a deny on `aws:TokenIssueTime` as an inline policy of each emergency role,
//! in the emergency account, as the IAM console's "Revoke active sessions" does it.
//!
//! It never touches Identity Center, the Identity Store or Organizations (P8), never makes a cut reach less far than it did,
//! and never takes a policy that it cannot read for its own. Sessions of other roles that were begun from these (role
//! chaining, at most an hour) are not ended by it: only what they could begin anew is.

use std::collections::BTreeMap;

use aws_credential_types::Credentials;
use futures_util::future::join_all;
use glasskey_domain::emergency::CutPlan;
use glasskey_domain::federation::CutSeen;
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::aws::{AwsClients, AwsSettings, sdk_config};
use super::budget::Rank;
use super::failure::{Failure, Kind};
use super::operation::Op;
use super::settings::Ear;
use crate::ports::{Answer, Fault, SessionCutter};

/// The inline policy, as `deploy/cloudformation/emergency-account.yaml` speaks of it.
const POLICY: &str = "GlasskeyCutSessions";
/// What CloudTrail shows in the emergency account.
const SESSION: &str = "glasskey-cut";
/// The shortest session there is: one cut, or one look, takes seconds.
const SESSION_SECONDS: i32 = 900;
/// The condition that makes a deny hold for older sessions only.
const ISSUED: &str = "aws:TokenIssueTime";

/// Cuts sessions by AWS.
pub struct EmergencySessions {
    settings: AwsSettings,
    /// By the ARN of the role that asks for it.
    external_ids: BTreeMap<String, SecretString>,
    /// Made when it is needed, which it seldom is.
    ready: OnceCell<Ready>,
}

struct Ready {
    aws: AwsClients,
    config: aws_config::SdkConfig,
    sts: aws_sdk_sts::Client,
}

/// The emergency account, as who may write to its roles, for some minutes.
struct Assumed<'a> {
    aws: &'a AwsClients,
    iam: aws_sdk_iam::Client,
}

impl std::fmt::Debug for EmergencySessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EmergencySessions").finish_non_exhaustive()
    }
}

impl EmergencySessions {
    /// Asks AWS nothing yet. `external_ids`: for roles to assume that ask for one, by their ARN.
    #[must_use]
    pub fn new(settings: AwsSettings, external_ids: BTreeMap<String, SecretString>) -> Self {
        // How Identity Center is, is not heard from here.
        let region = region_of_iam(&settings.region).to_owned();
        let settings = AwsSettings { region, ear: Ear::default(), ..settings };
        Self { settings, external_ids, ready: OnceCell::new() }
    }

    async fn ready(&self) -> &Ready {
        let make = || async {
            let config = sdk_config(self.settings.clone()).await;
            let aws = AwsClients::over(&config, &self.settings);
            Ready { aws, sts: aws_sdk_sts::Client::new(&config), config }
        };
        self.ready.get_or_init(make).await
    }

    async fn assumed(&self, role: &str) -> Result<Assumed<'_>, Fault> {
        let op = Op::AssumeRole;
        let Ready { aws, config, sts } = self.ready().await;
        let external_id = self.external_ids.get(role).map(|id| id.expose_secret().to_owned());
        let request = sts
            .assume_role()
            .role_arn(role)
            .role_session_name(SESSION)
            .duration_seconds(SESSION_SECONDS)
            .set_external_id(external_id);
        let answer = aws.call(op, Rank::Ending, request.send()).await;
        let answer = answer.map_err(|failure| failure.reading())?;
        let given = answer.credentials.ok_or_else(|| Failure::garbled(op, "no credentials").reading())?;
        let token = Some(given.session_token);
        let credentials =
            Credentials::new(given.access_key_id, given.secret_access_key, token, None, SESSION);
        let config = aws_sdk_iam::config::Builder::from(config).credentials_provider(credentials);
        Ok(Assumed { aws, iam: aws_sdk_iam::Client::from_conf(config.build()) })
    }
}

impl Assumed<'_> {
    async fn seen(&self, role: &str) -> Result<CutSeen, Fault> {
        let request = self.iam.get_role_policy().role_name(role).policy_name(POLICY);
        match self.aws.call(Op::GetRolePolicy, Rank::Ending, request.send()).await {
            Ok(answer) => Ok(denied_before(&answer.policy_document).map_or(CutSeen::Not, CutSeen::Before)),
            // The role has no such policy. That there is no such role is said by who writes to it.
            Err(failure) if failure.kind == Kind::NotFound => Ok(CutSeen::Not),
            Err(failure) => Err(failure.reading()),
        }
    }

    async fn deny(&self, role: &str, before: Timestamp) -> Result<(), Fault> {
        if self.seen(role).await? >= CutSeen::Before(before) {
            return Ok(());
        }
        let document = document(before).to_string();
        let request =
            self.iam.put_role_policy().role_name(role).policy_name(POLICY).policy_document(document);
        let put = self.aws.call(Op::PutRolePolicy, Rank::EndingStart, request.send()).await;
        put.map(drop).map_err(|failure| failure.changing())
    }
}

impl SessionCutter for EmergencySessions {
    fn cut<'a>(&'a self, plan: &'a CutPlan, before: Timestamp) -> Answer<'a, Result<(), Fault>> {
        Box::pin(async move {
            let there = self.assumed(&plan.assume).await?;
            let denied = plan.roles.iter().map(|role| async { about(role, there.deny(role, before).await) });
            worst(join_all(denied).await).map(drop)
        })
    }

    fn look<'a>(&'a self, plan: &'a CutPlan) -> Answer<'a, Result<CutSeen, Fault>> {
        Box::pin(async move {
            let there = self.assumed(&plan.assume).await?;
            let seen = plan.roles.iter().map(|role| async { about(role, there.seen(role).await) });
            let earliest = worst(join_all(seen).await)?.into_iter().min();
            earliest.ok_or_else(|| Fault::Permanent {
                what: "no role is named whose sessions are cut".to_owned(),
            })
        })
    }
}

/// IAM is written to in one Region of a partition, whatever Region Identity Center is in; who is assumed there is asked there
/// too, so that one Region is enough to cut.
fn region_of_iam(region: &str) -> &'static str {
    match region {
        region if region.starts_with("cn-") => "cn-north-1",
        region if region.starts_with("us-gov-") => "us-gov-west-1",
        _ => "us-east-1",
    }
}

/// Denies everything to sessions that were issued before.
fn document(before: Timestamp) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Deny",
            "Action": ["*"],
            "Resource": ["*"],
            "Condition": { "DateLessThan": { ISSUED: before.to_string() } },
        }],
    })
}

/// The time in a policy of ours, as IAM gives it back: percent-encoded. None in any other policy, whatever it denies.
fn denied_before(encoded: &str) -> Option<Timestamp> {
    let text = percent_decode_str(encoded).decode_utf8().ok()?;
    let found: Value = serde_json::from_str(&text).ok()?;
    let time = found.pointer(&format!("/Statement/0/Condition/DateLessThan/{ISSUED}"))?;
    let before: Timestamp = time.as_str()?.parse().ok()?;
    (found == document(before)).then_some(before)
}

fn about<T>(role: &str, done: Result<T, Fault>) -> Result<T, Fault> {
    let told = |what: String| format!("role `{role}`: {what}");
    done.map_err(|fault| match fault {
        Fault::Transient { what, retry_after } => Fault::Transient { what: told(what), retry_after },
        Fault::Lost { what } => Fault::Lost { what: told(what) },
        Fault::Permanent { what } => Fault::Permanent { what: told(what) },
    })
}

/// All of them, or the fault that says most of what may have been done, and of whether it is of use to try again.
fn worst<T>(all: Vec<Result<T, Fault>>) -> Result<Vec<T>, Fault> {
    let weight = |fault: &Fault| match fault {
        Fault::Lost { .. } => 2,
        Fault::Transient { .. } => 1,
        Fault::Permanent { .. } => 0,
    };
    let mut well = Vec::with_capacity(all.len());
    let mut faults = Vec::new();
    for one in all {
        match one {
            Ok(one) => well.push(one),
            Err(fault) => faults.push(fault),
        }
    }
    faults.into_iter().max_by_key(weight).map_or(Ok(well), Err)
}

#[cfg(test)]
mod tests;
