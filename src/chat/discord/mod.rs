//! Discord: the gateway in, REST out.

pub mod forms;
pub mod render;
