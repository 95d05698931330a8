//! Addresses made from addresses: parameters set and taken off, a path gone deeper. What an address means is not known
//! here.

use url::Url;

/// The value of a parameter, decoded.
pub(super) fn parameter(url: &Url, key: &str) -> Option<String> {
    url.query_pairs()
        .find(|(name, _)| name == key)
        .map(|(_, value)| value.into_owned())
}

/// A parameter that is a number.
pub(super) fn number(url: &Url, key: &str) -> Option<u32> {
    parameter(url, key)?.parse().ok()
}

/// The address with these parameters: known ones change their value in place, the others keep their spelling. No
/// fragment is left.
pub(super) fn with(url: &Url, parameters: &[(&str, &str)]) -> Url {
    let mut made = without(url, &parameters.iter().map(|(key, _)| *key).collect::<Vec<_>>());
    {
        let mut pairs = made.query_pairs_mut();
        for (key, value) in parameters {
            pairs.append_pair(key, value);
        }
    }
    made
}

/// The address without these parameters and without a fragment; the others keep their spelling.
pub(super) fn without(url: &Url, keys: &[&str]) -> Url {
    let mut made = url.clone();
    made.set_fragment(None);
    let kept: Vec<&str> = url
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty() && !keys.contains(&pair.split('=').next().unwrap_or_default()))
        .collect();
    let query = kept.join("&");
    made.set_query((!query.is_empty()).then_some(query.as_str()));
    made
}

/// The address a path below this one, whether it ends in a slash or not; the parameters stay.
pub(super) fn below(url: &Url, path: &str) -> Url {
    let mut made = url.clone();
    made.set_path(&format!("{}/{path}", url.path().trim_end_matches('/')));
    made.set_fragment(None);
    made
}

/// Another path of the same site, without parameters.
pub(super) fn on_site(url: &Url, path: &str) -> Url {
    let mut made = url.clone();
    made.set_path(path);
    made.set_query(None);
    made.set_fragment(None);
    made
}

/// Whether both are on one site, `www.` and `m.` aside.
pub(super) fn same_site(one: &Url, other: &Url) -> bool {
    fn plain(url: &Url) -> &str {
        let host = url.host_str().unwrap_or_default();
        host.strip_prefix("www.")
            .or_else(|| host.strip_prefix("m."))
            .unwrap_or(host)
    }
    plain(one) == plain(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_set_and_the_others_stay_as_they_are() {
        let url: Url = "https://a.example/x?q=a%20b+c&page=1&lang#isi".parse().unwrap();
        for (made, expected) in [
            (
                with(&url, &[("page", "2")]),
                "https://a.example/x?q=a%20b+c&lang&page=2",
            ),
            (without(&url, &["q", "lang"]), "https://a.example/x?page=1"),
            (without(&url, &["q", "lang", "page"]), "https://a.example/x"),
            (below(&url, "feed/"), "https://a.example/x/feed/?q=a%20b+c&page=1&lang"),
            (on_site(&url, "/robots.txt"), "https://a.example/robots.txt"),
        ] {
            assert_eq!(made.as_str(), expected);
        }
        assert_eq!((number(&url, "page"), number(&url, "q")), (Some(1), None));
    }

    #[test]
    fn a_site_is_its_host_with_and_without_www() {
        let url = |text: &str| text.parse::<Url>().unwrap();
        assert!(same_site(&url("http://www.a.example/x"), &url("https://a.example/")));
        assert!(!same_site(&url("https://b.a.example/"), &url("https://a.example/")));
    }
}
