//! A text cut into numbers, words and signs, with their places: what [`super::read`] looks for dates in.

/// A run of digits, a run of letters (with apostrophes inside), or one other character; spaces are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    /// As it stands in the text.
    pub text: &'a str,
    /// The byte it begins at.
    pub start: usize,
}

impl Token<'_> {
    /// Its value if it is a number below 2³².
    pub fn number(&self) -> Option<u32> {
        self.is_number().then(|| self.text.parse().ok())?
    }

    /// Its value if it is a number of one or two digits.
    pub fn short_number(&self) -> Option<u32> {
        self.number().filter(|_| self.text.len() <= 2)
    }

    /// Whether it is a number.
    pub fn is_number(&self) -> bool {
        self.text.bytes().all(|byte| byte.is_ascii_digit())
    }

    /// The byte after its last.
    pub fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// Cuts a text.
pub fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens: Vec<Token<'_>> = Vec::new();
    let mut rest = text.char_indices().peekable();
    while let Some((start, first)) = rest.next() {
        if first.is_whitespace() || first.is_control() {
            continue;
        }
        let same: fn(char) -> bool = if first.is_ascii_digit() {
            |letter| letter.is_ascii_digit()
        } else if first.is_alphabetic() {
            |letter| letter.is_alphabetic() || letter == '\''
        } else {
            |_| false
        };
        let mut end = start + first.len_utf8();
        while let Some((at, letter)) = rest.next_if(|(_, letter)| same(*letter)) {
            end = at + letter.len_utf8();
        }
        tokens.push(Token {
            text: &text[start..end],
            start,
        });
    }
    tokens
}
