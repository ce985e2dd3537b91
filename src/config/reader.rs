//! Goes through the file with the table of keys, and notes everything that is wrong on the way. Never stops at the
//! first fault, never shows what may be a secret.

use std::collections::BTreeMap;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::{Advice, ConfigFault, shown};
use super::keys::{ALL, ANY, Key, NAMED, RESERVED, SECTION_NAME, SHAPES};
use super::values::{Parsed, Wrong, show};

/// Most entries of a section whose names the operator chooses: an organization has at most some thousand accounts.
const NAMED_MAX: usize = 10_000;

/// One reading.
pub(super) struct Reader<'a> {
    pub(super) file: String,
    pub(super) base: &'a Path,
    source: &'a str,
    root: &'a DeTable<'a>,
    pub(super) faults: Vec<ConfigFault>,
    pub(super) advice: Vec<Advice>,
}

type Found<'a> = &'a Spanned<DeValue<'a>>;

impl<'a> Reader<'a> {
    pub(super) fn new(file: &str, base: &'a Path, source: &'a str, root: &'a DeTable<'a>) -> Self {
        let mut reader =
            Self { file: file.to_owned(), base, source, root, faults: Vec::new(), advice: Vec::new() };
        reader.note_unknown(root, "", "");
        reader
    }

    /// A value that need not be there.
    pub(super) fn maybe<T>(
        &mut self,
        key: &Key<'_>,
        parse: impl FnOnce(&DeValue<'a>) -> Parsed<T>,
    ) -> Option<T> {
        let found = self.find(key)?;
        match parse(found.get_ref()) {
            Ok(value) => Some(value),
            Err(wrong) => {
                let is = match wrong {
                    Wrong::Value => show(found.get_ref()),
                    Wrong::Said(text) => text,
                };
                let line = Some(self.line(found));
                self.note(line, key.full(), is, key.must);
                None
            }
        }
    }

    /// A value that must be there.
    pub(super) fn needed<T>(
        &mut self,
        key: &Key<'_>,
        parse: impl FnOnce(&DeValue<'a>) -> Parsed<T>,
    ) -> Option<T> {
        if self.find(key).is_none() {
            let line = self.section_line(key.parts());
            self.note(line, key.full(), "missing".to_owned(), key.must);
        }
        self.maybe(key, parse)
    }

    /// A section whose names the operator chooses.
    pub(super) fn named<T>(
        &mut self,
        key: &Key<'_>,
        parse: impl Fn(&str, &DeValue<'a>) -> Parsed<T>,
    ) -> BTreeMap<String, T> {
        let Some(found) = self.find(key) else { return BTreeMap::new() };
        let table = match found.get_ref() {
            DeValue::Table(table) if table.len() <= NAMED_MAX => table,
            other => {
                let (line, is) = (Some(self.line(found)), show(other));
                self.note(line, key.full(), is, "a section of names");
                return BTreeMap::new();
            }
        };
        let mut all = BTreeMap::new();
        for (name, value) in table {
            match parse(name.get_ref(), value.get_ref()) {
                Ok(parsed) => {
                    all.insert(name.get_ref().to_string(), parsed);
                }
                Err(wrong) => {
                    let is = match wrong {
                        Wrong::Value => show(value.get_ref()),
                        Wrong::Said(text) => text,
                    };
                    let line = Some(self.line(value));
                    self.note(line, format!("{}.{}", key.full(), plain(name.get_ref())), is, key.must);
                }
            }
        }
        all
    }

    /// Where a key stands, for faults found later.
    pub(super) fn line_of(&self, key: &Key<'_>) -> Option<usize> {
        self.find(key).map(|found| self.line(found))
    }

    /// Something that works and is probably not meant.
    pub(super) fn advise(&mut self, key: &Key<'_>, text: &str) {
        self.advice.push(Advice { line: self.line_of(key), key: key.full(), text: text.to_owned() });
    }

    pub(super) fn note(&mut self, line: Option<usize>, key: String, is: String, must: &str) {
        self.faults.push(ConfigFault {
            file: self.file.clone(),
            line,
            key,
            is,
            must: must.to_owned(),
            nearest: None,
        });
    }

    fn find(&self, key: &Key<'_>) -> Option<Found<'a>> {
        let mut table = self.root;
        for part in key.parts() {
            table = table.get(part)?.get_ref().as_table()?;
        }
        table.get(key.name)
    }

    /// Where a section stands; of one that is not there, where the nearest one above it does.
    pub(super) fn section_line<'p>(&self, parts: impl Iterator<Item = &'p str>) -> Option<usize> {
        let mut table = Some(self.root);
        let mut line = None;
        for part in parts {
            let Some(found) = table.and_then(|table| table.get(part)) else { return line };
            line = Some(self.line(found));
            table = found.get_ref().as_table();
        }
        line
    }

    /// Whether something stands there, right or wrong.
    pub(super) fn has(&self, key: &Key<'_>) -> bool {
        self.find(key).is_some()
    }

    /// Whether a section of this name is in the file.
    pub(super) fn has_section(&self, name: &str) -> bool {
        self.has_table([name].into_iter())
    }

    /// Whether a section stands there.
    pub(super) fn has_table<'p>(&self, mut parts: impl Iterator<Item = &'p str>) -> bool {
        parts.try_fold(self.root, |table, part| table.get(part)?.get_ref().as_table()).is_some()
    }

    /// The sections inside a section that are named as the operator likes; those with a name that cannot be are told
    /// when the file is gone through.
    pub(super) fn names(&self, section: &str) -> Vec<String> {
        let Some(table) = self.root.get(section).and_then(|found| found.get_ref().as_table()) else {
            return Vec::new();
        };
        let named = |name: &str| !known_in(section).contains(name) && is_section_name(name);
        table
            .iter()
            .filter(|(name, value)| named(name.get_ref()) && value.get_ref().as_table().is_some())
            .map(|(name, _)| name.get_ref().to_string())
            .collect()
    }

    fn line(&self, found: Found<'_>) -> usize {
        line_at(self.source, found.span().start)
    }

    /// `path` is where the table stands, `shape` the same as the table of keys has it.
    fn note_unknown(&mut self, table: &'a DeTable<'a>, path: &str, shape: &str) {
        for (name, value) in table {
            let full = inside(path, name.get_ref());
            let line = Some(line_at(self.source, name.span().start));
            let section = value.get_ref().as_table();
            let known = inside(shape, name.get_ref());
            let named = inside(shape, ANY);
            if is_key(&known) {
                continue;
            }
            match section {
                Some(section) if is_section(&known) => self.note_unknown(section, &full, &known),
                None if is_section(&known) => {
                    self.note(line, full, show(value.get_ref()), must_of_section(&known));
                }
                Some(section) if is_section(&named) => {
                    if is_section_name(name.get_ref()) {
                        self.note_unknown(section, &full, &named);
                    } else {
                        let is = format!("the name {}", shown(name.get_ref()));
                        self.note(line, inside(path, &plain(name.get_ref())), is, SECTION_NAME);
                    }
                }
                Some(_) | None => self.note_stranger(line, path, shape, name.get_ref()),
            }
        }
    }

    fn note_stranger(&mut self, line: Option<usize>, path: &str, shape: &str, name: &str) {
        let known = known_in(shape);
        let must = format!("one of: {}", known.iter().cloned().collect::<Vec<_>>().join(", "));
        let full = inside(path, name);
        self.faults.push(ConfigFault {
            file: self.file.clone(),
            line,
            key: inside(path, &plain(name)),
            is: "not a key that Glasskey knows".to_owned(),
            must: must.replace(ANY, "<name> (a section)"),
            nearest: nearest(&full, name, path, shape),
        });
    }
}

fn inside(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn is_key(shape: &str) -> bool {
    ALL.iter().chain(NAMED).any(|key| key.shape() == shape)
}

fn is_section(shape: &str) -> bool {
    let inside = format!("{shape}.");
    ALL.iter().chain(NAMED).any(|key| key.section == shape || key.section.starts_with(inside.as_str()))
}

/// What a section must be where a value stands.
fn must_of_section(shape: &str) -> &'static str {
    SHAPES.iter().find(|(of, _)| *of == shape).map_or("a section", |(_, must)| must)
}

/// Whether the operator may call a section so: what people type, and what stands in logs and in the ledger.
fn is_section_name(name: &str) -> bool {
    let plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    plain && (1..=32).contains(&name.len()) && !RESERVED.contains(&name)
}

/// A name as it may be shown without quotes: what stands in a file may be anything, also a secret.
fn plain(name: &str) -> String {
    shown(name).trim_matches('"').to_owned()
}

/// The line of a byte, from 1.
pub(super) fn line_at(source: &str, byte: usize) -> usize {
    source.bytes().take(byte).filter(|byte| *byte == b'\n').count().saturating_add(1)
}

/// The keys and sections directly in a section, by its shape.
fn known_in(shape: &str) -> std::collections::BTreeSet<String> {
    let prefix = if shape.is_empty() { String::new() } else { format!("{shape}.") };
    ALL.iter()
        .chain(NAMED)
        .filter_map(|key| key.shape().strip_prefix(prefix.as_str()).map(str::to_owned))
        .filter_map(|rest| rest.split('.').next().map(str::to_owned))
        .collect()
}

/// The known key that was most likely meant: in this section first, then the same name in another one.
fn nearest(full: &str, name: &str, path: &str, shape: &str) -> Option<String> {
    let close = |known: &str| {
        let distance = strsim::damerau_levenshtein(known, name);
        (distance <= name.chars().count().div_ceil(3)).then_some(distance)
    };
    let here = known_in(shape)
        .into_iter()
        .filter(|known| known != ANY)
        .filter_map(|known| close(&known).map(|distance| (distance, known)))
        .min()
        .map(|(_, known)| inside(path, &known));
    here.or_else(|| ALL.iter().find(|key| key.name == name).map(Key::full)).or_else(|| {
        ALL.iter()
            .map(|key| (strsim::damerau_levenshtein(&key.full(), full), key.full()))
            .filter(|(distance, _)| *distance <= 3)
            .min()
            .map(|(_, known)| known)
    })
}
