//! Permission sets with their session durations, from Identity Center. The only part of a reading that spends the budget of
//! endings, so it stands last in line.

use std::collections::BTreeMap;

use futures_util::{StreamExt, TryStreamExt, stream};
use glasskey_domain::directory::PermissionSet;
use glasskey_domain::{PermissionSetArn, Seconds};
use jiff::SignedDuration;

use super::{AT_ONCE, unless_gone};
use crate::access::aws::AwsClients;
use crate::access::budget::Rank;
use crate::access::failure::Failure;
use crate::access::operation::Op;
use crate::access::pages::{Page, all_pages};
use crate::access::retry::patiently;

/// Session duration of a permission set that names none (platform-rules 3.4).
const SESSION_DEFAULT: Seconds = Seconds::hours(1);
/// The longest there is (platform-rules 3.4): what is told where AWS's own words cannot be read.
const SESSION_MAX: Seconds = Seconds::hours(12);

pub(super) async fn read(aws: &AwsClients) -> Result<BTreeMap<PermissionSetArn, PermissionSet>, Failure> {
    let op = Op::ListPermissionSets;
    let arns = all_pages(op, async |token| {
        let answer = patiently(|| {
            let request = aws
                .sso
                .list_permission_sets()
                .instance_arn(aws.instance_arn())
                .max_results(100)
                .set_next_token(token.clone());
            aws.call(op, Rank::Background, request.send())
        });
        let answer = answer.await?;
        let rows = answer.permission_sets.ok_or_else(|| Failure::garbled(op, "no list"))?;
        Ok(Page { rows, next: answer.next_token })
    });
    let sets = stream::iter(arns.await?).map(async |arn| {
        let described = patiently(|| aws.permission_set(&arn, Rank::Background)).await;
        let Some(described) = unless_gone(described)? else { return Ok(None) };
        let name = described.name.ok_or_else(|| Failure::garbled(Op::DescribePermissionSet, "no name"))?;
        let session = session(&name, described.session_duration.as_deref());
        let arn = PermissionSetArn::new(arn);
        Ok::<_, Failure>(Some((arn.clone(), PermissionSet { arn, name, session })))
    });
    let sets: Vec<Option<_>> = sets.buffer_unordered(AT_ONCE).try_collect().await?;
    Ok(sets.into_iter().flatten().collect())
}

/// ISO 8601: `PT1H`, `PT1H30M`.
fn session(name: &str, text: Option<&str>) -> Seconds {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return SESSION_DEFAULT };
    let length = text.parse::<SignedDuration>().ok().and_then(|length| u32::try_from(length.as_secs()).ok());
    match length.filter(|seconds| (1..=SESSION_MAX.0).contains(seconds)) {
        Some(seconds) => Seconds(seconds),
        None => {
            tracing::warn!(
                permission_set = name,
                duration = text,
                "a session duration cannot be read; 12 h are told"
            );
            SESSION_MAX
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_duration_is_read_as_iso_8601_and_told_too_long_rather_than_too_short() {
        let cases = [
            (None, Seconds::hours(1)),
            (Some(""), Seconds::hours(1)),
            (Some("PT1H"), Seconds::hours(1)),
            (Some("PT1H30M"), Seconds::minutes(90)),
            (Some("PT43200S"), Seconds::hours(12)),
            (Some("PT12H"), Seconds::hours(12)),
            (Some("PT13H"), SESSION_MAX),
            (Some("one hour"), SESSION_MAX),
            (Some("-PT1H"), SESSION_MAX),
            (Some("PT0S"), SESSION_MAX),
        ];
        for (text, length) in cases {
            assert_eq!(session("ReadOnly", text), length, "{text:?}");
        }
    }
}
