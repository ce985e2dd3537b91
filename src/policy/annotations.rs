//! The annotations that bind a permission: `@max_duration`, `@approvals`, `@quiet_approvers`, `@escalate`, `@session`,
//! `@cut_sessions`, `@solo_after`, `@notify`, `@broad`, and `@id`.
//!
//! A word that is not known, or a value that cannot be read, refuses the whole set: Cedar itself ignores annotations, so
//! a slip such as `@aprovals("2")` would otherwise grant with the default.

use cedar_policy::Policy;
use glasskey_domain::Seconds;
use glasskey_domain::rules::{Escalation, Quorum};
use glasskey_domain::settings::{LENGTH_MIN, PROPOSAL_LAPSES_AFTER};

use super::fault::{Complaint, nearest};
use super::groups_said::{self, Approvals, Slip};

/// Every annotation there is.
const KNOWN: [&str; 10] = [
    "id",
    "max_duration",
    "approvals",
    "quiet_approvers",
    "escalate",
    "session",
    "cut_sessions",
    "solo_after",
    "notify",
    "broad",
];
/// Approvals when a policy does not say: somebody else must look.
pub const APPROVALS_DEFAULT: u32 = 1;
/// Approvals for break-glass when a policy does not say: at night there may be nobody else, and it is loud by itself.
pub const BREAKGLASS_APPROVALS_DEFAULT: u32 = 0;
/// Longest grant when a policy does not say.
pub const MAX_DURATION_DEFAULT: Seconds = Seconds::hours(1);
/// Longest emergency when a policy does not say: half a shift. Who still needs it then opens another, and is heard again.
pub const BREAKGLASS_MAX_DURATION_DEFAULT: Seconds = Seconds::hours(4);
/// A confirmer needs a minute to be reached at all, and a commander one to go on before the proposal lapses.
pub const SOLO_AFTER_MIN: Seconds = Seconds::minutes(1);
/// See [`SOLO_AFTER_MIN`].
pub const SOLO_AFTER_MAX: Seconds = Seconds(PROPOSAL_LAPSES_AFTER.0 - SOLO_AFTER_MIN.0);
/// More approvals than this no team gets together; a larger number is a slip of the finger.
pub const APPROVALS_MAX: u32 = 10;
/// Longest urgent access for which it need not be said twice: it begins before anybody looked.
pub const URGENT_MAX_DURATION: Seconds = Seconds::hours(4);
/// Longest `@max_duration`: access that is needed for longer is not temporary.
pub const MAX_DURATION_MAX: Seconds = Seconds::hours(7 * 24);
/// A permission set's session is 1 h to 12 h (`CreatePermissionSet`, `SessionDuration`); a limit below the shortest would
/// permit nothing.
const SESSION_MIN: Seconds = Seconds::hours(1);
const SESSION_MAX: Seconds = Seconds::hours(12);
/// Longest `@id`: it is printed on cards and in every journal record.
const ID_LENGTH_MAX: usize = 64;
/// Channels that one permission may tell: each is a message per grant.
const NOTIFY_MAX: usize = 5;
/// Slack's limit for a channel name.
const CHANNEL_LENGTH_MAX: usize = 80;
/// A reason shorter than this says nothing.
const BROAD_LENGTH_MIN: usize = 10;

/// What binds one permission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// How many distinct people must approve.
    pub approvals: u32,
    /// Of which groups they must be; of any, when there are none.
    pub from: Vec<Quorum>,
    /// Groups whose people may approve and are not called upon.
    pub quiet: Vec<String>,
    /// Who is asked next when nobody answers, in the order of time.
    pub escalate: Vec<Escalation>,
    /// Whether sessions that outlive the end are cut.
    pub cut_sessions: bool,
    /// Longest grant.
    pub max_duration: Seconds,
    /// Longest session of the permission set, when the policy sets a limit.
    pub session: Option<Seconds>,
    /// After how long without the approvals the opener of an emergency may go on alone.
    pub solo_after: Option<Seconds>,
    /// Channels to tell.
    pub notify: Vec<String>,
    /// Why it may give very much, when it does.
    pub broad: Option<String>,
}

/// The `@id` of a policy, when it has one.
pub(super) fn id(policy: &Policy, complaints: &mut Vec<Complaint>) -> Option<String> {
    let id = policy.annotation("id")?;
    let fits = (1..=ID_LENGTH_MAX).contains(&id.len())
        && id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if !fits {
        complaints.push(Complaint::new(
            format!("`@id(\"{}\")` is not an id", shown(id)),
            format!(
                "use 1 to {ID_LENGTH_MAX} letters, digits, `-`, `_` and `.`, such as `@id(\"prod-readonly\")`"
            ),
        ));
        return None;
    }
    Some(id.to_owned())
}

/// What a policy permits that has limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Permission {
    /// To request access.
    Request,
    /// To have access at once, which somebody looks at afterwards.
    Urgent,
    /// To open an emergency.
    Breakglass,
    /// To open an emergency and more: under the default limits, because it would be unclear what others bind.
    BreakglassAmongOthers,
}

impl Permission {
    fn may_carry(self, word: &str) -> bool {
        match self {
            Self::Request => word != "solo_after",
            // One look afterwards is what it needs, always.
            Self::Urgent => !["solo_after", "approvals", "escalate"].contains(&word),
            Self::Breakglass => !["session", "cut_sessions", "quiet_approvers", "escalate"].contains(&word),
            Self::BreakglassAmongOthers => false,
        }
    }

    fn defaults(self) -> (u32, Seconds) {
        match self {
            Self::Request => (APPROVALS_DEFAULT, MAX_DURATION_DEFAULT),
            Self::Urgent => (0, MAX_DURATION_DEFAULT),
            Self::Breakglass | Self::BreakglassAmongOthers => {
                (BREAKGLASS_APPROVALS_DEFAULT, BREAKGLASS_MAX_DURATION_DEFAULT)
            }
        }
    }
}

/// The limits of a policy; `None` when it is no permission that has some (then it may carry none).
pub(super) fn limits(
    policy: &Policy,
    permission: Option<Permission>,
    complaints: &mut Vec<Complaint>,
) -> Option<Limits> {
    for (word, _) in policy.annotations() {
        if !KNOWN.contains(&word) {
            complaints.push(unknown(word));
        } else if word != "id" && !permission.is_some_and(|permission| permission.may_carry(word)) {
            complaints.push(misplaced(word, permission));
        }
    }
    let permission = permission?;
    let (approvals_default, max_duration_default) = permission.defaults();
    let mut read = |word: &str, parse: &dyn Fn(&str) -> Result<Seconds, String>| {
        let text = policy.annotation(word)?;
        parse(text).map_err(|mend| complaints.push(malformed(word, text, &mend))).ok()
    };
    let max_duration = read("max_duration", &|text| length_within(text, LENGTH_MIN, MAX_DURATION_MAX));
    let session = read("session", &|text| length_within(text, SESSION_MIN, SESSION_MAX));
    let solo_after = read("solo_after", &solo_within);
    let approvals = value(policy, "approvals", groups_said::approvals, complaints);
    let limits = Limits {
        approvals: approvals.as_ref().map_or(approvals_default, |Approvals { needed, .. }| *needed),
        from: approvals.map(|approvals| approvals.from).unwrap_or_default(),
        quiet: value(policy, "quiet_approvers", groups_said::quiet, complaints).unwrap_or_default(),
        escalate: value(policy, "escalate", groups_said::escalate, complaints).unwrap_or_default(),
        cut_sessions: value(policy, "cut_sessions", yes_or_no, complaints).unwrap_or_default(),
        max_duration: max_duration.unwrap_or(max_duration_default),
        session,
        solo_after,
        notify: policy.annotation("notify").map(|text| parse_notify(text, complaints)).unwrap_or_default(),
        broad: policy.annotation("broad").map(|text| parse_broad(text, complaints)),
    };
    together(policy, permission, &limits, complaints);
    Some(limits)
}

/// Annotations that say nothing without another, or against it.
fn together(policy: &Policy, permission: Permission, limits: &Limits, complaints: &mut Vec<Complaint>) {
    if limits.approvals == 0 && limits.solo_after.is_some() && permission.may_carry("solo_after") {
        complaints.push(Complaint::new(
            "`@solo_after` without an approval to wait for",
            "ask for one, as in `@approvals(\"1\")`, or remove it: the opener is alone at once",
        ));
    }
    if limits.approvals == 0 && permission == Permission::Request {
        for word in ["quiet_approvers", "escalate"].iter().filter(|word| policy.annotation(word).is_some()) {
            complaints.push(Complaint::new(
                format!("`@{word}` without an approval to wait for"),
                "ask for one, as in `@approvals(\"1\")`, or remove it",
            ));
        }
    }
    if !limits.from.is_empty() && permission == Permission::Breakglass {
        complaints.push(Complaint::new(
            "`@approvals` names groups, and anybody whom policy lets confirm an emergency counts",
            "write a number, and say in a `permit` for `action == Action::\"approveBreakglass\"` who confirms",
        ));
    }
    if permission == Permission::Urgent {
        if policy.annotation("max_duration").is_none() {
            complaints.push(Complaint::new(
                "permits access before anybody looks at it, and does not say for how long",
                format!("write `@max_duration(\"1h\")` or less, or more: {URGENT_MAX_DURATION} at most"),
            ));
        }
        if limits.max_duration > URGENT_MAX_DURATION && limits.broad.is_none() {
            complaints.push(Complaint::new(
                format!("permits access before anybody looks at it for longer than {URGENT_MAX_DURATION}"),
                "write less, or say it twice: `@broad(\"yes: why\")`",
            ));
        }
    }
}

/// Reads one annotation, if it is there.
fn value<T>(
    policy: &Policy,
    word: &str,
    parse: impl Fn(&str) -> Result<T, Slip>,
    complaints: &mut Vec<Complaint>,
) -> Option<T> {
    let text = policy.annotation(word)?;
    parse(text).map_err(|slip| complaints.push(slipped(policy, word, text, &slip))).ok()
}

fn slipped(policy: &Policy, word: &str, text: &str, slip: &Slip) -> Complaint {
    let at = if slip.at.is_empty() || slip.at == text {
        String::new()
    } else {
        format!(" at `{}`", shown(&slip.at))
    };
    let of = policy.annotation("id").map(|id| format!(" of `{}`", shown(id))).unwrap_or_default();
    Complaint::new(format!("`@{word}(\"{}\")`{of} cannot be read{at}", shown(text)), slip.mend.clone())
}

fn yes_or_no(text: &str) -> Result<bool, Slip> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err(Slip { at: text.to_owned(), mend: "write `yes` or `no`".to_owned() }),
    }
}

fn misplaced(word: &str, permission: Option<Permission>) -> Complaint {
    if permission == Some(Permission::Urgent) && word == "approvals" {
        return Complaint::new(
            "`@approvals` stands on a permission for urgent access, which begins before anybody approves",
            "remove it: somebody who may approve looks at it afterwards, always",
        );
    }
    let of = |action: &str| format!("`action == Action::\"{action}\"`");
    let actions = match word {
        "session" | "quiet_approvers" | "cut_sessions" => {
            format!("{} or {}", of("request"), of("requestUrgent"))
        }
        "escalate" => of("request"),
        "solo_after" => of("breakglass"),
        "approvals" => format!("{} or {}", of("request"), of("breakglass")),
        _ => format!("{}, {} or {}", of("request"), of("requestUrgent"), of("breakglass")),
    };
    Complaint::new(
        format!("`@{word}` stands on a policy that it does not bind"),
        format!("it belongs on a `permit` for {actions} only; remove it here"),
    )
}

fn unknown(word: &str) -> Complaint {
    let mend = nearest(word, KNOWN).map_or_else(
        || format!("known are {}", KNOWN.map(|known| format!("`@{known}`")).join(", ")),
        |near| format!("did you mean `@{near}`?"),
    );
    Complaint::new(format!("`@{}` is not an annotation of Glasskey", shown(word)), mend)
}

fn malformed(word: &str, text: &str, mend: &str) -> Complaint {
    Complaint::new(format!("`@{word}(\"{}\")` cannot be read", shown(text)), mend)
}

/// What people wrote, cut so that a fault stays one line.
fn shown(text: &str) -> String {
    /// Longer than any right value.
    const SHOWN_MAX: usize = 80;
    text.chars().filter(|c| !c.is_control()).take(SHOWN_MAX).collect()
}

fn parse_notify(text: &str, complaints: &mut Vec<Complaint>) -> Vec<String> {
    let channels: Vec<String> = text
        .split(|c: char| c == ',' || c.is_whitespace())
        .filter(|c| !c.is_empty())
        .map(str::to_owned)
        .collect();
    if channels.is_empty()
        || channels.len() > NOTIFY_MAX
        || !channels.iter().all(|channel| is_channel(channel))
    {
        let mend =
            format!("write 1 to {NOTIFY_MAX} channels, such as `@notify(\"#prod-access\")` or a channel id");
        complaints.push(malformed("notify", text, &mend));
    }
    channels
}

fn is_channel(text: &str) -> bool {
    match text.strip_prefix('#') {
        Some(name) => {
            (1..=CHANNEL_LENGTH_MAX).contains(&name.chars().count())
                && name.chars().all(|c| (c.is_alphanumeric() && !c.is_uppercase()) || matches!(c, '-' | '_'))
        }
        // Slack channel ids begin with C or G; Discord's are numbers. Neither is shorter than nine.
        None => {
            (9..=24).contains(&text.len())
                && (text.bytes().all(|b| b.is_ascii_digit())
                    || (text.starts_with(['C', 'G'])
                        && text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())))
        }
    }
}

fn parse_broad(text: &str, complaints: &mut Vec<Complaint>) -> String {
    if text.trim().chars().count() < BROAD_LENGTH_MIN {
        let mend = "say why, such as `@broad(\"yes: everybody may read the sandboxes\")`";
        complaints.push(malformed("broad", text, mend));
    }
    text.trim().to_owned()
}

fn length_within(text: &str, min: Seconds, max: Seconds) -> Result<Seconds, String> {
    let mend = || format!("write hours and minutes from {min} to {max}, such as `4h`, `90m` or `1h30m`");
    parse_length(text).filter(|length| (min..=max).contains(length)).ok_or_else(mend)
}

fn solo_within(text: &str) -> Result<Seconds, String> {
    let mend = || {
        format!(
            "write minutes from {SOLO_AFTER_MIN} to {SOLO_AFTER_MAX}, such as `5m`; after {PROPOSAL_LAPSES_AFTER} it lapses"
        )
    };
    parse_length(text).filter(|length| (SOLO_AFTER_MIN..=SOLO_AFTER_MAX).contains(length)).ok_or_else(mend)
}

/// Reads `4h`, `90m`, `1h30m`, `2d`: whole numbers, each unit once, the largest first.
#[must_use]
pub fn parse_length(text: &str) -> Option<Seconds> {
    const UNITS: [(char, u32); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];
    let mut units = UNITS.iter();
    let (mut total, mut number) = (0_u32, None::<u32>);
    for c in text.chars() {
        if let Some(digit) = c.to_digit(10) {
            number = Some(number.unwrap_or(0).checked_mul(10)?.checked_add(digit)?);
        } else {
            let (_, size) = units.find(|(unit, _)| *unit == c)?;
            total = total.checked_add(number.take()?.checked_mul(*size)?)?;
        }
    }
    (number.is_none() && !text.is_empty()).then_some(Seconds(total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_whole_numbers_with_units_the_largest_first() {
        for (text, seconds) in
            [("4h", 14_400), ("90m", 5_400), ("1h30m", 5_400), ("2d", 172_800), ("45s", 45)]
        {
            assert_eq!(parse_length(text), Some(Seconds(seconds)), "{text}");
        }
        for wrong in
            ["", "4", "h", "4H", "1.5h", "30m1h", "1h1h", "-1h", " 1h", "1h ", "99999999999h", "1w", "４h4"]
        {
            assert_eq!(parse_length(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_channel_is_a_name_or_an_id() {
        for right in ["#prod-access", "#sécurité", "C0ACCESS1", "1100000000000000002"] {
            assert!(is_channel(right), "{right}");
        }
        for wrong in ["prod", "#", "#Prod", "#a b", "@here", "<!channel>", "C0", "#a<!channel>"] {
            assert!(!is_channel(wrong), "{wrong}");
        }
    }
}
