//! Which names fit what is being typed, and which of them fit best.

/// How well a name fits. The first is best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    /// It is what was typed.
    Exact,
    /// It begins with it.
    Prefix,
    /// One of its words does.
    Word,
    /// It is somewhere in it.
    Within,
}

/// What was typed, in one case of letters.
#[derive(Debug)]
pub(super) struct Typed(String);

impl Typed {
    pub(super) fn new(text: &str) -> Self {
        Self(text.trim().to_lowercase())
    }

    /// How well a name fits, if it does.
    pub(super) fn fit(&self, name: &str) -> Option<Fit> {
        let name = name.to_lowercase();
        let mut from = name.match_indices(&self.0).map(|(at, _)| at);
        let first = from.next()?;
        if first == 0 {
            return Some(if name.len() == self.0.len() { Fit::Exact } else { Fit::Prefix });
        }
        let begins_word = |at: usize| {
            let before = name.get(..at).and_then(|before| before.chars().next_back());
            before.is_none_or(|before| !before.is_alphanumeric())
        };
        let word = begins_word(first) || from.any(begins_word);
        Some(if word { Fit::Word } else { Fit::Within })
    }
}

/// What fits, best first; among what fits alike by name, then by id.
pub(super) fn ranked<'a, T, I: Ord>(
    things: impl Iterator<Item = &'a T>,
    fit: impl Fn(&T) -> Option<Fit>,
    named: impl Fn(&'a T) -> (&'a str, I),
) -> Vec<&'a T> {
    let mut fitting: Vec<(Fit, (&str, I), &T)> =
        things.filter_map(|thing| Some((fit(thing)?, named(thing), thing))).collect();
    fitting.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    fitting.into_iter().map(|(_, _, thing)| thing).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_whole_stands_before_what_begins_with_it_and_that_before_what_has_it_within() {
        let names = ["data-prod", "Prod", "nonprod", "prod-2", "beta"];
        let typed = Typed::new(" pROD ");
        let found = ranked(names.iter(), |name| typed.fit(name), |name| (*name, *name));
        assert_eq!(found, [&"Prod", &"prod-2", &"data-prod", &"nonprod"]);
    }

    #[test]
    fn nothing_typed_fits_everything_by_name() {
        let names = ["b", "a"];
        let typed = Typed::new("");
        assert_eq!(ranked(names.iter(), |name| typed.fit(name), |name| (*name, *name)), [&"a", &"b"]);
    }

    #[test]
    fn a_word_may_begin_after_one_that_only_has_it_within() {
        assert_eq!(Typed::new("od").fit("prod od"), Some(Fit::Word));
        assert_eq!(Typed::new("od").fit("prod"), Some(Fit::Within));
        assert_eq!(Typed::new("x").fit("prod"), None);
    }
}
