//! Typed text as words: cleaned of what cannot be seen, cut at blanks, quoted stretches kept whole.
//!
//! Must never drop a visible character a person typed, and must never give a meaning to a word.

/// The quotation marks that act like `"`: keyboards and chat clients replace the straight ones.
const DOUBLE: &[char] = &['"', '“', '”', '„', '‟', '«', '»'];
/// The quotation marks that act like `'`.
const SINGLE: &[char] = &['\'', '‘', '’', '‚', '‛'];
/// People copy commands out of chat together with their code marks.
const CODE: &[char] = &['`'];

/// The longest text that is read, in characters: what a Slack text input holds (3000), so that one line can say
/// whatever a form can.
pub const TEXT_CHARS_MAX: usize = 3000;

/// One word, or one quoted stretch of words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    /// What is meant: without quotation marks, or without a trailing comma.
    pub(crate) text: String,
    /// What was typed, for the reason and for error sentences.
    pub(crate) raw: String,
    /// Quoted words are names: never a keyword, duration, ticket or filler.
    pub(crate) quoted: bool,
}

impl Word {
    /// The lower-case text of an unquoted word, by which keywords are recognised; empty when quoted. A full stop
    /// that ends a sentence does not count.
    pub(crate) fn key(&self) -> String {
        if self.quoted { String::new() } else { self.text.trim_end_matches('.').to_lowercase() }
    }
}

/// Makes one line of visible characters: control characters, line breaks and every kind of blank become one
/// space; characters that are invisible or turn the reading direction are removed (P10: a reason of several
/// lines, or with an override in it, can forge what a card seems to say).
pub(crate) fn clean(text: &str) -> String {
    let visible: String =
        text.chars().filter(|c| !is_hidden(*c)).map(|c| if is_blank(c) { ' ' } else { c }).collect();
    visible.split(' ').filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

fn is_blank(c: char) -> bool {
    // The last five are drawn as nothing although Unicode calls them letters or symbols.
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '\u{2800}' | '\u{3164}' | '\u{115F}' | '\u{1160}' | '\u{FFA0}')
}

fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}'                     // zero width, direction marks
        | '\u{202A}'..='\u{202E}'                     // direction overrides
        | '\u{2060}'..='\u{206F}'                     // joiners, isolates, deprecated controls
        | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}'
        | '\u{E0000}'..='\u{E0FFF}')
}

/// Cuts cleaned text into words.
pub(crate) fn split(clean: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut rest = clean.trim_start();
    while !rest.is_empty() {
        let (word, after) = quoted(rest).unwrap_or_else(|| plain(rest));
        words.push(word);
        rest = after.trim_start();
    }
    words
}

fn plain(rest: &str) -> (Word, &str) {
    let (raw, after) = rest.split_once(' ').unwrap_or((rest, ""));
    let trimmed = raw.trim_end_matches([',', ';']);
    let text = if trimmed.is_empty() { raw } else { trimmed };
    (Word { text: text.to_owned(), raw: raw.to_owned(), quoted: false }, after)
}

/// A quoted stretch: from a quotation mark at the start of a word to one of its family at the end of a word.
/// Inside it a backslash takes the special meaning from the next quotation mark or backslash. Without a closing
/// mark there is no quotation: the mark is an ordinary character.
fn quoted(rest: &str) -> Option<(Word, &str)> {
    let open = rest.chars().next()?;
    let family = [DOUBLE, SINGLE, CODE].into_iter().find(|family| family.contains(&open))?;
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c == '\\'
            && let Some((_, next)) = chars.next_if(|(_, next)| *next == '\\' || family.contains(next))
        {
            text.push(next);
            continue;
        }
        if family.contains(&c)
            && let Some(end) = end_of_quotation(rest, at + c.len_utf8())
        {
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let (raw, after) = rest.split_at_checked(end)?;
            let word = Word { text, raw: raw.to_owned(), quoted: true };
            return (!word.text.is_empty()).then_some((word, after));
        }
        text.push(c);
    }
    None
}

/// Where the word ends if a closing mark that ends at byte `at` closes it: only punctuation may stand before the blank.
fn end_of_quotation(rest: &str, at: usize) -> Option<usize> {
    let (_, tail) = rest.split_at_checked(at)?;
    let after = tail.trim_start_matches([',', ';', ':', '.', '!', '?']);
    (after.is_empty() || after.starts_with(' ')).then(|| rest.len() - after.len())
}

/// Writes a name so that it is read back as exactly this name.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        if c == '\\' || DOUBLE.contains(&c) {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}

/// Whether a word would start a quotation or lose a trailing comma when written bare.
pub(crate) fn needs_quotes(text: &str) -> bool {
    text.contains(' ')
        || text.ends_with([',', ';'])
        || text.starts_with(|c| DOUBLE.contains(&c) || SINGLE.contains(&c) || CODE.contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(typed: &str) -> Vec<String> {
        split(&clean(typed)).into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn quotes_of_every_kind_keep_a_name_together() {
        for typed in [
            r#""prod eu" x"#,
            "“prod eu” x",
            "„prod eu“ x",
            "«prod eu» x",
            "'prod eu' x",
            "‘prod eu’ x",
            "`prod eu` x",
            r#"" prod  eu ", x"#,
        ] {
            assert_eq!(texts(typed), ["prod eu", "x"], "{typed}");
        }
    }

    #[test]
    fn a_quote_that_is_never_closed_is_an_ordinary_character() {
        assert_eq!(texts(r#""prod eu"#), ["\"prod", "eu"]);
        assert_eq!(texts("don't touch 'til noon"), ["don't", "touch", "'til", "noon"]);
        assert_eq!(texts(r#""" x"#), ["\"\"", "x"]);
    }

    #[test]
    fn unseen_characters_go_and_every_blank_is_one_space() {
        assert_eq!(clean("a\u{202E}b\u{200B}c\u{2066}d\u{FEFF}"), "abcd");
        assert_eq!(clean("\n a\r\n\tb\u{00A0}\u{2028}c\u{0}d\u{3164}"), "a b c d");
    }

    proptest! {
        #[test]
        fn a_quoted_name_is_read_back_as_itself(name in "\\PC{1,30}") {
            let name = clean(&name);
            prop_assume!(!name.is_empty());
            let words = split(&format!("{} tail\"", quote(&name)));
            prop_assert_eq!(&words[0].text, &name);
            prop_assert!(words[0].quoted);
            prop_assert_eq!(words.len(), 2);
        }

        #[test]
        fn cleaning_twice_changes_nothing_and_no_typed_word_is_lost(text in any::<String>()) {
            let once = clean(&text);
            prop_assert_eq!(clean(&once), once.clone());
            let raws: Vec<String> = split(&once).into_iter().map(|w| w.raw).collect();
            prop_assert_eq!(raws.join(" "), once);
        }
    }
}
