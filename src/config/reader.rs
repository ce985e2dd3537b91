//! Goes through the file with the table of keys, and notes everything that is wrong on the way. Never stops at the
//! first fault, never shows what may be a secret.

use std::collections::BTreeMap;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::{Advice, ConfigFault, shown};
use super::keys::{ALL, Key, LATER, NAMED};
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
        reader.note_unknown(root, "");
        reader
    }

    /// A value that need not be there.
    pub(super) fn maybe<T>(&mut self, key: &Key, parse: impl FnOnce(&DeValue<'a>) -> Parsed<T>) -> Option<T> {
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
        key: &Key,
        parse: impl FnOnce(&DeValue<'a>) -> Parsed<T>,
    ) -> Option<T> {
        if self.find(key).is_none() {
            let line = self.section_line(key.section);
            self.note(line, key.full(), "missing".to_owned(), key.must);
        }
        self.maybe(key, parse)
    }

    /// A section whose names the operator chooses.
    pub(super) fn named<T>(
        &mut self,
        key: &Key,
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
    pub(super) fn line_of(&self, key: &Key) -> Option<usize> {
        self.find(key).map(|found| self.line(found))
    }

    /// Something that works and is probably not meant.
    pub(super) fn advise(&mut self, key: &Key, text: &str) {
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

    fn find(&self, key: &Key) -> Option<Found<'a>> {
        let mut table = self.root;
        for part in key.section.split('.') {
            table = table.get(part)?.get_ref().as_table()?;
        }
        table.get(key.name)
    }

    fn section_line(&self, section: &str) -> Option<usize> {
        let mut table = self.root;
        let mut line = None;
        for part in section.split('.') {
            let found = table.get(part)?;
            line = Some(self.line(found));
            table = found.get_ref().as_table()?;
        }
        line
    }

    fn line(&self, found: Found<'_>) -> usize {
        line_at(self.source, found.span().start)
    }

    fn note_unknown(&mut self, table: &'a DeTable<'a>, path: &str) {
        for (name, value) in table {
            let full = if path.is_empty() {
                name.get_ref().to_string()
            } else {
                format!("{path}.{}", name.get_ref())
            };
            let is_key = ALL.iter().chain(NAMED).any(|key| key.full() == full);
            if is_key {
                continue;
            }
            let line = Some(line_at(self.source, name.span().start));
            let inside = format!("{full}.");
            let is_section = ALL
                .iter()
                .chain(NAMED)
                .any(|key| key.section == full || key.section.starts_with(inside.as_str()));
            if is_section {
                match value.get_ref().as_table() {
                    Some(section) => self.note_unknown(section, &full),
                    None => self.note(line, full, show(value.get_ref()), "a section"),
                }
            } else if LATER.contains(&full.as_str()) {
                self.note(
                    line,
                    full,
                    "not in this release".to_owned(),
                    "left out until a release that knows it",
                );
            } else {
                self.note_stranger(line, path, &full, name.get_ref());
            }
        }
    }

    fn note_stranger(&mut self, line: Option<usize>, path: &str, full: &str, name: &str) {
        let known = known_in(path);
        let must = format!("one of: {}", known.iter().cloned().collect::<Vec<_>>().join(", "));
        self.faults.push(ConfigFault {
            file: self.file.clone(),
            line,
            key: if path.is_empty() { plain(name) } else { format!("{path}.{}", plain(name)) },
            is: "not a key that Glasskey knows".to_owned(),
            must,
            nearest: nearest(full, name, path),
        });
    }
}

/// A name as it may be shown without quotes: what stands in a file may be anything, also a secret.
fn plain(name: &str) -> String {
    shown(name).trim_matches('"').to_owned()
}

/// The line of a byte, from 1.
pub(super) fn line_at(source: &str, byte: usize) -> usize {
    source.bytes().take(byte).filter(|byte| *byte == b'\n').count().saturating_add(1)
}

/// The keys and sections directly in a section.
fn known_in(path: &str) -> std::collections::BTreeSet<String> {
    let prefix = if path.is_empty() { String::new() } else { format!("{path}.") };
    ALL.iter()
        .chain(NAMED)
        .filter_map(|key| key.full().strip_prefix(prefix.as_str()).map(str::to_owned))
        .filter_map(|rest| rest.split('.').next().map(str::to_owned))
        .collect()
}

/// The known key that was most likely meant: in this section first, then the same name in another one.
fn nearest(full: &str, name: &str, path: &str) -> Option<String> {
    let close = |known: &str| {
        let distance = strsim::damerau_levenshtein(known, name);
        (distance <= name.chars().count().div_ceil(3)).then_some(distance)
    };
    let here = known_in(path)
        .into_iter()
        .filter_map(|known| close(&known).map(|distance| (distance, known)))
        .min()
        .map(|(_, known)| if path.is_empty() { known } else { format!("{path}.{known}") });
    here.or_else(|| ALL.iter().find(|key| key.name == name).map(Key::full)).or_else(|| {
        ALL.iter()
            .map(|key| (strsim::damerau_levenshtein(&key.full(), full), key.full()))
            .filter(|(distance, _)| *distance <= 3)
            .min()
            .map(|(_, known)| known)
    })
}
