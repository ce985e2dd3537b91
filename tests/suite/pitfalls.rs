//! Every pitfall that was found in the systems that exist has a test of ours that names it, or a line in
//! `docs/ARCHITECTURE.md` that says why it cannot apply.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The pitfalls that this release must have an answer to (`reference/pitfalls.md`): all of them.
const MUST: [std::ops::RangeInclusive<u32>; 1] = [1..=35];
/// Where tests are.
const ROOTS: [&str; 5] = ["src", "tests", "domain", "commands", "playground"];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The numbers behind the word `pitfall` in a line: `pitfall 3`, `pitfalls 14, 15`.
fn numbers(line: &str) -> BTreeSet<u32> {
    let mut all = BTreeSet::new();
    for after in line.split("pitfall").skip(1) {
        let after = after.strip_prefix('s').unwrap_or(after);
        let words = after.split([',', ':', ' ', '.']).filter(|word| !word.is_empty());
        all.extend(
            words
                .map_while(|word| if word == "and" { Some(None) } else { word.parse::<u32>().ok().map(Some) })
                .flatten(),
        );
    }
    all
}

/// The stories of one source that are tests on each platform.
fn on_each_platform(source: &str) -> BTreeSet<&str> {
    let lists = source.split("on_each_platform! {").skip(1).filter_map(|rest| rest.split('}').next());
    lists.flat_map(|list| list.split(',')).map(str::trim).filter(|name| !name.is_empty()).collect()
}

/// The pitfalls named by the documentation of tests in one source, with the names of these tests.
fn named(source: &str) -> BTreeMap<u32, BTreeSet<String>> {
    let mut named: BTreeMap<u32, BTreeSet<String>> = BTreeMap::new();
    let stories = on_each_platform(source);
    let (mut documented, mut is_test) = (BTreeSet::new(), false);
    for line in source.lines().map(str::trim) {
        if let Some(words) = line.strip_prefix("///") {
            documented.extend(numbers(words));
        } else if line.starts_with("#[") {
            is_test |= line == "#[test]" || line.starts_with("#[tokio::test");
        } else {
            let name = line.split("fn ").nth(1).and_then(|rest| rest.split(['(', '<']).next());
            if let Some(name) = name.filter(|name| is_test || stories.contains(name)) {
                for number in &documented {
                    named.entry(*number).or_default().insert(name.to_owned());
                }
            }
            documented.clear();
            is_test = false;
        }
    }
    named
}

#[test]
fn every_pitfall_has_a_test_that_names_it_or_a_reason_why_it_cannot_apply() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ROOTS {
        sources(&root.join(folder), &mut files);
    }
    let mut answered = BTreeSet::new();
    for file in files {
        answered.extend(named(&std::fs::read_to_string(file).unwrap()).into_keys());
    }
    let reasons = std::fs::read_to_string(root.join("docs/ARCHITECTURE.md")).unwrap_or_default();
    answered.extend(
        reasons.lines().filter(|line| line.contains("pitfall ") && line.contains(':')).flat_map(numbers),
    );
    let missing: Vec<u32> = MUST.into_iter().flatten().filter(|number| !answered.contains(number)).collect();
    assert_eq!(missing, Vec::<u32>::new(), "pitfalls that no test names");
}

#[test]
fn only_the_documentation_of_a_test_counts() {
    let source = "
        /// pitfall 1
        fn not_a_test() {}
        // pitfall 2
        #[test]
        fn undocumented() {}
        /// pitfall 3, pitfall 4: words. pitfalls 5, 6
        #[test]
        fn documented() {}
        /// pitfall 12
        #[tokio::test(start_paused = true)]
        async fn also() {}
        on_each_platform! {
            told,
            told_too,
        }
        /// pitfall 13
        fn told_too(on: Platform) {}
        /// pitfall 14
        fn told_to_nobody(on: Platform) {}
    ";
    assert_eq!(named(source).into_keys().collect::<Vec<_>>(), [3, 4, 5, 6, 12, 13]);
}
