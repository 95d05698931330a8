//! CSS selectors as the configuration writes them: whether one can be read. It is not where they are applied.

use scraper::Selector;
use scraper::error::SelectorErrorKind;

/// Checks that `css` is a selector that can match elements; the error says in plain words what is wrong with it.
pub fn check_selector(css: &str) -> Result<(), String> {
    if css.trim().is_empty() {
        return Err("it is empty".to_owned());
    }
    Selector::parse(css).map(|_| ()).map_err(|error| match error {
        SelectorErrorKind::UnexpectedToken => "something stands where it may not".to_owned(),
        SelectorErrorKind::EndOfLine => "it ends too early".to_owned(),
        SelectorErrorKind::TooManyNestedBlocks => "it is nested too deeply".to_owned(),
        SelectorErrorKind::UnexpectedSelectorParseError(_) => "it cannot be understood".to_owned(),
        other => other.to_string().to_lowercase(),
    })
}

#[cfg(test)]
mod tests {
    use super::check_selector;

    #[test]
    fn selectors_are_told_from_other_text() {
        for css in [
            "article.post",
            "h2 a",
            "a.next, a[rel=next]",
            "li:nth-child(2) > a",
            "time",
        ] {
            assert_eq!(check_selector(css), Ok(()), "{css}");
        }
        for css in ["", " ", "a[", "div >", "..post", "a:unheard-of", "{}", "a,,b", "h2 a::"] {
            assert!(check_selector(css).is_err(), "{css:?} was taken for a selector");
        }
    }
}
