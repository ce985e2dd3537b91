//! How AWS is reached as the configuration says, and the secrets kept in AWS Secrets Manager. Never writes, never prints
//! a value.

use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::{DisplayErrorContext, ProvideErrorMetadata as _};
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;

use super::Aws;
use super::secret::{Secret, take_remote};

/// Longest wait for one call with all its tries: a start that hangs is worse than one that fails.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(15);
/// Longest wait for one try.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);

impl Aws {
    /// For the region and endpoint of the configuration, with the credentials of the environment. For what is done at
    /// start and by `check`; the bot's own calls have budgets of their own.
    pub async fn sdk_config(&self) -> SdkConfig {
        let http = aws_smithy_http_client::Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build_https();
        let timeouts = TimeoutConfig::builder()
            .operation_timeout(OPERATION_TIMEOUT)
            .operation_attempt_timeout(ATTEMPT_TIMEOUT)
            .build();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http)
            .timeout_config(timeouts)
            .region(Region::new(self.region.clone()));
        if let Some(url) = &self.endpoint_url {
            loader = loader.endpoint_url(url.as_str());
        }
        loader.load().await
    }
}

/// Reads one.
///
/// # Errors
/// Why not, for people.
pub(super) async fn read(aws: &Aws, id: &str) -> Result<Secret, String> {
    let client = Client::new(&aws.sdk_config().await);
    let answer = client.get_secret_value().secret_id(id).send().await.map_err(|error| {
        let code = error.code().map(str::to_owned);
        code.map_or_else(
            || format!("AWS Secrets Manager could not be asked: {}", DisplayErrorContext(&error)),
            |code| format!("AWS Secrets Manager says {code} (secretsmanager:GetSecretValue, kms:Decrypt)"),
        )
    })?;
    let text = answer.secret_string().ok_or("a binary secret; it must be text")?;
    take_remote(text.to_owned())
}
