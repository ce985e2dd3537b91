//! Slack: Socket Mode in, Web API out.
