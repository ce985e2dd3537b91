//! What people say, from outside the crate: real phrasings, wrong ones, generated texts, and laws.

#[cfg(test)]
mod acme;
#[cfg(test)]
mod deciding;
#[cfg(test)]
mod emergency;
#[cfg(test)]
mod fields;
#[cfg(test)]
mod generated;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod options;
#[cfg(test)]
mod phrasings;
#[cfg(test)]
mod registration;
#[cfg(test)]
mod starts;
#[cfg(test)]
mod targets;
#[cfg(test)]
mod wrong;
