//! Laws of the domain: whole lives of requests, and properties over random histories.
#![expect(missing_docs, reason = "the names of tests are sentences")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    unreachable_pub,
    reason = "a test says what it expects by failing"
)]

mod lives;
mod town;
