//! The door on the host: the running bot's Unix socket, for when chat is down. Never decides, never believes a name that
//! the kernel did not give.
//!
//! One request a connection: a line of JSON in, a line of JSON out. The socket is for its owner alone (0600), and who asks
//! is who the kernel says asks (`SO_PEERCRED`).

pub mod desk;
mod drift;
mod people;
mod place;
mod server;
mod wire;

use std::future::Future;
use std::pin::Pin;

pub use place::PlaceFault;
pub use server::HostDoor;
pub use wire::{ANSWER_LENGTH_MAX, Frame, HostRequest, HostResponse, PROTOCOL, REQUEST_LENGTH_MAX, TIMEOUT};

/// Who asks: a Unix user of this machine, as the kernel says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalUser {
    /// The user's number.
    pub uid: u32,
    /// The user's name.
    pub name: String,
}

/// What answers behind the door.
pub trait HostHandler: Send + Sync + 'static {
    /// Does what was asked, or says why not.
    fn handle<'a>(
        &'a self,
        user: LocalUser,
        request: HostRequest,
    ) -> Pin<Box<dyn Future<Output = HostResponse> + Send + 'a>>;
}
