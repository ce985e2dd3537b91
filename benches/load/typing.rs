//! What can be chosen while somebody types, over the wire: five thousand accounts and a hundred permission sets.

use std::fmt::Write as _;
use std::time::Duration;

use glasskey_playground::company::Company;
use glasskey_playground::slack::{Place, SlackTwin};
use serde_json::Value;
use tokio::task::JoinSet;

use super::bot::{Setup, World};
use super::report::Report;
use super::runs::{complain, milliseconds};

const PEOPLE: usize = 5_000;
const GROUPS: usize = 200;
const GROUPS_EACH: usize = 8;
/// Of issue 5.
const ACCOUNTS: usize = 5_000;
const PERMISSION_SETS: usize = 100;
/// As in `benches/policy.rs`; those of `Company::large` have names.
const POLICIES: usize = 500;
const UNITS: usize = 40;
/// Groups that rules speak of. Who is in none of them may ask for nothing.
const GROUPS_WITH_RULES: usize = 190;
/// Its members may ask for everything.
const ALL: usize = 199;
/// The first of two hundred people in a row of whom each is in other groups: those with something, nothing, everything.
const SOMETHING: usize = 0;
const NOTHING: usize = 191;
const EVERYTHING: usize = 199;
/// Who types, of each kind.
const TYPISTS: usize = 25;
const AT_ONCE: usize = 10;
/// Far longer than a form takes.
const WITHIN: Duration = Duration::from_secs(5);
const TEXTS: [&str; 7] = ["", "a", "account", "account-4", "account-49", "9", "nothing"];
const PROMISE: [(f64, f64); 1] = [(0.99, 100.0)];

const METHOD: &str = "5,000 accounts in 40 units, 100 permission sets, 500 policies, 5,000 people in 200 groups; a block_suggestion \
    from its envelope leaving the Slack twin to the options arriving there; the first letters of people who may ask for \
    something, nothing and everything";

/// Two thirds permits, the rest approvals and forbids, each about one group and one unit.
fn rules() -> String {
    let mut text = format!(
        "@id(\"all\") permit (principal in Group::\"group-{ALL}\", action == Action::\"request\", resource);\n"
    );
    for number in 0..POLICIES {
        let who = format!("principal in Group::\"group-{}\"", number % GROUPS_WITH_RULES);
        let to = format!("resource in OU::\"Unit{}\"", number * 3 % UNITS);
        let set = format!("context.permissionSet == \"PermissionSet{}\"", number % PERMISSION_SETS);
        let rule = match number % 6 {
            4 => format!("permit ({who}, action == Action::\"approve\", {to});"),
            5 => format!(
                "forbid ({who}, action == Action::\"request\", {to}) when {{ context.hour < 2 && !(context has ticket) }};"
            ),
            _ => format!("permit ({who}, action == Action::\"request\", {to}) when {{ {set} }};"),
        };
        writeln!(text, "{rule}").unwrap();
    }
    text
}

/// What one person waited for, in milliseconds.
#[derive(Default)]
struct Typed {
    first: Vec<f64>,
    places: Vec<f64>,
    sets: Vec<f64>,
    lengths: Vec<f64>,
    offered: usize,
}

impl Typed {
    fn add(&mut self, other: Self) {
        self.first.extend(other.first);
        self.places.extend(other.places);
        self.sets.extend(other.sets);
        self.lengths.extend(other.lengths);
        self.offered += other.offered;
    }
}

/// The form that asks for access, opened by somebody whom the bot knows by then.
async fn opened(slack: &SlackTwin, who: &str) -> Place {
    slack.slash(who, "C0ACCESS", "/elevate", "list").await;
    slack.slash(who, "C0ACCESS", "/elevate", "").await;
    let form = slack.wait_for(WITHIN, |slack| slack.open_views(who).pop()).await.unwrap();
    Place::View { id: form.id }
}

/// One whole form: each letter of the place, then what there is in the first one that was offered.
async fn typed(slack: &SlackTwin, who: &str) -> Typed {
    let form = opened(slack, who).await;
    let mut typed = Typed::default();
    for (letter, text) in TEXTS.iter().enumerate() {
        let (took, offered) = suggested(slack, who, (&form, "place"), text).await;
        if letter == 0 {
            typed.first.push(took)
        } else {
            typed.places.push(took)
        }
        typed.offered += offered.len();
        if letter == 0
            && let Some(place) = offered.first()
        {
            slack.fill(who, "place", place).await;
            let (took, sets) = suggested(slack, who, (&form, "permission_set"), "").await;
            typed.sets.push(took);
            slack.fill(who, "permission_set", sets.first().unwrap()).await;
            let (took, lengths) = suggested(slack, who, (&form, "length"), "").await;
            typed.lengths.push(took);
            assert!(!lengths.is_empty(), "{who} may have {sets:?} for no time");
        }
    }
    slack.close_view(who).await;
    typed
}

/// How long it took to answer one letter, and with what.
async fn suggested(
    slack: &SlackTwin,
    who: &str,
    (form, field): (&Place, &str),
    text: &str,
) -> (f64, Vec<String>) {
    let result = slack.suggest(who, form, field, text).await;
    assert!(result.failure.is_none(), "{result:?}");
    let value = |option: &Value| option.get("value").and_then(Value::as_str).unwrap().to_owned();
    let groups = result.payload.iter().flat_map(|payload| {
        let groups = payload.get("option_groups").and_then(Value::as_array).into_iter().flatten();
        groups.chain([payload]).filter_map(|group| group.get("options")).filter_map(Value::as_array).flatten()
    });
    (milliseconds(result.acked_after.unwrap()), groups.map(value).collect())
}

/// 9. People open the form and type.
pub(crate) async fn typing(report: &mut Report) {
    let company = Company::large(PEOPLE, GROUPS, GROUPS_EACH, ACCOUNTS, PERMISSION_SETS);
    let world = World::new(Setup { rules: Some(rules()), ..Setup::lifted(company) }).await;
    let bot = world.start().await;
    let mut all = Typed::default();
    for (kind, first) in [("something", SOMETHING), ("nothing", NOTHING), ("everything", EVERYTHING)] {
        let mut of_kind = Typed::default();
        for round in 0..TYPISTS {
            of_kind.add(typed(&world.slack, &format!("person-{}", round * GROUPS + first)).await);
        }
        println!("  {kind}: {} places offered; first letters {:.1?} ms", of_kind.offered, of_kind.first);
        all.add(of_kind);
    }
    let name = |what: &str| format!("type-ahead on the wire, 5,000 accounts x 100 permission sets: {what}");
    report.spread(&name("places, first letter of a person"), "ms", all.first, &PROMISE, METHOD);
    report.spread(&name("places, each further letter"), "ms", all.places, &PROMISE, METHOD);
    report.spread(&name("permission sets"), "ms", all.sets, &PROMISE, METHOD);
    report.spread(&name("lengths"), "ms", all.lengths, &PROMISE, METHOD);
    let mut side_by_side = JoinSet::new();
    for number in 0..AT_ONCE {
        let slack = world.slack.clone();
        side_by_side.spawn(async move { typed(&slack, &format!("person-{}", number * GROUPS + 100)).await });
    }
    let letters = side_by_side.join_all().await.into_iter().flat_map(|typed| [typed.first, typed.places]);
    let letters = letters.flatten().collect();
    report.spread(&name("places, ten people side by side"), "ms", letters, &[], METHOD);
    println!("  resident: {:.1} MiB", bot.memory_mib("VmRSS"));
    complain(&world, &bot).await;
    bot.stop().await;
}
