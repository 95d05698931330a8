//! Reads Rust source just far enough for the house rules: its tokens without comments and literals, without what is
//! compiled only for tests, and the paths it names. It is no parser: macros and types are only tokens to it.

use std::collections::BTreeSet;

/// A token that is neither a comment nor blank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind<'t> {
    /// A name or a keyword.
    Word(&'t str),
    /// `::`
    PathSeparator,
    /// Any other mark.
    Mark(char),
    /// A string, a character or a lifetime; a string may go over several lines.
    Literal,
}

/// A token with the lines it begins and ends on, counted from 1.
#[derive(Clone, Copy, Debug)]
pub struct Token<'t> {
    pub kind: Kind<'t>,
    pub line: usize,
    pub last_line: usize,
}

/// A path that code names, a `use` tree written out: `use a::{b, c as d}` is `a::b` and `a::c`.
#[derive(Debug, PartialEq, Eq)]
pub struct NamedPath {
    pub line: usize,
    pub segments: Vec<String>,
    /// The name that a `use` makes usable; `None` for a path in the middle of code.
    pub binds: Option<String>,
}

/// The tokens of `text`.
pub fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    let mut line = 1;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let (kind, length) = token(rest, first);
        let last_line = line + rest[..length].matches('\n').count();
        if let Some(kind) = kind {
            tokens.push(Token { kind, line, last_line });
        }
        line = last_line;
        at += length;
    }
    tokens
}

/// The tokens that are compiled into the program: without the items under `#[cfg(test)]`.
pub fn without_tests<'t>(tokens: &[Token<'t>]) -> Vec<Token<'t>> {
    let opens_test = |at: usize| {
        let kinds: Vec<Kind> = tokens[at..].iter().take(7).map(|token| token.kind).collect();
        kinds
            == [
                Kind::Mark('#'),
                Kind::Mark('['),
                Kind::Word("cfg"),
                Kind::Mark('('),
                Kind::Word("test"),
                Kind::Mark(')'),
                Kind::Mark(']'),
            ]
    };
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if opens_test(at) {
            at = end_of_item(tokens, at + 7);
        } else {
            kept.push(tokens[at]);
            at += 1;
        }
    }
    kept
}

/// How many lines hold code.
pub fn code_lines(tokens: &[Token]) -> usize {
    let lines: BTreeSet<usize> = tokens.iter().flat_map(|token| token.line..=token.last_line).collect();
    lines.len()
}

/// Every path of two names or more, and whatever is imported.
pub fn paths(tokens: &[Token]) -> Vec<NamedPath> {
    let mut paths = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let before = at.checked_sub(1).map(|before| tokens[before].kind);
        match tokens[at].kind {
            Kind::Word("use") if next(tokens, at) != Some(Kind::Mark('<')) => {
                at = use_tree(tokens, at + 1, &[], &mut paths);
            }
            Kind::Word(_) if before != Some(Kind::Mark('.')) => {
                let (segments, end) = plain_path(tokens, at);
                if segments.len() > 1 {
                    let line = tokens[at].line;
                    let binds = None;
                    paths.push(NamedPath { line, segments, binds });
                }
                at = end;
            }
            _ => at += 1,
        }
    }
    paths
}

/// The modules declared in this file.
pub fn declared_modules<'t>(tokens: &[Token<'t>]) -> BTreeSet<&'t str> {
    let pairs = tokens.windows(2).map(|pair| (pair[0].kind, pair[1].kind));
    pairs
        .filter_map(|pair| match pair {
            (Kind::Word("mod"), Kind::Word(name)) => Some(name),
            _ => None,
        })
        .collect()
}

/// The first token of `rest` and its length; no kind for comments and blanks.
fn token(rest: &str, first: char) -> (Option<Kind<'_>>, usize) {
    let to = |end: &str| rest.find(end).map_or(rest.len(), |at| at + end.len());
    if rest.starts_with("//") {
        (None, to("\n"))
    } else if rest.starts_with("/*") {
        (None, block_comment(rest))
    } else if let Some(length) = raw_string(rest) {
        (Some(Kind::Literal), length)
    } else if first == '"' || rest.starts_with("b\"") || rest.starts_with("c\"") {
        (Some(Kind::Literal), quoted(rest, '"'))
    } else if first == '\'' || rest.starts_with("b'") {
        (Some(Kind::Literal), character_or_lifetime(rest))
    } else if first.is_alphanumeric() || first == '_' {
        let length = rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        (Some(Kind::Word(&rest[..length])), length)
    } else if rest.starts_with("::") {
        (Some(Kind::PathSeparator), 2)
    } else {
        let kind = (!first.is_whitespace()).then_some(Kind::Mark(first));
        (kind, first.len_utf8())
    }
}

/// The length of a block comment, which may hold others.
fn block_comment(rest: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        match &rest.as_bytes()[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] if depth == 1 => return at + 2,
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    rest.len()
}

/// The length of a raw string (`r"…"`, `br#"…"#`), if one begins here.
fn raw_string(rest: &str) -> Option<usize> {
    let prefix = ["r", "br", "cr"].into_iter().find(|prefix| {
        let after = rest.strip_prefix(prefix).unwrap_or_default();
        after.trim_start_matches('#').starts_with('"')
    })?;
    let hashes = rest[prefix.len()..].find('"')?;
    let body = prefix.len() + hashes + 1;
    let end = format!("\"{}", "#".repeat(hashes));
    Some(rest[body..].find(&end).map_or(rest.len(), |at| body + at + end.len()))
}

/// The length of a literal up to its closing `quote`.
fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    let mut open = false;
    for (at, c) in rest.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote && open => return at + c.len_utf8(),
            c if c == quote => open = true,
            _ => {}
        }
    }
    rest.len()
}

/// The length of `'a'`, `b'a'`, `'\n'` or of the quote of a lifetime.
fn character_or_lifetime(rest: &str) -> usize {
    let inside = rest.trim_start_matches('b').trim_start_matches('\'');
    let is_character = inside.starts_with('\\') || rest.starts_with("'''") || inside.chars().nth(1) == Some('\'');
    if is_character { quoted(rest, '\'') } else { 1 }
}

/// The place after the item that begins at `at`: after its closing brace or its semicolon.
fn end_of_item(tokens: &[Token], at: usize) -> usize {
    let mut depth = 0;
    for (offset, token) in tokens[at..].iter().enumerate() {
        match token.kind {
            Kind::Mark('(' | '[' | '{') => depth += 1,
            Kind::Mark(mark @ (')' | ']' | '}')) => {
                depth -= 1;
                if depth == 0 && mark == '}' {
                    return at + offset + 1;
                }
            }
            Kind::Mark(';') if depth == 0 => return at + offset + 1,
            _ => {}
        }
    }
    tokens.len()
}

/// The kind of the token after `at`.
fn next<'t>(tokens: &[Token<'t>], at: usize) -> Option<Kind<'t>> {
    tokens.get(at + 1).map(|token| token.kind)
}

/// The names joined by `::` from `at` on, and the place after them.
fn plain_path(tokens: &[Token], mut at: usize) -> (Vec<String>, usize) {
    let mut segments = Vec::new();
    while let Some(Kind::Word(name)) = tokens.get(at).map(|token| token.kind) {
        segments.push(name.to_owned());
        at += 1;
        match (tokens.get(at).map(|token| token.kind), next(tokens, at)) {
            (Some(Kind::PathSeparator), Some(Kind::Word(_))) => at += 1,
            _ => break,
        }
    }
    (segments, at)
}

/// Writes out one branch of a `use` from `at` on, below `prefix`; gives the place after it.
fn use_tree(tokens: &[Token], mut at: usize, prefix: &[String], paths: &mut Vec<NamedPath>) -> usize {
    let mut segments = prefix.to_vec();
    let mut binds = None;
    let line = tokens.get(at).map_or(0, |token| token.line);
    while let Some(token) = tokens.get(at) {
        match token.kind {
            Kind::Mark('{') => {
                while !matches!(
                    tokens.get(at).map(|token| token.kind),
                    None | Some(Kind::Mark('}' | ';'))
                ) {
                    at = use_tree(tokens, at + 1, &segments, paths);
                }
                return at + 1;
            }
            Kind::Mark('}' | ',' | ';') => break,
            Kind::Word("as") => {
                if let Some(Kind::Word(name)) = next(tokens, at) {
                    binds = Some(name.to_owned());
                }
                at += 1;
            }
            Kind::Word("self") if !segments.is_empty() => {}
            Kind::Word(name) => segments.push(name.to_owned()),
            Kind::Mark('*') => segments.push("*".to_owned()),
            _ => {}
        }
        at += 1;
    }
    if segments.len() > prefix.len() || (!prefix.is_empty() && at > 0 && tokens[at - 1].kind == Kind::Word("self")) {
        let binds = binds.or_else(|| segments.last().cloned());
        paths.push(NamedPath { line, segments, binds });
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(code: &str) -> Vec<String> {
        paths(&without_tests(&tokens(code)))
            .into_iter()
            .map(|path| path.segments.join("::"))
            .collect()
    }

    #[test]
    fn comments_and_literals_are_no_code() {
        let code = r###"
            //! [`crate::a`]
            /// `crate::b` /* still one line
            /* crate::c /* crate::d */ crate::e */
            let s = "crate::f \" crate::g";
            let r = r#"crate::h " crate::i"#;
            let c = ('"', '\'', b'"', '\u{22}');
            fn f<'a>(x: &'a str) -> crate::j::K<'a> {}
        "###;
        assert_eq!(named(code), ["crate::j::K"]);
    }

    #[test]
    fn use_trees_are_written_out() {
        assert_eq!(
            named("use crate::{a::{self, B as C}, d::*, e};"),
            ["crate::a", "crate::a::B", "crate::d::*", "crate::e"]
        );
        assert_eq!(
            named("pub use super::x::{y, z,};\nfn f() {}"),
            ["super::x::y", "super::x::z"]
        );
        assert_eq!(named("use sled;"), ["sled"]);
        assert_eq!(named("use ::sled::Db;"), ["sled::Db"]);
        let bound: Vec<_> = paths(&tokens("use a::{self, B as C}; a::d();"))
            .into_iter()
            .map(|path| path.binds)
            .collect();
        assert_eq!(bound, [Some("a".to_owned()), Some("C".to_owned()), None]);
    }

    #[test]
    fn paths_are_found_inside_code() {
        let code = "fn f(x: Vec<crate::a::B>) -> impl Fn() + use<'_> { x.c::<crate::d::E>(); ::sled::open() }";
        assert_eq!(named(code), ["crate::a::B", "crate::d::E", "sled::open"]);
        assert_eq!(named("#[derive(clap::Parser)] struct A;"), ["clap::Parser"]);
    }

    #[test]
    fn only_the_item_under_cfg_test_is_exempt() {
        let code = "#[cfg(test)]\nuse crate::a::{b};\nuse crate::c;\n#[cfg(test)]\n#[path = \"x\"]\nmod tests { use crate::d; fn f() { [0; 3]; } }\nuse crate::e;\n#[cfg(test)]\nmod more;\nuse crate::f;";
        assert_eq!(named(code), ["crate::c", "crate::e", "crate::f"]);
    }

    #[test]
    fn lines_of_code_leave_out_blank_lines_and_comments() {
        let code =
            "//! doc\n\n/* a\n b */\nfn f() {\n    // why\n    \"two\n lines\";\n}\n#[cfg(test)]\nmod tests {\n}\n";
        assert_eq!(code_lines(&without_tests(&tokens(code))), 4);
    }
}
