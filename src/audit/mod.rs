//! Proving the journal whole, and reading it out for auditors. Never writes it.

mod export;

pub use export::{ExportFault, ExportFormat, ExportOptions, csv_field, export};
// The walk itself lives beside the format it walks; back-ups need it too.
pub use crate::ledger::{VerifyReport, verify};
