//! The annotations that name groups of approvers: `@approvals("1 of sre-leads, 1 of security")`, `@quiet_approvers`,
//! `@escalate`. Whether there are such groups is not known here: policies load without a company.

use glasskey_domain::Seconds;
use glasskey_domain::rules::{Escalation, Quorum};

use super::annotations::{APPROVALS_MAX, parse_length};

/// Groups whose people are not called upon: with more of them nobody is left who is.
const QUIET_MAX: usize = 10;
/// Steps of an escalation: each is another group of people who are disturbed.
const ESCALATIONS_MAX: usize = 5;
/// A group needs a minute to be reached at all.
const ESCALATE_AFTER_MIN: Seconds = Seconds::minutes(1);
/// Who waits longer than a day does not wait for an answer any more.
const ESCALATE_AFTER_MAX: Seconds = Seconds::hours(24);
/// Longest `DisplayName` of a group (`CreateGroup` of the Identity Store).
const GROUP_LENGTH_MAX: usize = 1_024;

/// Where a value cannot be read, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Slip {
    pub(super) at: String,
    pub(super) mend: String,
}

impl Slip {
    fn new(at: &str, mend: impl Into<String>) -> Self {
        Self { at: at.to_owned(), mend: mend.into() }
    }
}

/// What a permission asks of approvers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Approvals {
    pub(super) needed: u32,
    /// Of which groups; of any, when there are none.
    pub(super) from: Vec<Quorum>,
}

/// Reads `2`, or `1 of sre-leads, 1 of security`.
pub(super) fn approvals(text: &str) -> Result<Approvals, Slip> {
    if let Some(needed) = number(text) {
        return Ok(Approvals { needed, from: Vec::new() });
    }
    let mend = format!(
        "write a number from 0 to {APPROVALS_MAX}, such as `@approvals(\"1\")`, or groups, such as \
         `@approvals(\"1 of sre-leads, 1 of security\")`"
    );
    if !text.contains(" of ") {
        return Err(Slip::new(text, mend));
    }
    let mut from: Vec<Quorum> = Vec::new();
    for part in parts(text) {
        let quorum = part.split_once(" of ").and_then(|(needed, group)| {
            let needed = number(needed.trim()).filter(|needed| *needed > 0)?;
            Some(Quorum { needed, group: group_name(group)? })
        });
        let Some(quorum) = quorum else { return Err(Slip::new(part, mend)) };
        once(from.iter().map(|known| &known.group), &quorum.group)?;
        from.push(quorum);
    }
    let needed = from.iter().fold(0_u32, |sum, quorum| sum.saturating_add(quorum.needed));
    if needed > APPROVALS_MAX {
        return Err(Slip::new(text, format!("ask for {APPROVALS_MAX} people at most in all, not {needed}")));
    }
    Ok(Approvals { needed, from })
}

/// Reads `night-shift, cto`.
pub(super) fn quiet(text: &str) -> Result<Vec<String>, Slip> {
    let mut groups: Vec<String> = Vec::new();
    for part in parts(text) {
        let mend = "write groups, such as `@quiet_approvers(\"night-shift, cto\")`";
        let group = group_name(part).ok_or_else(|| Slip::new(part, mend))?;
        once(groups.iter(), &group)?;
        groups.push(group);
    }
    if groups.len() > QUIET_MAX {
        return Err(Slip::new(text, format!("name {QUIET_MAX} groups at most")));
    }
    Ok(groups)
}

/// Reads `30m: sre-managers, 1h: cto`, in any order; answers in the order of time.
pub(super) fn escalate(text: &str) -> Result<Vec<Escalation>, Slip> {
    let mend = || {
        format!(
            "write times from {ESCALATE_AFTER_MIN} to {ESCALATE_AFTER_MAX} with a group each, such as \
             `@escalate(\"30m: sre-managers, 1h: cto\")`"
        )
    };
    let mut steps: Vec<Escalation> = Vec::new();
    for part in parts(text) {
        let step = part.split_once(':').and_then(|(after, group)| {
            let after = parse_length(after.trim())
                .filter(|after| (ESCALATE_AFTER_MIN..=ESCALATE_AFTER_MAX).contains(after))?;
            Some(Escalation { after, group: group_name(group)? })
        });
        let Some(step) = step else { return Err(Slip::new(part, mend())) };
        once(steps.iter().map(|known| &known.group), &step.group)?;
        steps.push(step);
    }
    if steps.len() > ESCALATIONS_MAX {
        return Err(Slip::new(text, format!("write {ESCALATIONS_MAX} steps at most")));
    }
    steps.sort();
    Ok(steps)
}

/// A name with a comma in it goes by its id.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim)
}

fn number(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|number| digits && *number <= APPROVALS_MAX)
}

fn group_name(text: &str) -> Option<String> {
    let name = text.trim();
    let fits = (1..=GROUP_LENGTH_MAX).contains(&name.chars().count())
        && !name.chars().any(|c| c.is_control() || c == '"');
    fits.then(|| name.to_owned())
}

fn once<'a>(mut known: impl Iterator<Item = &'a String>, group: &str) -> Result<(), Slip> {
    // Groups are looked up in any case of letters.
    if known.any(|known| known.eq_ignore_ascii_case(group)) {
        return Err(Slip::new(group, "name each group once"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(needed: u32, group: &str) -> Quorum {
        Quorum { needed, group: group.to_owned() }
    }

    fn step(minutes: u32, group: &str) -> Escalation {
        Escalation { after: Seconds::minutes(minutes), group: group.to_owned() }
    }

    #[test]
    fn approvals_are_a_number_or_so_many_of_each_group() {
        let plain = |needed| Ok(Approvals { needed, from: Vec::new() });
        assert_eq!(approvals("0"), plain(0));
        assert_eq!(approvals("10"), plain(10));
        let both = approvals("1 of sre-leads,2 of Security team ").unwrap();
        assert_eq!(both, Approvals { needed: 3, from: vec![of(1, "sre-leads"), of(2, "Security team")] });
        let ten = approvals("9 of a, 1 of b").unwrap();
        assert_eq!(ten.needed, APPROVALS_MAX);
    }

    #[test]
    fn approvals_that_do_not_say_how_many_of_whom_are_refused_where_they_go_wrong() {
        for (wrong, at) in [
            ("", ""),
            ("-1", "-1"),
            ("11", "11"),
            ("one", "one"),
            ("1 of a, security", "security"),
            ("0 of a", "0 of a"),
            ("1 of a, 1 of ", "1 of"),
            ("1 of a,", ""),
            ("1 of a, 11 of b", "11 of b"),
            ("1 of a, 1 of A", "A"),
            ("9 of a, 2 of b", "9 of a, 2 of b"),
        ] {
            assert_eq!(approvals(wrong).unwrap_err().at, at, "{wrong}");
        }
    }

    #[test]
    fn an_escalation_is_in_the_order_of_time() {
        assert_eq!(
            escalate("1h: cto, 30m: sre-managers").unwrap(),
            [step(30, "sre-managers"), step(60, "cto")]
        );
        assert_eq!(escalate("24h:cto").unwrap(), [step(24 * 60, "cto")]);
        for wrong in ["", "cto", "30m cto", "30m:", "30s: cto", "25h: cto", "30m: cto, 1h: CTO", "1h: a,"] {
            assert!(escalate(wrong).is_err(), "{wrong}");
        }
        let five = "1m: a, 2m: b, 3m: c, 4m: d, 5m: e";
        assert!(escalate(five).is_ok() && escalate(&format!("{five}, 6m: f")).is_err());
    }

    #[test]
    fn quiet_groups_are_names_each_once() {
        assert_eq!(quiet("night shift, cto").unwrap(), ["night shift", "cto"]);
        for wrong in ["", "a,", "a, A", "a,b,c,d,e,f,g,h,i,j,k"] {
            assert!(quiet(wrong).is_err(), "{wrong}");
        }
        assert!(quiet("a,b,c,d,e,f,g,h,i,j").is_ok());
    }
}
