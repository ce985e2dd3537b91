//! Pages as Okta gives them: a `limit`, an opaque `after`, and a `Link` header to follow, not to parse (pitfall 18).
//!
//! A cursor names the last row given, never a position: rows that come and go between pages shift nothing.

use serde_json::Value;

use super::serve::Incoming;
use super::wire::{Refusal, Reply, encode};
use super::world::World;

/// Where a cursor stands: a mark and the last row given.
struct Cursor {
    after: Option<String>,
    empty_page_due: bool,
}

/// How a list is paged.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paging {
    pub(super) rows_default: usize,
    pub(super) rows_max: usize,
    /// The last page has a `next` link too: what comes later is read by polling it.
    pub(super) endless: bool,
}

/// The page that this call asks for. `rows` come in the order of their keys.
///
/// # Errors
///
/// A `limit` out of bounds, an `after` that was never given.
pub(super) fn page<T>(
    world: &World,
    call: &Incoming,
    paging: Paging,
    rows: Vec<(String, T)>,
    render: impl Fn(T) -> Value,
) -> Result<Reply, Refusal> {
    let asked = match call.field("limit") {
        None => paging.rows_default,
        Some(text) => text.parse().ok().filter(|n| (1..=paging.rows_max).contains(n)).ok_or_else(|| {
            Refusal::invalid("limit", &format!("must be between 1 and {}", paging.rows_max))
        })?,
    };
    let count = asked.min(world.options.page_rows_max).max(1);
    let empties = world.options.empty_pages;
    let cursor = match call.field("after") {
        None => Cursor { after: None, empty_page_due: empties },
        Some(text) => read(text).ok_or_else(|| Refusal::invalid("after", "is no cursor of this list"))?,
    };
    if cursor.empty_page_due {
        let next = write('r', cursor.after.as_deref().unwrap_or_default());
        return Ok(links(world, call, Some(next), Reply::json(&Value::Array(Vec::new()))));
    }
    let after = cursor.after.clone();
    let position = after.as_ref().and_then(|after| rows.iter().position(|(key, _)| key > after));
    let skipped = if after.is_some() { position.unwrap_or(rows.len()) } else { 0 };
    let mut rest = rows.into_iter().skip(skipped).peekable();
    let mut given = Vec::new();
    let mut last = after.unwrap_or_default();
    while given.len() < count {
        let Some((key, row)) = rest.next() else { break };
        given.push(render(row));
        last = key;
    }
    let more = rest.peek().is_some();
    let next = (more || paging.endless).then(|| write(if more && empties { 'e' } else { 'r' }, &last));
    Ok(links(world, call, next, Reply::json(&Value::Array(given))))
}

/// Okta sends `self` and `next` as two headers of one name.
fn links(world: &World, call: &Incoming, next: Option<String>, reply: Reply) -> Reply {
    let here = format!("{}{}", world.url, call.path);
    let with = |fields: Vec<(&str, &str)>| {
        let query: Vec<String> = fields.iter().map(|(n, v)| format!("{n}={}", encode(v))).collect();
        if query.is_empty() { here.clone() } else { format!("{here}?{}", query.join("&")) }
    };
    let asked: Vec<(&str, &str)> = call.query.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let reply = reply.with("link", format!("<{}>; rel=\"self\"", with(asked.clone())));
    match next {
        None => reply,
        Some(after) => {
            let mut fields: Vec<(&str, &str)> = asked.into_iter().filter(|(n, _)| *n != "after").collect();
            fields.insert(0, ("after", &after));
            reply.with("link", format!("<{}>; rel=\"next\"", with(fields)))
        }
    }
}

fn write(phase: char, after: &str) -> String {
    let hex: String = after.bytes().map(|b| format!("{b:02x}")).collect();
    format!("{phase}{hex}")
}

fn read(cursor: &str) -> Option<Cursor> {
    let (empty_page_due, hex) = match cursor.split_at_checked(1)? {
        ("e", hex) => (true, hex),
        ("r", hex) => (false, hex),
        _ => return None,
    };
    let digits: Vec<u32> = hex.chars().map(|c| c.to_digit(16)).collect::<Option<_>>()?;
    let bytes: Option<Vec<u8>> = digits
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => u8::try_from(high * 16 + low).ok(),
            _ => None,
        })
        .collect();
    let after = String::from_utf8(bytes?).ok()?;
    Some(Cursor { after: (!after.is_empty()).then_some(after), empty_page_due })
}
