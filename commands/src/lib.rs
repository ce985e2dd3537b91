//! Glasskey: commands.
