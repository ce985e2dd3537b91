//! Whether people will be able to sign in, and what to do where they will not.

use super::DeviceSignIn;
use super::discovery::DEVICE_GRANT;
use super::keys;
use crate::access::service::finding;
use crate::ports::Finding;

impl DeviceSignIn {
    /// Looks at the provider as a sign-in would. The code that it asks for lapses unused.
    pub async fn check(&self) -> Vec<Finding> {
        const DISCOVERY: &str = "sign-in: discovery";
        const GRANT: &str = "sign-in: device codes";
        const KEYS: &str = "sign-in: signing keys";
        const CLIENT: &str = "sign-in: client";
        let discovery = match self.discovery().await {
            Ok(discovery) => discovery,
            Err(fault) => return vec![finding(DISCOVERY, Err(fault.what().to_owned()))],
        };
        let mut found = vec![finding(DISCOVERY, Ok(self.settings.issuer.clone()))];
        found.push(finding(
            GRANT,
            match &discovery.grants {
                Some(grants) if !grants.iter().any(|grant| grant == DEVICE_GRANT) => {
                    Err("the provider does not list the device code grant; turn it on there".to_owned())
                }
                Some(_) => Ok("offered".to_owned()),
                None => Ok("there is an endpoint for them".to_owned()),
            },
        ));
        let keys = keys::read(&self.wire, &discovery.keys).await;
        found.push(finding(
            KEYS,
            match keys {
                Ok(keys) => Ok(format!("{} to sign tokens", keys.len())),
                Err(fault) => Err(fault.what().to_owned()),
            },
        ));
        found.push(finding(
            CLIENT,
            match self.offer().await {
                Ok(_) => Ok(format!("`{}` gets codes", self.settings.client_id)),
                Err(fault) => Err(fault.what().to_owned()),
            },
        ));
        found
    }
}
