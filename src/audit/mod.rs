//! Proving the journal whole, and reading it out for auditors. Never writes it.
