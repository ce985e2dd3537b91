//! `glasskey breakglass …`: what concerns the emergency access of the company.

pub mod group_name;
pub mod mapping;
