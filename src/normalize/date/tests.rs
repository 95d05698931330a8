//! What is read as a date and what is not.

use super::*;
use proptest::prelude::*;

/// Thursday, 19 June 2025, 10.00 WIB.
const NOW: &str = "2025-06-19T10:00:00+07:00";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn check(cases: &[(&str, &str, Zone)], precision: Precision) {
    for (text, expected, zone) in cases {
        let expected = Read {
            at: expected.parse().unwrap(),
            zone: *zone,
            precision,
        };
        assert_eq!(read(text, Zone::Wib, now()), Some(expected), "{text:?}");
    }
}

#[test]
fn a_day_with_points_and_a_short_year_is_one_where_nothing_else_is() {
    check(
        &[
            ("8.5.12", "2012-05-08T00:00:00+07:00", Zone::Wib),
            ("Party, 30.10.23", "2023-10-30T00:00:00+07:00", Zone::Wib),
        ],
        Precision::Day,
    );
    check(
        &[("10.05.25 WIB, 18 Juni 2025", "2025-06-18T10:05:25+07:00", Zone::Wib)],
        Precision::Minute,
    );
    assert_eq!(read("pukul 10.30.25", Zone::Wib, now()), None);
}

#[test]
fn bars_stand_between_numbers_only_before_a_whole_year() {
    check(
        &[("16 | 08 | 2022", "2022-08-16T00:00:00+07:00", Zone::Wib)],
        Precision::Day,
    );
    assert_eq!(read("16 | 08 | 22", Zone::Wib, now()), None);
    assert_eq!(read("1 | 2 | 3", Zone::Wib, now()), None);
}

#[test]
fn a_year_may_stand_behind_the_clock() {
    check(
        &[
            ("Tue Aug 16 09:35:14 WIB 2022", "2022-08-16T09:35:14+07:00", Zone::Wib),
            ("Aug 16 09:35:14 2022", "2022-08-16T09:35:14+07:00", Zone::Wib),
        ],
        Precision::Minute,
    );
}

#[test]
fn dates_with_a_time_are_read() {
    let wib = Zone::Wib;
    check(
        &[
            ("16 Agustus 2022 2:30 WIB", "2022-08-16T02:30:00+07:00", wib),
            ("29 Nov 2022 16:06 WIB", "2022-11-29T16:06:00+07:00", wib),
            ("Rabu 05 Jul 2023 22:03 WIB", "2023-07-05T22:03:00+07:00", wib),
            ("Rabu   18 Jun 2025  22:02 WIB", "2025-06-18T22:02:00+07:00", wib),
            ("18 Juni 2025 | 20.04 WIB", "2025-06-18T20:04:00+07:00", wib),
            ("5 Juni 2025 | 13.00 WIB", "2025-06-05T13:00:00+07:00", wib),
            ("Kompas.com- 18/06/2025, 21:35 WIB", "2025-06-18T21:35:00+07:00", wib),
            (
                "Kompas.com- Diperbarui 19/06/2025, 10:25 WIB",
                "2025-06-19T10:25:00+07:00",
                wib,
            ),
            ("Diperbarui 18 Jun 2025, 14:05 WIB", "2025-06-18T14:05:00+07:00", wib),
            ("Diperbarui 30 Mei 2025, 15:55 WIB", "2025-05-30T15:55:00+07:00", wib),
            (
                ", Jurnalis-Senin, 16 Juni 2025 |15:20 WIB",
                "2025-06-16T15:20:00+07:00",
                wib,
            ),
            (
                ", Jurnalis-Jum'at, 13 Juni 2025 |19:04 WIB",
                "2025-06-13T19:04:00+07:00",
                wib,
            ),
            ("Rabu, 18 Jun 2025 07:30 WIB", "2025-06-18T07:30:00+07:00", wib),
            ("Sabtu, 31 Mei  2025 12:03 WIB", "2025-05-31T12:03:00+07:00", wib),
            (
                "Selasa, 16 Agustus 2022 pukul 02.30 WITA",
                "2022-08-16T02:30:00+08:00",
                Zone::Wita,
            ),
            ("16 Agustus 2022 08:30 wit", "2022-08-16T08:30:00+09:00", Zone::Wit),
            ("16-08-2022 14.30.59", "2022-08-16T14:30:59+07:00", wib),
            ("16.08.2022 14.30", "2022-08-16T14:30:00+07:00", wib),
            ("10:35 WIB, 18 Juni 2025", "2025-06-18T10:35:00+07:00", wib),
            ("18 Juni 2025 01:00 UTC", "2025-06-18T01:00:00Z", wib),
            ("August 16, 2022 at 2:30 pm", "2022-08-16T14:30:00+07:00", wib),
            ("Aug 16th, 2022 12:05 AM", "2022-08-16T00:05:00+07:00", wib),
            ("18 Juni 2025 14:30 - 16:00 WIB", "2025-06-18T14:30:00+07:00", wib),
            (
                "16\u{a0}Agustus\u{a0}2022 2:30\u{a0}WIB",
                "2022-08-16T02:30:00+07:00",
                wib,
            ),
            (
                "Diterbitkan 16 Agustus 2022 2:30 WIB · waktu baca 1 menit",
                "2022-08-16T02:30:00+07:00",
                wib,
            ),
            (
                "16 Agustus 2022 2:30 WIB (2 tahun yang lalu)",
                "2022-08-16T02:30:00+07:00",
                wib,
            ),
        ],
        Precision::Minute,
    );
}

#[test]
fn machine_readable_dates_are_read() {
    let wib = Zone::Wib;
    check(
        &[
            ("2022-08-15T19:30:00.000Z", "2022-08-15T19:30:00Z", wib),
            ("2022-08-16T02:30:00+07:00", "2022-08-16T02:30:00+07:00", wib),
            ("2022-08-16T02:30:00+08:00", "2022-08-16T02:30:00+08:00", Zone::Wita),
            ("2022-08-16T02:30:00+0900", "2022-08-16T02:30:00+09:00", Zone::Wit),
            ("2022-08-16T02:30:00+07", "2022-08-16T02:30:00+07:00", wib),
            ("2022-08-16T02:30-05:00", "2022-08-16T02:30:00-05:00", wib),
            ("2022-08-16T02:30:00", "2022-08-16T02:30:00+07:00", wib),
            ("2022-08-16 02:30:00", "2022-08-16T02:30:00+07:00", wib),
            ("2022/08/16 02:30", "2022-08-16T02:30:00+07:00", wib),
            ("Mon, 15 Aug 2022 19:30:00 GMT", "2022-08-15T19:30:00Z", wib),
            ("Mon, 15 Aug 2022 19:30:00 +0000", "2022-08-15T19:30:00Z", wib),
            ("Tue, 16 Aug 2022 02:30:00 +0700", "2022-08-16T02:30:00+07:00", wib),
            ("Tue, 16 Aug 2022 02:30 +0800", "2022-08-16T02:30:00+08:00", Zone::Wita),
            ("Mon, 15 Aug 2022 10:00:00 WIB", "2022-08-15T10:00:00+07:00", wib),
            ("Mon, 15 Aug 2022 10:00:00 GMT+7", "2022-08-15T10:00:00+07:00", wib),
            (
                "Mon, 15 Aug 2022 10:00:00 UTC+08:00",
                "2022-08-15T10:00:00+08:00",
                Zone::Wita,
            ),
            ("Mon, 15 Aug 2022 10:00:00 EST", "2022-08-15T10:00:00-05:00", wib),
            ("Monday, 15-Aug-22 10:00:00 GMT", "2022-08-15T10:00:00Z", wib),
            ("Sel, 16 Agt 2022 02:30:00 +0700", "2022-08-16T02:30:00+07:00", wib),
        ],
        Precision::Minute,
    );
}

#[test]
fn dates_without_a_time_are_midnight_in_the_zone() {
    let wib = Zone::Wib;
    check(
        &[
            ("Senin (15/08/2022)", "2022-08-15T00:00:00+07:00", wib),
            ("(26/2/25)", "2025-02-26T00:00:00+07:00", wib),
            ("(4/11/23)", "2023-11-04T00:00:00+07:00", wib),
            ("05/08/2022", "2022-08-05T00:00:00+07:00", wib),
            ("Jum’at 09/04/2021", "2021-04-09T00:00:00+07:00", wib),
            ("Jum, 5 Sep 2025", "2025-09-05T00:00:00+07:00", wib),
            ("Sabtu, 31 Mei  2025", "2025-05-31T00:00:00+07:00", wib),
            ("[19 Juni 2025]", "2025-06-19T00:00:00+07:00", wib),
            ("7/10/'2024", "2024-10-07T00:00:00+07:00", wib),
            ("(Jumat, 30 Juni 2023)", "2023-06-30T00:00:00+07:00", wib),
            ("2022-08-16", "2022-08-16T00:00:00+07:00", wib),
            ("1 Pebruari 2024", "2024-02-01T00:00:00+07:00", wib),
            ("1 Nopember 2024", "2024-11-01T00:00:00+07:00", wib),
            ("17 Agst. 2024", "2024-08-17T00:00:00+07:00", wib),
            ("29 Februari 2024", "2024-02-29T00:00:00+07:00", wib),
            ("03 DESEMBER 2024", "2024-12-03T00:00:00+07:00", wib),
            ("3-Des-2024", "2024-12-03T00:00:00+07:00", wib),
            ("3 Okt '24", "2024-10-03T00:00:00+07:00", wib),
            ("October 3, 2024", "2024-10-03T00:00:00+07:00", wib),
            ("Tuesday, March 4, 2025", "2025-03-04T00:00:00+07:00", wib),
            ("16 Agustus 2022 WITA", "2022-08-16T00:00:00+08:00", Zone::Wita),
            ("16 Agustus 2022, 25:99", "2022-08-16T00:00:00+07:00", wib),
            ("kemarin", "2025-06-18T00:00:00+07:00", wib),
            ("1 day ago", "2025-06-18T00:00:00+07:00", wib),
            ("3 hari yang lalu", "2025-06-16T00:00:00+07:00", wib),
            ("sehari lalu", "2025-06-18T00:00:00+07:00", wib),
        ],
        Precision::Day,
    );
}

#[test]
fn relative_times_count_from_now() {
    let wib = Zone::Wib;
    check(
        &[
            ("3 jam yang lalu", "2025-06-19T07:00:00+07:00", wib),
            ("Diperbarui 25 menit lalu", "2025-06-19T09:35:00+07:00", wib),
            ("sejam yang lalu", "2025-06-19T09:00:00+07:00", wib),
            ("30 seconds ago", "2025-06-19T09:59:30+07:00", wib),
            ("an hour ago", "2025-06-19T09:00:00+07:00", wib),
            ("kemarin 14.30", "2025-06-18T14:30:00+07:00", wib),
            ("Kemarin, 14:30 WITA", "2025-06-18T14:30:00+08:00", Zone::Wita),
            ("Hari ini, 08:15 WIB", "2025-06-19T08:15:00+07:00", wib),
            ("Baru saja", NOW, wib),
        ],
        Precision::Minute,
    );
}

#[test]
fn what_names_no_day_is_no_date() {
    for text in [
        "",
        "(15/8)",
        "15 Agustus",
        "16 Agustus 10.30",
        "16 Agustus 10:30 WIB",
        "30/04/1025",
        "31/02/2025",
        "29 Februari 2023",
        "16/13/2022",
        "2022-13-01",
        "0/8/2022",
        "Agustus 2022",
        "2022",
        "10:30 WIB",
        "dua jam lalu",
        "2 minggu yang lalu",
        "sebulan lalu",
        "a year ago",
        "Senin",
        "Nomor 123/45/6789",
        "99999999999999999999 jam lalu",
        "4294967295 hari lalu",
        "16 Agustus 20222",
        "(26/2/77)",
    ] {
        assert_eq!(read(text, Zone::Wib, now()), None, "{text:?}");
    }
}

#[test]
fn a_time_without_a_zone_is_in_the_units_own() {
    let read = read("16 Agustus 2022 2:30", Zone::Wit, now()).unwrap();
    assert_eq!(
        (read.at, read.zone),
        ("2022-08-16T02:30:00+09:00".parse().unwrap(), Zone::Wit)
    );
}

#[test]
fn a_day_ago_is_counted_on_the_zones_own_calendar() {
    // 23.30 WIB is already tomorrow in Jayapura.
    let late = "2025-06-19T23:30:00+07:00".parse().unwrap();
    let read = read("kemarin", Zone::Wit, late).unwrap();
    assert_eq!(read.at, "2025-06-19T00:00:00+09:00".parse().unwrap());
}

proptest! {
    #[test]
    fn any_text_is_read_without_panic(text in ".{0,80}") {
        read(&text, Zone::Wib, now());
    }

    #[test]
    fn any_heap_of_date_parts_is_read_without_panic(
        parts in proptest::collection::vec("[0-9]{1,12}|agustus|lalu|jam|hari|kemarin|[/:.+-]|t|z|pm|wib|gmt| ", 0..14)
    ) {
        read(&parts.concat(), Zone::Wita, now());
    }

    #[test]
    fn every_day_that_is_written_out_is_read_back(days in 0i32..12_000, hour in 0i8..24, minute in 0i8..60) {
        let date = jiff::civil::date(1995, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
        let month = ["Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September",
            "Oktober", "November", "Desember"][usize::try_from(date.month() - 1).unwrap()];
        let text = format!("Senin, {} {month} {} pukul {hour:02}.{minute:02} WITA", date.day(), date.year());
        let expected = Zone::Wita.offset().to_timestamp(date.at(hour, minute, 0, 0)).unwrap();
        prop_assert_eq!(read(&text, Zone::Wib, now()).map(|read| read.at), Some(expected));
    }
}

/// Forms seen on Indonesian sites (the host or system in the comment), each with the instant it means.
#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn the_forms_of_indonesian_sites_are_read() {
    let mut read_as: Vec<(String, String)> = [
        ("Diperbarui 18 Jun 2025, 14:05 WIB", "2025-06-18T14:05:00+07:00"),
        ("Diperbarui 30 Mei 2025, 15:55 WIB", "2025-05-30T15:55:00+07:00"),
        (", Jurnalis-Senin, 16 Juni 2025 |15:20 WIB", "2025-06-16T15:20:00+07:00"),
        (
            ", Jurnalis-Jum'at, 13 Juni 2025 |19:04 WIB",
            "2025-06-13T19:04:00+07:00",
        ),
        ("18 Juni 2025 | 20.04 WIB", "2025-06-18T20:04:00+07:00"),
        ("5 Juni 2025 | 13.00 WIB", "2025-06-05T13:00:00+07:00"),
        ("Rabu, 18 Jun 2025 07:30 WIB", "2025-06-18T07:30:00+07:00"),
        ("Sabtu, 31 Mei  2025 12:03 WIB", "2025-05-31T12:03:00+07:00"),
        ("Kompas.com- 18/06/2025, 21:35 WIB", "2025-06-18T21:35:00+07:00"),
        (
            "Kompas.com- Diperbarui 19/06/2025, 10:25 WIB",
            "2025-06-19T10:25:00+07:00",
        ),
        ("Rabu   18 Jun 2025  22:02 WIB", "2025-06-18T22:02:00+07:00"),
        ("16 Agustus 2022 2:30 WIB", "2022-08-16T02:30:00+07:00"),
        ("29 Nov 2022 16:06 WIB", "2022-11-29T16:06:00+07:00"),
        ("Rabu 05 Jul 2023 22:03 WIB", "2023-07-05T22:03:00+07:00"),
        ("18 Juni 2025 01:00 UTC", "2025-06-18T08:00:00+07:00"),
        ("Senin (15/08/2022)", "2022-08-15T00:00:00+07:00"),
        ("(26/2/25)", "2025-02-26T00:00:00+07:00"),
        ("(4/11/23)", "2023-11-04T00:00:00+07:00"),
        ("Jum’at 09/04/2021", "2021-04-09T00:00:00+07:00"),
        ("Jum, 5 Sep 2024", "2024-09-05T00:00:00+07:00"),
        ("[19 Juni 2025]", "2025-06-19T00:00:00+07:00"),
        ("7/10/'2024", "2024-10-07T00:00:00+07:00"),
        ("(Jumat, 30 Juni 2023)", "2023-06-30T00:00:00+07:00"),
        ("Senin, 2 Juni 2025 pukul 09.15 Wita", "2025-06-02T09:15:00+08:00"),
        ("Senin, 2 Juni 2025 Pukul 09:15 WIT", "2025-06-02T09:15:00+09:00"),
        ("02 Juni 2025 - 09:15 WIB", "2025-06-02T09:15:00+07:00"),
        ("02 Juni 2025 • 09:15", "2025-06-02T09:15:00+07:00"),
        ("02/06/2025 09.15", "2025-06-02T09:15:00+07:00"),
        ("2-6-2025", "2025-06-02T00:00:00+07:00"),
        ("02.06.2025", "2025-06-02T00:00:00+07:00"),
        ("Diterbitkan: 03 Juni 2025", "2025-06-03T00:00:00+07:00"),
        ("Ditulis pada 3 Juni 2025 oleh Humas", "2025-06-03T00:00:00+07:00"),
        ("Posted on Juni 3, 2025", "2025-06-03T00:00:00+07:00"),
        ("Juni 04, 2025", "2025-06-04T00:00:00+07:00"),
        ("Selasa, Juni 03, 2025", "2025-06-03T00:00:00+07:00"),
        (
            "30 Mei 2025 13:15:00  Administrator  57 Kali Dibaca",
            "2025-05-30T13:15:00+07:00",
        ),
        ("Sel, 27/05/2025 - 14:25", "2025-05-27T14:25:00+07:00"),
        ("2025/06/18 07:30:12", "2025-06-18T07:30:12+07:00"),
        ("2025-06-18 14:35:00", "2025-06-18T14:35:00+07:00"),
        ("20250618T143500Z", "2025-06-18T00:00:00+07:00"),
        ("20250618", "2025-06-18T00:00:00+07:00"),
        ("2025-06-18T14:35:00.123+08:00", "2025-06-18T14:35:00+08:00"),
        ("Wed, 18 Jun 2025 07:30:00 +0700", "2025-06-18T07:30:00+07:00"),
        ("18-Jun-2025 07:30", "2025-06-18T07:30:00+07:00"),
        ("18 JUNI 2025", "2025-06-18T00:00:00+07:00"),
        ("18Juni2025", "2025-06-18T00:00:00+07:00"),
        ("Tanggal : 18 Juni 2025", "2025-06-18T00:00:00+07:00"),
        ("18 Juni 2025, 7.05 pm", "2025-06-18T19:05:00+07:00"),
        ("3 jam yang lalu", "2025-06-19T07:00:00+07:00"),
        ("3 jam lalu", "2025-06-19T07:00:00+07:00"),
        ("satu jam yang lalu", "2025-06-19T09:00:00+07:00"),
        ("semenit yang lalu", "2025-06-19T09:59:00+07:00"),
        ("45 menit yang lalu", "2025-06-19T09:15:00+07:00"),
        ("2 hari lalu", "2025-06-17T00:00:00+07:00"),
        ("1 day ago", "2025-06-18T00:00:00+07:00"),
        ("kemarin 14.30", "2025-06-18T14:30:00+07:00"),
        ("Kemarin pukul 14:30 WIB", "2025-06-18T14:30:00+07:00"),
        ("Hari ini 08.15", "2025-06-19T08:15:00+07:00"),
        ("Baru saja", "2025-06-19T10:00:00+07:00"),
    ]
    .map(|(text, instant)| (text.to_owned(), instant.to_owned()))
    .into();
    let months: [&[&str]; 12] = [
        &["Januari", "Jan", "JANUARI", "Jan."],
        &["Februari", "Feb", "Pebruari", "Peb", "Febuari"],
        &["Maret", "Mar", "Mrt"],
        &["April", "Apr"],
        &["Mei", "MEI"],
        &["Juni", "Jun"],
        &["Juli", "Jul"],
        &["Agustus", "Agu", "Agt", "Ags", "Agst", "Agust", "Aug"],
        &["September", "Sep", "Sept", "Sept."],
        &["Oktober", "Okt", "Oct"],
        &["November", "Nov", "Nopember", "Nop"],
        &["Desember", "Des", "Dec"],
    ];
    for (index, spellings) in months.iter().enumerate() {
        for spelling in *spellings {
            let month = index + 1;
            read_as.push((
                format!("Kamis, 7 {spelling} 2024"),
                format!("2024-{month:02}-07T00:00:00+07:00"),
            ));
            read_as.push((
                format!("07 {spelling} 2024 | 06.05 WITA"),
                format!("2024-{month:02}-07T06:05:00+08:00"),
            ));
        }
    }
    assert!(read_as.len() >= 120, "{} forms", read_as.len());
    let wrong: Vec<String> = read_as
        .iter()
        .filter_map(|(text, instant)| {
            let found = read(text, Zone::Wib, now()).map(|read| read.at);
            (found != instant.parse().ok()).then(|| format!("{text:?} is {found:?}, not {instant}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn months_of_the_languages_around_are_read() {
    for (text, day) in [
        ("Samstag, 3. Dezember 2011 um", "2011-12-03"),
        ("06. Mär. 2023", "2023-03-06"),
        ("30 septembre 2018", "2018-09-30"),
        ("Publié le 29 juin 2019", "2019-06-29"),
        ("Miércoles, 15 de Abril de 2020", "2020-04-15"),
        ("Notizia del 14 Gennaio 2020", "2020-01-14"),
        ("5 de março de 2021", "2021-03-05"),
        ("30 Ekim 2020", "2020-10-30"),
        ("3 Ogos 2021", "2021-08-03"),
        ("the 4th of July 2022", "2022-07-04"),
    ] {
        let found = read(text, Zone::Wib, now()).map(|read| Zone::Wib.offset().to_datetime(read.at).date());
        assert_eq!(found.map(|date| date.to_string()).as_deref(), Some(day), "{text}");
    }
}

#[test]
fn no_date_is_invented() {
    for text in [
        "Nomor 12 Tahun 2024",
        "UU Nomor 22 Tahun 2022",
        "Pasal 363 ayat 1",
        "Rp 12.500.000",
        "Blok A 12/3",
        "0812-3456-7890",
        "1.234.567",
        "12.30",
        "12:30 WIB",
        "Juni",
        "Mei 2024",
        "Tahun 2024",
        "Semester 1/2024",
        "2024/2025",
        "31 Juni 2024",
        "30 Februari 2024",
        "32/01/2024",
        "00/00/0000",
        "0000-00-00 00:00:00",
        "1/1/1",
        "99/99/9999",
        "Senin",
        "minggu lalu",
        "bulan lalu",
        "beberapa jam lalu",
        "3 minggu lalu",
        "tahun lalu",
        "waktu baca 3 menit",
        "3 jam",
        "57 kali dibaca",
        "123456789",
        "2024123456",
        "20241345",
        "May the force",
        "Kelas IIA",
        "17 Agustus",
        "HUT RI ke-80",
        "v1.2.3",
        "192.168.1.10",
    ] {
        assert_eq!(read(text, Zone::Wib, now()), None, "{text:?}");
    }
}

#[test]
fn a_weekday_that_was_another_is_noticed() {
    for (text, differs) in [
        ("Selasa, 16 Agustus 2022 2:30 WIB", false),
        ("Senin, 16 Agustus 2022 2:30 WIB", true),
        ("Jum'at 09/04/2021", false),
        ("Kamis 09/04/2021", true),
        ("16 Agustus 2022", false),
        ("Ahad, 8 Juni 2025", false),
    ] {
        let read = read(text, Zone::Wib, now()).unwrap();
        assert_eq!(weekday_differs(text, &read), differs, "{text}");
    }
}
