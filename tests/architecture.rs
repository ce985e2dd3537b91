//! The house and its doors: which room may open which. A new arrow is a decision; change the table in a commit of its own
//! that says why.
#![expect(clippy::unwrap_used, reason = "a test says what it expects by failing")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Room → the rooms it may open. A room is a folder or a file of `src/`; `domain` and `commands` are packages.
/// Arrows point down, never up.
const PLAN: &[(&str, &[&str])] = &[
    // main and cli wire everything together.
    ("main", &["cli", "clock", "config", "ports"]),
    (
        "cli",
        &[
            "access",
            "audit",
            "chat",
            "clock",
            "commands",
            "config",
            "directory",
            "domain",
            "engine",
            "ledger",
            "notices",
            "policy",
            "ports",
            "telemetry",
        ],
    ),
    ("chat", &["commands", "directory", "domain", "engine", "notices", "ports"]),
    ("engine", &["domain", "notices", "policy", "ports"]),
    // An Identity Center is read through the same connections as it is changed through: one budget, one set of clients.
    ("directory", &["access", "domain", "ports"]),
    ("ledger", &["domain", "ports"]),
    // Proving the chain is reading it, and only the ledger knows its frames.
    ("audit", &["domain", "ledger", "ports"]),
    ("access", &["domain", "ports"]),
    ("policy", &["domain", "ports"]),
    ("notices", &["commands", "domain"]),
    ("telemetry", &[]),
    // Settings of requests are the domain's; what the file says is checked against them once.
    ("config", &["domain"]),
    ("clock", &["ports"]),
    ("ports", &["domain"]),
    ("domain", &[]),
    ("commands", &[]),
    // It speaks the wire and knows nothing of the bot, or a wrong bot could agree with a wrong twin.
    ("playground", &[]),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// The room a file of `src/` is in.
fn room(file: &Path) -> String {
    let inside = file.strip_prefix(root().join("src")).unwrap();
    let first = inside.components().next().unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

/// The rooms that a source text names, tests within it included: a test that needs another room belongs to `tests/`.
fn opened(text: &str) -> BTreeSet<String> {
    let code: String =
        text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut rooms = BTreeSet::new();
    for mark in ["crate::", "glasskey::"] {
        for (at, _) in code.match_indices(mark) {
            let rest = code.get(at + mark.len()..).unwrap();
            // `"glasskey::engine"` in quotes is the name of a log, not a door.
            if code.get(..at).unwrap().ends_with('"') {
                continue;
            }
            if let Some(group) = rest.strip_prefix('{') {
                let inside = group.split('}').next().unwrap();
                rooms.extend(inside.split(',').map(first_word).filter(|word| !word.is_empty()));
            } else {
                rooms.insert(first_word(rest));
            }
        }
    }
    for package in ["domain", "commands", "playground"] {
        if code.contains(&format!("glasskey_{package}")) {
            rooms.insert(package.to_owned());
        }
    }
    rooms
}

fn first_word(text: &str) -> String {
    text.trim_start().chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
}

fn plan() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    PLAN.iter().map(|(room, doors)| (*room, doors.iter().copied().collect())).collect()
}

#[test]
fn every_room_opens_only_the_doors_on_the_plan() {
    let plan = plan();
    let mut files = Vec::new();
    rust_files(&root().join("src"), &mut files);
    assert!(files.len() > 50, "the house was not found");
    let mut wrong = Vec::new();
    for file in files {
        let room = room(&file);
        if room == "lib" {
            continue;
        }
        let doors = plan.get(room.as_str()).unwrap_or_else(|| panic!("the room `{room}` is not on the plan"));
        for other in opened(&fs::read_to_string(&file).unwrap()) {
            let known = plan.contains_key(other.as_str());
            if known && other != room && !doors.contains(other.as_str()) {
                let file = file.strip_prefix(root()).unwrap().display().to_string();
                wrong.push(format!("{file} may not use {other}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_plan_has_no_circle() {
    let plan = plan();
    fn down<'a>(room: &'a str, plan: &BTreeMap<&'a str, BTreeSet<&'a str>>, path: &mut Vec<&'a str>) {
        assert!(!path.contains(&room), "a circle: {path:?} → {room}");
        path.push(room);
        for next in plan.get(room).into_iter().flatten() {
            down(next, plan, path);
        }
        path.pop();
    }
    for room in plan.keys() {
        down(room, &plan, &mut Vec::new());
    }
}

/// The packages below know nothing of ours, and nothing that could ask the outside.
#[test]
fn what_is_pure_depends_on_nothing_that_is_not() {
    let allowed = ["jiff", "regex-lite", "serde", "strsim", "thiserror"];
    for package in ["domain", "commands"] {
        let manifest = fs::read_to_string(root().join(package).join("Cargo.toml")).unwrap();
        let manifest: toml::Table = manifest.parse().unwrap();
        for name in manifest["dependencies"].as_table().unwrap().keys() {
            assert!(allowed.contains(&name.as_str()), "{package} may not depend on {name}");
        }
    }
    let playground = fs::read_to_string(root().join("playground/Cargo.toml")).unwrap();
    assert!(!playground.contains("glasskey-domain") && !playground.contains("path = \"..\""));
}

#[test]
fn a_door_that_is_not_on_the_plan_is_seen() {
    assert!(opened("use crate::config::Config;").contains("config"));
    assert!(opened("use crate::{config, ledger::Vault};").contains("ledger"));
    assert!(opened("let x = glasskey_domain::Book::default();").contains("domain"));
    assert!(opened("// use crate::config").is_empty());
}

/// Files of about 400 lines; past this one it is two things.
#[test]
fn files_stay_readable() {
    const LINES_MAX: usize = 500;
    let mut files = Vec::new();
    for folder in ["src", "domain/src", "commands/src", "playground/src"] {
        rust_files(&root().join(folder), &mut files);
    }
    let long: Vec<String> = files
        .iter()
        .map(|file| (file, fs::read_to_string(file).unwrap().lines().count()))
        .filter(|(_, lines)| *lines > LINES_MAX)
        .map(|(file, lines)| format!("{} has {lines} lines", file.display()))
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}
