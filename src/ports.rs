//! What the engine needs from outside, in the words of the domain.
