//! The second opinion: the readability algorithm, by the `dom_smoothie` library. It finds nearly all of an article, and
//! with it some of what stands around; so it is given a pruned page, and what it gives is trimmed.

use dom_smoothie::{Config, Readability};

/// The article's body as HTML by readability; nothing where it finds none.
pub fn find(html: &str) -> Option<String> {
    let config = Config {
        disable_json_ld: true,
        ..Config::default()
    };
    let article = Readability::new(html, None, Some(config)).ok()?.parse().ok()?;
    Some(article.content.to_string())
}
