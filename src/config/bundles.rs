//! `bundles.toml`: sets of targets that people ask for by one name. Whole or not at all, every fault at once with its place.
//! Never decides whether what is named exists: that is for whoever has a directory.

use std::collections::BTreeMap;
use std::path::Path;

use glasskey_domain::settings::{BUNDLE_MAX, Bundle, BundleItem};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::{ConfigFault, ConfigFaults, shown};
use super::reader::line_at;
use super::values::show;
use super::{read_text, syntax, whole};

/// Most bundles: a list that people still choose from.
const BUNDLES_MAX: usize = 100;
/// Longest name of a bundle: it is typed.
const NAME_MAX: usize = 40;
/// Longest description: one line on a card.
const DESCRIPTION_MAX: usize = 150;
/// Longest name of an account, a permission set or a group: the longest that AWS and Okta have.
const SELECTOR_MAX: usize = 1_024;

const NAME: &str = "a name of up to 40 small letters, digits and -, as in [bundles.oncall-payments]";
const DESCRIPTION: &str = "a line of up to 150 characters that says what it is for";
const TARGETS: &str = "a list of 1 to 10 different targets, as in [{ account = \"prod\", permission_set = \"ReadOnly\" }, { group = \"payments-oncall\" }]";
const TARGET: &str =
    "{ account = \"…\", permission_set = \"…\" } or { group = \"…\" }, as they are typed in chat";

/// Reads the file.
///
/// # Errors
/// Everything that is wrong with it, at once.
pub(super) fn load(file: &Path) -> Result<BTreeMap<String, Bundle>, ConfigFaults> {
    let name = file.display().to_string();
    let source = read_text(file).map_err(|why| {
        let must = "a file of bundles; or leave `requests.bundles` out";
        ConfigFaults::new(vec![whole(&name, None, why, must)])
    })?;
    parse(&name, &source)
}

/// Reads a text as if it stood in the file `name`.
///
/// # Errors
/// Everything that is wrong with it, at once.
fn parse(name: &str, source: &str) -> Result<BTreeMap<String, Bundle>, ConfigFaults> {
    let (root, errors) = DeTable::parse_recoverable(source);
    if !errors.is_empty() {
        return Err(ConfigFaults::new(errors.iter().map(|error| syntax(name, source, error)).collect()));
    }
    let mut reading = Reading { file: name, source, faults: Vec::new() };
    let bundles = reading.bundles(root.get_ref());
    if reading.faults.is_empty() { Ok(bundles) } else { Err(ConfigFaults::new(reading.faults)) }
}

struct Reading<'a> {
    file: &'a str,
    source: &'a str,
    faults: Vec<ConfigFault>,
}

type Found<'a> = &'a Spanned<DeValue<'a>>;

impl Reading<'_> {
    fn note(&mut self, at: usize, key: String, is: String, must: &str, nearest: Option<&str>) {
        self.faults.push(ConfigFault {
            file: self.file.to_owned(),
            line: Some(line_at(self.source, at)),
            key,
            is,
            must: must.to_owned(),
            nearest: nearest.map(str::to_owned),
        });
    }

    /// A table with such keys and no others.
    fn table<'t>(
        &mut self,
        found: Found<'t>,
        key: &str,
        known: &[&str],
        must: &str,
    ) -> Option<&'t DeTable<'t>> {
        let Some(table) = found.get_ref().as_table() else {
            self.note(found.span().start, key.to_owned(), show(found.get_ref()), must, None);
            return None;
        };
        self.strangers(table, key, known);
        Some(table)
    }

    fn strangers(&mut self, table: &DeTable<'_>, inside: &str, known: &[&str]) {
        for (name, _) in table.iter().filter(|(name, _)| !known.contains(&&**name.get_ref())) {
            let near = known.iter().min_by_key(|one| strsim::damerau_levenshtein(one, name.get_ref()));
            let near = near.filter(|one| strsim::damerau_levenshtein(one, name.get_ref()) <= 3);
            let key = [inside, shown(name.get_ref()).trim_matches('"')].join(".");
            let must = format!("one of: {}", known.join(", "));
            let is = "not a key that Glasskey knows".to_owned();
            self.note(name.span().start, key.trim_start_matches('.').to_owned(), is, &must, near.copied());
        }
    }

    fn text(&mut self, found: Found<'_>, key: &str, most: usize, must: &str) -> Option<String> {
        let text = found.get_ref().as_str().map(str::trim);
        let fits = |text: &&str| {
            !text.is_empty() && text.chars().count() <= most && !text.chars().any(char::is_control)
        };
        let text = text.filter(fits).map(str::to_owned);
        if text.is_none() {
            self.note(found.span().start, key.to_owned(), show(found.get_ref()), must, None);
        }
        text
    }

    fn bundles(&mut self, root: &DeTable<'_>) -> BTreeMap<String, Bundle> {
        self.strangers(root, "", &["bundles"]);
        let mut bundles = BTreeMap::new();
        let Some(found) = root.get("bundles") else { return bundles };
        let Some(table) = found.get_ref().as_table().filter(|table| table.len() <= BUNDLES_MAX) else {
            let must = format!("sections such as [bundles.oncall-payments], at most {BUNDLES_MAX}");
            self.note(found.span().start, "bundles".to_owned(), show(found.get_ref()), &must, None);
            return bundles;
        };
        for (name, value) in table {
            let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            if !(1..=NAME_MAX).contains(&name.get_ref().len()) || !name.get_ref().bytes().all(plain) {
                let is = format!("the name {}", shown(name.get_ref()));
                self.note(name.span().start, "bundles".to_owned(), is, NAME, None);
                continue;
            }
            if let Some(bundle) = self.bundle(value, &format!("bundles.{}", name.get_ref())) {
                bundles.insert(name.get_ref().to_string(), bundle);
            }
        }
        bundles
    }

    fn bundle(&mut self, found: Found<'_>, key: &str) -> Option<Bundle> {
        let table = self.table(found, key, &["description", "targets"], "a section with targets")?;
        let description = match table.get("description") {
            Some(found) => self.text(found, &format!("{key}.description"), DESCRIPTION_MAX, DESCRIPTION)?,
            None => String::new(),
        };
        let targets_key = format!("{key}.targets");
        let Some(found) = table.get("targets") else {
            self.note(found.span().start, targets_key, "missing".to_owned(), TARGETS, None);
            return None;
        };
        let DeValue::Array(items) = found.get_ref() else {
            self.note(found.span().start, targets_key, show(found.get_ref()), TARGETS, None);
            return None;
        };
        if !(1..=BUNDLE_MAX).contains(&items.len()) {
            let is = format!("{} targets", items.len());
            self.note(found.span().start, targets_key, is, TARGETS, None);
            return None;
        }
        let mut targets = Vec::with_capacity(items.len());
        for item in items {
            let target = self.target(item, &targets_key)?;
            if targets.contains(&target) {
                let is = "the same target a second time".to_owned();
                self.note(item.span().start, targets_key, is, TARGETS, None);
                return None;
            }
            targets.push(target);
        }
        Some(Bundle { description, items: targets })
    }

    fn target(&mut self, item: Found<'_>, key: &str) -> Option<BundleItem> {
        let table = self.table(item, key, &["account", "permission_set", "group"], TARGET)?;
        match (table.get("account"), table.get("permission_set"), table.get("group")) {
            (Some(account), Some(set), None) => {
                let account = self.text(account, &format!("{key}.account"), SELECTOR_MAX, TARGET);
                let set = self.text(set, &format!("{key}.permission_set"), SELECTOR_MAX, TARGET);
                Some(BundleItem::Assignment { account: account?, permission_set: set? })
            }
            (None, None, Some(group)) => {
                self.text(group, &format!("{key}.group"), SELECTOR_MAX, TARGET).map(BundleItem::Group)
            }
            _ => {
                let is = "neither an account with a permission set nor a group".to_owned();
                self.note(item.span().start, key.to_owned(), is, TARGET, None);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
[bundles.oncall-payments]
description = "Everything that who is on call for payments needs"
targets = [
  { account = "prod", permission_set = "ReadOnly" },
  { group = "payments-oncall" },
]
"#;

    fn faults(text: &str) -> String {
        parse("bundles.toml", text).unwrap_err().to_string()
    }

    #[test]
    fn a_bundle_is_read_as_it_is_written() {
        let bundles = parse("bundles.toml", GOOD).unwrap();
        let bundle = &bundles["oncall-payments"];
        assert!(bundle.description.starts_with("Everything"));
        assert_eq!(
            bundle.items,
            [
                BundleItem::Assignment { account: "prod".into(), permission_set: "ReadOnly".into() },
                BundleItem::Group("payments-oncall".into())
            ]
        );
        assert!(parse("bundles.toml", "").unwrap().is_empty());
    }

    #[test]
    fn every_fault_is_told_at_once_with_its_line() {
        let text = faults(
            "[bundles.Oncall]\ntargets = []\n[bundles.a]\ntargts = 1\n[bundles.b]\ntargets = [{ account = \"x\" }]\n\
             [bundles.c]\ntargets = [{ group = \"g\" }, { group = \"g\" }]\n[bundle.d]\n",
        );
        for part in [
            "bundles.toml:1: bundles\n  is:      the name \"Oncall\"",
            "bundles.toml:4: bundles.a.targts",
            "nearest: `targets`",
            "bundles.toml:3: bundles.a.targets\n  is:      missing",
            "bundles.toml:6: bundles.b.targets\n  is:      neither",
            "bundles.toml:8: bundles.c.targets\n  is:      the same target a second time",
            "bundles.toml:9: bundle\n",
            "nearest: `bundles`",
        ] {
            assert!(text.contains(part), "{part}\n--\n{text}");
        }
    }

    #[test]
    fn a_bundle_holds_as_much_as_a_card_and_no_more() {
        let of = |count: usize| {
            let targets: Vec<String> = (0..count).map(|n| format!("{{ group = \"g{n}\" }}")).collect();
            format!("[bundles.a]\ntargets = [{}]\n", targets.join(", "))
        };
        assert!(parse("b", &of(BUNDLE_MAX)).is_ok());
        assert!(faults(&of(BUNDLE_MAX + 1)).contains("11 targets"));
        assert!(faults(&of(0)).contains("0 targets"));
    }
}
