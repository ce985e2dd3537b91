//! The sections of the file, each read into its own type. Never reads one key twice, never stops at a fault.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use glasskey_domain::settings::REASON_LENGTH_MAX;
use glasskey_domain::{AccountId, Settings};
use jiff::tz::TimeZone;
use url::Url;

use super::environment::Environment;
use super::fault::ConfigFault;
use super::keys;
use super::reader::Reader;
use super::schedule::Schedule;
use super::secret_keys as secret;
use super::values::{self, Wrong};
use super::{Admin, Aws, CutSessions, Discord, Need, Policy, Slack};

/// Calls a second that IAM Identity Center allows all clients of an instance together (DESIGN §3).
const CALLS_PER_SECOND_DEFAULT: u32 = 20;
/// The group that anchors are assigned to, unless told otherwise.
const ANCHOR_GROUP_DEFAULT: &str = "glasskey-anchor";
/// Permission sets that are looked at for drift by name: as many as an account may have (platform-rules 3.2).
const DRIFT_SETS_MAX: usize = 500;
/// With two sockets, one drop leaves one.
const SOCKETS_DEFAULT: u32 = 2;
/// Slack allows an app 10 connections, and each of ours may have its successor beside it.
const SOCKETS_MAX: u32 = 5;
/// Where Prometheus looks for an exporter of its own kind, on this machine.
const METRICS_PORT: u16 = 9464;

pub(super) fn store(reader: &mut Reader<'_>) -> PathBuf {
    let base = reader.base;
    reader
        .maybe(&keys::STORE_PATH, |value| values::text(value).map(|text| base.join(text)))
        .unwrap_or_else(|| PathBuf::from("/var/lib/glasskey"))
}

/// Slack, unless Discord alone is served.
pub(super) fn slack(reader: &mut Reader<'_>, environment: &Environment, need: Need) -> Option<Slack> {
    if !reader.has_section("slack") && reader.has_section("discord") {
        return None;
    }
    let app_token = secret::needed(reader, &keys::SLACK_APP_TOKEN, environment, need);
    let bot_token = secret::needed(reader, &keys::SLACK_BOT_TOKEN, environment, need);
    let teams = reader.needed(&keys::SLACK_TEAM, values::teams);
    let channel = reader.needed(&keys::SLACK_CHANNEL, values::channel);
    let api_url =
        reader.maybe(&keys::SLACK_API_URL, values::url).or_else(|| Url::parse("https://slack.com/api").ok());
    let sockets = reader
        .maybe(&keys::SLACK_SOCKETS, |value| values::number(value, 1, SOCKETS_MAX))
        .unwrap_or(SOCKETS_DEFAULT);
    Some(Slack {
        app_token: app_token?,
        bot_token: bot_token?,
        teams: teams?,
        channel: channel?,
        api_url: api_url?,
        sockets,
    })
}

/// Discord, if it is served.
pub(super) fn discord(reader: &mut Reader<'_>, environment: &Environment, need: Need) -> Option<Discord> {
    if !reader.has_section("discord") {
        return None;
    }
    let token = secret::needed(reader, &keys::DISCORD_TOKEN, environment, need);
    let guild = reader.needed(&keys::DISCORD_GUILD, values::snowflake);
    let channel = reader.needed(&keys::DISCORD_CHANNEL, values::snowflake);
    let api_url =
        reader.maybe(&keys::DISCORD_API_URL, values::url).or_else(|| Url::parse("https://discord.com").ok());
    Some(Discord { token: token?, guild: guild?, channel: channel?, api_url: api_url? })
}

pub(super) fn aws(reader: &mut Reader<'_>, environment: &Environment) -> Option<Aws> {
    let region = reader.needed(&keys::AWS_REGION, values::region);
    let endpoint_url = reader.maybe(&keys::AWS_ENDPOINT_URL, values::url);
    let endpoint_url = endpoint_url.or_else(|| endpoint_of(reader, environment));
    let portal_url = reader.maybe(&keys::AWS_PORTAL_URL, values::url);
    let instance_arn = reader.maybe(&keys::AWS_INSTANCE_ARN, values::instance_arn);
    let calls_per_second = reader
        .maybe(&keys::AWS_CALLS_PER_SECOND, |value| values::number(value, 1, 10_000))
        .unwrap_or(CALLS_PER_SECOND_DEFAULT);
    if calls_per_second > CALLS_PER_SECOND_DEFAULT {
        reader.advise(
            &keys::AWS_CALLS_PER_SECOND,
            "above what IAM Identity Center allows: for load tests against a twin only",
        );
    }
    let anchors = reader.maybe(&keys::AWS_ANCHORS, values::boolean).unwrap_or(false);
    let anchor_group = reader
        .maybe(&keys::AWS_ANCHOR_GROUP, values::group_name)
        .unwrap_or_else(|| ANCHOR_GROUP_DEFAULT.to_owned());
    Some(Aws {
        region: region?,
        endpoint_url,
        portal_url,
        instance_arn,
        calls_per_second,
        anchors,
        anchor_group,
    })
}

/// `AWS_ENDPOINT_URL`, which the SDK would take unasked: it is held to the same rule.
fn endpoint_of(reader: &mut Reader<'_>, environment: &Environment) -> Option<Url> {
    let text = environment.get("AWS_ENDPOINT_URL")?;
    match values::parse_url(&text) {
        Ok(url) => Some(url),
        Err(wrong) => {
            let is = match wrong {
                Wrong::Value => super::fault::shown(&text),
                Wrong::Said(said) => said,
            };
            reader.faults.push(ConfigFault {
                file: "environment".to_owned(),
                line: None,
                key: "AWS_ENDPOINT_URL".to_owned(),
                is,
                must: keys::AWS_ENDPOINT_URL.must.to_owned(),
                nearest: None,
            });
            None
        }
    }
}

pub(super) fn requests(reader: &mut Reader<'_>) -> Settings {
    let or = Settings::default();
    let reason_max = u32::try_from(REASON_LENGTH_MAX).unwrap_or(u32::MAX);
    let pattern = reader.maybe(&keys::TICKET_PATTERN, values::pattern);
    if let Some(pattern) = &pattern
        && !(pattern.as_str().starts_with('^') && pattern.as_str().ends_with('$'))
    {
        reader.advise(
            &keys::TICKET_PATTERN,
            "not anchored: it also fits inside a longer text; start it with ^ and end it with $",
        );
    }
    Settings {
        lapse_after: reader.maybe(&keys::REQUESTS_LAPSE_AFTER, values::length).unwrap_or(or.lapse_after),
        max_length: reader.maybe(&keys::REQUESTS_MAX_DURATION, values::length).unwrap_or(or.max_length),
        reason_required: reader.maybe(&keys::REASON_REQUIRED, values::boolean).unwrap_or(or.reason_required),
        reason_length_min: reader
            .maybe(&keys::REASON_MIN_LENGTH, |value| values::number(value, 0, reason_max))
            .and_then(|length| usize::try_from(length).ok())
            .unwrap_or(or.reason_length_min),
        ticket_required: reader.maybe(&keys::TICKET_REQUIRED, values::boolean).unwrap_or(or.ticket_required),
        ticket_pattern: pattern,
        ..or
    }
}

/// Where sessions are cut, if they can be, and where the bundles are.
pub(super) fn extras(reader: &mut Reader<'_>) -> (Option<CutSessions>, Option<PathBuf>) {
    let base = reader.base;
    let cut = reader.maybe(&keys::REQUESTS_CUT_SESSIONS, values::cut_sessions);
    let bundles =
        reader.maybe(&keys::REQUESTS_BUNDLES, |value| values::text(value).map(|text| base.join(text)));
    (cut, bundles)
}

/// Which permission sets are looked at for access that no request explains, all when none is named, and whether it is removed.
pub(super) fn drift(reader: &mut Reader<'_>) -> (Option<Vec<String>>, bool) {
    let sets = reader.maybe(&keys::DRIFT_PERMISSION_SETS, |value| values::names(value, DRIFT_SETS_MAX));
    let remove = reader.maybe(&keys::DRIFT_REMOVE, values::boolean).unwrap_or(false);
    if remove && sets.is_none() {
        reader.advise(
            &keys::DRIFT_REMOVE,
            "removes every assignment to a user that no request explains, of every permission set; name those that are \
             given by request alone in `drift.permission_sets`",
        );
    }
    (sets, remove)
}

pub(super) fn aliases(reader: &mut Reader<'_>) -> BTreeMap<String, AccountId> {
    reader.named(&keys::ALIASES, values::alias)
}

/// When things are done again and again.
pub(super) struct Schedules {
    pub(super) directory: Schedule,
    pub(super) reconcile: Schedule,
    pub(super) drill: Option<Schedule>,
    pub(super) standing: Option<Schedule>,
}

/// When the directory is read, every five minutes unless told otherwise; when what is held is looked at, every ten; and
/// when drills are held, never unless told so.
pub(super) fn schedules(reader: &mut Reader<'_>) -> Option<Schedules> {
    let directory = schedule(reader, &keys::SCHEDULE_DIRECTORY);
    let reconcile = schedule(reader, &keys::SCHEDULE_RECONCILE);
    let drill = schedule(reader, &keys::SCHEDULE_DRILL);
    let standing = schedule(reader, &keys::SCHEDULE_STANDING);
    Some(Schedules {
        directory: directory.or_else(|| Schedule::parse("0 */5 * * * *").ok())?,
        reconcile: reconcile.or_else(|| Schedule::parse("0 */10 * * * *").ok())?,
        drill,
        standing,
    })
}

fn schedule(reader: &mut Reader<'_>, key: &keys::Key<'_>) -> Option<Schedule> {
    reader.maybe(key, |value| {
        let text = values::text(value)?;
        Schedule::parse(text).map_err(|why| Wrong::Said(format!("{} ({why})", super::fault::shown(text))))
    })
}

pub(super) fn policy(reader: &mut Reader<'_>) -> Policy {
    let base = reader.base;
    Policy {
        dir: reader
            .maybe(&keys::POLICY_DIR, |value| values::text(value).map(|text| base.join(text)))
            .unwrap_or_else(|| base.join("policies")),
        time_zone: reader.maybe(&keys::POLICY_TIME_ZONE, values::time_zone).unwrap_or(TimeZone::UTC),
    }
}

pub(super) fn admin(reader: &mut Reader<'_>) -> Admin {
    let socket = reader
        .maybe(&keys::ADMIN_SOCKET, values::socket)
        .unwrap_or_else(|| PathBuf::from("/run/glasskey/glasskey.sock"));
    let anywhere = reader.maybe(&keys::ADMIN_METRICS_ANYWHERE, values::boolean).unwrap_or(false);
    let metrics = reader
        .maybe(&keys::ADMIN_METRICS, |value| {
            let address = values::address(value)?;
            if address.ip().is_loopback() || anywhere { Ok(address) } else { Err(Wrong::Value) }
        })
        .unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, METRICS_PORT)));
    if anywhere && metrics.ip().is_loopback() {
        reader
            .advise(&keys::ADMIN_METRICS_ANYWHERE, "has no effect: the address is one of this machine alone");
    }
    Admin { socket, metrics, people: reader.named(&keys::PEOPLE, values::local_person) }
}
