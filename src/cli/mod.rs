//! One file per subcommand.

mod aws;
pub mod run;
