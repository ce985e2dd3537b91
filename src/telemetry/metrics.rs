//! The numbers that Prometheus reads: their names, what they mean, their buckets. Never a label that grows with people,
//! requests or accounts.

use std::time::Duration;

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

/// Chat event on the wire → acknowledged. Histogram, seconds.
pub const ACK_SECONDS: &str = "glasskey_ack_seconds";
/// One call of `decide`. Histogram, seconds.
pub const DECIDE_SECONDS: &str = "glasskey_decide_seconds";
/// One durable batch. Histogram, seconds.
pub const COMMIT_SECONDS: &str = "glasskey_commit_seconds";
/// Granting, by `phase`. Histogram, seconds.
pub const GRANT_SECONDS: &str = "glasskey_grant_seconds";
/// Deadline → access gone. Histogram, seconds; the service level objective.
pub const REVOKE_LATENESS_SECONDS: &str = "glasskey_revoke_lateness_seconds";
/// Requests whose access should be gone and is not. Gauge.
pub const OVERDUE: &str = "glasskey_overdue";
/// Jobs whose time has come. Gauge.
pub const JOBS_DUE: &str = "glasskey_jobs_due";
/// Calls by `provider`, `operation`, `outcome`. Counter.
pub const PROVIDER_CALLS: &str = "glasskey_provider_calls_total";
/// Requests by `outcome`. Counter.
pub const REQUESTS: &str = "glasskey_requests_total";
/// 1 while an emergency is on. Gauge.
pub const EMERGENCY_ON: &str = "glasskey_emergency_on";
/// Seconds since each `loop` last ran (pitfall 22). Gauge.
pub const LOOP_SILENCE_SECONDS: &str = "glasskey_loop_silence_seconds";
/// 1 while `/readyz` says yes. Gauge.
pub const READY: &str = "glasskey_ready";

/// From ten microseconds, which `decide` takes, to a second.
const COMPUTING: &[f64] =
    &[0.000_01, 0.000_02, 0.000_05, 0.000_1, 0.000_2, 0.000_5, 0.001, 0.005, 0.01, 0.05, 0.1, 1.0];
/// Around the promises (50 ms) and Slack's limit (3 s).
const ANSWERING: &[f64] = &[0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 10.0];
/// What AWS takes, and what people notice.
const GRANTING: &[f64] = &[0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0];
/// From on time to a bad day.
const LATENESS: &[f64] =
    &[0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1_800.0, 7_200.0, 86_400.0];

/// How often histograms are folded; the exporter's own recommendation.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

/// A recorder with our buckets, installed for the whole process.
///
/// # Errors
/// When one is installed already.
pub fn install() -> Result<PrometheusHandle, BuildError> {
    let handle = with_buckets()?.install_recorder()?;
    describe();
    Ok(handle)
}

fn with_buckets() -> Result<PrometheusBuilder, BuildError> {
    [
        (ACK_SECONDS, ANSWERING),
        (DECIDE_SECONDS, COMPUTING),
        (COMMIT_SECONDS, ANSWERING),
        (GRANT_SECONDS, GRANTING),
        (REVOKE_LATENESS_SECONDS, LATENESS),
    ]
    .into_iter()
    .try_fold(PrometheusBuilder::new(), |builder, (name, buckets)| {
        builder.set_buckets_for_metric(Matcher::Full(name.to_owned()), buckets)
    })
}

fn describe() {
    describe_histogram!(ACK_SECONDS, Unit::Seconds, "chat event received to acknowledged");
    describe_histogram!(DECIDE_SECONDS, Unit::Seconds, "one decision");
    describe_histogram!(COMMIT_SECONDS, Unit::Seconds, "one durable batch of the ledger");
    describe_histogram!(GRANT_SECONDS, Unit::Seconds, "granting access, by phase");
    describe_histogram!(REVOKE_LATENESS_SECONDS, Unit::Seconds, "end of a grant to access confirmed gone");
    describe_gauge!(OVERDUE, "requests whose access should be gone and is not");
    describe_gauge!(JOBS_DUE, "jobs whose time has come");
    describe_counter!(PROVIDER_CALLS, "calls to providers, by provider, operation and outcome");
    describe_counter!(REQUESTS, "access requests, by outcome");
    describe_gauge!(EMERGENCY_ON, "1 while an emergency is on");
    describe_gauge!(LOOP_SILENCE_SECONDS, Unit::Seconds, "seconds since each loop last ran");
    describe_gauge!(READY, "1 while the bot is ready");
    // Absent and zero are different things to an alarm: these exist from the start.
    for gauge in [OVERDUE, JOBS_DUE, EMERGENCY_ON, READY] {
        metrics::gauge!(gauge).set(0.0);
    }
}

/// Folds histograms for as long as the process runs; without it they grow.
pub async fn upkeep(handle: PrometheusHandle) {
    let mut tick = tokio::time::interval(UPKEEP_EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        handle.run_upkeep();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_promised_metric_is_described_and_the_histograms_have_our_buckets() {
        let recorder = with_buckets().unwrap().build_recorder();
        let handle = recorder.handle();
        metrics::with_local_recorder(&recorder, || {
            describe();
            for histogram in
                [ACK_SECONDS, DECIDE_SECONDS, COMMIT_SECONDS, GRANT_SECONDS, REVOKE_LATENESS_SECONDS]
            {
                metrics::histogram!(histogram).record(0.2);
            }
            metrics::counter!(PROVIDER_CALLS).increment(1);
            metrics::counter!(REQUESTS).increment(1);
        });
        let text = handle.render();
        for metric in [
            "glasskey_ack_seconds_bucket{le=\"3\"}",
            "glasskey_decide_seconds_bucket{le=\"0.00002\"}",
            "glasskey_commit_seconds_bucket{le=\"0.01\"}",
            "glasskey_grant_seconds_bucket{le=\"900\"}",
            "glasskey_revoke_lateness_seconds_bucket{le=\"0.25\"} 1",
            "# HELP glasskey_provider_calls_total",
            "# HELP glasskey_requests_total",
            "glasskey_overdue 0",
            "glasskey_jobs_due 0",
            "glasskey_emergency_on 0",
        ] {
            assert!(text.contains(metric), "{metric} in\n{text}");
        }
    }
}
