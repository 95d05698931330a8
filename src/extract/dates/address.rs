//! The day that stands in the address of a page, and what it settles: sites write it when an article appears, in their own
//! time, so it tells which day an instant in universal time was to them.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use url::Url;

use crate::model::RawDate;

/// `/2022/08/16/`, `/2022-08-16/`, `/20220816/`, `/16-08-2022` in an address, as "2022-08-16".
pub fn day(address: &Url) -> Option<String> {
    let numbers: Vec<&str> = address
        .path()
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|part| !part.is_empty())
        .collect();
    let apart = numbers.windows(3).find_map(|parts| {
        let [first, month, last] = parts else { return None };
        written(first, month, last).or_else(|| written(last, month, first))
    });
    apart.or_else(|| {
        numbers
            .iter()
            .filter(|part| part.len() == 8 && part.bytes().all(|byte| byte.is_ascii_digit()))
            .find_map(|part| {
                written(&part[..4], &part[4..6], &part[6..]).or_else(|| written(&part[4..], &part[2..4], &part[..2]))
            })
    })
}

fn written(year: &str, month: &str, day: &str) -> Option<String> {
    let in_range =
        |part: &str, last: u32| part.len() <= 2 && part.parse::<u32>().is_ok_and(|number| (1..=last).contains(&number));
    let is_year = year.len() == 4 && year.parse::<u32>().is_ok_and(|year| (1995..=2100).contains(&year));
    (is_year && in_range(month, 12) && in_range(day, 31)).then(|| format!("{year}-{month:0>2}-{day:0>2}"))
}

/// The date a page states, unless that is an instant in universal time which was another day than the address names,
/// there and everywhere in Indonesia: then the address's day is the one the site means.
pub fn settled(stated: RawDate, address: &Url) -> RawDate {
    let RawDate::Text(text) = &stated else { return stated };
    let in_address = day(address).and_then(|day| Some((day.parse::<Date>().ok()?, day)));
    let (Some((day, written)), Some(at)) = (in_address, universal(text)) else {
        return stated;
    };
    let of = |hours: i8| Offset::constant(hours).to_datetime(at).date();
    let near = [of(0).yesterday(), of(0).tomorrow()];
    let is_near = near.iter().flatten().any(|near| *near == day);
    if is_near && ![0, 7, 8, 9].into_iter().any(|hours| of(hours) == day) {
        return RawDate::Text(written);
    }
    stated
}

/// Whether a date is stated in universal time, as programs do whose zone nobody has set.
pub fn is_universal(date: &str) -> bool {
    let date = date.trim();
    date.ends_with(['Z', 'z']) || date.ends_with("+00:00") || date.ends_with("+0000")
}

/// The instant of a date that is stated in universal time.
fn universal(text: &str) -> Option<Timestamp> {
    text.trim().parse().ok().filter(|_| is_universal(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(path: &str) -> Url {
        format!("https://a.example{path}").parse().unwrap()
    }

    #[test]
    fn days_stand_in_addresses_in_either_order() {
        for (path, expected) in [
            ("/2022/08/16/razia/", Some("2022-08-16")),
            ("/berita/2022-8-6-razia", Some("2022-08-06")),
            ("/read/20220816/razia", Some("2022-08-16")),
            ("/berita/16-08-2022", Some("2022-08-16")),
            ("/berita/16082022-razia", Some("2022-08-16")),
            ("/2022/08/razia", None),
            ("/20221317/razia", None),
            ("/berita/99999999", None),
            ("/pasal/12/34/2022", None),
        ] {
            assert_eq!(day(&at(path)).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn an_instant_in_universal_time_is_the_day_of_the_address() {
        for (path, stated, expected) in [
            ("/2023/11/08/x", "2023-11-09T03:28:35Z", "2023-11-08"),
            ("/2023/11/08/x", "2023-11-09T03:28:35+00:00", "2023-11-08"),
            // 06.30 in Jakarta.
            ("/2023/11/09/x", "2023-11-08T23:30:00Z", "2023-11-08T23:30:00Z"),
            ("/2023/11/09/x", "2023-11-09T03:28:35Z", "2023-11-09T03:28:35Z"),
            // A zone that is named is the site's own.
            (
                "/2023/11/08/x",
                "2023-11-09T03:28:35+07:00",
                "2023-11-09T03:28:35+07:00",
            ),
            // No zone is so far off: it was published again.
            ("/2023/11/08/x", "2023-11-12T03:28:35Z", "2023-11-12T03:28:35Z"),
            ("/x", "2023-11-09T03:28:35Z", "2023-11-09T03:28:35Z"),
        ] {
            let settled = settled(RawDate::Text(stated.to_owned()), &at(path));
            assert_eq!(settled, RawDate::Text(expected.to_owned()), "{path} {stated}");
        }
    }
}
