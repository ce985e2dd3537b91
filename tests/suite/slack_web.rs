//! slack_web
