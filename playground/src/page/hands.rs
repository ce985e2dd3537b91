//! What a visitor may do to AWS and Okta: what outages, disasters and administrators at a console do, behind the bot's back.
//! It must never do what the bot itself does.

use serde::Deserialize;

use crate::aws::{AwsControl, Fault, FaultKind};
use crate::okta::OktaControl;

/// A hand on the twins of AWS and Okta.
#[derive(Debug, Clone)]
pub struct Hands {
    /// AWS.
    pub aws: AwsControl,
    /// Okta.
    pub okta: OktaControl,
}

/// One thing that happens.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Happening {
    /// IAM Identity Center, the Identity Store and Organizations fail at every call.
    CenterGoesDown,
    /// They answer again.
    CenterComesBack,
    /// Disaster recovery at Okta: it answers, and takes no changes.
    OktaGoesReadOnly,
    /// Okta takes changes again.
    OktaTakesChanges,
    /// An administrator puts a user into a group in Okta's console.
    AddedByHand { user: String, group: String },
    /// An administrator disables a user of IAM Identity Center.
    UserDisabled { user: String },
    /// An administrator takes a user out of a group of IAM Identity Center.
    UserLeft { user: String, group: String },
    /// An administrator assigns in the console of IAM Identity Center.
    AssignedByHand { user: String, account: String, permission_set: String },
}

impl Hands {
    /// Lets it happen; false when nothing changed by it, such as for a name that nobody has.
    pub(super) fn bring_about(&self, happening: &Happening) -> bool {
        match happening {
            Happening::CenterGoesDown => {
                self.aws.clear_faults();
                self.aws.fault(Fault {
                    operation: "*".into(),
                    times: u32::MAX,
                    kind: FaultKind::Internal500,
                });
                true
            }
            Happening::CenterComesBack => {
                self.aws.clear_faults();
                true
            }
            Happening::OktaGoesReadOnly => {
                self.okta.set_read_only(true);
                true
            }
            Happening::OktaTakesChanges => {
                self.okta.set_read_only(false);
                true
            }
            Happening::AddedByHand { user, group } => self.okta.add_by_hand(user, group),
            Happening::UserDisabled { user } => self.aws.set_user_enabled(user, false),
            Happening::UserLeft { user, group } => self.aws.remove_from_group(user, group),
            Happening::AssignedByHand { user, account, permission_set } => {
                self.aws.add_by_hand(user, account, permission_set)
            }
        }
    }
}
