//! The kinds of value that settings have, each read from a TOML value with what to write instead. None of them looks
//! at another setting; that is `check`.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use jiff::civil::Date;
use url::Url;

use super::Listen;
use super::section::{Complaint, did_you_mean};
use super::tree::Value;
use super::units::{format_duration, format_size, parse_duration, parse_size};
use crate::gazetteer::Gazetteer;
use crate::model::{Language, Level, RegionCode, Republish, SatkerId, SourceId};
use crate::parse::selector::check_selector;

type Read<T> = Result<T, Complaint>;

/// A string with something in it.
pub(super) fn words(value: &Value) -> Read<String> {
    let text = value.text()?.trim();
    if text.is_empty() {
        return Err(Complaint::new("it is empty"));
    }
    Ok(text.to_owned())
}

/// The name of a host, in lower case.
pub(super) fn host(value: &Value) -> Read<String> {
    let text = words(value)?;
    let is_host = text.contains('.')
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c));
    if is_host {
        Ok(text)
    } else {
        Err(Complaint::new(format!("{text:?} is not the name of a host")).help("write it as in \"tribunmedan.cfd\""))
    }
}

/// True or false.
pub(super) fn flag(value: &Value) -> Read<bool> {
    value.flag()
}

/// A whole number within a range.
pub(super) fn whole(range: RangeInclusive<u32>) -> impl Fn(&Value) -> Read<u32> {
    move |value| {
        let number = value.whole()?;
        u32::try_from(number)
            .ok()
            .filter(|number| range.contains(number))
            .ok_or_else(|| Complaint::new(format!("{number} is not between {} and {}", range.start(), range.end())))
    }
}

/// A count, which is a whole number used as an index or size in memory.
pub(super) fn count(range: RangeInclusive<u32>) -> impl Fn(&Value) -> Read<usize> {
    move |value| whole(range.clone())(value).map(|number| number as usize)
}

/// A length of time within a range.
pub(super) fn duration(range: RangeInclusive<Duration>) -> impl Fn(&Value) -> Read<Duration> {
    move |value| {
        let duration = parse_duration(unit_text(value, "30m")?).map_err(Complaint::new)?;
        if !range.contains(&duration) {
            let (least, most) = (format_duration(*range.start()), format_duration(*range.end()));
            return Err(Complaint::new(format!(
                "{} is not between {least} and {most}",
                format_duration(duration)
            )));
        }
        Ok(duration)
    }
}

/// A size in bytes within a range.
pub(super) fn size(range: RangeInclusive<u64>) -> impl Fn(&Value) -> Read<u64> {
    move |value| {
        let bytes = parse_size(unit_text(value, "8MiB")?).map_err(Complaint::new)?;
        if !range.contains(&bytes) {
            let (least, most) = (format_size(*range.start()), format_size(*range.end()));
            return Err(Complaint::new(format!(
                "{} is not between {least} and {most}",
                format_size(bytes)
            )));
        }
        Ok(bytes)
    }
}

fn unit_text<'a>(value: &'a Value, example: &str) -> Read<&'a str> {
    value
        .text()
        .map_err(|complaint| complaint.help(format!("write a string with a unit, as in \"{example}\"")))
}

/// An address of the web.
pub(super) fn web_url(value: &Value) -> Read<Url> {
    parse_web_url(value.text()?)
}

fn parse_web_url(text: &str) -> Read<Url> {
    let help = "write the whole address, as in \"https://lapasjember.example.go.id/berita\"";
    let url =
        Url::parse(text).map_err(|error| Complaint::new(format!("{text:?} is not an address: {error}")).help(help))?;
    if !matches!(url.scheme(), "http" | "https") {
        let message = format!("an address of {}: is not one of the web", url.scheme());
        return Err(Complaint::new(message).help("it must begin with http:// or https://"));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(Complaint::new(format!("{text:?} names no host")).help(help));
    }
    Ok(url)
}

/// The site's public address; the path is made to end in `/`.
pub(super) fn base_url(value: &Value) -> Read<Url> {
    let mut url = web_url(value)?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err(Complaint::new("a public address has no `?` and no `#`"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Complaint::new("a public address has no user name and no password"));
    }
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Ok(url)
}

/// The authority of entry ids (RFC 4151, section 2.1): a host name or mail address, a comma, a date.
pub(super) fn id_authority(value: &Value) -> Read<String> {
    let text = value.text()?;
    let well_formed = text
        .split_once(',')
        .is_some_and(|(name, date)| is_authority_name(name) && is_partial_date(date));
    if well_formed {
        return Ok(text.to_owned());
    }
    Err(Complaint::new(format!("{text:?} is not an authority for ids"))
        .help("write a host you own, a comma and a year (or year-month-day) in which you owned it, as in \"warta.example.id,2026\" (RFC 4151)"))
}

fn is_authority_name(name: &str) -> bool {
    let host = match name.split_once('@') {
        Some((user, host)) => {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
            if user.is_empty() || !user.bytes().all(allowed) {
                return false;
            }
            host
        }
        None => name,
    };
    host.split('.').all(|label| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    })
}

/// `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
fn is_partial_date(text: &str) -> bool {
    let whole = match text.len() {
        4 => format!("{text}-01-01"),
        7 => format!("{text}-01"),
        10 => text.to_owned(),
        _ => return false,
    };
    text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') && whole.parse::<Date>().is_ok()
}

/// Whom to write to: a mail address or a page.
pub(super) fn contact(value: &Value) -> Read<String> {
    let text = value.text()?;
    let complaint = || {
        Complaint::new(format!("{text:?} is not a way to reach you"))
            .help("write \"mailto:humas@lapasjember.go.id\", or the address of a page")
    };
    // It becomes part of a header.
    if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(complaint());
    }
    match text.strip_prefix("mailto:") {
        Some(mailbox) => match mailbox.split_once('@') {
            Some((user, domain)) if !user.is_empty() && is_authority_name(domain) => Ok(text.to_owned()),
            _ => Err(complaint()),
        },
        None => parse_web_url(text).map(|_| text.to_owned()).map_err(|_| complaint()),
    }
}

/// Where to listen.
pub(super) fn listen(value: &Value) -> Read<Listen> {
    let text = value.text()?;
    if let Some(path) = text.strip_prefix("unix:").filter(|path| path.starts_with('/')) {
        return Ok(Listen::Unix(PathBuf::from(path)));
    }
    text.parse::<SocketAddr>().map(Listen::Tcp).map_err(|_| {
        Complaint::new(format!("{text:?} is not an address to listen on"))
            .help("write an IP address and a port, as in \"127.0.0.1:8080\", or \"unix:/run/warta/http.sock\"")
    })
}

/// A path of a file or folder.
pub(super) fn path(value: &Value) -> Read<PathBuf> {
    words(value).map(PathBuf::from)
}

/// A network in CIDR notation; a bare address is a network of one.
pub(super) fn network(value: &Value) -> Read<ipnet::IpNet> {
    let text = value.text()?;
    text.parse()
        .or_else(|_| text.parse::<std::net::IpAddr>().map(ipnet::IpNet::from))
        .map_err(|_| {
            Complaint::new(format!("{text:?} is not a network")).help("write one as \"10.0.0.0/8\" or \"fd00::/8\"")
        })
}

/// The language of pages.
pub(super) fn language(value: &Value) -> Read<Language> {
    choice(value, &[("id", Language::Id), ("en", Language::En)])
}

/// How much is republished.
pub(super) fn republish(value: &Value) -> Read<Republish> {
    let choices = [
        ("full", Republish::Full),
        ("excerpt", Republish::Excerpt),
        ("link", Republish::Link),
    ];
    choice(value, &choices)
}

/// One of some words.
pub(super) fn choice<T: Copy>(value: &Value, choices: &[(&str, T)]) -> Read<T> {
    let text = value.text()?;
    if let Some((_, choice)) = choices.iter().find(|(word, _)| *word == text) {
        return Ok(*choice);
    }
    let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
    let help = match did_you_mean(text, &words) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => format!("write one of \"{}\"", words.join("\", \"")),
    };
    Err(Complaint::new(format!("{text:?} is not known here")).help(help))
}

/// The id of a unit.
pub(super) fn satker_id(value: &Value) -> Read<SatkerId> {
    SatkerId::new(value.text()?).map_err(|error| Complaint::new(error.to_string()))
}

/// The id of a source.
pub(super) fn source_id(value: &Value) -> Read<SourceId> {
    SourceId::new(value.text()?).map_err(|error| Complaint::new(error.to_string()))
}

/// A CSS selector.
pub(super) fn selector(value: &Value) -> Read<String> {
    let text = value.text()?;
    check_selector(text).map(|()| text.to_owned()).map_err(|why| {
        Complaint::new(format!("{text:?} is not a CSS selector: {why}"))
            .help("write one as in \"article.post\" or \"h2 a\"")
    })
}

/// The code of a region that exists.
pub(super) fn region(gazetteer: &Gazetteer) -> impl Fn(&Value) -> Read<RegionCode> {
    move |value| {
        let text = value
            .text()
            .map_err(|complaint| complaint.help("write the code in quotes, as in \"35.09\""))?;
        match text.parse::<RegionCode>() {
            Ok(code) if gazetteer.region(code).is_some() => Ok(code),
            Ok(code) => Err(Complaint::new(format!("there is no region {code}")).help(codes_near(gazetteer, code))),
            Err(_) => {
                Err(Complaint::new(format!("{text:?} is not the code of a region")).help(names_near(gazetteer, text)))
            }
        }
    }
}

/// What to write for a code that does not exist: the codes of its province.
fn codes_near(gazetteer: &Gazetteer, code: RegionCode) -> String {
    let province = code.province().and_then(|province| gazetteer.region(province));
    let Some(province) = province else {
        return "a code of the Kemendagri begins with that of a province, as \"35.09\" with \"35\"; `warta regions` lists them".to_owned();
    };
    let codes: Vec<String> = gazetteer
        .regencies_of(province.code)
        .map(|region| region.code.to_string())
        .collect();
    match (codes.first(), codes.last()) {
        (Some(first), Some(last)) if code.level() == Level::Regency => {
            format!(
                "{} ({}) has codes from {first} to {last}; `warta regions` lists them",
                province.name, province.code
            )
        }
        _ => format!("`warta regions` lists those of {}", province.name),
    }
}

/// What to write for a text that is no code: the code of what it names, or of what it may name.
fn names_near(gazetteer: &Gazetteer, text: &str) -> String {
    if let Some(region) = gazetteer.resolve(text) {
        return format!("write its code: \"{}\" is {}", region.code, region.name);
    }
    let near: Vec<String> = gazetteer
        .nearest(text, 3)
        .into_iter()
        .map(|region| format!("\"{}\" ({})", region.code, region.name))
        .collect();
    format!("did you mean {}?", near.join(", "))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::tree::{Kind, Place, Source};
    use super::*;

    fn text(text: &str) -> Value {
        let source = Arc::new(Source {
            path: "a.toml".into(),
            text: Arc::from(text),
            bare: None,
        });
        Value {
            kind: Kind::Text(text.to_owned()),
            place: Place::new(&source, 0..text.len()),
        }
    }

    fn check<T>(read: impl Fn(&Value) -> Read<T>, good: &[&str], bad: &[&str]) {
        for accepted in good {
            let result = read(&text(accepted));
            assert!(result.is_ok(), "{accepted:?}: {:?}", result.err());
        }
        for refused in bad {
            assert!(read(&text(refused)).is_err(), "{refused:?} was accepted");
        }
    }

    #[test]
    fn addresses_of_the_web_have_a_scheme_and_a_host() {
        let good = [
            "https://kumparan.com/lajer-channel",
            "http://127.0.0.1:80/feed",
            "https://[::1]/",
        ];
        check(
            web_url,
            &good,
            &[
                "",
                "kumparan.com",
                "ftp://a.id/",
                "mailto:a@b.id",
                "https://",
                "/berita",
                "https://a b/",
            ],
        );
    }

    #[test]
    fn a_public_address_ends_in_a_slash() {
        for (given, kept) in [
            ("https://warta.go.id", "https://warta.go.id/"),
            ("https://warta.go.id/kabar", "https://warta.go.id/kabar/"),
            ("https://warta.go.id/kabar/", "https://warta.go.id/kabar/"),
        ] {
            assert_eq!(base_url(&text(given)).unwrap().as_str(), kept);
        }
        check(
            base_url,
            &[],
            &["https://a.id/?q=1", "https://a.id/#x", "https://u:p@a.id/"],
        );
    }

    #[test]
    fn an_authority_is_a_name_and_a_date() {
        check(
            id_authority,
            &[
                "warta.example.id,2026",
                "warta.id,2026-02",
                "warta.id,2024-02-29",
                "humas@warta.id,2026",
            ],
            &[
                "warta.id",
                "warta.id,",
                ",2026",
                "warta.id,26",
                "warta.id,2026-13",
                "warta.id,2026-02-30",
                "wa rta.id,2026",
                "a..id,2026",
                "-a.id,2026",
                "a.id,+026",
            ],
        );
    }

    #[test]
    fn a_contact_is_a_mail_address_or_a_page() {
        check(
            contact,
            &["mailto:humas@lapas.go.id", "https://warta.go.id/tentang"],
            &[
                "humas@lapas.go.id",
                "mailto:",
                "mailto:humas",
                "mailto:@a.id",
                "mailto:a@b.id\nX: y",
                "tel:110",
                "",
            ],
        );
    }

    #[test]
    fn one_listens_on_an_address_and_port_or_a_socket() {
        check(
            listen,
            &["127.0.0.1:8080", "[::]:80", "unix:/run/warta/http.sock"],
            &[
                "",
                "8080",
                ":8080",
                "localhost:8080",
                "127.0.0.1",
                "unix:",
                "unix:warta.sock",
            ],
        );
    }

    #[test]
    fn networks_are_written_in_cidr_notation() {
        check(
            network,
            &["127.0.0.0/8", "::1/128", "10.0.0.1"],
            &["", "10.0.0.0/33", "lokal", "10/8"],
        );
    }

    #[test]
    fn ranges_are_kept_at_both_ends() {
        let second = Duration::from_secs(1);
        check(
            duration(second..=60 * second),
            &["1s", "1m"],
            &["999ms", "61s", "0s", "30"],
        );
        check(size(1024..=4096), &["1KiB", "4KiB"], &["1023B", "5KiB", "2KB"]);
    }

    #[test]
    fn a_region_that_is_not_one_has_its_neighbours_named() {
        let gazetteer = Gazetteer::built_in();
        let help = |code: &str| region(&gazetteer)(&text(code)).unwrap_err().help.unwrap();
        assert_eq!(
            help("Kabupaten Jember"),
            "write its code: \"35.09\" is Kabupaten Jember"
        );
        assert_eq!(
            help("35.99"),
            "Jawa Timur (35) has codes from 35.01 to 35.79; `warta regions` lists them"
        );
        assert!(help("99.01").contains("begins with that of a province"));
        assert!(
            help("jembr").contains("\"35.09\" (Kabupaten Jember)"),
            "{}",
            help("jembr")
        );
        check(region(&gazetteer), &["ID", "35", "35.09"], &["", "3509", "id"]);
    }
}
