//! Proving the journal whole, and reading it out for auditors. Never writes it.

mod export;
mod verify;

pub use export::{ExportFault, ExportFormat, ExportOptions, export};
pub use verify::{VerifyReport, verify};
