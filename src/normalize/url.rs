//! One address for one page: what trackers, sharing buttons and mobile twins add is taken off again.
//!
//! Scheme and host stay as the source writes them; that `http` and `www.` twins are one page is
//! [`crate::model::Article::identity`]'s business.

use url::Url;

/// Query keys that never say which page is meant, in lower case. A `*` at the end stands for any rest.
const TRACKING: [&str; 27] = [
    "utm_*",
    "fbclid",
    "gclid",
    "gclsrc",
    "dclid",
    "gbraid",
    "wbraid",
    "msclkid",
    "yclid",
    "twclid",
    "igshid",
    "igsh",
    "mc_cid",
    "mc_eid",
    "_ga",
    "_gl",
    "shareid",
    "share",
    "ref",
    "ref_src",
    "ref_url",
    "noamp",
    "amp",
    "spm",
    "fb_action_ids",
    "fb_source",
    "_hsenc",
];
/// Queries that only choose a twin of the page, in lower case: Blogger's mobile view, AMP, a page for the printer (the
/// last three are what Joomla adds to it).
const TWINS: [&str; 13] = [
    "m=1",
    "m=0",
    "outputtype=amp",
    "view=amp",
    "amp_js_v=0.1",
    "print=1",
    "print=true",
    "print=print",
    "view=print",
    "format=print",
    "tmpl=component",
    "layout=default",
    "page=",
];
/// Last parts of a path that choose a twin, as WordPress and its plug-ins have them.
const TWIN_PATHS: [&str; 2] = ["/amp", "/print"];

/// The address without credentials, fragment, tracking parameters and AMP, mobile or printer's forms. The other parameters keep
/// their order and spelling.
pub fn canonical(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_fragment(None);
    // Cannot fail for an address that has a host; one without has nothing to take off.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    desktop_kumparan(&mut url);
    while let Some(path) = without_twin(url.path()) {
        url.set_path(&path);
    }
    let kept: Vec<&str> = url
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty() && !says_nothing(pair))
        .collect();
    let query = kept.join("&");
    url.set_query((!query.is_empty()).then_some(query.as_str()));
    url
}

fn says_nothing(pair: &str) -> bool {
    let pair = pair.to_ascii_lowercase();
    let key = pair.split('=').next().unwrap_or_default();
    let tracks = |rule: &&str| match rule.strip_suffix('*') {
        Some(prefix) => key.starts_with(prefix),
        None => key == *rule,
    };
    TRACKING.iter().any(tracks) || TWINS.contains(&pair.as_str())
}

/// `/slug/amp/` and `/slug/amp`.
fn without_twin(path: &str) -> Option<String> {
    let slash = if path.ends_with('/') { "/" } else { "" };
    let bare = path.trim_end_matches('/');
    let rest = TWIN_PATHS.iter().find_map(|twin| bare.strip_suffix(twin))?;
    (!rest.is_empty()).then(|| format!("{rest}{slash}"))
}

/// `m.kumparan.com/amp/{account}/{story}` and old `/@{account}` links.
fn desktop_kumparan(url: &mut Url) {
    if !matches!(
        url.host_str(),
        Some("m.kumparan.com" | "kumparan.com" | "www.kumparan.com")
    ) {
        return;
    }
    let mut path = url.path().trim_start_matches('/');
    while let Some(rest) = path.strip_prefix("amp/").or_else(|| path.strip_prefix(['@', '/'])) {
        path = rest;
    }
    let path = format!("/{path}");
    url.set_path(&path);
    // Cannot fail: the address has a host already.
    let _ = url.set_host(Some("kumparan.com"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(url: &str) -> String {
        canonical(&url.parse().unwrap()).to_string()
    }

    #[test]
    fn what_does_not_name_the_page_is_taken_off() {
        for (url, expected) in [
            ("https://A.Example:443/x#komentar", "https://a.example/x"),
            ("http://a.example:80/x", "http://a.example/x"),
            (
                "https://a.example/x?utm_source=wa&utm_medium=b&id=7",
                "https://a.example/x?id=7",
            ),
            (
                "https://a.example/x?id=7&fbclid=abc&cat=2&gclid=1",
                "https://a.example/x?id=7&cat=2",
            ),
            ("https://a.example/x?shareID=abc", "https://a.example/x"),
            (
                "https://a.blogspot.com/2022/08/x.html?m=1",
                "https://a.blogspot.com/2022/08/x.html",
            ),
            ("https://a.example/x/amp/", "https://a.example/x/"),
            ("https://a.example/x/amp", "https://a.example/x"),
            ("https://a.example/x?amp=1", "https://a.example/x"),
            ("https://a.example/x/print/", "https://a.example/x/"),
            (
                "https://a.example/x?tmpl=component&print=1&layout=default&page=",
                "https://a.example/x",
            ),
            ("https://a.example/x?amp", "https://a.example/x"),
            ("https://a.example/x?outputType=amp&ref=beranda", "https://a.example/x"),
            ("https://a.example/x?noamp=mobile", "https://a.example/x"),
            ("https://user:pw@a.example/x", "https://a.example/x"),
            (
                "https://m.kumparan.com/amp/lajer-channel/judul-1yfWcrHMSmQ",
                "https://kumparan.com/lajer-channel/judul-1yfWcrHMSmQ",
            ),
            (
                "https://kumparan.com/@lajer-channel/judul-1yfWcrHMSmQ?shareID=x",
                "https://kumparan.com/lajer-channel/judul-1yfWcrHMSmQ",
            ),
        ] {
            assert_eq!(of(url), expected, "{url}");
        }
    }

    #[test]
    fn what_names_the_page_stays() {
        for url in [
            "https://a.example/?p=123",
            "https://a.example/component/content/article/judul?Itemid=101&catid=67",
            "https://a.example/detail.php?id=7&m=12",
            "http://www.a.example/x/",
            "https://a.example/amp/",
            "https://a.example/berita/lamp",
            "https://a.example/berita/blueprint",
            "https://a.example/x?page=2",
            "https://a.example/cari?q=a%20b+c",
            "https://a.example/reff?refer=1",
        ] {
            assert_eq!(of(url), url);
        }
    }

    proptest! {
        #[test]
        fn once_is_as_good_as_twice(path in "[a-z0-9/@-]{0,20}", query in "[a-zA-Z0-9=&_]{0,30}", host in "(m\\.)?(kumparan\\.com|a\\.example)") {
            let once = of(&format!("https://{host}/{path}?{query}"));
            prop_assert_eq!(of(&once), once);
        }
    }
}
