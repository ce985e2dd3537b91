//! File and environment → `Config`, whole or not at all.
