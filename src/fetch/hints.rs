//! What an answer says besides its articles: how long it wants to be left alone, whether its redirects are for good, and
//! whether it is a page that asks whether we are human. Pure functions of headers and text; nothing is fetched here.

use std::time::Duration;

use jiff::Timestamp;
use url::Url;

/// The headers that say how long an answer stays fresh (RFC 9111), as the server wrote them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Freshness<'a> {
    /// `Cache-Control`.
    pub cache_control: Option<&'a str>,
    /// `Expires`.
    pub expires: Option<&'a str>,
    /// `Date`: the clock that `Expires` was written by.
    pub date: Option<&'a str>,
    /// `Age`: how long a cache has had it already, in seconds.
    pub age: Option<&'a str>,
}

/// How long the answer stays fresh: `max-age` before `Expires` (RFC 9111, section 5.3), less its age. `None` where
/// nothing is said, or that it is not fresh at all.
pub fn fresh_for(headers: Freshness<'_>, now: Timestamp) -> Option<Duration> {
    let mut max_age = None;
    for directive in headers.cache_control.unwrap_or_default().split(',') {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "no-cache" | "no-store" => return None,
            // Of two the first counts (RFC 9111, section 4.2.1).
            "max-age" if max_age.is_none() => max_age = value.trim().trim_matches('"').parse::<u32>().ok(),
            _ => {}
        }
    }
    let age = headers.age.and_then(|age| age.trim().parse::<u32>().ok()).unwrap_or(0);
    let seconds = match max_age {
        Some(seconds) => i64::from(seconds),
        None => {
            let expires = http_date(headers.expires?)?;
            let written = headers.date.and_then(http_date).unwrap_or(now);
            expires.as_second() - written.as_second()
        }
    };
    let left = u64::try_from(seconds - i64::from(age)).ok().filter(|left| *left > 0)?;
    Some(Duration::from_secs(left))
}

/// A date of HTTP (RFC 9110, section 5.6.7), in its first form: the others have not been sent for decades.
pub fn http_date(text: &str) -> Option<Timestamp> {
    Some(jiff::fmt::rfc2822::parse(text.trim()).ok()?.timestamp())
}

/// How often a feed says that it changes: the longer of RSS's `ttl` (minutes) and `sy:updatePeriod` by
/// `sy:updateFrequency`. Only what the feed says of itself counts, not what stands in an item.
///
/// WordPress writes "hourly, once" into every feed, whoever owns it; that is nobody's wish and is not taken for one.
pub fn feed_pace(text: &str) -> Option<Duration> {
    let said = Said::of(text);
    let ttl = said
        .ttl
        .and_then(|minutes| minutes.parse::<u32>().ok())
        .map(|minutes| Duration::from_secs(u64::from(minutes) * 60));
    let period = match said.period.map(str::to_ascii_lowercase).as_deref() {
        Some("hourly") => Some(3600),
        Some("daily") => Some(24 * 3600),
        Some("weekly") => Some(7 * 24 * 3600),
        Some("monthly") => Some(30 * 24 * 3600),
        Some("yearly") => Some(365 * 24 * 3600),
        _ => None,
    };
    // "If omitted a value of 1 is assumed" (RSS 1.0 syndication module).
    let frequency = said
        .frequency
        .and_then(|times| times.parse::<u32>().ok())
        .unwrap_or(1)
        .max(1);
    let update = period
        .filter(|seconds| !(said.wordpress && *seconds == 3600 && frequency == 1))
        .map(|seconds| Duration::from_secs(seconds / u64::from(frequency)));
    ttl.max(update).filter(|pace| !pace.is_zero())
}

/// What a feed says of itself that matters here, each as it was said first.
#[derive(Debug, Default)]
struct Said<'a> {
    ttl: Option<&'a str>,
    period: Option<&'a str>,
    frequency: Option<&'a str>,
    wordpress: bool,
}

impl<'a> Said<'a> {
    /// Reads the tags in one pass, leaving out comments, CDATA and everything inside an item.
    fn of(text: &'a str) -> Said<'a> {
        let mut said = Said::default();
        let mut rest = text;
        let mut in_item = false;
        while let Some((_, after)) = rest.split_once('<') {
            let skipped = after
                .strip_prefix("!--")
                .map(|comment| (comment, "-->"))
                .or_else(|| after.strip_prefix("![CDATA[").map(|data| (data, "]]>")));
            if let Some((body, end)) = skipped {
                rest = body.split_once(end).map_or("", |(_, rest)| rest);
                continue;
            }
            let Some((tag, inner)) = after.split_once('>') else {
                break;
            };
            rest = inner;
            let name = tag
                .split([' ', '\t', '\r', '\n', '/'])
                .find(|part| !part.is_empty())
                .unwrap_or_default();
            let local = name.rsplit_once(':').map_or(name, |(_, local)| local);
            match local {
                "item" | "entry" => in_item = !tag.starts_with('/') && !tag.ends_with('/'),
                _ if in_item || tag.starts_with('/') => {}
                _ => said.take(local, inner.split('<').next().unwrap_or_default().trim()),
            }
        }
        said
    }

    fn take(&mut self, name: &str, value: &'a str) {
        let place = match name {
            "ttl" => &mut self.ttl,
            "updatePeriod" => &mut self.period,
            "updateFrequency" => &mut self.frequency,
            "generator" => {
                self.wordpress |= value.contains("wordpress.org");
                return;
            }
            _ => return,
        };
        place.get_or_insert(value);
    }
}

/// Where the permanent redirects of one fetch lead: as far as no temporary one stands before them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trail {
    led: Option<Url>,
    ended: bool,
}

impl Trail {
    /// Takes note of a redirect: its status, and where it leads.
    pub fn hop(&mut self, status: u16, to: &Url) {
        // 308 is 301 that keeps the method (RFC 9110, section 15.4.9).
        if matches!(status, 301 | 308) && !self.ended {
            self.led = Some(to.clone());
        } else {
            self.ended = true;
        }
    }

    /// Where they led; `None` if the first redirect was temporary, or there was none.
    pub fn led(&self) -> Option<&Url> {
        self.led.as_ref()
    }
}

/// The most of a page that is looked at: what asks whether we are human is short, and says so at its beginning.
pub(super) const CHALLENGE_WITHIN: usize = 64 << 10;

/// What pages that ask whether we are human have in them, and whose they are. Names of scripts and cookies, not words
/// that an article about such pages would have.
const CHALLENGES: [(&str, &[u8]); 9] = [
    ("Cloudflare", b"/cdn-cgi/challenge-platform/h/"),
    ("Cloudflare", b"window._cf_chl_opt"),
    ("Imunify360", b"imunify360-"),
    ("Imunify360", b"<title>One moment, please...</title>"),
    ("Incapsula", b"_Incapsula_Resource?SWUDNSAI"),
    ("DDoS-Guard", b"/.well-known/ddos-guard/js-challenge/"),
    ("Sucuri", b"sucuri_cloudproxy_js"),
    ("testcookie", b"slowAES.decrypt("),
    ("BitNinja", b"BitNinja-Captcha"),
];

/// Whose challenge page this is, if it is one. Ask only of a page in which no article was found: a site behind such a
/// service carries its script on good pages too.
pub fn challenge(body: &[u8]) -> Option<&'static str> {
    let begin = &body[..body.len().min(CHALLENGE_WITHIN)];
    CHALLENGES
        .iter()
        .find(|(_, mark)| begin.windows(mark.len()).any(|window| window == *mark))
        .map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(headers: Freshness<'_>) -> Option<u64> {
        let now = "2026-11-24T00:00:00Z".parse().unwrap();
        fresh_for(headers, now).map(|fresh| fresh.as_secs())
    }

    #[test]
    fn headers_say_how_long_an_answer_is_fresh() {
        let none = Freshness::default();
        let later = Some("Tue, 24 Nov 2026 02:00:00 GMT");
        let cache = |cache_control| Freshness { cache_control, ..none };
        for (headers, expected) in [
            (none, None),
            (cache(Some("max-age=600")), Some(600)),
            (cache(Some("public, Max-Age=\"600\" , must-revalidate")), Some(600)),
            (cache(Some("s-maxage=9, max-age=60, max-age=600")), Some(60)),
            (cache(Some("max-age=600, no-cache")), None),
            (cache(Some("private, no-store, max-age=600")), None),
            (cache(Some("max-age=0")), None),
            (cache(Some("max-age=soon")), None),
            (cache(Some("max-age=99999999999")), None),
            (
                Freshness {
                    age: Some("200"),
                    ..cache(Some("max-age=600"))
                },
                Some(400),
            ),
            (
                Freshness {
                    expires: later,
                    ..cache(Some("max-age=600"))
                },
                Some(600),
            ),
            (Freshness { expires: later, ..none }, Some(7200)),
            (
                Freshness {
                    expires: later,
                    date: Some("Tue, 24 Nov 2026 01:30:00 GMT"),
                    ..none
                },
                Some(1800),
            ),
            (
                Freshness {
                    expires: Some("Thu, 19 Nov 1981 08:52:00 GMT"),
                    ..none
                },
                None,
            ),
            (
                Freshness {
                    expires: Some("0"),
                    ..none
                },
                None,
            ),
        ] {
            assert_eq!(seconds(headers), expected, "{headers:?}");
        }
    }

    #[test]
    fn a_feed_says_how_often_it_changes() {
        let sy = |period: &str, frequency: &str| {
            format!(
                "<sy:updatePeriod>\n\t{period}\t</sy:updatePeriod><sy:updateFrequency>{frequency}</sy:updateFrequency>"
            )
        };
        for (inner, minutes) in [
            (String::new(), None),
            ("<ttl>60</ttl>".to_owned(), Some(60)),
            ("<ttl> 1440 </ttl><item/><title>x</title>".to_owned(), Some(1440)),
            ("<item><title>x</title></item><ttl>15</ttl>".to_owned(), Some(15)),
            ("<item><ttl>15</ttl></item>".to_owned(), None),
            (
                "<!-- <ttl>15</ttl> --><description><![CDATA[<ttl>9</ttl>]]></description>".to_owned(),
                None,
            ),
            ("<ttl>0</ttl>".to_owned(), None),
            ("<ttl>-5</ttl>".to_owned(), None),
            ("<ttl>often</ttl>".to_owned(), None),
            (sy("hourly", "2"), Some(30)),
            (sy("daily", "1"), Some(1440)),
            (sy("Daily", "4"), Some(360)),
            (sy("daily", "0"), Some(1440)),
            ("<x:updatePeriod>hourly</x:updatePeriod>".to_owned(), Some(60)),
            (format!("<ttl>90</ttl>{}", sy("hourly", "1")), Some(90)),
            (
                format!(
                    "{}<generator>https://wordpress.org/?v=6.5</generator>",
                    sy("hourly", "1")
                ),
                None,
            ),
            (
                format!(
                    "{}<generator>https://wordpress.org/?v=6.5</generator>",
                    sy("daily", "1")
                ),
                Some(1440),
            ),
        ] {
            let feed = format!("<?xml version=\"1.0\"?><rss><channel>{inner}</channel></rss>");
            let expected = minutes.map(|minutes| Duration::from_secs(minutes * 60));
            assert_eq!(feed_pace(&feed), expected, "{inner}");
        }
    }

    #[test]
    fn broken_text_says_nothing_and_does_no_harm() {
        for text in [
            "",
            "<",
            "<ttl",
            "<ttl>",
            "<!--",
            "<![CDATA[",
            "<>",
            "</>",
            "{\"ttl\": 60}",
            "<item><ttl>5",
        ] {
            assert_eq!(feed_pace(text), None, "{text}");
        }
        assert_eq!(feed_pace(&"<a>".repeat(100_000)), None);
    }

    #[test]
    fn a_trail_ends_at_the_first_temporary_redirect() {
        let url = |text: &str| -> Url { text.parse().unwrap() };
        let led = |hops: &[(u16, &str)]| {
            let mut trail = Trail::default();
            for (status, to) in hops {
                trail.hop(*status, &url(to));
            }
            trail.led().map(Url::to_string)
        };
        let (a, b) = ("https://a.example/", "https://b.example/");
        assert_eq!(led(&[]), None);
        assert_eq!(led(&[(301, a), (308, b)]).as_deref(), Some(b));
        assert_eq!(led(&[(301, a), (302, b)]).as_deref(), Some(a));
        for temporary in [300, 302, 303, 307] {
            assert_eq!(led(&[(temporary, a), (301, b)]), None, "{temporary}");
        }
    }

    #[test]
    fn challenge_pages_are_known_by_their_scripts() {
        let page = b"<html><script src=\"/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1\"></script></html>";
        assert_eq!(challenge(page), Some("Cloudflare"));
        let article = "<html><p>Situs lapas kini dilindungi Cloudflare dan DDoS-Guard; tunggu sebentar.</p></html>";
        assert_eq!(challenge(article.as_bytes()), None);
        assert_eq!(challenge(b""), None);
    }
}
