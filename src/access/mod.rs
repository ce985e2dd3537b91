//! Back ends: where access is observed, created and taken away. Never decides whether it should be.
//!
//! Everything said to AWS goes through [`aws::AwsClients::call`]: within a [`budget`], bounded in time, counted, and
//! with an error that says whether it may have been done. What is said to identity providers goes through [`http`].

pub mod anchors;
pub mod assignment_sessions;
pub mod assignments;
pub mod aws;
pub mod budget;
pub mod emergency_sessions;
pub mod entra;
pub mod failure;
pub mod http;
pub mod identity_center;
pub mod keycloak;
pub mod oauth;
pub mod okta;
pub mod operation;
pub mod pages;
pub mod people;
pub mod retry;
pub mod router;
pub mod service;
pub mod settings;
pub mod sign_in;
pub mod store_groups;
