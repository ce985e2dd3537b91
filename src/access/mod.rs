//! Back ends: where access is observed, created and taken away. Never decides whether it should be.
