//! Glasskey: domain.
