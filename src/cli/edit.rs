//! `warta edit`: corrects a story by hand, or decides about an article that was held back, through the daemon where one
//! runs.

use std::io::Write;

use super::{Error, Setup, ask, explain, list, runtime, terminal};
use crate::daemon::orders;
use crate::model::{Change, EditOrder, Judgement, QuarantineOrder, SatkerId, StoryId};
use crate::serve::control::Edited;

/// The story and its correction.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Id of the story, or address of one of its articles or of one that is held back
    story: String,
    #[command(flatten)]
    change: ChangeArgs,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct ChangeArgs {
    /// Say where it happened
    #[arg(long, value_name = "CODE")]
    region: Option<String>,
    /// Say which unit published it
    #[arg(long, value_name = "ID")]
    satker: Option<String>,
    /// Take this article out: it tells another story
    #[arg(long, value_name = "URL")]
    split: Option<String>,
    /// Make one story of it and this one; the elder id stays
    #[arg(long, value_name = "STORY")]
    merge: Option<String>,
    /// Withdraw it for this reason, which readers see
    #[arg(long, value_name = "REASON")]
    hide: Option<String>,
    /// Keep it at the top of its feeds until this date
    #[arg(long, value_name = "UNTIL")]
    pin: Option<String>,
    /// Publish this article, which was held back: it is no spam
    #[arg(long)]
    release: bool,
    /// Keep this article, which was held back, out for ever: it is spam
    #[arg(long)]
    confirm: bool,
    /// Take the last correction or decision back
    #[arg(long)]
    undo: bool,
}

/// What is ordered.
enum Ordered {
    Edit(EditOrder),
    Judge(QuarantineOrder),
}

/// Makes the correction and says what the story is called now, or the article that is in none.
pub fn run(setup: &Setup, args: &Args) -> Result<(), Error> {
    let ordered = ordered(setup, args)?;
    let socket = &setup.config.server.control_socket;
    let edited = runtime()?.block_on(async {
        if ask::is_running(socket) {
            match &ordered {
                Ordered::Edit(order) => ask::one(socket, "edit", order).await,
                Ordered::Judge(order) => ask::one(socket, "judge", order).await,
            }
        } else {
            let store = setup.store()?;
            let (cx, writer) = setup.context(store.clone())?;
            let edited = match ordered {
                Ordered::Edit(order) => orders::edit(&cx, order).await,
                Ordered::Judge(order) => orders::judge(&cx, order).await,
            };
            drop(cx);
            writer.join();
            store.flush()?;
            Ok(edited)
        }
    })?;
    match edited {
        Edited::Story(story) => Ok(writeln!(std::io::stdout(), "{story}")?),
        Edited::Confirmed | Edited::Held => {
            let url = terminal::line(&explain::canonical(&args.story));
            Ok(writeln!(std::io::stdout(), "{url}")?)
        }
        Edited::Refused(why) => Err(Error::Usage(why)),
        Edited::Failed(why) => Err(Error::Recording(why)),
    }
}

/// What the words of the command order.
fn ordered(setup: &Setup, args: &Args) -> Result<Ordered, Error> {
    if let Some(judgement) = judgement(setup, args)? {
        return Ok(Ordered::Judge(QuarantineOrder {
            url: explain::canonical(&args.story),
            judgement,
            by: somebody(),
        }));
    }
    Ok(Ordered::Edit(EditOrder {
        story: story(setup, &args.story)?,
        change: change(setup, &args.change)?,
        by: somebody(),
    }))
}

/// What is decided about an article that was held back, if anything is.
fn judgement(setup: &Setup, args: &Args) -> Result<Option<Judgement>, Error> {
    let (change, is_address) = (&args.change, args.story.contains("://"));
    if (change.release || change.confirm) && !is_address {
        let what = "what is held back is named by its address; `warta sources --problems` lists it";
        return Err(Error::Usage(what.to_owned()));
    }
    Ok(match (change.release, change.confirm, change.undo && is_address) {
        (true, ..) => Some(Judgement::Release),
        (_, true, _) => Some(Judgement::Confirm),
        (.., true) => {
            let row = explain::row(setup, &args.story)?;
            let is_out = row["id"].is_null() || row["quarantine"]["status"] == "confirmed";
            is_out.then_some(Judgement::Undo)
        }
        _ => None,
    })
}

fn change(setup: &Setup, args: &ChangeArgs) -> Result<Change, Error> {
    if let Some(text) = &args.region {
        return Ok(Change::Region(setup.region(text)?));
    }
    if let Some(text) = &args.satker {
        let id = SatkerId::new(text.as_str()).map_err(|error| Error::Usage(error.to_string()))?;
        let satker = setup.config.directory.satker(&id);
        let satker = satker.ok_or_else(|| Error::Usage(format!("no satker {id} is configured")))?;
        return Ok(Change::Satker(satker.id.clone(), satker.region));
    }
    if let Some(url) = &args.split {
        return Ok(Change::Split(explain::canonical(url)));
    }
    if let Some(other) = &args.merge {
        return Ok(Change::Merge(story(setup, other)?));
    }
    if let Some(reason) = &args.hide {
        return Ok(Change::Hide(reason.clone()));
    }
    if let Some(until) = &args.pin {
        let at = list::date(setup, until)?;
        return if at > setup.clock.now() {
            Ok(Change::Pin(at))
        } else {
            Err(Error::Usage(format!("{until:?} is over: a pin ends in the future")))
        };
    }
    Ok(Change::Undo)
}

/// The story of an id or an article's address.
fn story(setup: &Setup, text: &str) -> Result<StoryId, Error> {
    let row = explain::row(setup, text)?;
    if row["id"].is_null() {
        let what = format!("{text} is held back and tells no story; --release publishes it, --confirm keeps it out");
        return Err(Error::Usage(what));
    }
    let id = row["id"].as_str().and_then(|id| id.parse().ok());
    id.ok_or_else(|| Error::Failed("the daemon's answer has no story".to_owned()))
}

/// Who makes the correction, as the system knows them.
fn somebody() -> String {
    let named = ["SUDO_USER", "USER", "LOGNAME"]
        .iter()
        .find_map(|key| std::env::var(key).ok());
    named.unwrap_or_else(|| format!("uid {}", nix::unistd::getuid()))
}
