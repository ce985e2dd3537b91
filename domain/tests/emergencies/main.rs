//! Laws of break-glass: whole lives of emergencies, and properties over random histories.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    unreachable_pub,
    reason = "a test says what it expects by failing"
)]

mod acts;
mod call;
mod closing;
mod confirming;
mod histories;
mod laws;
mod life;
mod matrix;
mod notices;
mod opening;
mod people;
mod platforms;
mod proof;
mod stage;
mod takeover;
mod texts;
mod town;
mod truth;
mod twin;
