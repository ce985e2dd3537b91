//! What a fault of Discord's means for a message: wait, look, or never.

use super::rest::fault::{DiscordFault, FaultKind};
use crate::ports::Fault;

/// Codes that say that the bot has no way into its own channel: somebody lets it in, and then nothing was lost. Unknown
/// channel, unknown guild, missing access, missing permissions.
const SHUT_OUT: [u64; 4] = [10_003, 10_004, 50_001, 50_013];

/// As [`fault_of`], for channels of our own: being shut out of one is for an operator to mend, and nothing is dropped
/// meanwhile.
pub(super) fn fault_of_ours(fault: &DiscordFault) -> Fault {
    if fault.code().is_some_and(|code| SHUT_OUT.contains(&code)) {
        tracing::error!(%fault, "the bot cannot write into a channel of its own; let it see the channel and send messages there");
        return Fault::Transient { what: fault.to_string(), retry_after: None };
    }
    fault_of(fault)
}

/// For everything else, such as a direct message that somebody does not take.
pub(super) fn fault_of(fault: &DiscordFault) -> Fault {
    let what = fault.to_string();
    if fault.reply_lost() {
        return Fault::Lost { what };
    }
    let retry_after = fault.retry_after();
    match &fault.kind {
        FaultKind::RateLimited { .. }
        | FaultKind::Timeout
        | FaultKind::Unreachable(_)
        | FaultKind::Server { .. }
        | FaultKind::Garbled(_) => Fault::Transient { what, retry_after },
        // A token that an operator mends: nothing may be lost until then.
        FaultKind::Revoked(_) => Fault::Transient { what, retry_after },
        FaultKind::Rejected { .. } | FaultKind::NotFound { .. } => Fault::Permanent { what },
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn rejected(code: u64) -> DiscordFault {
        let kind = FaultKind::Rejected { code, status: 403, message: "no".to_owned() };
        DiscordFault::not_done("create_message", kind)
    }

    fn not_found(code: u64) -> DiscordFault {
        let kind = FaultKind::NotFound { code, message: "no".to_owned() };
        DiscordFault::not_done("create_message", kind)
    }

    #[test]
    fn being_shut_out_of_a_channel_of_ours_loses_nothing() {
        for fault in [rejected(50_001), rejected(50_013), not_found(10_003), not_found(10_004)] {
            assert!(matches!(fault_of_ours(&fault), Fault::Transient { .. }), "{fault}");
            assert!(matches!(fault_of(&fault), Fault::Permanent { .. }), "{fault}");
        }
    }

    #[test]
    fn a_message_that_is_gone_or_not_taken_is_never_tried_again() {
        for fault in [rejected(50_007), rejected(50_035), not_found(10_008)] {
            assert!(matches!(fault_of_ours(&fault), Fault::Permanent { .. }), "{fault}");
            assert!(matches!(fault_of(&fault), Fault::Permanent { .. }), "{fault}");
        }
    }

    #[test]
    fn a_lost_answer_is_looked_for_and_a_limit_is_waited_for() {
        let lost = DiscordFault::unknown("create_message", FaultKind::Timeout);
        assert!(matches!(fault_of_ours(&lost), Fault::Lost { .. }));
        let retry_after = Duration::from_secs(3);
        let limited = DiscordFault::not_done("create_message", FaultKind::RateLimited { retry_after });
        let Fault::Transient { retry_after: Some(wait), .. } = fault_of_ours(&limited) else {
            panic!("not waited for")
        };
        assert_eq!(wait, retry_after);
        let revoked = DiscordFault::not_done("create_message", FaultKind::Revoked("401".to_owned()));
        assert!(matches!(fault_of(&revoked), Fault::Transient { .. }));
    }
}
