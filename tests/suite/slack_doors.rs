//! slack_doors
