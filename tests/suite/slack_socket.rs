//! slack_socket
