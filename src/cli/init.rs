//! `warta init`: asks for, or takes as options, what nobody else can know, and writes a configuration that is ready to
//! run. It starts from the shipped files, so every setting keeps its comment; it never touches the store. Units that came
//! with a package are included where they lie, so that its next version brings them up to date; else they are written
//! beside the configuration.

use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::Offset;
use toml_edit::{Array, DocumentMut, value};
use url::Url;

use crate::config::{self, Faults};
use crate::gazetteer::{Gazetteer, Region};
use crate::model::Level;

/// Write a ready configuration
#[derive(Clone, Debug, Default, PartialEq, clap::Args)]
pub struct Args {
    /// Title of the site
    #[arg(long)]
    pub title: Option<String>,
    /// Public address, as in https://warta.example.id/
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    /// Whom to write to about the crawler: mailto:… or a page
    #[arg(long)]
    pub contact: Option<String>,
    /// Provinces to carry, by name or code, with commas
    #[arg(long, value_delimiter = ',', value_name = "PROVINCE")]
    pub provinces: Option<Vec<String>>,
    /// File to write
    #[arg(long, default_value = "config/warta.toml", value_name = "FILE")]
    pub output: PathBuf,
    /// Folder of the units that came with the package, a file a province
    #[arg(long, default_value = "/usr/share/warta/sources", value_name = "DIR")]
    pub shipped: PathBuf,
    /// Write over a file that exists
    #[arg(long)]
    pub force: bool,
}

/// Whether somebody is there to be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// A terminal: what is not given as an option is asked for.
    Questions,
    /// No terminal: everything must be given as an option.
    Nothing,
}

/// The person at the terminal.
pub struct Dialogue<'a> {
    /// Whether there is one.
    pub ask: Ask,
    /// Where answers come from.
    pub reader: &'a mut dyn BufRead,
    /// Where questions go.
    pub writer: &'a mut dyn Write,
}

/// Why no configuration was written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not everything was given and nobody can be asked (exit 2).
    #[error("without a terminal these options are needed: {}", .0.join(", "))]
    Missing(Vec<&'static str>),
    /// An option has a value that cannot be used (exit 2).
    #[error("{option}: {why}")]
    Invalid {
        /// The option.
        option: &'static str,
        /// What is wrong, and what to write instead.
        why: String,
    },
    /// The file exists and `--force` was not given (exit 2).
    #[error("{} exists: --force writes over it, --output names another file", .0.display())]
    Exists(PathBuf),
    /// The person went away.
    #[error("cannot read an answer: the input has ended")]
    Ended,
    /// The dialogue broke off.
    #[error("cannot ask")]
    Dialogue(#[source] io::Error),
    /// A file cannot be written.
    #[error("cannot write {}", .path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The shipped template cannot be edited: a fault of this program.
    #[error("cannot edit the shipped configuration")]
    Template(#[source] toml_edit::TomlError),
    /// What is there now has faults, in source files that were there before (exit 2).
    #[error("cannot use the configuration that was written")]
    Faulty(#[source] Faults),
}

const TEMPLATE: &str = include_str!("../../config/warta.toml");
const LOCAL: &str = "sources/lokal.toml";
/// The source files that are shipped, by their path beside `warta.toml`.
const SHIPPED: [(&str, &str); 3] = [
    (
        "sources/jawa-timur.toml",
        include_str!("../../config/sources/jawa-timur.toml"),
    ),
    (
        "sources/jawa-tengah.toml",
        include_str!("../../config/sources/jawa-tengah.toml"),
    ),
    (LOCAL, include_str!("../../config/sources/lokal.toml")),
];

/// Writes the configuration and its source files, loads what it wrote, and returns what to do next, as text.
pub fn run(args: &Args, mut dialogue: Dialogue, now: Timestamp, gazetteer: &Gazetteer) -> Result<String, Error> {
    if args.output.exists() && !args.force {
        return Err(Error::Exists(args.output.clone()));
    }
    let answers = collect(args, &mut dialogue, gazetteer)?;
    let files: Vec<String> = answers
        .provinces
        .iter()
        .filter_map(|province| source_file(province, &args.shipped))
        .chain([LOCAL.to_owned()])
        .collect();
    write_file(&args.output, &edited(&answers, &files, now)?)?;
    let folder = args.output.parent().unwrap_or(Path::new(""));
    for (name, text) in SHIPPED.iter().filter(|(name, _)| files.iter().any(|file| file == name)) {
        let path = folder.join(name);
        if !path.exists() {
            write_file(&path, text)?;
        }
    }
    let loaded = config::load(&args.output, &[], gazetteer).map_err(Error::Faulty)?;
    Ok(next_steps(args, &answers, &loaded.config))
}

/// What nobody else can know.
struct Answers<'a> {
    title: String,
    base_url: Url,
    contact: String,
    provinces: Vec<&'a Region>,
}

fn collect<'a>(args: &Args, dialogue: &mut Dialogue, gazetteer: &'a Gazetteer) -> Result<Answers<'a>, Error> {
    if dialogue.ask == Ask::Nothing {
        let given = [
            ("--title", args.title.is_some()),
            ("--base-url", args.base_url.is_some()),
            ("--contact", args.contact.is_some()),
            ("--provinces", args.provinces.is_some()),
        ];
        let missing: Vec<&str> = given
            .iter()
            .filter(|(_, given)| !given)
            .map(|(option, _)| *option)
            .collect();
        if !missing.is_empty() {
            return Err(Error::Missing(missing));
        }
    }
    let provinces = args.provinces.as_ref().map(|provinces| provinces.join(","));
    Ok(Answers {
        title: answer("--title", &args.title, "Title of the site", dialogue, parse_title)?,
        base_url: answer(
            "--base-url",
            &args.base_url,
            "Public address (https://…)",
            dialogue,
            config::parse_base_url,
        )?,
        contact: answer(
            "--contact",
            &args.contact,
            "Contact for the sites that are crawled (mailto:… or a page)",
            dialogue,
            parse_contact,
        )?,
        provinces: answer(
            "--provinces",
            &provinces,
            "Provinces, with commas (jawa-timur, jawa-tengah; empty for none)",
            dialogue,
            |text| parse_provinces(text, gazetteer),
        )?,
    })
}

/// The option if it is given, else the answer to the question, which is asked until it can be used.
fn answer<T>(
    option: &'static str,
    given: &Option<String>,
    question: &str,
    dialogue: &mut Dialogue,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<T, Error> {
    if let Some(text) = given {
        return parse(text).map_err(|why| Error::Invalid { option, why });
    }
    loop {
        write!(dialogue.writer, "{question}: ").map_err(Error::Dialogue)?;
        dialogue.writer.flush().map_err(Error::Dialogue)?;
        let mut line = String::new();
        if dialogue.reader.read_line(&mut line).map_err(Error::Dialogue)? == 0 {
            return Err(Error::Ended);
        }
        match parse(line.trim()) {
            Ok(value) => return Ok(value),
            Err(why) => writeln!(dialogue.writer, "  {why}").map_err(Error::Dialogue)?,
        }
    }
}

fn parse_title(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("a title is needed".to_owned()),
        title => Ok(title.to_owned()),
    }
}

fn parse_contact(text: &str) -> Result<String, String> {
    let contact = config::parse_contact(text)?;
    if config::is_example_contact(&contact) {
        return Err("an example address reaches nobody, and `warta run` refuses it".to_owned());
    }
    Ok(contact)
}

fn parse_provinces<'a>(text: &str, gazetteer: &'a Gazetteer) -> Result<Vec<&'a Region>, String> {
    let mut provinces: Vec<&Region> = Vec::new();
    for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        match gazetteer
            .resolve(name)
            .filter(|region| region.level() == Level::Province)
        {
            Some(region) if provinces.contains(&region) => {}
            Some(region) => provinces.push(region),
            None => {
                let near: Vec<&str> = gazetteer
                    .nearest(name, 8)
                    .into_iter()
                    .filter(|region| region.level() == Level::Province)
                    .take(3)
                    .map(|region| region.path.as_str())
                    .collect();
                let hint = if near.is_empty() {
                    String::new()
                } else {
                    format!("; did you mean {}?", near.join(", "))
                };
                return Err(format!("there is no province {name:?}{hint}"));
            }
        }
    }
    Ok(provinces)
}

/// The file with a province's units, as it is included: that of the package, else the one that is written beside the
/// configuration. Nothing where no units are shipped.
fn source_file(province: &Region, package: &Path) -> Option<String> {
    let packaged = package.join(format!("{}.toml", province.path));
    let packaged = packaged.to_str().filter(|_| packaged.is_file()).map(str::to_owned);
    let own = format!("sources/{}.toml", province.path);
    packaged.or_else(|| SHIPPED.iter().any(|(name, _)| *name == own).then_some(own))
}

/// The template with the answers in it.
fn edited(answers: &Answers, files: &[String], now: Timestamp) -> Result<String, Error> {
    let mut document: DocumentMut = TEMPLATE.parse().map_err(Error::Template)?;
    document["include"] = value(files.iter().map(String::as_str).collect::<Array>());
    document["site"]["title"] = value(&answers.title);
    document["site"]["base_url"] = value(answers.base_url.as_str());
    document["site"]["id_authority"] = value(id_authority(&answers.base_url, now));
    document["crawl"]["contact"] = value(&answers.contact);
    Ok(document.to_string())
}

/// The host and this year (RFC 4151 counts in UTC). An IPv6 address has no form there, and is nobody's to own.
fn id_authority(base_url: &Url, now: Timestamp) -> String {
    let host = base_url
        .host_str()
        .filter(|host| !host.starts_with('['))
        .unwrap_or("localhost");
    format!("{host},{}", Offset::UTC.to_datetime(now).year())
}

fn write_file(path: &Path, text: &str) -> Result<(), Error> {
    let failed = |source| Error::Write {
        path: path.to_owned(),
        source,
    };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    std::fs::write(path, text).map_err(failed)
}

fn next_steps(args: &Args, answers: &Answers, config: &config::Config) -> String {
    let output = &args.output;
    let folder = output.parent().unwrap_or(Path::new(""));
    let mut text = format!(
        "Wrote {}: {} units, {} sources.\n",
        output.display(),
        config.directory.satkers.len(),
        config.directory.sources.len()
    );
    let without: Vec<&str> = answers
        .provinces
        .iter()
        .filter(|province| source_file(province, &args.shipped).is_none())
        .map(|province| province.name.as_str())
        .collect();
    if !without.is_empty() {
        text.push_str(&format!("No units are shipped yet for {}.\n", without.join(", ")));
    }
    text.push_str(&format!(
        "Next:\n  add your own units and sources to {}\n  warta --config {output} check\n  warta --config {output} run\n",
        folder.join(LOCAL).display(),
        output = output.display()
    ));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-12-31T23:00:00-02:00";

    fn options(folder: &Path) -> Args {
        Args {
            title: Some("Warta Jatim".to_owned()),
            base_url: Some("https://warta.jatim.go.id/kabar".to_owned()),
            contact: Some("mailto:humas@jatim.go.id".to_owned()),
            provinces: Some(vec!["jawa-timur".to_owned(), "Bali".to_owned()]),
            output: folder.join("etc/warta.toml"),
            shipped: folder.join("share"),
            force: false,
        }
    }

    /// Runs `init`; returns the result and what was written to the terminal.
    fn init(args: &Args, ask: Ask, input: &str) -> (Result<String, Error>, String) {
        let mut written = Vec::new();
        let dialogue = Dialogue {
            ask,
            reader: &mut input.as_bytes(),
            writer: &mut written,
        };
        let result = run(args, dialogue, NOW.parse().unwrap(), &Gazetteer::built_in());
        (result, String::from_utf8(written).unwrap())
    }

    #[test]
    fn options_make_a_configuration_that_loads_and_keeps_its_comments() {
        let folder = tempfile::tempdir().unwrap();
        let args = options(folder.path());
        let (result, asked) = init(&args, Ask::Nothing, "");
        let steps = result.unwrap();
        assert_eq!(asked, "");
        assert!(
            steps.contains("No units are shipped yet for Bali.") && steps.contains("run"),
            "{steps}"
        );
        let config = config::load(&args.output, &[], &Gazetteer::built_in()).unwrap().config;
        assert_eq!(config.site.title, "Warta Jatim");
        assert_eq!(config.site.base_url.as_str(), "https://warta.jatim.go.id/kabar/");
        assert_eq!(
            config.site.id_authority, "warta.jatim.go.id,2027",
            "the year is that of UTC"
        );
        assert!(!config.crawl.has_example_contact());
        assert!(config.directory.satkers.len() > 50);
        let text = std::fs::read_to_string(&args.output).unwrap();
        assert!(
            text.contains("include = [\"sources/jawa-timur.toml\", \"sources/lokal.toml\"]"),
            "{text}"
        );
        let comments = |text: &str| text.lines().filter(|line| line.starts_with('#')).count();
        assert_eq!(comments(&text), comments(TEMPLATE));
        assert!(!folder.path().join("etc/sources/jawa-tengah.toml").exists());
    }

    #[test]
    fn units_of_a_package_are_included_where_they_lie() {
        let folder = tempfile::tempdir().unwrap();
        let args = options(folder.path());
        let (java, bali) = (args.shipped.join("jawa-timur.toml"), args.shipped.join("bali.toml"));
        std::fs::create_dir(&args.shipped).unwrap();
        std::fs::write(&java, SHIPPED[0].1).unwrap();
        std::fs::write(
            &bali,
            "[[satker]]\nid = \"rutan-bangli\"\nname = \"Rutan Bangli\"\nregion = \"51.06\"\n",
        )
        .unwrap();
        let steps = init(&args, Ask::Nothing, "").0.unwrap();
        assert!(!steps.contains("No units"), "{steps}");
        let text = std::fs::read_to_string(&args.output).unwrap();
        let included = format!("include = [{java:?}, {bali:?}, \"sources/lokal.toml\"]");
        assert!(text.contains(&included), "{text}");
        let own: Vec<_> = std::fs::read_dir(folder.path().join("etc/sources"))
            .unwrap()
            .map(|file| file.unwrap().file_name())
            .collect();
        assert_eq!(own, ["lokal.toml"], "a copy would stay as it is for ever");
        let config = config::load(&args.output, &[], &Gazetteer::built_in()).unwrap().config;
        assert!(config.directory.satkers.len() > 50);
    }

    #[test]
    fn every_file_of_units_is_shipped() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/sources");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|file| format!("sources/{}", file.unwrap().file_name().display()))
            .collect();
        let mut shipped = SHIPPED.map(|(name, _)| name.to_owned());
        files.sort();
        shipped.sort();
        assert_eq!(files, shipped);
    }

    #[test]
    fn a_person_is_asked_for_what_is_missing_until_it_can_be_used() {
        let folder = tempfile::tempdir().unwrap();
        let args = Args {
            title: None,
            contact: None,
            provinces: None,
            ..options(folder.path())
        };
        let input = "\nWarta Kita\nhumas\nmailto:a@example.go.id\nmailto:humas@a.go.id\nJawa Timor\n33\n";
        let (result, asked) = init(&args, Ask::Questions, input);
        result.unwrap();
        for said in [
            "a title is needed",
            "is not a way to reach you",
            "reaches nobody",
            "did you mean jawa-timur",
        ] {
            assert!(asked.contains(said), "{said:?} is not in {asked}");
        }
        let config = config::load(&args.output, &[], &Gazetteer::built_in()).unwrap().config;
        assert_eq!(
            (config.site.title.as_str(), config.crawl.contact.as_str()),
            ("Warta Kita", "mailto:humas@a.go.id")
        );
    }

    #[test]
    fn without_a_terminal_the_missing_options_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let args = Args {
            title: None,
            provinces: None,
            ..options(folder.path())
        };
        let (result, _) = init(&args, Ask::Nothing, "x\n");
        let message = result.unwrap_err().to_string();
        assert_eq!(
            message,
            "without a terminal these options are needed: --title, --provinces"
        );
        assert!(!args.output.exists());
    }

    #[test]
    fn an_option_that_cannot_be_used_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let good = options(folder.path());
        for (args, option) in [
            (
                Args {
                    base_url: Some("warta".to_owned()),
                    ..good.clone()
                },
                "--base-url: ",
            ),
            (
                Args {
                    contact: Some("mailto:humas@example.go.id".to_owned()),
                    ..good.clone()
                },
                "--contact: ",
            ),
            (
                Args {
                    provinces: Some(vec!["35.09".to_owned()]),
                    ..good.clone()
                },
                "--provinces: ",
            ),
            (
                Args {
                    title: Some(" ".to_owned()),
                    ..good.clone()
                },
                "--title: ",
            ),
        ] {
            let message = init(&args, Ask::Questions, "").0.unwrap_err().to_string();
            assert!(message.starts_with(option), "{message}");
        }
    }

    #[test]
    fn a_person_who_leaves_ends_it() {
        let folder = tempfile::tempdir().unwrap();
        let args = Args {
            title: None,
            ..options(folder.path())
        };
        assert!(matches!(init(&args, Ask::Questions, "").0, Err(Error::Ended)));
        assert!(!args.output.exists());
    }

    #[test]
    fn nothing_is_overwritten_without_force_and_own_sources_never() {
        let folder = tempfile::tempdir().unwrap();
        let args = options(folder.path());
        init(&args, Ask::Nothing, "").0.unwrap();
        let own = folder.path().join("etc/sources/lokal.toml");
        std::fs::write(&own, "# mine\n").unwrap();
        let again = Args {
            title: Some("Lain".to_owned()),
            ..args.clone()
        };
        assert!(matches!(init(&again, Ask::Nothing, "").0, Err(Error::Exists(_))));
        assert!(std::fs::read_to_string(&args.output).unwrap().contains("Warta Jatim"));
        init(&Args { force: true, ..again }, Ask::Nothing, "").0.unwrap();
        assert!(
            std::fs::read_to_string(&args.output)
                .unwrap()
                .contains("title = \"Lain\"")
        );
        assert_eq!(std::fs::read_to_string(&own).unwrap(), "# mine\n");
    }

    #[test]
    fn faults_of_files_that_were_there_are_reported() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("etc/sources")).unwrap();
        std::fs::write(folder.path().join("etc/sources/lokal.toml"), "[[satker]]\n").unwrap();
        let result = init(&options(folder.path()), Ask::Nothing, "").0;
        assert!(matches!(result, Err(Error::Faulty(_))), "{result:?}");
    }

    #[test]
    fn an_address_without_a_name_still_gives_an_authority() {
        let now = NOW.parse().unwrap();
        for (url, authority) in [
            ("http://127.0.0.1:8080/", "127.0.0.1,2027"),
            ("http://[::1]/", "localhost,2027"),
        ] {
            assert_eq!(id_authority(&url.parse().unwrap(), now), authority);
        }
    }
}
