//! Lengths of time and sizes as people write them: "30m", "2s", "8MiB". One number, one unit, nothing else.

use std::time::Duration;

/// The units of time and their milliseconds, longest first.
const TIMES: [(&str, u64); 5] = [
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];
/// The units of size and their bytes (IEC 80000-13), largest first.
const SIZES: [(&str, u64); 4] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

/// Reads a length of time; the error says what is wrong and how one is written.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    parse(text, &TIMES).map(Duration::from_millis).ok_or_else(|| {
        format!("{text:?} is not a length of time: write a whole number and ms, s, m, h or d, as in \"30m\"")
    })
}

/// Reads a size in bytes; the error says what is wrong and how one is written.
pub fn parse_size(text: &str) -> Result<u64, String> {
    parse(text, &SIZES)
        .ok_or_else(|| format!("{text:?} is not a size: write a whole number and B, KiB, MiB or GiB, as in \"8MiB\""))
}

/// Writes a length of time in the largest unit that divides it.
pub fn format_duration(duration: Duration) -> String {
    format(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX), &TIMES, "0s")
}

/// Writes a size in the largest unit that divides it.
pub fn format_size(bytes: u64) -> String {
    format(bytes, &SIZES, "0B")
}

fn parse(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let (_, factor) = units.iter().find(|(name, _)| *name == unit)?;
    number.parse::<u64>().ok()?.checked_mul(*factor)
}

fn format(number: u64, units: &[(&str, u64)], zero: &str) -> String {
    units
        .iter()
        .find(|(_, factor)| number > 0 && number.is_multiple_of(*factor))
        .map_or_else(
            || zero.to_owned(),
            |(name, factor)| format!("{}{name}", number / factor),
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_is_one_number_and_one_unit() {
        for (text, milliseconds) in [
            ("0s", 0),
            ("250ms", 250),
            ("2s", 2_000),
            ("30m", 1_800_000),
            ("24h", 86_400_000),
            ("7d", 604_800_000),
        ] {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
        for text in [
            "",
            "30",
            "m",
            "30 m",
            "1.5h",
            "-2s",
            "+2s",
            "1h30m",
            "2S",
            "99999999999999999999s",
            "18446744073709551615d",
        ] {
            let error = parse_duration(text).unwrap_err();
            assert!(error.contains("as in \"30m\""), "{text:?}: {error}");
        }
    }

    #[test]
    fn a_size_is_one_number_and_one_binary_unit() {
        for (text, bytes) in [
            ("0B", 0),
            ("1B", 1),
            ("4KiB", 4096),
            ("8MiB", 8 << 20),
            ("1GiB", 1 << 30),
        ] {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
        for text in ["", "8", "8MB", "8M", "8 MiB", "8mib", "-1B", "18446744073709551615KiB"] {
            assert!(parse_size(text).is_err(), "{text:?} was taken for a size");
        }
    }

    #[test]
    fn what_is_written_reads_back() {
        for text in ["0s", "250ms", "2s", "30m", "1d", "25h"] {
            assert_eq!(format_duration(parse_duration(text).unwrap()), text);
        }
        for text in ["0B", "1025B", "8MiB", "2GiB"] {
            assert_eq!(format_size(parse_size(text).unwrap()), text);
        }
    }
}
