//! What sources say, made fit for a terminal: no escape sequence of theirs may reach it.

/// A text without control characters but the ends of its lines.
pub(super) fn lines(text: &str) -> String {
    text.chars().filter(|c| *c == '\n' || !c.is_control()).collect()
}

/// A text on one line, without control characters.
pub(super) fn line(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_escape_sequence_is_left() {
        let hostile = "Razia\u{1b}[2J\u{9b}31m\nkamar\u{7}";
        assert_eq!(lines(hostile), "Razia[2J31m\nkamar");
        assert_eq!(line(hostile), "Razia[2J31mkamar");
    }
}
