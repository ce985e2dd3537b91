//! What a person waits for after a click: until it is acknowledged, and until what it opens or says is there.

use std::future::Future;
use std::time::Duration;

use glasskey_playground::slack::{Call, InteractionResult};
use jiff::Timestamp;
use tokio::time::sleep;

use super::bot::World;
use super::runs::milliseconds;

/// Between two looks. What is measured is when a call arrived, not when it was found.
const LOOK_EVERY: Duration = Duration::from_millis(4);
const WITHIN: Duration = Duration::from_secs(10);

/// What follows a click.
#[derive(Clone, Copy)]
pub(crate) enum Then {
    /// The acknowledgement says it all.
    Nothing,
    /// A form opens.
    Form,
    /// App Home is drawn.
    Home,
    /// Words to the one who clicked, with these in them.
    Says(&'static str),
}

impl Then {
    fn method(self) -> Option<&'static str> {
        match self {
            Self::Nothing => None,
            Self::Form => Some("views.open"),
            Self::Home => Some("views.publish"),
            Self::Says(_) => Some("response_url"),
        }
    }
}

/// Milliseconds until it was acknowledged, and until it was whole: what it opens or says included.
#[derive(Clone, Copy)]
pub(crate) struct Waited {
    pub(crate) acked: f64,
    pub(crate) whole: f64,
}

/// Does something, and waits for what follows.
pub(crate) async fn waited(
    world: &World,
    act: impl Future<Output = InteractionResult>,
    then: Then,
) -> Waited {
    let sent = since_epoch_ms();
    let result = act.await;
    assert!(result.failure.is_none(), "{result:?}");
    let errors = result.payload.as_ref().and_then(|payload| payload.get("errors"));
    assert!(errors.is_none(), "{errors:?}");
    let acked = milliseconds(result.acked_after.unwrap());
    let Some(method) = then.method() else { return Waited { acked, whole: acked } };
    let call = arrived(world, method, sent).await;
    if let Then::Says(words) = then {
        assert!(call.arguments.to_string().contains(words), "`{words}` is not in {}", call.arguments);
    }
    Waited { acked, whole: acked.max(to_f64(call.at_ms) - sent) }
}

/// The call of this method that came last, once there is one since then. The twin's times are whole milliseconds.
async fn arrived(world: &World, method: &str, sent: f64) -> Call {
    let found = async {
        loop {
            if let Some(call) =
                world.slack.last_call_of(method).filter(|call| to_f64(call.at_ms) >= sent.floor())
            {
                return call;
            }
            sleep(LOOK_EVERY).await;
        }
    };
    let found = tokio::time::timeout(WITHIN, found).await;
    found.unwrap_or_else(|_| panic!("no {method} within {WITHIN:?}: {:?}", world.complaints()))
}

#[expect(clippy::cast_precision_loss, reason = "microseconds of this century are far below 2^53")]
fn since_epoch_ms() -> f64 {
    Timestamp::now().as_microsecond() as f64 / 1e3
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of this century are far below 2^53")]
fn to_f64(ms: i64) -> f64 {
    ms as f64
}
