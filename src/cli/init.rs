//! `glasskey init`: a configuration and policies to start from. Never overwrites anything.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use serde_json::json;

use super::arguments::InitArguments;
use super::output::{Exit, Output};

/// What the sample consists of. The configuration holds no secret, only where secrets are kept.
const SAMPLE: &[(&str, &str)] = &[
    ("glasskey.toml", include_str!("../../glasskey.example.toml")),
    ("policies/breakglass.cedar", include_str!("../../policies/breakglass.cedar")),
    ("policies/everyday.cedar", include_str!("../../policies/everyday.cedar")),
    ("policies/guardrails.cedar", include_str!("../../policies/guardrails.cedar")),
    ("policies/production.cedar", include_str!("../../policies/production.cedar")),
    ("policies/starter.cases", include_str!("../../policies/starter.cases")),
];

/// Writes the files, all or none.
pub fn perform(out: &mut Output, arguments: &InitArguments) -> Exit {
    if !arguments.sample {
        out.fail(
            "reading a live Identity Center is not in this release; `glasskey init --sample` writes a sample to edit",
            &json!({ "failed": "only --sample is in this release" }),
        );
        return Exit::Usage;
    }
    let there: Vec<&str> = SAMPLE
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| fs::symlink_metadata(arguments.dir.join(name)).is_ok())
        .collect();
    if !there.is_empty() {
        let text = format!(
            "nothing was written: {} exists already; move it away, or choose another --dir",
            there.join(", ")
        );
        out.fail(&text, &json!({ "failed": "exists", "files": there }));
        return Exit::Refused;
    }
    for (name, text) in SAMPLE {
        let path = arguments.dir.join(name);
        if let Err(why) = write(&path, text) {
            let text = format!("{} cannot be written: {why}", path.display());
            out.fail(&text, &json!({ "failed": text }));
            return Exit::Refused;
        }
    }
    let names: Vec<&str> = SAMPLE.iter().map(|(name, _)| *name).collect();
    out.say(
        &format!(
            "wrote {}\nnext: edit glasskey.toml and policies/, put the Slack tokens and the key for Okta where it says (or take [okta] and [breakglass] out), then `glasskey check`",
            names.join(", ")
        ),
        &json!({ "wrote": names }),
    );
    Exit::Fine
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    OpenOptions::new().write(true).create_new(true).open(path)?.write_all(text.as_bytes())
}
