//! Keys whose value is the place of a secret. Never reads what it does not have to: a secret is tried when it will be
//! used, and only where it is on this machine.

use super::Need;
use super::environment::Environment;
use super::keys::Key;
use super::reader::Reader;
use super::secret::{self, SecretSource};

/// One that must be there.
pub(super) fn needed(
    reader: &mut Reader<'_>,
    key: &Key<'_>,
    environment: &Environment,
    need: Need,
) -> Option<SecretSource> {
    let base = reader.base;
    let reference = reader.needed(key, |value| secret::reference(value, base));
    source(reader, key, reference?, environment, need)
}

/// One that need not be there.
pub(super) fn maybe(
    reader: &mut Reader<'_>,
    key: &Key<'_>,
    environment: &Environment,
    need: Need,
) -> Option<SecretSource> {
    let base = reader.base;
    let reference = reader.maybe(key, |value| secret::reference(value, base));
    source(reader, key, reference?, environment, need)
}

fn source(
    reader: &mut Reader<'_>,
    key: &Key<'_>,
    reference: secret::SecretRef,
    environment: &Environment,
    need: Need,
) -> Option<SecretSource> {
    let source = SecretSource {
        reference,
        file: reader.file.clone(),
        line: reader.line_of(key),
        key: key.full(),
        must: key.must,
    };
    if need == Need::Secrets
        && let Err(why) = secret::read_local(&source.reference, environment)
    {
        reader.faults.push(source.fault(&why));
    }
    Some(source)
}
