//! The load run: drives the real binary, as a child process with ordinary configuration, against the twins of AWS,
//! Slack and Okta, and measures what issues 2, 3 and 5 promise. Asserts nothing on time; prints what misses.
//!
//! `cargo bench --bench load [-- NAME…]` runs all or the named parts; `GLASSKEY_BENCH_BIN` names another binary.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark says what is wrong by failing, prints what it measured, and lives in real time"
)]

mod bot;
mod breakglass;
mod cards;
mod clicked;
mod criterions;
mod endings;
mod journal;
mod ledgers;
mod refresh;
mod report;
mod runs;
mod typing;

use report::Report;

const PARTS: [&str; 13] = [
    "size",
    "commands",
    "approve",
    "approve-live",
    "deadlines",
    "deadlines-real",
    "breakglass",
    "breakglass-far",
    "breakglass-off",
    "typing",
    "cards-live",
    "refresh",
    "start-million",
];

#[tokio::main]
async fn main() {
    let asked: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    for word in &asked {
        assert!(PARTS.contains(&word.as_str()) || word == "criterion", "`{word}` is none of {PARTS:?}");
    }
    let mut report = Report::open(bot::target().join("load.json"));
    for part in PARTS.into_iter().filter(|part| asked.is_empty() || asked.iter().any(|word| word == part)) {
        println!("--- {part} ({})", bot::binary().display());
        match part {
            "size" => runs::size(&mut report).await,
            "commands" => runs::commands(&mut report).await,
            "approve" => runs::approve(&mut report).await,
            "approve-live" => runs::approve_live(&mut report).await,
            "deadlines" => endings::deadlines(&mut report).await,
            "deadlines-real" => endings::deadlines_real(&mut report).await,
            "breakglass" => breakglass::on(&mut report).await,
            "breakglass-far" => breakglass::on_far(&mut report).await,
            "breakglass-off" => breakglass::off(&mut report).await,
            "typing" => typing::typing(&mut report).await,
            "cards-live" => cards::cards_live(&mut report).await,
            "refresh" => refresh::refresh(&mut report).await,
            _ => runs::start_million(&mut report).await,
        }
    }
    criterions::gather(&mut report);
    report.print();
}
