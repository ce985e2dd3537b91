//! The way to AWS: one set of clients, one budget for all, every call bounded in time and counted.
//!
//! It never repeats a call by itself (the SDK's own retries are off: they would spend the budget unseen, and a change may
//! have been done), and never keeps or prints a credential: those stay in the SDK's chain.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_ssoadmin::types::PermissionSet;
use aws_smithy_http_client::tls::{Provider as Tls, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use tokio::time::Instant;
use tracing::Instrument;

use super::budget::{Budget, EMERGENCY_CALLS_PER_SECOND, Limits, Rank, Slot};
use super::failure::{Failure, Kind};
use super::operation::{Op, Provider};
use super::pages::{Page, all_pages};
use super::retry::patiently;
use super::settings::Ear;
pub use super::settings::{AwsSettings, CallLimits, Timeouts};
use crate::ports::{CenterPart, Fault};

/// Longest wait for a turn to give access: after it the engine decides anew whether it is still wanted.
const TURN_WAIT_GRANTING_MAX: Duration = Duration::from_secs(30);
/// Longest wait for a turn to read: well past the time after which a background call goes before those who give.
const TURN_WAIT_BACKGROUND_MAX: Duration = Duration::from_secs(120);
/// Longest wait for a turn to take access away: it keeps its place in the line, which a new try would lose.
const TURN_WAIT_ENDING_MAX: Duration = Duration::from_secs(300);

/// Clients of AWS for one instance of Identity Center. Clones share connections and budgets.
#[derive(Debug, Clone)]
pub struct AwsClients {
    pub(crate) sso: aws_sdk_ssoadmin::Client,
    pub(crate) identity_store: aws_sdk_identitystore::Client,
    pub(crate) organizations: aws_sdk_organizations::Client,
    instance_arn: String,
    identity_store_id: String,
    identity_center_budget: Budget,
    /// Each API of the Identity Store has its own.
    identity_store_budgets: Arc<BTreeMap<Op, Budget>>,
    organizations_budget: Budget,
    /// Paid beside the others by whatever can wait.
    background_budget: Budget,
    /// For STS and IAM, which are only asked to cut sessions.
    emergency_budget: Budget,
    ear: Ear,
}

impl AwsClients {
    /// Reaches AWS and finds the instance of Identity Center.
    ///
    /// # Errors
    /// When AWS cannot be reached, or there is not exactly one active instance (or not the one named).
    pub async fn connect(settings: AwsSettings) -> Result<Self, Fault> {
        let wanted = settings.instance_arn.clone();
        let mut clients = Self::unconnected(settings).await;
        let instances = clients.instances().await.map_err(|failure| failure.reading())?;
        let (arn, store) = choose_instance(&instances, wanted.as_deref())?;
        tracing::info!(instance = %arn, identity_store = %store, "found the Identity Center instance");
        (clients.instance_arn, clients.identity_store_id) = (arn, store);
        Ok(clients)
    }

    async fn unconnected(settings: AwsSettings) -> Self {
        Self::over(&sdk_config(settings.clone()).await, &settings)
    }

    /// Asks AWS nothing. Good for what needs no instance of Identity Center.
    pub(super) fn over(config: &aws_config::SdkConfig, settings: &AwsSettings) -> Self {
        let (limits, ear) = (settings.limits, settings.ear.clone());
        let identity_store = Op::ALL.iter().filter(|op| op.provider() == Provider::IdentityStore);
        Self {
            sso: aws_sdk_ssoadmin::Client::new(config),
            identity_store: aws_sdk_identitystore::Client::new(config),
            organizations: aws_sdk_organizations::Client::new(config),
            instance_arn: String::new(),
            identity_store_id: String::new(),
            identity_center_budget: Budget::new(limits.identity_center),
            identity_store_budgets: Arc::new(
                identity_store.map(|op| (*op, Budget::new(limits.identity_store))).collect(),
            ),
            organizations_budget: Budget::new(limits.organizations),
            background_budget: Budget::new(limits.background),
            emergency_budget: Budget::new(Limits::calls(EMERGENCY_CALLS_PER_SECOND)),
            ear,
        }
    }

    /// Asks Identity Center whether it is there, once.
    ///
    /// # Errors
    /// When it does not say.
    pub async fn ask(&self) -> Result<(), Fault> {
        self.instances_page(None).await.map(drop).map_err(|failure| failure.reading())
    }

    async fn instances(&self) -> Result<Vec<Instance>, Failure> {
        all_pages(Op::ListInstances, async |token| {
            let answer = patiently(|| self.instances_page(token.clone())).await?;
            let rows = answer.instances.ok_or_else(|| Failure::garbled(Op::ListInstances, "no list"))?;
            let rows = rows
                .into_iter()
                .filter_map(|row| {
                    Some(Instance {
                        // Stand-ins leave the status out; AWS does not.
                        usable: row
                            .status
                            .is_none_or(|s| s == aws_sdk_ssoadmin::types::InstanceStatus::Active),
                        arn: row.instance_arn?,
                        identity_store: row.identity_store_id?,
                    })
                })
                .collect();
            Ok(Page { rows, next: answer.next_token })
        })
        .await
    }

    async fn instances_page(
        &self,
        token: Option<String>,
    ) -> Result<aws_sdk_ssoadmin::operation::list_instances::ListInstancesOutput, Failure> {
        let request = self.sso.list_instances().max_results(100).set_next_token(token);
        self.call(Op::ListInstances, Rank::Background, request.send()).await
    }

    /// ARN of the instance.
    #[must_use]
    pub fn instance_arn(&self) -> &str {
        &self.instance_arn
    }

    /// Id of its Identity Store.
    #[must_use]
    pub fn identity_store_id(&self) -> &str {
        &self.identity_store_id
    }

    /// The budget of Identity Center, which counts its operations under way.
    #[must_use]
    pub fn identity_center_budget(&self) -> &Budget {
        &self.identity_center_budget
    }

    /// One permission set.
    ///
    /// # Errors
    /// Whatever went wrong; [`Kind::NotFound`] when AWS says that there is none.
    pub(crate) async fn permission_set(&self, arn: &str, rank: Rank) -> Result<PermissionSet, Failure> {
        let op = Op::DescribePermissionSet;
        let request =
            self.sso.describe_permission_set().instance_arn(&self.instance_arn).permission_set_arn(arn);
        let answer = self.call(op, rank, request.send()).await?;
        answer.permission_set.ok_or_else(|| Failure::garbled(op, "no permission set"))
    }

    fn budget(&self, op: Op) -> &Budget {
        match op.provider() {
            Provider::IdentityCenter => &self.identity_center_budget,
            Provider::Organizations => &self.organizations_budget,
            Provider::Sts | Provider::Iam => &self.emergency_budget,
            // The map holds every operation of the Identity Store; the other budget is only for the types.
            Provider::IdentityStore => {
                self.identity_store_budgets.get(&op).unwrap_or(&self.organizations_budget)
            }
        }
    }

    /// Makes one call when it is its turn.
    ///
    /// # Errors
    /// Whatever went wrong, as what follows from it.
    pub(crate) async fn call<T, E>(
        &self,
        op: Op,
        rank: Rank,
        request: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> Result<T, Failure>
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let budget = self.budget(op);
        self.in_turn(op, rank, async {
            if rank != Rank::Background {
                return budget.call(rank).await;
            }
            // All who come there can wait, so none of them stands behind another rank.
            let all_that_waits = self.background_budget.call(Rank::Granting);
            if op.provider() == Provider::IdentityCenter {
                // Ends are made of this budget: what can wait takes nothing of it before it goes.
                all_that_waits.await;
                budget.call(rank).await;
            } else {
                // What one API held back would else leave beside what the others let through.
                budget.call(rank).await;
                all_that_waits.await;
            }
        })
        .await?;
        self.send(op, request).await
    }

    /// Makes one call that begins an operation, when it is its turn and there is room for one.
    ///
    /// # Errors
    /// Whatever went wrong, as what follows from it.
    pub(crate) async fn begin<T, E>(
        &self,
        op: Op,
        rank: Rank,
        request: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> Result<(T, Slot), Failure>
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let slot = self.in_turn(op, rank, self.budget(op).start(rank)).await?;
        match self.send(op, request).await {
            Ok(answer) => Ok((answer, slot)),
            Err(failure) => {
                // Who is in trouble says so and works on nothing: a place kept for nothing delays endings, and one too few costs a
                // call that is throttled.
                if failure.kind != Kind::Lost {
                    slot.unused();
                }
                Err(failure)
            }
        }
    }

    async fn in_turn<T>(&self, op: Op, rank: Rank, turn: impl Future<Output = T>) -> Result<T, Failure> {
        let wait_max = match rank {
            Rank::EndingStart | Rank::Ending => TURN_WAIT_ENDING_MAX,
            Rank::Emergency | Rank::Granting => TURN_WAIT_GRANTING_MAX,
            Rank::Background => TURN_WAIT_BACKGROUND_MAX,
        };
        let turn = tokio::time::timeout(wait_max, turn).await;
        turn.map_err(|_| self.counted(op, Failure::no_turn(op, wait_max)))
    }

    async fn send<T, E>(
        &self,
        op: Op,
        request: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> Result<T, Failure>
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let span = tracing::debug_span!("aws", operation = op.name());
        let began = Instant::now();
        let answer = request.instrument(span).await;
        let labels = [("provider", op.provider().label()), ("operation", op.name())];
        metrics::histogram!("glasskey_provider_call_seconds", &labels).record(began.elapsed().as_secs_f64());
        match answer {
            Ok(answer) => {
                count(op, "ok");
                self.hear(op, Some(true));
                Ok(answer)
            }
            Err(error) => {
                let failure = Failure::read(op, &error);
                self.hear(op, failure.answered_at_all());
                if failure.kind == Kind::Throttled {
                    self.budget(op).throttled(failure.retry_after);
                }
                Err(self.counted(op, failure))
            }
        }
    }

    /// Organizations is not listened to: people sign in without it, and its answers must not hide that they cannot.
    fn hear(&self, op: Op, answered: Option<bool>) {
        let part = match op.provider() {
            Provider::IdentityCenter => CenterPart::Center,
            Provider::IdentityStore => CenterPart::Store,
            Provider::Organizations | Provider::Sts | Provider::Iam => return,
        };
        if let (Some(answered), Some(ear)) = (answered, self.ear.get()) {
            ear.heard(part, answered);
        }
    }

    fn counted(&self, op: Op, failure: Failure) -> Failure {
        count(op, failure.kind.label());
        tracing::debug!(operation = op.name(), outcome = failure.kind.label(), %failure, "a call to AWS failed");
        failure
    }
}

/// How AWS is reached: who we are, where, for how long; and never twice by itself.
pub(super) async fn sdk_config(settings: AwsSettings) -> aws_config::SdkConfig {
    let AwsSettings { region, endpoint_url, credentials, timeouts, .. } = settings;
    let http =
        aws_smithy_http_client::Builder::new().tls_provider(Tls::Rustls(CryptoMode::Ring)).build_https();
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(timeouts.connect)
        .operation_attempt_timeout(timeouts.attempt)
        .operation_timeout(timeouts.operation)
        .build();
    let mut loader = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .http_client(http)
        .region(aws_config::Region::new(region))
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts);
    if let Some(url) = endpoint_url {
        loader = loader.endpoint_url(url);
    }
    if let Some(credentials) = credentials {
        loader = loader.credentials_provider(credentials);
    }
    loader.load().await
}

fn count(op: Op, outcome: &'static str) {
    let labels = [("provider", op.provider().label()), ("operation", op.name()), ("outcome", outcome)];
    metrics::counter!("glasskey_provider_calls_total", &labels).increment(1);
}

/// One row of `ListInstances`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Instance {
    arn: String,
    identity_store: String,
    usable: bool,
}

fn choose_instance(instances: &[Instance], wanted: Option<&str>) -> Result<(String, String), Fault> {
    let permanent = |what: String| Err(Fault::Permanent { what });
    let names =
        |rows: &[&Instance]| rows.iter().map(|row| format!("`{}`", row.arn)).collect::<Vec<_>>().join(", ");
    let usable: Vec<&Instance> = instances.iter().filter(|row| row.usable).collect();
    let fitting: Vec<&Instance> =
        usable.iter().copied().filter(|row| wanted.is_none_or(|arn| arn == row.arn)).collect();
    match (fitting.as_slice(), wanted) {
        ([one], _) => Ok((one.arn.clone(), one.identity_store.clone())),
        ([], Some(arn)) => permanent(format!(
            "there is no active Identity Center instance `{arn}` here; active in this Region: {}",
            if usable.is_empty() { "none".to_owned() } else { names(&usable) }
        )),
        ([], None) => permanent(
            "there is no active Identity Center instance in this Region; set `aws.region` to the Region where it is".to_owned(),
        ),
        (several, _) => permanent(format!(
            "there are several Identity Center instances: {}; set `aws.instance_arn` to the one that is meant",
            names(several)
        )),
    }
}

#[cfg(test)]
mod tests {
    use aws_credential_types::Credentials;

    use super::*;

    fn instance(name: &str, usable: bool) -> Instance {
        Instance {
            arn: format!("arn:aws:sso:::instance/ssoins-{name}"),
            identity_store: format!("d-{name}"),
            usable,
        }
    }

    fn chosen(instances: &[Instance], wanted: Option<&str>) -> Result<String, String> {
        let chosen = choose_instance(instances, wanted);
        chosen.map(|(_, store)| store).map_err(|fault| fault.what().to_owned())
    }

    #[test]
    fn one_active_instance_is_taken_and_all_else_is_told() {
        let (a, b, off) = (instance("a", true), instance("b", true), instance("off", false));
        assert_eq!(chosen(&[off.clone(), a.clone()], None), Ok("d-a".to_owned()));
        assert_eq!(chosen(&[a.clone(), b.clone()], Some(&b.arn)), Ok("d-b".to_owned()));
        let several = chosen(&[a.clone(), b], None).unwrap_err();
        assert!(several.contains("ssoins-a") && several.contains("ssoins-b"), "{several}");
        assert!(chosen(std::slice::from_ref(&off), None).unwrap_err().contains("aws.region"));
        let elsewhere = chosen(&[a], Some(&off.arn)).unwrap_err();
        assert!(elsewhere.contains("ssoins-off") && elsewhere.contains("ssoins-a"), "{elsewhere}");
    }

    async fn clients_for(port: u16) -> AwsClients {
        let settings = AwsSettings {
            endpoint_url: Some(format!("http://127.0.0.1:{port}")),
            credentials: Some(Credentials::new("AKIDLOOPBACK", "not-a-secret", None, None, "test")),
            ..AwsSettings::in_region("eu-west-1")
        };
        AwsClients::unconnected(settings).await
    }

    async fn create(clients: &AwsClients) -> Failure {
        let request = clients
            .sso
            .create_account_assignment()
            .instance_arn("arn:aws:sso:::instance/ssoins-1111111111111111")
            .target_type(aws_sdk_ssoadmin::types::TargetType::AwsAccount)
            .target_id("333333333333")
            .permission_set_arn("arn:aws:sso:::permissionSet/ssoins-1111111111111111/ps-1111111111111111")
            .principal_type(aws_sdk_ssoadmin::types::PrincipalType::User)
            .principal_id("u-1");
        clients.begin(Op::CreateAccountAssignment, Rank::Granting, request.send()).await.unwrap_err()
    }

    /// A change that never left is not taken for one that may have been made, and the other way round.
    #[tokio::test]
    async fn a_refused_connection_is_not_a_lost_reply() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let clients = clients_for(listener.local_addr().unwrap().port()).await;
        let hang_up = async {
            let (connection, _) = listener.accept().await.unwrap();
            connection.readable().await.unwrap();
            drop((connection, listener));
        };
        let (failure, ()) = tokio::join!(create(&clients), hang_up);
        assert_eq!(failure.kind, Kind::Lost, "{failure}");
        assert_eq!(clients.identity_center_budget().outstanding(), 1, "it may be under way");

        let failure = create(&clients).await;
        assert_eq!(failure.kind, Kind::NotSent, "{failure}");
        assert_eq!(clients.identity_center_budget().outstanding(), 1, "this one is not");
    }
}
