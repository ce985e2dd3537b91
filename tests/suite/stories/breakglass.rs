//! Break-glass: opened, peopled, closed, rehearsed; with everything in its way.

mod center;
mod drill;
mod life;
mod restart;
mod trouble;
mod two_people;
