//! What the documents say is held against what the code has.
#![expect(clippy::unwrap_used, reason = "a test says what it expects by failing")]

use std::fs;
use std::path::PathBuf;

fn read(path: &str) -> String {
    fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// `OwnRequest` → `own-request`, as serde writes it.
fn kebab(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !out.is_empty() {
            out.push('-');
        }
        out.extend(c.to_lowercase());
    }
    out
}

#[test]
fn every_refusal_is_in_errors_md_and_nothing_else_is() {
    let source = read("domain/src/refusal.rs");
    let body = source.split("pub enum Refusal {").nth(1).unwrap().split("\n}").next().unwrap();
    let mut codes: Vec<String> = body
        .lines()
        .filter(|line| line.starts_with("    ") && line.chars().nth(4).is_some_and(char::is_uppercase))
        .map(|line| kebab(line.trim().trim_end_matches([' ', '{', ',', '}'])))
        .collect();
    let errors = read("docs/ERRORS.md");
    let table = errors.split("## For the operator").next().unwrap();
    let mut listed: Vec<String> = table
        .lines()
        .filter_map(|line| {
            line.strip_prefix("| `").and_then(|rest| rest.split('`').next()).map(str::to_owned)
        })
        .collect();
    codes.sort();
    listed.sort();
    assert!(codes.len() > 25, "the refusals were not found");
    assert_eq!(codes, listed);
}

#[test]
fn the_readme_names_what_is_shipped() {
    let readme = read("README.md");
    for shipped in [
        "make demo",
        "make test",
        "deploy/slack/manifest.yaml",
        "deploy/discord/commands.json",
        "deploy/iam-policy.json",
        "deploy/systemd/glasskey.service",
        "glasskey.example.toml",
        "docs/ARCHITECTURE.md",
        "docs/BENCHMARKS.md",
        "docs/discord.md",
        "docs/parity.md",
        "docs/POLICY.md",
        "docs/ERRORS.md",
    ] {
        assert!(readme.contains(shipped), "README.md does not name {shipped}");
        if shipped.contains('/') {
            assert!(!read(shipped).is_empty());
        }
    }
}

/// Links between our documents lead somewhere.
#[test]
fn links_between_documents_lead_somewhere() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut documents: Vec<PathBuf> = vec![root.join("README.md")];
    let docs = fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    documents.extend(docs.filter(|path| path.extension().is_some_and(|ending| ending == "md")));
    for document in documents {
        let text = fs::read_to_string(&document).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap();
            if file.is_empty() || file.contains("://") {
                continue;
            }
            let target = document.parent().unwrap().join(file);
            assert!(target.exists(), "{} links to {link}, which is not there", document.display());
        }
    }
}
