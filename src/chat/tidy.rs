//! What people typed, without what could make a line or hide one. The same for every platform.

/// Without control characters, line breaks, and characters that turn or hide text (P10).
pub(super) fn tidy(text: &str) -> String {
    let hidden = |c: char| matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{00AD}');
    text.chars()
        .filter(|c| !hidden(*c))
        .map(|c| if c.is_control() || c == '\u{2028}' || c == '\u{2029}' { ' ' } else { c })
        .collect()
}
