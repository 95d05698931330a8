//! The kinds of damage, each with a name, as functions from a clean feed to what a site might have sent instead.

/// One kind of damage.
pub struct Damage {
    pub name: &'static str,
    /// The article whose own item is damaged, if it is one: it is kept, but need not read as before.
    pub touched: Option<usize>,
    /// The damaged feed.
    pub apply: fn(&str) -> Vec<u8>,
}

const fn damage(name: &'static str, touched: Option<usize>, apply: fn(&str) -> Vec<u8>) -> Damage {
    Damage { name, touched, apply }
}

/// Replaces the nth match (from 0), which must be there.
fn nth(text: &str, nth: usize, old: &str, new: &str) -> Vec<u8> {
    let (at, _) = text
        .match_indices(old)
        .nth(nth)
        .unwrap_or_else(|| panic!("no {old:?} number {nth}"));
    format!("{}{new}{}", &text[..at], &text[at + old.len()..]).into_bytes()
}

fn all(text: &str, old: &str, new: &str) -> Vec<u8> {
    assert!(text.contains(old), "no {old:?}");
    text.replace(old, new).into_bytes()
}

/// The text up to the nth match and a little of what follows.
fn cut(text: &str, n: usize, place: &str, more: usize) -> Vec<u8> {
    let (at, _) = text.match_indices(place).nth(n).unwrap();
    text.as_bytes()[..at + more].to_vec()
}

fn windows_1252(text: &str) -> Vec<u8> {
    text.chars()
        .map(|letter| match letter {
            '“' => 0x93,
            '”' => 0x94,
            '–' => 0x96,
            letter => u8::try_from(u32::from(letter)).unwrap(),
        })
        .collect()
}

const T2: &str = "Layanan Paspor";

/// Damage to RSS 2.0.
pub const RSS: &[Damage] = &[
    damage("windows-1252 labelled UTF-8", None, windows_1252),
    damage("windows-1252 without a declaration", None, |t| {
        windows_1252(t.split_once("?>").unwrap().1)
    }),
    damage("one stray byte in UTF-8", Some(2), |t| {
        let at = t.find(T2).unwrap();
        [&t.as_bytes()[..at], b"\x92", &t.as_bytes()[at..]].concat()
    }),
    damage("UTF-16 labelled UTF-8", None, |t| {
        [0xFEFFu16]
            .into_iter()
            .chain(t.encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect()
    }),
    damage("UTF-16BE without a mark", None, |t| {
        t.encode_utf16().flat_map(u16::to_be_bytes).collect()
    }),
    damage("UTF-8 labelled latin 1", None, |t| nth(t, 0, "UTF-8", "iso-8859-1")),
    damage("an unknown character set", None, |t| {
        nth(t, 0, "UTF-8", "utf8mb4_unicode_ci")
    }),
    damage("a byte order mark", None, |t| format!("\u{feff}{t}").into_bytes()),
    damage("two byte order marks", None, |t| {
        format!("\u{feff}\u{feff}{t}").into_bytes()
    }),
    damage("a mark behind blank lines", None, |t| {
        format!("\n\n\u{feff}{t}").into_bytes()
    }),
    damage("blank lines first", None, |t| format!("\n \n{t}").into_bytes()),
    damage("a PHP warning first", None, |t| {
        format!(
            "<br />\n<b>Warning</b>: Undefined array key \"x\" in <b>/var/www/feed.php</b> on line <b>3</b><br />\n{t}"
        )
        .into_bytes()
    }),
    damage("a PHP notice in plain words", None, |t| {
        format!("PHP Notice:  Undefined variable $x < 3 & more\n{t}").into_bytes()
    }),
    damage("a comment first", None, |t| {
        format!("<!-- dibuat oleh situs -->{t}").into_bytes()
    }),
    damage("no declaration", None, |t| t.split_once("?>").unwrap().1.into()),
    damage("a broken declaration", None, |t| nth(t, 0, "?>", ">")),
    damage("XML 1.1", None, |t| nth(t, 0, "version=\"1.0\"", "version=\"1.1\"")),
    damage("two declarations", None, |t| {
        format!("<?xml version=\"1.0\"?>{t}").into_bytes()
    }),
    damage("a document type with entities", None, |t| {
        nth(
            t,
            0,
            "<rss",
            "<!DOCTYPE rss [<!ENTITY a \"aaa\"><!ENTITY b \"&a;&a;&a;\">]>\n<rss",
        )
    }),
    damage("an entity of the document's own", Some(2), |t| {
        let t = String::from_utf8(nth(t, 0, "<rss", "<!DOCTYPE rss [<!ENTITY satker \"Kanim\">]><rss")).unwrap();
        nth(&t, 0, T2, "&satker; Layanan")
    }),
    damage("a bare ampersand in a title", Some(2), |t| {
        nth(t, 0, T2, "Layanan & Paspor")
    }),
    damage("a bare ampersand in an address", Some(2), |t| {
        nth(t, 0, "berita/3<", "berita/3?a=1&b=2&copy=3<")
    }),
    damage("an ampersand at a word", Some(2), |t| nth(t, 0, T2, "R&D Paspor")),
    damage("&nbsp; in a title", Some(2), |t| nth(t, 0, T2, "Layanan&nbsp;Paspor")),
    damage("&ndash; and &rsquo; in a summary", Some(2), |t| {
        nth(t, 0, "Ringkasan 2", "Jum&rsquo;at &ndash; 2")
    }),
    damage("&nbsp without its semicolon", Some(2), |t| {
        nth(t, 0, T2, "Layanan&nbsp Paspor")
    }),
    damage("an entity that nobody knows", Some(2), |t| {
        nth(t, 0, T2, "Layanan &tidakada; Paspor")
    }),
    damage("a control character", Some(2), |t| nth(t, 0, T2, "Layanan\u{b} Paspor")),
    damage("a NUL", Some(2), |t| nth(t, 0, T2, "Layanan\0 Paspor")),
    damage("a control character in CDATA", Some(2), |t| {
        nth(t, 0, "semuanya 22", "semuanya\u{1b} 22")
    }),
    damage("a reference to a control character", Some(2), |t| {
        nth(t, 0, T2, "Layanan&#11; Paspor")
    }),
    damage("a reference to half a character", Some(2), |t| {
        nth(t, 0, T2, "Layanan &#xD83D;&#xDE00; Paspor")
    }),
    damage("a reference beyond Unicode", Some(2), |t| {
        nth(t, 0, T2, "Layanan &#x110000; Paspor")
    }),
    damage("a reference of windows-1252", Some(2), |t| {
        nth(t, 0, T2, "Layanan &#147;Paspor&#148;")
    }),
    damage("an angle before a number", Some(2), |t| {
        nth(t, 0, T2, "usia < 17 Paspor")
    }),
    damage("an angle before a word", Some(2), |t| {
        nth(t, 0, T2, "usia <tujuh belas Paspor")
    }),
    damage("an arrow", Some(2), |t| nth(t, 0, T2, "a <- b <= c << Paspor")),
    damage("an open <br> in a summary", Some(2), |t| {
        nth(t, 0, "Ringkasan 2:", "Ringkasan<br>2:")
    }),
    damage("open <p> in a summary", Some(2), |t| {
        nth(t, 0, "Ringkasan 2:", "<p>Ringkasan<p>2:")
    }),
    damage("well-formed HTML in a summary", Some(2), |t| {
        nth(t, 0, "Ringkasan 2:", "Ringkasan <i>dua</i>:")
    }),
    damage("mis-nested HTML in a summary", Some(2), |t| {
        nth(t, 0, "Ringkasan 2:", "<b><i>Ringkasan</b></i>")
    }),
    damage("HTML with attributes unquoted in a summary", Some(2), |t| {
        nth(t, 0, "Ringkasan 2:", "<img src=a.jpg alt=x>")
    }),
    damage("HTML where CDATA was forgotten", Some(2), |t| {
        let t = String::from_utf8(nth(t, 2, "<content:encoded><![CDATA[", "<content:encoded>")).unwrap();
        nth(&t, 2, "]]></content:encoded>", "</content:encoded>")
    }),
    damage("the end of CDATA forgotten", Some(2), |t| {
        nth(t, 2, "]]></content:encoded>", "</content:encoded>")
    }),
    damage("the end of the last CDATA forgotten", Some(4), |t| {
        nth(t, 4, "]]></content:encoded>", "</content:encoded>")
    }),
    damage("CDATA in CDATA", Some(2), |t| {
        nth(t, 0, "semuanya 22", "<![CDATA[semuanya]]> 22")
    }),
    damage("]]> in CDATA", Some(2), |t| nth(t, 0, "semuanya 22", "semuanya ]]> 22")),
    damage("]]> in a text", Some(2), |t| nth(t, 0, T2, "Layanan ]]> Paspor")),
    damage("the beginning of CDATA misspelt", Some(2), |t| {
        nth(t, 2, "<content:encoded><![CDATA[", "<content:encoded><![CDATA ")
    }),
    damage("a title not closed", Some(2), |t| nth(t, 3, "</title>", "")),
    damage("an address not closed", Some(2), |t| nth(t, 3, "</link>", "")),
    damage("a summary not closed", Some(2), |t| nth(t, 3, "</description>", "")),
    damage("a date not closed", Some(2), |t| nth(t, 2, "</pubDate>", "")),
    damage("a title closed as another", Some(2), |t| {
        nth(t, 3, "</title>", "</tittle>")
    }),
    damage("a closer in capitals", None, |t| nth(t, 3, "</title>", "</TITLE>")),
    damage("a closer without its angle", Some(2), |t| {
        nth(t, 3, "</title>", "</title")
    }),
    damage("a closer with white space", None, |t| {
        nth(t, 3, "</title>", "</title\n>")
    }),
    damage("an item not closed", None, |t| nth(t, 2, "</item>", "")),
    damage("an item closed twice", None, |t| nth(t, 2, "</item>", "</item></item>")),
    damage("an item not opened", None, |t| nth(t, 2, "<item>", "")),
    damage("two closers swapped", Some(2), |t| {
        nth(t, 2, "</content:encoded>\n</item>", "</item>\n</content:encoded>")
    }),
    damage("the channel not closed", None, |t| nth(t, 0, "</channel>", "")),
    damage("nothing closed at the end", None, |t| {
        nth(t, 0, "</channel>\n</rss>", "")
    }),
    damage("the channel closed too early", None, |t| {
        nth(t, 2, "<item>", "</channel><item>")
    }),
    damage("the root closed too early", None, |t| {
        nth(t, 2, "<item>", "</channel></rss><item>")
    }),
    damage("items behind the channel", None, |t| {
        let t = t.replace("</channel>\n", "");
        nth(&t, 0, "<item>", "</channel><item>")
    }),
    damage("no channel", None, |t| {
        t.replace("<channel>", "").replace("</channel>", "").into_bytes()
    }),
    damage("every item in a channel of its own", None, |t| {
        t.replace("</item>\n<item>", "</item></channel><channel><item>")
            .into_bytes()
    }),
    damage("a tag without its angle", Some(2), |t| nth(t, 3, "<title>", "<title ")),
    damage("an unknown element not closed", Some(2), |t| {
        nth(t, 2, "<guid", "<situs><guid")
    }),
    damage("an unquoted attribute", None, |t| {
        nth(t, 2, "isPermaLink=\"false\"", "isPermaLink=false")
    }),
    damage("an attribute twice", None, |t| {
        nth(
            t,
            2,
            "isPermaLink=\"false\"",
            "isPermaLink=\"false\" isPermaLink=\"false\"",
        )
    }),
    damage("an attribute without a value", None, |t| {
        nth(t, 2, "isPermaLink=\"false\"", "isPermaLink")
    }),
    damage("attributes run together", None, |t| {
        nth(t, 2, "isPermaLink=\"false\"", "a=\"b\"isPermaLink=\"false\"")
    }),
    damage("a quotation mark forgotten", Some(2), |t| {
        nth(t, 2, "isPermaLink=\"false\"", "isPermaLink=\"false")
    }),
    damage("an ampersand in an attribute", None, |t| {
        nth(t, 2, "isPermaLink=\"false\"", "a=\"x&y\"")
    }),
    damage("an angle in an attribute", None, |t| {
        nth(t, 2, "isPermaLink=\"false\"", "a=\"x<3\"")
    }),
    damage("content: not declared", None, |t| {
        nth(t, 0, "xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"", "")
    }),
    damage("dc: not declared", None, |t| {
        nth(t, 0, "xmlns:dc=\"http://purl.org/dc/elements/1.1/\"", "")
    }),
    damage("an unknown prefix not declared", None, |t| {
        nth(t, 2, "<guid", "<situs:title>lain</situs:title><guid")
    }),
    damage("media: not declared", Some(2), |t| {
        nth(t, 2, "<guid", "<media:thumbnail url=\"https://a.example/x.jpg\"/><guid")
    }),
    damage("a name space without its slash", None, |t| {
        nth(t, 0, "modules/content/\"", "modules/content\"")
    }),
    damage("Atom's name space on RSS", None, |t| {
        nth(t, 0, "<rss", "<rss xmlns=\"http://www.w3.org/2005/Atom\"")
    }),
    damage("UserLand's name space", None, |t| {
        nth(t, 0, "<rss", "<rss xmlns=\"http://backend.userland.com/rss2\"")
    }),
    damage("no version", None, |t| nth(t, 0, "<rss version=\"2.0\"", "<rss")),
    damage("an unknown version", None, |t| {
        nth(t, 0, "<rss version=\"2.0\"", "<rss version=\"2.0.1\"")
    }),
    damage("the root in capitals", None, |t| {
        t.replace("<rss", "<RSS").replace("</rss", "</RSS").into_bytes()
    }),
    damage("names in capitals", None, |t| {
        t.replace("item>", "ITEM>")
            .replace("title>", "Title>")
            .replace("pubDate>", "pubdate>")
            .into_bytes()
    }),
    damage("cut in a text", Some(4), |t| cut(t, 4, "<content:encoded>", 60)),
    damage("cut in a title", Some(4), |t| cut(t, 5, "<title>", 15)),
    damage("cut in a tag", Some(4), |t| cut(t, 4, "<guid", 9)),
    damage("cut between items", None, |t| cut(t, 4, "</item>", 7)),
    damage("cut inside a letter", Some(4), |t| cut(t, 4, "“", 1)),
    damage("the beginning is missing", None, |t| {
        t[t.find("<item>").unwrap()..].into()
    }),
    damage("the root is missing", None, |t| {
        t[t.find("<channel>").unwrap()..].into()
    }),
    damage("a script behind the end", None, |t| {
        format!("{t}<script>if (a < b && c) {{}}</script>").into_bytes()
    }),
    damage("words behind the end", None, |t| {
        format!("{t}\n0\n\nFatal error: x & y").into_bytes()
    }),
    damage("a comment of a cache behind the end", None, |t| {
        format!("{t}<!-- Cached -- by plugin -->").into_bytes()
    }),
    damage("an HTML page behind the end", None, |t| {
        format!("{t}<!DOCTYPE html><html><body><p>404<br></body></html>").into_bytes()
    }),
    damage("the document twice", None, |t| format!("{t}{t}").into_bytes()),
    damage("an empty document first", None, |t| {
        let head = &t[..t.find("<item>").unwrap()];
        format!("{head}</channel></rss>{t}").into_bytes()
    }),
    damage("a PHP warning between items", None, |t| {
        nth(
            t,
            2,
            "<item>",
            "<br />\n<b>Notice</b>: x & y in <b>/a.php</b> on line <b>1</b><br />\n<item>",
        )
    }),
    damage("a PHP warning in an item", Some(2), |t| {
        nth(t, 2, "<guid", "<br>\n<b>Notice</b>: x & y<br><guid")
    }),
    damage("a PHP instruction", None, |t| {
        nth(t, 2, "<item>", "<?php echo $x; ?><item>")
    }),
    damage("a comment not closed", None, |t| {
        nth(t, 2, "<item>", "<!-- lama <item>")
    }),
    damage("an xml:base that is no address", None, |t| {
        nth(t, 2, "<item>", "<item xml:base=\"http://[salah\">")
    }),
    damage("an item in an item", None, |t| nth(t, 2, "<item>", "<item><item>")),
    damage("an empty item", None, |t| nth(t, 2, "<item>", "<item></item><item>")),
    damage("JavaScript around it", None, |t| {
        format!("document.write('{t}');").into_bytes()
    }),
    damage("a deep unknown tree", Some(2), |t| {
        nth(t, 2, "<guid", &format!("{}<guid", "<x>".repeat(300)))
    }),
];

/// Damage to Atom.
pub const ATOM: &[Damage] = &[
    damage("Atom 0.3", None, |t| {
        t.replace("http://www.w3.org/2005/Atom", "http://purl.org/atom/ns#")
            .replace("published>", "issued>")
            .replace("updated>", "modified>")
            .replace("type=\"html\"", "type=\"text/html\" mode=\"escaped\"")
            .into_bytes()
    }),
    damage("no name space", None, |t| {
        nth(t, 0, " xmlns=\"http://www.w3.org/2005/Atom\"", "")
    }),
    damage("a name space with another scheme", None, |t| {
        nth(t, 0, "http://www.w3.org/2005/Atom", "https://www.w3.org/2005/Atom/")
    }),
    damage("a type that nobody knows", None, |t| {
        nth(t, 2, "type=\"text\"", "type=\"teks\"")
    }),
    damage("an empty type", None, |t| nth(t, 2, "type=\"text\"", "type=\"\"")),
    damage("a media type for a title", None, |t| {
        nth(t, 2, "type=\"text\"", "type=\"text/plain\"")
    }),
    damage("HTML that is not escaped", Some(2), |t| nth(t, 2, "&lt;p&gt;", "<p>")),
    damage("HTML said to be XHTML", Some(2), |t| {
        nth(t, 2, "type=\"html\">", "type=\"xhtml\"><div>satu<br>dua</div>")
    }),
    damage("XHTML with an entity", Some(2), |t| {
        nth(t, 2, "type=\"html\">", "type=\"xhtml\"><div>a&nbsp;b</div>")
    }),
    damage("a link not closed", None, |t| nth(t, 0, "/3\"/>", "/3\">")),
    damage("an ampersand in a link", Some(2), |t| nth(t, 0, "/3\"", "/3?a=1&b=2\"")),
    damage("a link's mark forgotten", Some(2), |t| {
        nth(t, 0, "berita/3\"/>", "berita/3/>")
    }),
    damage("single and double marks mixed", Some(2), |t| {
        nth(t, 0, "berita/3\"/>", "berita/3'/>")
    }),
    damage("an entry not closed", None, |t| nth(t, 2, "</entry>", "")),
    damage("an entry not opened", None, |t| nth(t, 2, "<entry>", "")),
    damage("a name not closed", Some(2), |t| nth(t, 2, "</name>", "")),
    damage("an author not closed", Some(2), |t| nth(t, 2, "</author>", "")),
    damage("cut in a text", Some(4), |t| cut(t, 4, "<content", 60)),
    damage("the feed twice", None, |t| format!("{t}{t}").into_bytes()),
    damage("windows-1252 labelled UTF-8", None, windows_1252),
    damage("content with an empty source", Some(2), |t| {
        nth(t, 2, "<content type=\"html\">", "<content type=\"html\" src=\"\">")
    }),
    damage("an empty picture for a text", Some(2), |t| {
        nth(t, 2, "<author>", "<content type=\"image/png\"/><author>")
    }),
];

/// Damage to RSS 1.0.
pub const RDF: &[Damage] = &[
    damage("items in the channel", None, |t| {
        let t = t.replace("</channel>\n", "");
        nth(&t, 0, "</rdf:RDF>", "</channel></rdf:RDF>")
    }),
    damage("RSS 0.90's name space", None, |t| {
        nth(
            t,
            0,
            "http://purl.org/rss/1.0/\"",
            "http://my.netscape.com/rdf/simple/0.9/\"",
        )
    }),
    damage("rdf: not declared", None, |t| {
        nth(t, 0, "xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"", "")
    }),
    damage("an item without a link", None, |t| {
        nth(t, 0, "<link>https://satker.example/berita/3</link>", "")
    }),
    damage("the root in small letters", None, |t| all(t, "rdf:RDF", "rdf:rdf")),
    damage("a bare ampersand", Some(2), |t| nth(t, 0, T2, "Layanan & Paspor")),
    damage("cut in a text", Some(4), |t| cut(t, 4, "<content:encoded>", 60)),
    damage("an item not closed", None, |t| nth(t, 2, "</item>", "")),
];

/// Damage to JSON Feed.
pub const JSON: &[Damage] = &[
    damage("a comma behind the last item", None, |t| nth(t, 0, "}\n  ]", "},\n  ]")),
    damage("a comma behind the last member", None, |t| {
        nth(t, 2, "\"Humas\"]\n", "\"Humas\"],\n")
    }),
    damage("a comma missing between items", None, |t| nth(t, 2, "},\n", "}\n")),
    damage("a comma missing between members", None, |t| {
        nth(t, 2, "+07:00\",", "+07:00\"")
    }),
    damage("a byte order mark", None, |t| format!("\u{feff}{t}").into_bytes()),
    damage("two byte order marks", None, |t| {
        format!("\u{feff}\u{feff}{t}").into_bytes()
    }),
    damage("a line break in a text", Some(2), |t| nth(t, 0, T2, "Layanan\nPaspor")),
    damage("a tab in a text", Some(2), |t| nth(t, 0, T2, "Layanan\tPaspor")),
    damage("a control character in a text", Some(2), |t| {
        nth(t, 0, T2, "Layanan\u{1} Paspor")
    }),
    damage("quotation marks without a backslash", Some(2), |t| {
        nth(t, 0, T2, "Layanan \"Paspor\"")
    }),
    damage("a backslash too many", Some(2), |t| nth(t, 0, T2, "Layanan\\' Paspor")),
    damage("half of a character", Some(2), |t| {
        nth(t, 0, T2, "Layanan \\ud83d Paspor")
    }),
    damage("comments", None, |t| {
        nth(t, 2, "    {\n", "    // baru\n    {\n /* x */")
    }),
    damage("a number for an id", Some(2), |t| nth(t, 0, "\"berita-2\"", "3")),
    damage("no version", None, |t| {
        nth(t, 0, "  \"version\": \"https://jsonfeed.org/version/1.1\",\n", "")
    }),
    damage("no title of the feed", None, |t| {
        nth(t, 0, "  \"title\": \"Berita Satker\",\n", "")
    }),
    damage("tags that are no list", Some(2), |t| {
        nth(t, 2, "[\"Berita\", \"Humas\"]", "\"Berita, Humas\"")
    }),
    damage("an author that is a word", Some(2), |t| {
        nth(t, 2, "\"tags\"", "\"author\": \"Humas\", \"tags\"")
    }),
    damage("an attachment without a type", Some(2), |t| {
        nth(t, 2, "\"tags\"", "\"attachments\": [{\"url\": \"/x\"}], \"tags\"")
    }),
    damage("cut in a text", Some(4), |t| cut(t, 4, "\"content_html\"", 50)),
    damage("cut between items", None, |t| cut(t, 4, "    }", 5)),
    damage("words behind the end", None, |t| {
        format!("{t}<!-- cache -->").into_bytes()
    }),
    damage("a function around it", None, |t| format!("feed({t});").into_bytes()),
    damage("single quotation marks", None, |t| t.replace('"', "'").into_bytes()),
    damage("an item that is null", None, |t| {
        nth(t, 2, "    {\n", "    null,\n    {\n")
    }),
    damage("a missing bracket", None, |t| nth(t, 0, "\n  ]\n}", "")),
];
