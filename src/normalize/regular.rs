//! A way past the sanitiser for HTML that is as regular as `blocks` writes it. Reading that again with a parser for
//! whatever people write takes more time than all the rest of an article; the few forms that are known here can be told
//! from harmful ones by looking at them. What is not known is `None`, and goes the long way: this is no second
//! sanitiser, and it repairs nothing.

use url::Url;

/// Elements that hold blocks; nothing stands for the whole.
const HOLDERS: [&str; 7] = ["", "ul", "ol", "li", "blockquote", "figure", "figcaption"];

/// What the sanitiser would make of this HTML, where that can be told without it.
pub fn passed(html: &str) -> Option<String> {
    let mut clean = String::with_capacity(html.len() + 64);
    let mut open: Vec<&str> = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        words(&rest[..start], &mut clean)?;
        let end = start + rest[start..].find('>')?;
        tag(&rest[start + 1..end], &mut open, &mut clean)?;
        rest = &rest[end + 1..];
    }
    words(rest, &mut clean)?;
    open.is_empty().then_some(clean)
}

/// Takes text: a quotation mark needs no reference there.
fn words(text: &str, clean: &mut String) -> Option<()> {
    if text.contains(['>', '\r', '\0', '\u{a0}', '\u{feff}']) {
        return None;
    }
    let mut parts = text.split('&');
    clean.push_str(parts.next()?);
    for part in parts {
        let (name, after) = part.split_once(';')?;
        clean.push_str(match name {
            "amp" => "&amp;",
            "lt" => "&lt;",
            "gt" => "&gt;",
            "quot" => "\"",
            _ => return None,
        });
        clean.push_str(after);
    }
    Some(())
}

/// Takes what stands between `<` and `>`.
fn tag<'h>(raw: &'h str, open: &mut Vec<&'h str>, clean: &mut String) -> Option<()> {
    if let Some(name) = raw.strip_prefix('/') {
        if open.pop()? != name {
            return None;
        }
        clean.extend(["</", name, ">"]);
        return Some(());
    }
    let (name, attributes) = raw.split_once(' ').unwrap_or((raw, ""));
    let around = open.last().copied().unwrap_or("");
    let fits = match name {
        "br" | "strong" | "em" | "b" | "i" | "code" => attributes.is_empty(),
        "a" => !open.contains(&"a") && are_known(attributes, &["href"])?,
        "img" => are_known(attributes, &["src", "alt", "width", "height"])?,
        "li" => attributes.is_empty() && matches!(around, "ul" | "ol"),
        "p" | "h2" | "h3" | "h4" | "ul" | "ol" | "blockquote" | "figure" | "figcaption" => {
            attributes.is_empty() && HOLDERS.contains(&around)
        }
        _ => false,
    };
    if !fits {
        return None;
    }
    let rel = if name == "a" { " rel=\"noopener\"" } else { "" };
    clean.extend(["<", raw, rel, ">"]);
    if !matches!(name, "br" | "img") {
        open.push(name);
    }
    Some(())
}

/// Whether the attributes are these in this order, some of them left out, with values that are written as they stay.
fn are_known(attributes: &str, names: &[&str]) -> Option<bool> {
    let mut names = names.iter();
    let mut rest = attributes;
    while !rest.is_empty() {
        let (name, value) = rest.split_once("=\"")?;
        let (value, after) = value.split_once('"')?;
        if !names.any(|known| *known == name) || !is_kept(value) {
            return None;
        }
        if matches!(name, "href" | "src") && !leads_to_the_web(value) {
            return None;
        }
        rest = match after.strip_prefix(' ') {
            Some(next) if !next.is_empty() => next,
            Some(_) => return None,
            None if after.is_empty() => after,
            None => return None,
        };
    }
    Some(true)
}

fn is_kept(value: &str) -> bool {
    let mut references = value.split('&').skip(1);
    !value.contains(['<', '\r', '\0', '\u{a0}'])
        && references.all(|part| part.starts_with("amp;") || part.starts_with("quot;"))
}

fn leads_to_the_web(value: &str) -> bool {
    let address = value.replace("&quot;", "\"").replace("&amp;", "&");
    Url::parse(&address).is_ok_and(|url| matches!(url.scheme(), "http" | "https" | "mailto"))
}

#[cfg(test)]
mod tests {
    use super::super::html::ALLOWED;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_articles_are_made_of_passes_and_is_what_the_sanitiser_makes_of_it() {
        for html in [
            "",
            "kata &amp; &quot;kata&quot; &lt;b&gt;",
            "<p>satu <strong>dua <em>tiga</em></strong><br>empat</p><p></p>",
            "<figure><img src=\"https://a.example/f.jpg?a=1&amp;b=2\" alt=\"&quot;Apel&quot;\" width=\"10\" height=\"20\">\
             <figcaption>Foto</figcaption></figure>",
            "<ul><li>satu<ul><li><p>dua</p></li></ul></li></ul><ol><li><a href=\"mailto:a@b.example\">x</a></li></ol>",
            "<blockquote><h2>a</h2><p><a href=\"https://a.example/?q=%22\"><b>b</b></a> <i>c</i></p></blockquote>",
            "<p><b><b><b><b>x</b></b></b></b>y</p>",
        ] {
            assert_eq!(
                passed(html).as_deref(),
                Some(ALLOWED.clean(html).to_string().as_str()),
                "{html}"
            );
        }
    }

    #[test]
    fn what_is_not_known_goes_the_long_way() {
        for html in [
            "<script>x</script>",
            "<p onclick=\"x\">a</p>",
            "<p><p>a</p></p>",
            "<p>a",
            "a</p>",
            "<b><i>a</b></i>",
            "<a href=\"https://a.example/\"><b><a href=\"https://b.example/\">a</a></b></a>",
            "<a href=\"javascript:x\">a</a>",
            "<a href=\"/x\">a</a>",
            "<a href=\"https://a.example/\" href=\"https://b.example/\">a</a>",
            "<a  href=\"https://a.example/\">a</a>",
            "<a href=\"https://a.example/\"onclick=\"x\">a</a>",
            "<a href=\"https://a.example/&#x2f;\">a</a>",
            "<img src=\"https://a.example/\" onerror=\"x\">",
            "<img src=\"data:image/gif;base64,R0\">",
            "<img src=\"https://a.example/\" alt=\"a>b\">",
            "<img src=\"https://a.example/\" alt=\"a<b\">",
            "<li>a</li>",
            "<table><tr><td>a</td></tr></table>",
            "<pre>\na</pre>",
            "<!-- a -->",
            "<P>a</P>",
            "<p/>",
            "<p\n>a</p>",
            "a &nbsp; b",
            "a & b",
            "a \u{a0} b",
            "\u{feff}a",
            "a > b",
        ] {
            assert_eq!(passed(html), None, "{html}");
        }
    }

    proptest! {
        #[test]
        fn what_passes_is_what_the_sanitiser_makes_of_it(
            parts in proptest::collection::vec(prop_oneof![
                Just("<p>"), Just("</p>"), Just("<ul>"), Just("</ul>"), Just("<li>"), Just("</li>"), Just("<b>"),
                Just("</b>"), Just("<i>"), Just("</i>"), Just("<h2>"), Just("</h2>"), Just("<blockquote>"),
                Just("</blockquote>"), Just("<figure>"), Just("</figure>"), Just("<br>"), Just("<code>"), Just("</code>"),
                Just("<a href=\"https://a.example/?a&amp;b\">"), Just("</a>"), Just("<pre>"), Just("</pre>"),
                Just("<img src=\"https://a.example/\" alt=\"&quot;\">"), Just("kata"), Just(" \n"), Just("&quot;"),
                Just("&amp;lt;"), Just("'é"), Just("<p>a</p>"), Just("<b>x</b>"), Just("<li>a</li>"),
            ], 0..14),
        ) {
            let html = parts.concat();
            if let Some(clean) = passed(&html) {
                prop_assert_eq!(clean, ALLOWED.clean(&html).to_string(), "{}", html);
            }
        }

        #[test]
        fn no_letter_means_another_to_the_sanitiser(
            words in any::<String>(), alt in any::<String>(), path in any::<String>(), escaped in any::<bool>(),
        ) {
            let [words, alt, path] = [words, alt, path].map(|text| match escaped {
                true => text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;"),
                false => text,
            });
            let html = format!(
                "{words}<p>{words}<img src=\"https://a.example/{path}\" alt=\"{alt}\">\
                 <a href=\"https://a.example/?{path}\">{alt}</a></p>"
            );
            for html in [words, html] {
                if let Some(clean) = passed(&html) {
                    prop_assert_eq!(clean, ALLOWED.clean(&html).to_string(), "{}", html);
                }
            }
        }

        #[test]
        fn no_text_that_passes_is_another_for_the_sanitiser(html in "(<|>|/|p|a|b|=|\"| |&|;|lt|amp|li|ul|br|\\n|x){0,24}") {
            if let Some(clean) = passed(&html) {
                prop_assert_eq!(clean, ALLOWED.clean(&html).to_string(), "{}", html);
            }
        }
    }
}
