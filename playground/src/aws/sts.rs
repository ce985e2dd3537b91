//! STS over the query protocol: only `GetCallerIdentity`, by which the bot learns as whom it calls.

use super::wire::AwsError;
use super::world::World;

/// The `Action` of a form body.
pub(super) fn action(form: &str) -> Option<&str> {
    form.split('&').find_map(|pair| pair.strip_prefix("Action="))
}

/// The XML answer, or an error when the action is not known.
pub(super) fn answer(world: &World, action: &str) -> Result<String, AwsError> {
    if action != "GetCallerIdentity" {
        return Err(AwsError::new("InvalidAction", format!("Could not find operation {action}")));
    }
    let directory = &world.directory;
    let account = match world.options.called_as_management {
        true => &directory.management_account,
        false => &directory.delegated_account,
    };
    Ok(format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
         <Arn>arn:aws:sts::{account}:assumed-role/glasskey/playground</Arn>\
         <UserId>AROAPLAYGROUND00000AB:playground</UserId><Account>{account}</Account></GetCallerIdentityResult>\
         <ResponseMetadata><RequestId>00000000-0000-4000-8000-000000000000</RequestId></ResponseMetadata>\
         </GetCallerIdentityResponse>"
    ))
}

/// An error in the query protocol's XML.
pub(super) fn error_xml(error: &AwsError) -> String {
    let escaped = error.message.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!(
        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
         <Code>{}</Code><Message>{escaped}</Message></Error>\
         <RequestId>00000000-0000-4000-8000-000000000000</RequestId></ErrorResponse>",
        error.code
    )
}
