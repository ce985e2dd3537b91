//! Glasskey: playground.
