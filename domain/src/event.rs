//! Facts in the journal. Only ever added to: a name or a field that was written once keeps its meaning.

mod drift;
mod emergency;
mod fact;
mod record;
mod sessions;

pub use drift::DriftFact;
pub use emergency::EmergencyFact;
pub use fact::Event;
pub use record::{Answer, Record};
pub use sessions::SessionsFact;
