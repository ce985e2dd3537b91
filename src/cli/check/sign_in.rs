//! Whether people can sign in, where the configuration says where. Starts no sign-in: a code that nobody types lapses.

use std::sync::Arc;

use super::Check;
use crate::cli::sign_in::{connect, settings};
use crate::clock::SystemClock;
use crate::config::{Config, Secrets};

/// All of them. Without secrets the provider is not asked.
pub(super) async fn checks(config: &Config, secrets: Option<&Secrets>) -> Vec<Check> {
    let Some(secrets) = secrets else { return Vec::new() };
    let Some(settings) = settings(config, secrets) else { return Vec::new() };
    let found = match connect(settings, Arc::new(SystemClock)) {
        Err(why) => return vec![Check::fail_plain("sign-in", why)],
        Ok(provider) => provider.check().await,
    };
    let as_check = |finding: crate::ports::Finding| match finding.how {
        Ok(how) => Check::ok(&finding.what, how),
        Err(why) => Check::fail_plain(&finding.what, why),
    };
    found.into_iter().map(as_check).collect()
}
