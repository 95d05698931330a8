//! The feed of incidents: what is wrong with the sources themselves. It is a feed of its own; nothing of it ever gets into
//! a feed of news. For everybody it says only that something is wrong with a source, for the operator also what.

use std::cmp::Reverse;
use std::sync::Arc;

use jiff::Timestamp;

use super::view::{escape, rfc2822, rfc3339};
use super::{Context, EntryView, FeedView, Format, History, absolute, feed_url, xml_text};
use crate::model::{Health, Incident, Language, RegionCode, Satker, Source, Zone};

/// A feed holds so many, those that last before those that ended.
const AT_MOST: usize = 500;

/// An incident of a configured source.
#[derive(Clone, Debug)]
pub struct Trouble<'a> {
    /// The source.
    pub source: &'a Source,
    /// What happened to it.
    pub incident: Incident,
    /// What the operator can do, where there is something.
    pub advice: Option<&'static str>,
}

/// For whom an incident is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// For everybody: that something is wrong.
    Publicly,
    /// For the operator: what, why, and what can be done.
    InFull,
}

/// Makes the feed of incidents, those of a unit's sources or of all. The last to change comes first.
pub fn incidents(context: Context<'_>, of: Option<&Satker>, mut troubles: Vec<Trouble<'_>>, told: Told) -> FeedView {
    let site = context.site;
    let language = site.language;
    let updated = |trouble: &Trouble<'_>| when(&trouble.incident, told);
    troubles.sort_by_key(|trouble| (!trouble.incident.is_open(), Reverse(updated(trouble))));
    troubles.truncate(AT_MOST);
    troubles.sort_by_key(|trouble| (Reverse(updated(trouble)), trouble.source.id.clone()));
    let newest = troubles.first().map_or(Timestamp::UNIX_EPOCH, updated);
    let path = of.map_or_else(|| "gangguan".to_owned(), |satker| format!("gangguan/{}", satker.id));
    let name = of.map_or(site.title.as_str(), |satker| satker.name.as_str());
    let (title, description) = match language {
        Language::Id => (
            format!("Gangguan sumber: {name}"),
            "Sumber berita yang sedang atau pernah terganggu, bukan berita.",
        ),
        Language::En => (
            format!("Trouble with sources: {name}"),
            "Sources of news that something is or was wrong with; no news.",
        ),
    };
    FeedView {
        id: format!("tag:{}:{path}", site.id_authority),
        title: xml_text(&title),
        description: description.to_owned(),
        page: absolute(site, "sumber"),
        addresses: Format::ALL.map(|format| feed_url(site, &path, format)),
        path,
        language: language.tag(),
        updated: rfc3339(newest, Zone::Wib),
        entries: troubles
            .iter()
            .map(|trouble| Arc::new(entry(context, trouble, told).into()))
            .collect(),
        deleted: Vec::new(),
        hub: None,
        history: History::default(),
    }
}

/// When what is told of an incident last changed.
fn when(incident: &Incident, told: Told) -> Timestamp {
    match told {
        Told::Publicly => incident.resolved.unwrap_or(incident.since),
        Told::InFull => incident.updated(),
    }
}

fn entry(context: Context<'_>, trouble: &Trouble<'_>, told: Told) -> EntryView {
    let Trouble { source, incident, .. } = trouble;
    let satker = context.directory.satker_of(source);
    let region = source.region.or(satker.map(|satker| satker.region));
    let zone = region.map_or(Zone::Wib, |code| context.gazetteer.zone(code));
    let host = || source.url.host_str().unwrap_or(source.id.as_str());
    let name = satker.map_or_else(host, |satker| satker.name.as_str()).to_owned();
    let sentences = match told {
        Told::Publicly => vec![summary(context.site.language, source, incident, zone)],
        Told::InFull => in_full(context.site.language, trouble, zone),
    };
    let paragraphs = sentences.iter().map(|sentence| format!("<p>{}</p>", escape(sentence)));
    let updated = when(incident, told);
    EntryView {
        id: format!(
            "tag:{}:gangguan/{}/{}",
            context.site.id_authority,
            source.id,
            incident.since.as_second()
        ),
        title: xml_text(&title(context.site.language, &name, incident, told)),
        link: absolute(context.site, "sumber"),
        author: xml_text(&context.site.title),
        published: rfc3339(incident.since, zone),
        published_2822: rfc2822(incident.since, zone),
        updated: rfc3339(updated, zone),
        summary: xml_text(&sentences[0]),
        html: xml_text(&paragraphs.collect::<String>()),
        copies: Vec::new(),
        categories: Vec::new(),
        language: None,
        point: None,
        image: None,
        source: xml_text(&name),
        source_url: source.url.to_string(),
        region: region.unwrap_or(RegionCode::INDONESIA),
        satker: source.satker.as_ref().map(ToString::to_string),
    }
}

fn title(language: Language, name: &str, incident: &Incident, told: Told) -> String {
    let (wrong, over) = match language {
        Language::Id => ("Ada gangguan", "Gangguan selesai"),
        Language::En => ("Something is wrong", "All is well again"),
    };
    match (incident.is_open(), told) {
        (false, _) => format!("{over}: {name}"),
        (true, Told::Publicly) => format!("{wrong}: {name}"),
        (true, Told::InFull) => format!("{}: {name}", words(language, incident.kind)),
    }
}

/// One sentence that says of which source, and since when.
fn summary(language: Language, source: &Source, incident: &Incident, zone: Zone) -> String {
    let address = format!("{}{}", source.url.host_str().unwrap_or_default(), source.url.path());
    let address = address.trim_end_matches('/');
    let at = |at| local(at, zone);
    let since = at(incident.since);
    match (language, incident.resolved) {
        (Language::Id, None) => format!("Ada gangguan pada {address} sejak {since}."),
        (Language::Id, Some(end)) => format!("Ada gangguan pada {address} dari {since} sampai {}.", at(end)),
        (Language::En, None) => format!("Something is wrong with {address} since {since}."),
        (Language::En, Some(end)) => format!("Something was wrong with {address} from {since} to {}.", at(end)),
    }
}

/// What the operator is told. The evidence is that of logs and commands.
fn in_full(language: Language, trouble: &Trouble<'_>, zone: Zone) -> Vec<String> {
    let Trouble {
        source,
        incident,
        advice,
    } = trouble;
    let (source_word, last_good) = match language {
        Language::Id => ("Sumber", "Terakhir terbaca"),
        Language::En => ("Source", "Last read"),
    };
    let mut sentences = vec![summary(language, source, incident, zone)];
    sentences.push(format!("{}.", words(language, incident.kind)));
    sentences.extend(incident.evidence.clone());
    sentences.extend(advice.filter(|_| incident.is_open()).map(str::to_owned));
    sentences.push(format!("{source_word}: {} ({})", source.id, source.url));
    sentences.extend(incident.last_good.map(|at| format!("{last_good}: {}", local(at, zone))));
    sentences
}

fn local(at: Timestamp, zone: Zone) -> String {
    let there = zone.offset().to_datetime(at);
    format!("{} {}", there.strftime("%d-%m-%Y %H.%M"), zone.abbreviation())
}

/// A state in the words of the contract.
fn words(language: Language, health: Health) -> &'static str {
    let (indonesian, english) = match health {
        Health::Ok => ("Lancar", "Well"),
        Health::Quiet => ("Sepi", "Quiet"),
        Health::QuietTooLong => ("Terlalu lama sepi", "Quiet for too long"),
        Health::Failing => ("Gagal diambil", "Cannot be fetched"),
        Health::Blocked => ("Menolak perayap", "Refuses the crawler"),
        Health::Drifted => ("Tampilan berubah", "Its pages have changed"),
        Health::Moved => ("Pindah", "Moved"),
        Health::Gone => ("Hilang", "Gone"),
        Health::Quarantined => ("Ditahan", "Held back"),
    };
    match language {
        Language::Id => indonesian,
        Language::En => english,
    }
}

#[cfg(test)]
mod tests {
    use super::super::render;
    use super::super::tests::{World, at, reread};
    use super::*;
    use crate::model::SatkerId;
    use crate::model::samples;

    fn source() -> Source {
        Source {
            satker: SatkerId::new("lapas-jember").ok(),
            region: None,
            ..samples::source("lapas-jember-feed", "https://lapasjember.example.go.id/feed?x=<1>")
        }
    }

    fn incident(since: &str, resolved: Option<&str>) -> Incident {
        Incident {
            since: at(since),
            kind: Health::Blocked,
            evidence: Some("it answered <403>".to_owned()),
            last_good: Some(at("2026-11-20T00:00:00Z")),
            changed: at("2026-11-24T05:00:00Z"),
            resolved: resolved.map(at),
        }
    }

    fn feed(incidents: &[Incident], told: Told) -> feed_rs::model::Feed {
        let (world, source) = (World::new(), source());
        let troubles = incidents.iter().map(|incident| Trouble {
            source: &source,
            incident: incident.clone(),
            advice: Some("ask the site's keeper"),
        });
        let view = super::incidents(world.context(), None, troubles.collect(), told);
        reread(&render(&view, Format::Atom))
    }

    fn text(entry: &feed_rs::model::Entry) -> String {
        let content = entry.content.as_ref().and_then(|content| content.body.clone());
        format!(
            "{} | {} | {}",
            entry.title.as_ref().unwrap().content,
            entry.summary.as_ref().unwrap().content,
            content.unwrap()
        )
    }

    #[test]
    fn the_public_learns_only_that_something_is_wrong_and_the_operator_what() {
        let incidents = [incident("2026-11-24T00:00:00Z", None)];
        let publicly = text(&feed(&incidents, Told::Publicly).entries[0]);
        assert!(publicly.contains("lapasjember.example.go.id"), "{publicly}");
        assert!(publicly.contains("24-11-2026 07.00 WIB"), "{publicly}");
        for secret in ["403", "Menolak", "keeper", "x=", "lapas-jember-feed"] {
            assert!(!publicly.contains(secret), "{publicly}");
        }
        let in_full = text(&feed(&incidents, Told::InFull).entries[0]);
        for detail in [
            "Menolak perayap: ",
            "answered &lt;403&gt;",
            "keeper",
            "lapas-jember-feed",
        ] {
            assert!(in_full.contains(detail), "{detail}: {in_full}");
        }
    }

    #[test]
    fn an_incident_that_ended_is_the_same_entry_updated() {
        let since = "2026-11-24T00:00:00Z";
        let [open, ended] = [None, Some("2026-11-24T09:00:00Z")].map(|resolved| {
            let feed = feed(&[incident(since, resolved)], Told::Publicly);
            feed.entries.into_iter().next().unwrap()
        });
        assert_eq!(open.id, ended.id);
        assert_eq!(open.published, ended.published);
        assert_eq!(open.updated.unwrap().to_rfc3339(), "2026-11-24T00:00:00+00:00");
        assert_eq!(ended.updated.unwrap().to_rfc3339(), "2026-11-24T09:00:00+00:00");
        assert!(text(&ended).starts_with("Gangguan selesai: "), "{}", text(&ended));
    }

    #[test]
    fn the_last_change_comes_first_and_what_lasts_is_never_left_out() {
        let mut many: Vec<Incident> = (0..AT_MOST + 20)
            .map(|n| {
                incident(
                    &format!("2026-10-{:02}T00:00:00Z", n % 28 + 1),
                    Some("2026-11-23T00:00:00Z"),
                )
            })
            .collect();
        many.push(incident("2026-01-01T00:00:00Z", None));
        let feed = feed(&many, Told::Publicly);
        assert_eq!(feed.entries.len(), AT_MOST);
        assert!(text(feed.entries.last().unwrap()).starts_with("Ada gangguan: "));
        assert_eq!(feed.updated.unwrap().to_rfc3339(), "2026-11-23T00:00:00+00:00");
    }

    #[test]
    fn no_incident_is_a_valid_empty_feed() {
        let feed = feed(&[], Told::InFull);
        assert_eq!(
            (feed.entries.len(), feed.id.as_str()),
            (0, "tag:warta.example.id,2026:gangguan")
        );
        assert!(
            feed.links
                .iter()
                .any(|link| link.href.ends_with("/sub/feeds/gangguan.atom"))
        );
    }
}
