//! What a case of `glasskey policy test` expects, and whether an answer is that.

use glasskey_domain::Seconds;
use glasskey_domain::emergency::EmergencyTerms;
use glasskey_domain::rules::{NotPermitted, Verdict};

use super::annotations::parse_length;
use super::explain::{emergency_in_words, in_words, terms_in_words};
use super::fault::Complaint;

/// What a case expects; what it leaves out may be anything.
#[derive(Debug, Default)]
pub(super) struct Expected<'a> {
    permit: bool,
    approvals: Option<u32>,
    /// Whether and when the opener of an emergency may go on alone.
    alone: Option<Option<Seconds>>,
    by: Option<&'a str>,
    why: Option<&'a str>,
}

/// What policy answered, so far as cases can speak of it.
#[derive(Debug)]
pub(super) struct Granted {
    pub(super) approvals: u32,
    pub(super) alone_after: Option<Seconds>,
    pub(super) policies: Vec<String>,
    /// All of it, for people.
    pub(super) words: String,
}

impl Granted {
    pub(super) fn access(verdict: Verdict) -> Result<Self, NotPermitted> {
        match verdict {
            Verdict::Permit(terms) => Ok(Self {
                approvals: terms.approvals,
                alone_after: None,
                words: terms_in_words(&terms),
                policies: terms.policies,
            }),
            Verdict::Refuse(why) => Err(why),
        }
    }

    pub(super) fn emergency(terms: EmergencyTerms) -> Self {
        Self {
            approvals: terms.approvals,
            alone_after: terms.solo_after,
            words: emergency_in_words(&terms),
            policies: terms.policies,
        }
    }

    /// A plain yes, without limits.
    pub(super) fn plainly(policies: Vec<String>) -> Self {
        let by = if policies.is_empty() { String::new() } else { format!("by {}", policies.join(", ")) };
        Self { approvals: 0, alone_after: None, words: by, policies }
    }
}

/// The answer in words, as a failed case shows it.
pub(super) fn said(answer: &Result<Granted, NotPermitted>) -> String {
    match answer {
        Ok(granted) if granted.words.is_empty() => "permit".to_owned(),
        Ok(granted) => format!("permit, {}", granted.words),
        Err(why) => format!("refuse: {}", in_words(why)),
    }
}

/// The reasons that a case may name, as [`word`] gives them.
const REASONS: [&str; 6] = ["no policy", "forbidden", "too long", "session too long", "gone", "error"];

impl<'a> Expected<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self, Complaint> {
        let wrong = || {
            let mend = "write `permit`, `permit, 1 approval`, `permit, no approval, by POLICY`, \
                        `permit, 1 approval, alone after 5m`, `refuse` or `refuse: too long`";
            Complaint::new(format!("`{text}` is not an expectation"), mend)
        };
        if let Some(rest) = text.strip_prefix("refuse") {
            let why = match rest.strip_prefix(':').map(str::trim) {
                None if rest.is_empty() => None,
                Some(why) if REASONS.contains(&why) => Some(why),
                Some(_) | None => return Err(wrong()),
            };
            return Ok(Self { why, ..Self::default() });
        }
        let mut parts = text.split(',').map(str::trim);
        if parts.next() != Some("permit") {
            return Err(wrong());
        }
        let mut expected = Self { permit: true, ..Self::default() };
        for part in parts {
            if part == "never alone" {
                expected.alone = Some(None);
                continue;
            }
            if let Some(after) = part.strip_prefix("alone after ") {
                expected.alone = Some(Some(parse_length(after.trim()).ok_or_else(wrong)?));
                continue;
            }
            match (part.strip_prefix("by "), part.split_once(' ')) {
                (Some(policy), _) => expected.by = Some(policy.trim()),
                (None, Some(("no", "approval" | "approvals"))) => expected.approvals = Some(0),
                (None, Some((number, "approval" | "approvals"))) => {
                    expected.approvals = Some(number.parse().map_err(|_| wrong())?);
                }
                (None, _) => return Err(wrong()),
            }
        }
        Ok(expected)
    }

    pub(super) fn is_met_by(&self, answer: &Result<Granted, NotPermitted>) -> bool {
        match answer {
            Ok(granted) => {
                self.permit
                    && self.approvals.is_none_or(|approvals| approvals == granted.approvals)
                    && self.alone.is_none_or(|alone| alone == granted.alone_after)
                    && self.by.is_none_or(|policy| granted.policies.iter().any(|id| id == policy))
            }
            Err(why) => !self.permit && self.why.is_none_or(|expected| expected == word(why)),
        }
    }
}

fn word(why: &NotPermitted) -> &'static str {
    match why {
        NotPermitted::NoPolicy => "no policy",
        NotPermitted::Forbidden { .. } => "forbidden",
        NotPermitted::TooLong { .. } => "too long",
        NotPermitted::SessionTooLong { .. } => "session too long",
        NotPermitted::ApprovalsGone { .. } => "approvals gone",
        NotPermitted::Gone => "gone",
        NotPermitted::Erred { .. } => "error",
    }
}
