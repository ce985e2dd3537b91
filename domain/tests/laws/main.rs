//! Laws of the domain: whole lives of requests, and properties over random histories.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    unreachable_pub,
    reason = "a test says what it expects by failing"
)]

mod acts;
mod approvals;
mod approved;
mod bundles;
mod conditions;
mod corners;
mod cuts;
mod drift;
mod due;
mod ending_all;
mod extending;
mod journal;
mod laws;
mod life;
mod links;
mod lives;
mod matrix;
mod platforms;
mod proof;
mod races;
mod scheduled;
mod town;
mod twin;
mod urgent;
mod watch;
