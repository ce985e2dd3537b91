//! The bot dies, at every moment at which dying could cost anything: before and after each step that leaves the house, in
//! memory and on disk; as a process under SIGKILL; and whatever it does it is made to do twice.

pub(crate) mod company;
mod emergencies;
mod every_step;
pub(crate) mod guillotine;
mod kill;
pub(crate) mod life;
mod okta_stumbles;
pub(crate) mod outside;
mod process;
pub(crate) mod promises;
mod requests;
mod script;
pub(crate) mod store;
mod twice;
mod whole;
mod wire;
