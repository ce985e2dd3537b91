//! The journal (the truth) and sled (what is derived from it).
