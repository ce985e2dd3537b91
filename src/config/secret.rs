//! Secrets: where they are kept, and what is inside while the bot runs. Never printed, never serialised, wiped when
//! dropped.

use std::fmt;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretString};
use toml::de::DeValue;

use super::environment::Environment;
use super::fault::ConfigFault;
use super::values::{Parsed, Wrong, text};

/// Longest secret: a private key of 16,384 bits fits thrice.
const SECRET_LENGTH_MAX: usize = 64 * 1024;
/// Anybody else's right to read or write a file.
const OTHERS_READ_OR_WRITE: u32 = 0o006;

/// A secret in memory. Prints nothing of itself, is wiped when dropped, and has no `Serialize`.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes the secret; line breaks at its end (files have them) are not part of it.
    fn take(raw: Zeroizing<String>) -> Result<Self, String> {
        let secret = raw.trim_end_matches(['\r', '\n']);
        if secret.trim().is_empty() {
            return Err("empty".to_owned());
        }
        if secret.len() > SECRET_LENGTH_MAX {
            return Err(format!("longer than {SECRET_LENGTH_MAX} bytes"));
        }
        Ok(Self(SecretString::from(secret)))
    }

    /// The secret itself, to be used where it is said and nowhere else.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// As the type that clients take.
    #[must_use]
    pub fn to_secret_string(&self) -> SecretString {
        self.0.clone()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// Where a secret is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretRef {
    /// An environment variable.
    Environment(String),
    /// A file that not everybody may read.
    File(PathBuf),
    /// AWS Secrets Manager: a name or an ARN.
    SecretsManager(String),
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(name) => write!(f, "env:{name}"),
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::SecretsManager(id) => write!(f, "aws-secretsmanager:{id}"),
        }
    }
}

/// A secret's place, and the place in the file that says so.
#[derive(Debug, Clone)]
pub struct SecretSource {
    pub(super) reference: SecretRef,
    pub(super) file: String,
    pub(super) line: Option<usize>,
    pub(super) key: String,
    pub(super) must: &'static str,
}

impl SecretSource {
    /// Where it is kept.
    #[must_use]
    pub fn reference(&self) -> &SecretRef {
        &self.reference
    }

    /// What is wrong with it, for people.
    pub(super) fn fault(&self, why: &str) -> ConfigFault {
        ConfigFault {
            file: self.file.clone(),
            line: self.line,
            key: self.key.clone(),
            is: format!("\"{}\": {why}", self.reference),
            must: self.must.to_owned(),
            nearest: None,
        }
    }
}

/// A value of the file as the place of a secret; `base` is where relative paths start. A literal is refused, unshown.
pub(super) fn reference(value: &DeValue<'_>, base: &Path) -> Parsed<SecretRef> {
    const LITERAL: &str = "not the place of a secret (not shown)";
    let literal = || Wrong::Said(LITERAL.to_owned());
    let (kind, rest) = text(value).map_err(|_| literal())?.split_once(':').ok_or_else(literal)?;
    let rest = rest.trim();
    let printable = !rest.is_empty() && !rest.chars().any(char::is_control);
    match kind {
        "env" if is_variable(rest) => Ok(SecretRef::Environment(rest.to_owned())),
        "file" if printable => Ok(SecretRef::File(base.join(rest))),
        "aws-secretsmanager" if printable && rest.len() <= 512 => {
            Ok(SecretRef::SecretsManager(rest.to_owned()))
        }
        _ => Err(literal()),
    }
}

/// Whether a text can be the name of an environment variable, and not a token put behind `env:` by mistake.
fn is_variable(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && (1..=128).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Reads a secret that is on this machine; nothing for one that is not.
///
/// # Errors
/// Why not, for people; never with a part of the secret.
pub(super) fn read_local(reference: &SecretRef, environment: &Environment) -> Result<Option<Secret>, String> {
    match reference {
        SecretRef::Environment(name) => environment
            .get(name)
            .ok_or_else(|| format!("the environment variable {name} is not set"))
            .and_then(|raw| Secret::take(Zeroizing::new(raw)))
            .map(Some),
        SecretRef::File(path) => read_file(path).map(Some),
        SecretRef::SecretsManager(_) => Ok(None),
    }
}

/// Takes a secret that came from elsewhere.
///
/// # Errors
/// Why not, for people; never with a part of the secret.
pub(super) fn take_remote(raw: String) -> Result<Secret, String> {
    Secret::take(Zeroizing::new(raw))
}

fn read_file(path: &Path) -> Result<Secret, String> {
    let file = std::fs::File::open(path).map_err(|why| format!("cannot be read: {why}"))?;
    let metadata = file.metadata().map_err(|why| format!("cannot be read: {why}"))?;
    if !metadata.is_file() {
        return Err("not a file".to_owned());
    }
    let mode = metadata.permissions().mode() & 0o777;
    if mode & OTHERS_READ_OR_WRITE != 0 {
        return Err(format!("open to everybody on this machine (mode {mode:04o}); `chmod 600` it"));
    }
    let mut raw = Zeroizing::new(String::new());
    let most = u64::try_from(SECRET_LENGTH_MAX).unwrap_or(u64::MAX).saturating_add(2);
    file.take(most).read_to_string(&mut raw).map_err(|why| format!("cannot be read: {}", why.kind()))?;
    Secret::take(raw)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_secret_prints_nothing_of_itself() {
        let secret = Secret::take(Zeroizing::new("xoxb-very-secret\n".to_owned())).unwrap();
        assert_eq!(secret.expose(), "xoxb-very-secret");
        assert_eq!(format!("{secret:?} {secret}"), "Secret (secret)");
    }

    #[test]
    fn an_environment_does_not_print_its_values() {
        let given = Environment::Given(BTreeMap::from([("A".to_owned(), "planted".to_owned())]));
        assert!(!format!("{given:?}").contains("planted"));
    }

    #[test]
    fn a_file_that_everybody_may_read_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, "planted").unwrap();
        for (mode, fine) in [(0o644, false), (0o602, false), (0o600, true), (0o440, true)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let read = read_file(&path);
            assert_eq!(read.is_ok(), fine, "{mode:o}");
            assert!(read.err().is_none_or(|why| why.contains("everybody") && !why.contains("planted")));
        }
    }

    #[test]
    fn an_empty_and_an_endless_secret_are_refused() {
        assert!(Secret::take(Zeroizing::new("\n".to_owned())).is_err());
        assert!(Secret::take(Zeroizing::new("a".repeat(SECRET_LENGTH_MAX))).is_ok());
        assert!(Secret::take(Zeroizing::new("a".repeat(SECRET_LENGTH_MAX + 1))).is_err());
        assert!(read_file(Path::new("/dev/zero")).is_err());
    }
}
