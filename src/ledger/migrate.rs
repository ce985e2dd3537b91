//! Bringing old records to today's format when they are read. The journal itself is never rewritten.
//!
//! To change the format of bodies: raise the current version by one and add the step that turns a body of the version
//! before into one of the new version. Steps are never removed, because journals are kept.

use serde_json::Value;

use super::fault::JournalFault;

/// Turns a body of one version into one of the next.
pub type Step = fn(Value) -> Result<Value, String>;

/// The formats of record bodies that this release reads.
#[derive(Clone, Copy, Debug)]
pub struct Migrations {
    oldest: u16,
    steps: &'static [Step],
}

impl Default for Migrations {
    /// Version 1, the first one published: nothing to migrate yet.
    fn default() -> Self {
        Self { oldest: 1, steps: &[] }
    }
}

impl Migrations {
    /// Reads versions from `oldest` on; `steps[n]` turns version `oldest + n` into the next.
    #[must_use]
    pub const fn new(oldest: u16, steps: &'static [Step]) -> Self {
        Self { oldest, steps }
    }

    /// The version that is written.
    #[must_use]
    pub fn current(&self) -> u16 {
        self.oldest.saturating_add(u16::try_from(self.steps.len()).unwrap_or(u16::MAX))
    }

    /// Brings a body to the current version; one that has it already is not even parsed.
    pub(crate) fn bring_up(&self, seq: u64, version: u16, body: &[u8]) -> Result<Vec<u8>, JournalFault> {
        let current = self.current();
        if version > current {
            return Err(JournalFault::RecordFromTheFuture { seq, found: version, known: current });
        }
        if version == current {
            return Ok(body.to_vec());
        }
        self.run(version, body).map_err(|why| JournalFault::Migration {
            seq,
            from: version,
            to: current,
            why,
        })
    }

    fn run(&self, version: u16, body: &[u8]) -> Result<Vec<u8>, String> {
        let first = version.checked_sub(self.oldest).ok_or("this release no longer reads that format")?;
        let mut value = serde_json::from_slice(body).map_err(|fault| fault.to_string())?;
        for step in self.steps.iter().skip(usize::from(first)) {
            value = step(value)?;
        }
        serde_json::to_vec(&value).map_err(|fault| fault.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rename_who(mut body: Value) -> Result<Value, String> {
        let object = body.as_object_mut().ok_or("no object")?;
        let who = object.remove("user").ok_or("no `user`")?;
        object.insert("who".to_owned(), who);
        Ok(body)
    }

    fn add_kind(mut body: Value) -> Result<Value, String> {
        body.as_object_mut().ok_or("no object")?.insert("kind".to_owned(), "request".into());
        Ok(body)
    }

    const TWO: Migrations = Migrations::new(0, &[rename_who, add_kind]);

    #[test]
    fn an_old_body_goes_through_every_later_step_and_no_earlier_one() {
        assert_eq!(TWO.current(), 2);
        let migrated = |version, body: &[u8]| {
            serde_json::from_slice::<Value>(&TWO.bring_up(1, version, body).unwrap()).unwrap()
        };
        let wanted = serde_json::json!({ "kind": "request", "who": "ana" });
        assert_eq!(migrated(0, b"{\"user\":\"ana\"}"), wanted);
        assert_eq!(migrated(1, b"{\"who\":\"ana\"}"), wanted);
        assert_eq!(TWO.bring_up(1, 2, b"{ \"as\": \"is\" }").unwrap(), b"{ \"as\": \"is\" }");
    }

    #[test]
    fn a_body_from_the_future_or_from_before_our_time_is_refused_by_number() {
        let future = TWO.bring_up(9, 3, b"{}").unwrap_err();
        assert_eq!(
            future.to_string(),
            "record 9 has format 3, this release reads up to 2; run the release that wrote it, or a newer one"
        );
        let past = Migrations::default().bring_up(4, 0, b"{}").unwrap_err();
        assert!(
            past.to_string().starts_with("record 4 of format 0 could not be brought to format 1"),
            "{past}"
        );
        let wrong = TWO.bring_up(5, 0, b"{}").unwrap_err();
        assert!(wrong.to_string().contains("no `user`"), "{wrong}");
    }
}
