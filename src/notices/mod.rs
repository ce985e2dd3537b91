//! Event → words for people. The only room that has them.
