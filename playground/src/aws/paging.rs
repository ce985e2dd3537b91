//! Pages as AWS gives them: small, bound to their call, sometimes empty with more to come (pitfall 18).
//!
//! A token names the last row given, never a position: rows that come and go between pages shift nothing.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::Value;

use super::options::AwsOptions;
use super::wire::{AwsError, Fields};

/// How an operation is paged.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paging {
    /// Largest `MaxResults` AWS takes.
    pub(super) rows_max: usize,
    /// AWS says of this operation that pages may be empty.
    pub(super) may_be_empty: bool,
}

/// sso-admin and Identity Store: up to 100 rows.
pub(super) const HUNDRED: Paging = Paging { rows_max: 100, may_be_empty: false };

/// `ListUsers`: up to 100 rows, empty pages seen.
pub(super) const USERS: Paging = Paging { rows_max: 100, may_be_empty: true };

/// Organizations: up to 20 rows, "pages may be empty even when more results are available".
pub(super) const ORGANIZATIONS: Paging = Paging { rows_max: 20, may_be_empty: true };

/// Rows of one page and the token for the next.
pub(super) struct Page {
    pub(super) rows: Vec<Value>,
    pub(super) next: Option<String>,
}

/// Where a token stands.
struct Cursor {
    /// The last row given; `None` before the first.
    after: Option<String>,
    /// The page that follows is the empty one.
    empty_page_due: bool,
}

/// The page that this call asks for. `rows` come in the order of their keys.
pub(super) fn page<T>(
    fields: &Fields<'_>,
    paging: Paging,
    options: &AwsOptions,
    rows: impl Iterator<Item = (String, T)>,
    render: impl Fn(T) -> Value,
) -> Result<Page, AwsError> {
    let asked = fields.max_results(paging.rows_max)?;
    let count = asked.min(options.page_rows_max).max(1);
    let empties = paging.may_be_empty && options.empty_pages;
    let call = fingerprint(fields);
    let cursor = match fields.members.get("NextToken").filter(|v| !v.is_null()) {
        None => Cursor { after: None, empty_page_due: empties },
        Some(token) => read(token, call).ok_or_else(|| {
            fields
                .service
                .invalid("INVALID_NEXT_TOKEN", "The provided NextToken is invalid or expired.".into())
        })?,
    };
    if cursor.empty_page_due {
        let next = write(call, 'r', cursor.after.as_deref().unwrap_or_default());
        return Ok(Page { rows: Vec::new(), next: Some(next) });
    }
    let mut rest = rows.filter(|(key, _)| cursor.after.as_ref().is_none_or(|after| key > after)).peekable();
    let mut given = Vec::new();
    let mut last = String::new();
    while given.len() < count {
        let Some((key, row)) = rest.next() else { break };
        given.push(render(row));
        last = key;
    }
    let next = rest.peek().is_some().then(|| write(call, if empties { 'e' } else { 'r' }, &last));
    Ok(Page { rows: given, next })
}

/// What a token is good for: this operation with these members.
fn fingerprint(fields: &Fields<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    fields.operation.hash(&mut hasher);
    for (name, value) in
        fields.members.iter().filter(|(n, _)| !matches!(n.as_str(), "NextToken" | "MaxResults"))
    {
        (name, value.to_string()).hash(&mut hasher);
    }
    hasher.finish()
}

/// Letters AWS's token pattern allows: `[-a-zA-Z0-9+=/_]`.
fn write(call: u64, phase: char, after: &str) -> String {
    let hex: String = after.bytes().map(|b| format!("{b:02x}")).collect();
    format!("{call:016x}{phase}{hex}")
}

fn read(token: &Value, call: u64) -> Option<Cursor> {
    let rest = token.as_str()?.strip_prefix(&format!("{call:016x}"))?;
    let (empty_page_due, hex) = match rest.split_at_checked(1)? {
        ("e", hex) => (true, hex),
        ("r", hex) => (false, hex),
        _ => return None,
    };
    let digits: Vec<u32> = hex.chars().map(|c| c.to_digit(16)).collect::<Option<_>>()?;
    let bytes: Vec<u8> = digits
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => u8::try_from(high * 16 + low).ok(),
            _ => None,
        })
        .collect::<Option<_>>()?;
    let after = String::from_utf8(bytes).ok()?;
    Some(Cursor { after: (!after.is_empty()).then_some(after), empty_page_due })
}
