//! Days of the calendar and times of day among tokens. The rules for what is missing are in the parent.

use std::ops::Range;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::Offset;

use super::tokens::Token;
use crate::model::{Zone, month};

/// Years outside of these are slips of the pen: "30/04/1025".
const YEARS: std::ops::RangeInclusive<u32> = 1990..=2100;

/// How many tokens name a day, and its year, month and day.
type Found = (usize, [u32; 3]);

/// A time of day, with what was said of its zone.
#[derive(Debug)]
pub struct Clock {
    /// The time.
    pub time: Time,
    /// One of the three zones, by name or by offset.
    pub zone: Option<Zone>,
    /// The offset, when it was stated.
    pub offset: Option<Offset>,
}

/// The first day named in the tokens, and which tokens name it.
pub fn date(tokens: &[Token<'_>], now: Timestamp) -> Option<(Date, Range<usize>)> {
    let first = |form: &dyn Fn(&[Token<'_>]) -> Option<Found>| {
        (0..tokens.len()).find_map(|start| {
            let (length, [year, month, day]) = form(&tokens[start..])?;
            Some((valid(year, month, day)?, start..start + length))
        })
    };
    first(&|rest| {
        year_first(rest)
            .or_else(|| compact(rest))
            .or_else(|| day_first(rest, now).filter(|(length, _)| !is_clock(&rest[..*length])))
            .or_else(|| day_and_name(rest, now))
            .or_else(|| name_and_day(rest))
    })
    .or_else(|| first(&|rest| day_first(rest, now)))
}

/// Whether what may be a date may as well be a time of day: 10.05.25. It is a date only where there is no other.
fn is_clock(tokens: &[Token<'_>]) -> bool {
    tokens.get(1).is_some_and(|sign| sign.text == ".") && tokens.last().is_some_and(|year| year.text.len() == 2)
}

fn valid(year: u32, month: u32, day: u32) -> Option<Date> {
    if !YEARS.contains(&year) {
        return None;
    }
    Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok()
}

/// `2022-08-16`, `2022/08/16`
fn year_first(tokens: &[Token<'_>]) -> Option<(usize, [u32; 3])> {
    let [year, sign, month, second, day, ..] = tokens else {
        return None;
    };
    let separated = matches!(sign.text, "-" | "/" | ".") && second.text == sign.text;
    let whole = separated && year.text.len() == 4;
    whole.then_some((5, [year.number()?, month.short_number()?, day.short_number()?]))
}

/// `20220816` before a `T` or alone
fn compact(tokens: &[Token<'_>]) -> Option<(usize, [u32; 3])> {
    let whole = tokens
        .first()
        .filter(|token| token.is_number() && token.text.len() == 8)?;
    let alone = tokens.get(1).is_none_or(|next| next.text == "t");
    let part = |range: Range<usize>| whole.text.get(range)?.parse().ok();
    alone.then_some((1, [part(0..4)?, part(4..6)?, part(6..8)?]))
}

/// `16/08/2022`, `26/2/25`, `16.08.2022`, `8.5.12`, `7/10/'2025`, `16 | 08 | 2022`
fn day_first(tokens: &[Token<'_>], now: Timestamp) -> Option<(usize, [u32; 3])> {
    let [day, sign, month, second, rest @ ..] = tokens else {
        return None;
    };
    if !matches!(sign.text, "-" | "/" | "." | "|") || second.text != sign.text {
        return None;
    }
    let (day, month) = (day.short_number()?, month.short_number()?);
    let (length, year) = year(rest, now).filter(|(_, year)| sign.text != "|" || rest[0].number() == Some(*year))?;
    Some((4 + length, [year, month, day]))
}

/// `16 Agustus 2022`, `5 Sep '25`, `15-Aug-22`, `16 de agosto de 2022`
fn day_and_name(tokens: &[Token<'_>], now: Timestamp) -> Option<(usize, [u32; 3])> {
    let day = tokens.first()?.short_number()?;
    let mut at = 1 + signs(&tokens[1..]);
    if tokens
        .get(at)
        .is_some_and(|token| matches!(token.text, "st" | "nd" | "rd" | "th"))
    {
        at += 1;
    }
    at += signs(&tokens[at..]);
    let month = month(tokens.get(at)?.text)?;
    at += 1;
    at += signs(&tokens[at..]);
    let (length, year) = year(&tokens[at..], now)?;
    Some((at + length, [year, month, day]))
}

/// `August 16, 2022`, `Aug 16 09:35:14 WIB 2022`
fn name_and_day(tokens: &[Token<'_>]) -> Option<(usize, [u32; 3])> {
    let month = month(tokens.first()?.text)?;
    let mut at = 1 + signs(&tokens[1..]);
    let day = tokens.get(at)?.short_number()?;
    at += 1;
    if tokens
        .get(at)
        .is_some_and(|token| matches!(token.text, "st" | "nd" | "rd" | "th"))
    {
        at += 1;
    }
    let whole = |at: usize| tokens.get(at).filter(|token| token.text.len() == 4)?.number();
    if let Some(year) = behind_clock(&tokens[at..]).and_then(|behind| whole(at + behind)) {
        // The time is still to be read.
        return Some((at, [year, month, day]));
    }
    at += signs(&tokens[at..]);
    Some((at + 1, [whole(at)?, month, day]))
}

/// How many tokens a time of day takes with a word for its zone: before the year, as `date` and `ctime` write it.
fn behind_clock(tokens: &[Token<'_>]) -> Option<usize> {
    let [hour, first, minute, second, seconds, rest @ ..] = tokens else {
        return None;
    };
    let is_clock = [first, second].iter().all(|sign| sign.text == ":")
        && [hour, minute, seconds].iter().all(|part| part.short_number().is_some());
    let is_word = |token: &Token<'_>| token.text.chars().all(char::is_alphabetic);
    is_clock.then(|| 5 + usize::from(rest.first().is_some_and(is_word)))
}

/// How many signs or joining words stand between the parts of a date: at most two.
fn signs(tokens: &[Token<'_>]) -> usize {
    let sign = |token: &&Token<'_>| matches!(token.text, "-" | "/" | "." | "," | "de" | "del" | "of");
    tokens.iter().take(2).take_while(sign).count()
}

/// A year of four digits, or of two that are not the hour of a time and not in the future.
fn year(tokens: &[Token<'_>], now: Timestamp) -> Option<(usize, u32)> {
    let quoted = usize::from(tokens.first()?.text == "'");
    let token = tokens.get(quoted)?;
    let value = token.number()?;
    match token.text.len() {
        4 => Some((quoted + 1, value)),
        2 => {
            let hour = quoted == 0 && time(&tokens[quoted..=(quoted + 2).min(tokens.len() - 1)]).is_some();
            let this_year = u32::try_from(Offset::UTC.to_datetime(now).year()).ok()?;
            let past = 2000 + value <= this_year + 1;
            (past && !hour).then_some((quoted + 1, 2000 + value))
        }
        _ => None,
    }
}

/// The first time of day: `2:30`, `20.04`, `14:30:59.123`, with what follows of am, pm and zone.
pub fn time(tokens: &[Token<'_>]) -> Option<Clock> {
    (0..tokens.len()).find_map(|start| time_at(&tokens[start..]))
}

fn time_at(tokens: &[Token<'_>]) -> Option<Clock> {
    let [hour, colon, minute, ..] = tokens else {
        return None;
    };
    let joined = |sign: &Token<'_>, number: &Token<'_>| {
        matches!(sign.text, ":" | ".") && number.is_number() && number.text.len() == 2 && sign.end() == number.start
    };
    if !joined(colon, minute) || hour.end() != colon.start {
        return None;
    }
    let (mut hour, minute) = (hour.short_number()?, minute.number()?);
    let mut at = 3;
    let mut second = 0;
    if let Some([sign, number, ..]) = tokens.get(at..).filter(|rest| rest.len() >= 2)
        && joined(sign, number)
    {
        second = number.number()?.min(59);
        at += 2;
        if let Some([point, fraction, ..]) = tokens.get(at..).filter(|rest| rest.len() >= 2)
            && point.text == "."
            && fraction.is_number()
        {
            at += 2;
        }
    }
    match tokens.get(at).map(|token| token.text) {
        Some("am") if (1..=12).contains(&hour) => (hour, at) = (hour % 12, at + 1),
        Some("pm") if (1..=12).contains(&hour) => (hour, at) = (hour % 12 + 12, at + 1),
        _ => {}
    }
    let time = Time::new(
        hour.try_into().ok()?,
        minute.try_into().ok()?,
        second.try_into().ok()?,
        0,
    )
    .ok()?;
    let (zone, offset) = zone(&tokens[at..]);
    Some(Clock { time, zone, offset })
}

/// The zone right after a time: `WITA`, `Z`, `+0700`, `GMT+7`, and those of RFC 2822.
fn zone(tokens: &[Token<'_>]) -> (Option<Zone>, Option<Offset>) {
    let Some(first) = tokens.first() else {
        return (None, None);
    };
    if let Some(zone) = Zone::from_abbreviation(first.text) {
        return (Some(zone), None);
    }
    let hours = match first.text {
        "z" | "utc" | "gmt" | "ut" => 0,
        "edt" => -4,
        "est" | "cdt" => -5,
        "cst" | "mdt" => -6,
        "mst" | "pdt" => -7,
        "pst" => -8,
        _ => return of_offset(offset(tokens)),
    };
    of_offset(offset(&tokens[1..]).or(Some(Offset::constant(hours))))
}

fn of_offset(offset: Option<Offset>) -> (Option<Zone>, Option<Offset>) {
    let same = |zone: &Zone| Some(zone.offset()) == offset;
    ([Zone::Wib, Zone::Wita, Zone::Wit].into_iter().find(same), offset)
}

/// `+07:00`, `+0700`, `+7`: sign and digits together, at most 14 hours.
fn offset(tokens: &[Token<'_>]) -> Option<Offset> {
    let [sign, number, rest @ ..] = tokens else {
        return None;
    };
    if !matches!(sign.text, "+" | "-") || sign.end() != number.start {
        return None;
    }
    let value = i32::try_from(number.number()?).ok()?;
    let minutes = match (number.text.len(), rest) {
        (4, _) => value / 100 * 60 + value % 100,
        (1 | 2, [colon, minutes, ..]) if colon.text == ":" && minutes.text.len() == 2 => {
            value * 60 + i32::try_from(minutes.number()?).ok()?
        }
        (1 | 2, _) => value * 60,
        _ => return None,
    };
    let direction = if sign.text == "-" { -1 } else { 1 };
    (minutes <= 14 * 60).then(|| Offset::from_seconds(direction * minutes * 60).ok())?
}
