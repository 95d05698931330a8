//! The links of sanitised HTML, and what can be told from an address alone. It knows nothing of history.

use url::{Host, Url};

/// One link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Where it leads.
    pub url: Url,
    /// Its words.
    pub words: String,
}

/// What a host is to a government site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The article's own site.
    Own,
    /// The state, schools, large media and platforms.
    Trusted,
    /// A messenger or a shortener: whoever stands behind it is not known.
    Contact,
    /// Anybody.
    Foreign,
}

/// Sites that articles may lead to; all below them too.
const TRUSTED: &[&str] = &[
    "go.id",
    "ac.id",
    "sch.id",
    "mil.id",
    "desa.id",
    "polri.go.id",
    "facebook.com",
    "fb.com",
    "fb.watch",
    "instagram.com",
    "twitter.com",
    "x.com",
    "threads.net",
    "tiktok.com",
    "youtube.com",
    "youtu.be",
    "google.com",
    "google.co.id",
    "goo.gl",
    "forms.gle",
    "blogger.com",
    "googleusercontent.com",
    "apple.com",
    "microsoft.com",
    "zoom.us",
    "linktr.ee",
    "wikipedia.org",
    "wordpress.com",
    "wordpress.org",
    "kumparan.com",
    "kompas.com",
    "kompas.id",
    "kompas.tv",
    "kompasiana.com",
    "detik.com",
    "tribunnews.com",
    "antaranews.com",
    "liputan6.com",
    "okezone.com",
    "sindonews.com",
    "inews.id",
    "tempo.co",
    "cnnindonesia.com",
    "cnbcindonesia.com",
    "viva.co.id",
    "republika.co.id",
    "jawapos.com",
    "merdeka.com",
    "suara.com",
    "tvonenews.com",
    "metrotvnews.com",
    "rri.co.id",
    "tvri.co.id",
    "jpnn.com",
    "bisnis.com",
    "mediaindonesia.com",
    "beritasatu.com",
    "kaskus.co.id",
    "imigrasi.go.id",
];
const CONTACT: &[&str] = &[
    "wa.me",
    "whatsapp.com",
    "t.me",
    "telegram.me",
    "bit.ly",
    "s.id",
    "tinyurl.com",
    "cutt.ly",
    "line.me",
    "lynk.id",
    "heylink.me",
    "linkr.bio",
    "magic.ly",
    "is.gd",
    "rebrand.ly",
    "t.co",
    "shorturl.at",
];

/// What a host's name sells with. None of them is a part of an Indonesian word that offices are called by.
const SELLING: &[&str] = &[
    "slot",
    "gacor",
    "togel",
    "maxwin",
    "casino",
    "kasino",
    "judi",
    "sbobet",
    "poker",
    "jackpot",
    "bandarq",
    "domino99",
    "dominoqq",
    "pokerqq",
    "totomacau",
    "macau4d",
    "taruhan",
    "pragmatic",
    "mahjongw",
    "sabung",
    "sv388",
    "joker123",
    "viagra",
    "cialis",
    "pinjol",
    "replica",
];
/// The numbers that such names end in.
const LUCKY: &[&str] = &["88", "77", "99", "777", "888", "138", "168", "303", "365", "4d"];
/// Ends of addresses that cost nothing and hold hardly anything else.
const JUNK: &[&str] = &[
    "bet", "casino", "poker", "win", "vip", "icu", "cfd", "sbs", "lol", "rest", "cyou", "quest", "hair", "bond",
    "monster", "skin", "makeup", "mom", "autos", "pics", "beauty", "click", "buzz",
];

/// Every link with an address of the web, in order. Takes the HTML that `normalize` writes; what it cannot read it leaves
/// out. Linear in its length.
pub fn links(html: &str) -> Vec<Link> {
    let mut links = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find("<a ") {
        rest = &rest[start + 3..];
        let Some(end) = rest.find('>') else { break };
        let (tag, after) = (&rest[..end], &rest[end + 1..]);
        let close = after.find("</a").unwrap_or(after.len());
        // Links do not nest: a start tag before the end tag is the next link.
        let close = after[..close].find("<a ").unwrap_or(close);
        let address = tag.split_once("href=\"").and_then(|(_, value)| value.split_once('"'));
        if let Some((address, _)) = address
            && let Ok(url) = Url::parse(&unescape(address))
            && matches!(url.scheme(), "http" | "https")
        {
            let words = words(&after[..close]);
            links.push(Link { url, words });
        }
        rest = &after[close..];
    }
    links
}

/// The words of some HTML.
fn words(html: &str) -> String {
    let mut words = String::new();
    for (index, part) in html.split('<').enumerate() {
        let text = if index == 0 {
            part
        } else {
            part.split_once('>').map_or("", |(_, text)| text)
        };
        words.push_str(text);
        if part.starts_with("img") {
            words.push_str("(img)");
        }
    }
    unescape(&words)
}

fn unescape(text: &str) -> String {
    let plain = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    plain.replace("&nbsp;", " ").replace("&amp;", "&")
}

impl Link {
    /// The host without "www.", in lower case.
    pub fn host(&self) -> &str {
        let host = self.url.host_str().unwrap_or_default();
        host.strip_prefix("www.").unwrap_or(host)
    }

    /// What its host is to the site of an article.
    pub fn standing(&self, own: &str) -> Standing {
        let host = self.host();
        if is_below(host, own) || is_below(own, host) && host.contains('.') {
            Standing::Own
        } else if TRUSTED.iter().any(|trusted| is_below(host, trusted)) {
            Standing::Trusted
        } else if CONTACT.iter().any(|contact| is_below(host, contact)) {
            Standing::Contact
        } else {
            Standing::Foreign
        }
    }

    /// Whether the host's name sells.
    pub fn sells_by_name(&self) -> bool {
        let host = self.host();
        let name = host.rsplit_once('.').map_or(host, |(name, _)| name);
        let is_bet = |label: &str| label.ends_with("bet") && !label.ends_with("alphabet") || label.starts_with("bet88");
        SELLING.iter().any(|word| host.contains(word)) || name.split(['.', '-']).any(is_bet)
    }

    /// Whether the host is a bare number or its name ends in one that brings luck.
    pub fn ends_in_number(&self) -> bool {
        let host = self.host();
        let name = host.rsplit_once('.').map_or(host, |(name, _)| name);
        LUCKY.iter().any(|number| name.ends_with(number))
            || matches!(self.url.host(), Some(Host::Ipv4(_) | Host::Ipv6(_)))
    }

    /// Whether its host has an ending that hardly anybody but sellers has.
    pub fn ends_in_junk(&self) -> bool {
        let end = self.host().rsplit_once('.').map_or("", |(_, end)| end);
        JUNK.contains(&end) || self.host().starts_with("xn--") || self.host().contains(".xn--")
    }

    /// Whether it leads to a program.
    pub fn is_download(&self) -> bool {
        self.url.path().to_ascii_lowercase().ends_with(".apk")
    }

    /// Whether nobody can see it: no letter or digit is in its words, and no picture.
    pub fn is_hidden(&self) -> bool {
        !self.words.chars().any(char::is_alphanumeric)
    }

    /// Whether the address looks like that of a news story: a path with four words or more in it.
    pub fn is_story(&self) -> bool {
        let last = self
            .url
            .path_segments()
            .and_then(|mut parts| parts.rfind(|part| !part.is_empty()));
        last.is_some_and(|last| last.split(['-', '_']).filter(|word| !word.is_empty()).count() >= 4)
    }
}

/// Whether a host is this one or one below it.
pub fn is_below(host: &str, top: &str) -> bool {
    !top.is_empty()
        && host
            .strip_suffix(top)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(url: &str) -> Link {
        Link {
            url: url.parse().unwrap(),
            words: String::new(),
        }
    }

    #[test]
    fn links_are_read_from_sanitised_html() {
        let html = r#"<p>a <a href="https://x.example/?a=1&amp;b=2" rel="noopener">satu <b>dua</b></a> <a href="mailto:x@y">z</a>
                      <a href="https://y.example/" rel="noopener"><img src="https://z.example/" alt=""></a><a href="https://w.example">."#;
        let found: Vec<(String, String)> = links(html)
            .into_iter()
            .map(|link| (link.url.to_string(), link.words.trim().to_owned()))
            .collect();
        let expected = [
            ("https://x.example/?a=1&b=2", "satu dua"),
            ("https://y.example/", "(img)"),
            ("https://w.example/", "."),
        ];
        assert_eq!(found, expected.map(|(url, words)| (url.to_owned(), words.to_owned())));
    }

    #[test]
    fn hosts_stand_as_they_should() {
        for (url, expected) in [
            ("https://www.lapasjember.go.id/x", Standing::Own),
            ("https://foto.lapasjember.go.id/", Standing::Own),
            ("https://komdigi.go.id/", Standing::Trusted),
            ("https://m.kompas.com/", Standing::Trusted),
            ("https://notkompas.com/", Standing::Foreign),
            ("https://wa.me/62", Standing::Contact),
            ("https://go.id.evil.example/", Standing::Foreign),
        ] {
            assert_eq!(link(url).standing("lapasjember.go.id"), expected, "{url}");
        }
    }

    #[test]
    fn names_that_sell_are_told_from_names_that_do_not() {
        for (url, sells) in [
            ("https://gacor88.example", true),
            ("https://zeusbet.example", true),
            ("https://macau4d.example", true),
            ("https://suarakota.example", false),
            ("https://alphabet.example", false),
            ("https://diabetes.example", false),
            ("https://olympus99.example", false),
            ("https://lapasjember.example/razia-judi-online-slot", false),
        ] {
            assert_eq!(link(url).sells_by_name(), sells, "{url}");
        }
        for (url, number) in [
            ("https://olympus99.example", true),
            ("https://203.0.113.9/x", true),
            ("https://suarakota.example", false),
        ] {
            assert_eq!(link(url).ends_in_number(), number, "{url}");
        }
        assert!(link("https://warta-uji.icu/").ends_in_junk());
        assert!(!link("https://warta-uji.id/").ends_in_junk());
    }

    #[test]
    fn story_addresses_have_words() {
        assert!(link("https://a.example/2026/lapas-cegah-judi-slot").is_story());
        assert!(!link("https://a.example/slot-gacor").is_story());
    }
}
