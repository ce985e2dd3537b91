//! The loop: take a command, decide, commit, perform what is due.
