//! CSS selectors: checked when the configuration is read, compiled when a page is.

use scraper::Selector;
use scraper::error::SelectorErrorKind;

/// Checks that `css` is a selector that can match elements; the error says in plain words what is wrong with it.
pub fn check_selector(css: &str) -> Result<(), String> {
    if css.trim().is_empty() {
        return Err("it is empty".to_owned());
    }
    Selector::parse(css).map(drop).map_err(|error| match error {
        SelectorErrorKind::UnexpectedToken => "something stands where it may not".to_owned(),
        SelectorErrorKind::EndOfLine => "it ends too early".to_owned(),
        SelectorErrorKind::TooManyNestedBlocks => "it is nested too deeply".to_owned(),
        SelectorErrorKind::UnexpectedSelectorParseError(_) => "it cannot be understood".to_owned(),
        other => other.to_string().to_lowercase(),
    })
}

/// The compiled selector; nothing for one that [`check_selector`] refuses.
pub(super) fn compile(css: &str) -> Option<Selector> {
    Selector::parse(css).ok()
}

/// One of our own selectors.
pub(super) fn known(css: &'static str) -> Selector {
    compile(css).expect("the selectors in the code are checked by tests")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_are_told_from_what_is_none() {
        for css in [
            "h2 a",
            "article.post > h2",
            "a[href*='/berita/']",
            "p[data-qa-id=x], time",
            "li:not(.ad)",
        ] {
            assert_eq!(check_selector(css), Ok(()), "{css}");
        }
        for css in ["", "  ", "h2 a[", "..post", "a:frob(", "h2 >"] {
            let error = check_selector(css).unwrap_err();
            assert!(!error.is_empty(), "{css}");
        }
    }
}
