//! Nothing executable leaves: foreign HTML goes the whole way, from a feed and from a page to the published feed and page,
//! and what comes out is parsed and compared with a list of what may be there. The vectors below are ours; those of other
//! projects are read where `WARTA_SANITISER_VECTORS` names their folder, see `tests/sanitise.sh`.

use std::path::PathBuf;
use std::sync::LazyLock;

use jiff::Timestamp;
use scraper::{Html, Node};
use url::Url;
use warta::gazetteer::Gazetteer;
use warta::model::{
    Article, ArticleId, ArticleSelectors, Content, Directory, Document, Entry, Image, Language, Member, Scope, Site,
    Source, SourceKind, Story, StoryDetail, StoryId, Zone,
};
use warta::publish::{self, Format};
use warta::{extract, normalize, parse};

use crate::support::samples;

static GAZETTEER: LazyLock<Gazetteer> = LazyLock::new(Gazetteer::built_in);

/// The folder with `vectors.json` and the feeds of feedparser.
const FOLDER: &str = "WARTA_SANITISER_VECTORS";

/// Elements that may be published, each with its attributes.
const ALLOWED: &[(&str, &[&str])] = &[
    ("a", &["href", "rel"]),
    ("b", &[]),
    ("blockquote", &[]),
    ("br", &[]),
    ("caption", &[]),
    ("code", &[]),
    ("em", &[]),
    ("figcaption", &[]),
    ("figure", &[]),
    ("h2", &[]),
    ("h3", &[]),
    ("h4", &[]),
    ("i", &[]),
    ("img", &["src", "alt", "width", "height"]),
    ("li", &[]),
    ("ol", &[]),
    ("p", &[]),
    ("pre", &[]),
    ("strong", &[]),
    ("table", &[]),
    ("tbody", &[]),
    ("td", &[]),
    ("tfoot", &[]),
    ("th", &[]),
    ("thead", &[]),
    ("tr", &[]),
    ("ul", &[]),
];

/// Our own vectors: what is tried, by kind.
const VECTORS: &[&str] = &[
    // Scripts, whole and broken.
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<script\n>alert(1)</script\t>",
    "<script/x>alert(1)</script>",
    "<<script>alert(1);//<</script>",
    "<script>alert(1)",
    "</p><script>alert(1)</script><p>",
    "<script type=text/template><img src=x onerror=alert(1)></script>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<template><script>alert(1)</script></template>",
    "<plaintext><script>alert(1)</script>",
    "<xmp><p title=\"</xmp><img src=x onerror=alert(1)>\"></xmp>",
    "<textarea><script>alert(1)</script></textarea><title><script>alert(1)</script></title>",
    "<noembed><img src=\"</noembed><img src=x onerror=alert(1)>\"></noembed>",
    "<noframes><style></noframes><img src=x onerror=alert(1)>",
    // Handlers.
    "<img src=x onerror=alert(1)>",
    "<img src=x ONERROR=alert(1)>",
    "<img/src=x/onerror=alert(1)>",
    "<img src=x one\u{0}rror=alert(1)>",
    "<img src=\"x\"onerror=\"alert(1)\">",
    "<img src='x' alt='\" onerror=alert(1) x=\"'>",
    "<img src=x alt=\"&quot; onerror=alert(1) &quot;\">",
    "<img src=x alt=`onerror=alert(1)`>",
    "<p onclick=alert(1)>x</p>",
    "<b onmouseover\u{c}=alert(1)>x</b>",
    "<table onload=alert(1)><td background=javascript:alert(1)>x",
    "<body onload=alert(1)><p>x</p></body>",
    "<details open ontoggle=alert(1)>x</details>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<input autofocus onfocus=alert(1)>",
    "<video><source onerror=alert(1)></video>",
    "<audio src=x onerror=alert(1)>",
    "<p style=animation-name:x onanimationstart=alert(1)>x</p>",
    // Addresses.
    "<a href=javascript:alert(1)>x</a>",
    "<a href=\"JaVaScRiPt:alert(1)\">x</a>",
    "<a href=\"java\nscript:alert(1)\">x</a>",
    "<a href=\"java&#x09;script:alert(1)\">x</a>",
    "<a href=\"\u{1}javascript:alert(1)\">x</a>",
    "<a href=\"&#106;&#97;&#118;&#97;&#115;&#99;&#114;&#105;&#112;&#116;&#58;alert(1)\">x</a>",
    "<a href=\"javascript&colon;alert(1)\">x</a>",
    "<a href=\"javascript&#0000058alert(1)\">x</a>",
    "<a href=\"//javascript:alert(1)\">x</a>",
    "<a href=\"data:text/html,<script>alert(1)</script>\">x</a>",
    "<a href=\"DATA:text/html;base64,PHNjcmlwdD4=\">x</a>",
    "<a href=\"vbscript:msgbox(1)\">x</a>",
    "<a href=\"view-source:javascript:alert(1)\">x</a>",
    "<a href=\"blob:https://a.example/1\">x</a>",
    "<a href=\"file:///etc/passwd\">x</a>",
    "<a href=\"intent://x#Intent;scheme=http;end\">x</a>",
    "<a href=\"feed:javascript:alert(1)\">x</a>",
    "<a href=\"https://a.example/\u{202e}gpj.exe\">x</a>",
    "<a href=\"https://a.example/\"\u{3000}onclick=alert(1)>x</a>",
    "<a href='https://a.example/\"><script>alert(1)</script>'>x</a>",
    "<a href=\"mailto:x@a.example?body=<script>\">x</a>",
    "<a href=x target=_blank ping=//evil.example rel=opener>x</a>",
    "<img src=javascript:alert(1)>",
    "<img src=\"data:image/svg+xml,<svg onload=alert(1)>\">",
    "<img srcset=\"javascript:alert(1) 1x, data:text/html,x 2x\">",
    "<img data-src=javascript:alert(1) src=vbscript:x>",
    "<img src=mailto:x@a.example>",
    "<img src=\"https://a.example/x.jpg\" dynsrc=javascript:alert(1) lowsrc=javascript:alert(1)>",
    "<base href=javascript:alert(1)//><a href=/x>x</a>",
    "<base href=//evil.example/><a href=x>x</a>",
    "<blockquote cite=javascript:alert(1)>x</blockquote>",
    // Foreign content and its ways back.
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href=javascript:alert(1)><text>x</text></a></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<svg><set attributeName=href to=javascript:alert(1)>",
    "<svg><foreignObject><iframe srcdoc='<script>alert(1)</script>'></foreignObject></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<svg></p><style><a id=\"</style><img src=1 onerror=alert(1)>\">",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
    "<math href=javascript:alert(1)><mi>x</mi></math>",
    "<math><annotation-xml encoding=text/html><script>alert(1)</script></annotation-xml></math>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<svg><title><style><a title=\"</style></title><img src=x onerror=alert(1)>\">",
    "<select><template><style><!--</style><a rel=\"--></style></template></select><img src=x onerror=alert(1)>\">",
    // Frames, objects, forms, styles, metadata.
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc=\"&lt;script&gt;alert(1)&lt;/script&gt;\"></iframe>",
    "<object data=javascript:alert(1)></object><embed src=javascript:alert(1)>",
    "<applet code=x></applet><frameset onload=alert(1)><frame src=javascript:alert(1)></frameset>",
    "<form action=javascript:alert(1)><button formaction=javascript:alert(1)>x</button></form>",
    "<isindex action=javascript:alert(1) type=image>",
    "<meta http-equiv=refresh content=0;url=javascript:alert(1)>",
    "<link rel=stylesheet href=javascript:alert(1)><link rel=import href=//evil.example>",
    "<style>@import 'javascript:alert(1)';p{background:url(javascript:alert(1))}</style>",
    "<style><!--</style><script>alert(1)//--></script>",
    "<p style=\"width:expression(alert(1));-moz-binding:url(//evil.example)\">x</p>",
    "<div style=\"background:url('javascript:alert(1)')\">x</div>",
    "<portal src=//evil.example></portal><fencedframe></fencedframe>",
    // Comments, declarations, instructions.
    "<!--><img src=x onerror=alert(1)>-->",
    "<!--[if gte IE 4]><script>alert(1)</script><![endif]-->",
    "<!-- --!><img src=x onerror=alert(1)> -->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml version=\"1.0\"?><?php alert(1) ?><script>alert(1)</script>",
    "<!DOCTYPE html [<!ENTITY x \"<script>alert(1)</script>\">]>&x;",
    "</!><img src=x onerror=alert(1)>",
    // Markup that becomes markup only when read twice.
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&amp;lt;img src=x onerror=alert(1)&amp;gt;",
    "&#60;img src=x onerror=alert(1)&#62;",
    "<p>1 < 2 > 0 <3 </p>",
    "<a href=\"https://a.example/?a=1&lt;script&gt;\">&lt;b onclick=x&gt;</a>",
    // Names and clobbering.
    "<img name=getElementById id=cookie src=x.jpg>",
    "<a id=location name=top href=x class=y>x</a>",
    "<p is=x-evil slot=y part=z data-x=1>x</p><x-evil onclick=alert(1)>x</x-evil>",
    // Characters.
    "\u{202e}lrtb\u{202c} \u{2066}x\u{2069} \u{200f}y\u{61c}",
    "a\u{0}b\u{1}c\u{7f}d\u{85}e\u{1b}[31mf\u{fffe}g\u{ad}h\u{feff}",
    "a&#0;b&#1;c&#x1b;d&#x202e;e&#xfffe;f&rlm;g",
    "<p title='\u{2028}'>x\u{2028}y\u{2029}z</p>",
    "<img src=x.jpg alt='\u{202e}a\u{0}b&#x2067;c'>",
    "<pre>a\u{202e}b\u{1}c</pre>",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "\u{3008}script\u{3009}alert(1)\u{3008}/script\u{3009} \u{ff1c}script\u{ff1e}alert(1)\u{ff1c}/script\u{ff1e}",
];

/// Everything one vector is tried in, published.
struct Published {
    article: Article,
    /// The entry's HTML in our feeds.
    html: String,
    /// Plain texts, each with its name.
    texts: Vec<(&'static str, String)>,
    /// The story's page.
    page: String,
    /// The feeds.
    feeds: [Vec<u8>; 3],
}

fn source() -> Source {
    samples::source("lapas-jember", "https://a.example/feed")
}

#[expect(clippy::too_many_lines, reason = "one article shown in every way there is")]
fn publish(entry: Entry, content: Option<Content>) -> Option<Published> {
    let (source, now) = (source(), Timestamp::UNIX_EPOCH);
    let cx = normalize::Context {
        source: &source,
        satker: None,
        zone: Zone::Wib,
        now,
    };
    let article = normalize::article(entry, content, &cx).0?;
    let member = Member {
        article: ArticleId(1),
        url: article.url.clone(),
        source: source.id.clone(),
        published: None,
        seen: now,
    };
    let region = "35.09".parse().unwrap();
    let detail = StoryDetail {
        story: Story::begun(StoryId(1), member, region, now),
        article: article.clone(),
    };
    let directory = Directory::default();
    let site = Site {
        title: "Uji".to_owned(),
        base_url: "https://warta.example/".parse().unwrap(),
        id_authority: "warta.example,2026".to_owned(),
        language: Language::Id,
        hub: false,
    };
    let page = warta::site::Context {
        site: &site,
        gazetteer: &GAZETTEER,
        directory: &directory,
        hub: None,
    };
    let page = warta::site::story(
        page,
        warta::site::StoryView {
            detail: &detail,
            related: &[],
        },
    );
    let cx = publish::Context {
        site: &site,
        gazetteer: &GAZETTEER,
        directory: &directory,
    };
    let feed = publish::view(cx, &Scope::Region(region), vec![detail]);
    let shown = &feed.entries[0];
    let mut texts = vec![
        ("title", shown.title.clone()),
        ("author", shown.author.clone()),
        ("summary", shown.summary.clone()),
        ("article text", article.text.clone()),
    ];
    texts.extend(article.categories.iter().map(|tag| ("category", tag.clone())));
    let caption = shown.image.as_ref().and_then(|image| image.caption.clone());
    texts.extend(caption.map(|caption| ("caption", caption)));
    Some(Published {
        html: shown.html.clone(),
        texts,
        page,
        feeds: Format::ALL.map(|format| publish::render(&feed, format)),
        article,
    })
}

/// The vector in every field of an entry.
fn in_an_entry(vector: &str) -> Option<Published> {
    let entry = Entry {
        url: Some("https://a.example/berita/x".parse().unwrap()),
        guid: Some(vector.to_owned()),
        title: Some(format!("Judul {vector}")),
        author: Some(format!("Nama {vector}")),
        summary_html: Some(vector.to_owned()),
        content_html: Some(format!("<p>Isi</p>{vector}<p>akhir</p>")),
        image: Some(Image {
            url: "https://a.example/x.jpg".to_owned(),
            caption: Some(format!("Foto {vector}")),
            mime: None,
            length: None,
        }),
        categories: vec![format!("Tag {vector}")],
        language: None,
        ..Entry::default()
    };
    publish(entry, None)
}

/// The vector in a summary that is all an entry has.
fn in_a_summary(vector: &str) -> Option<Published> {
    let entry = Entry {
        url: Some("https://a.example/berita/x".parse().unwrap()),
        title: Some("Judul".to_owned()),
        summary_html: Some(vector.to_owned()),
        ..Entry::default()
    };
    publish(entry, None)
}

/// The vector on a page of its own, through `extract`.
fn on_a_page(vector: &str) -> Option<Published> {
    let words = "Petugas menyita telepon genggam di blok hunian pada Senin malam, kata Kalapas. ".repeat(4);
    let body = format!(
        "<html><head><title>Razia</title><meta property=og:title content=\"Razia\"></head><body><article><h1>Razia</h1>\
         <p>{words}</p><p>{words}</p>{vector}<p>{words}</p></article></body></html>"
    );
    let url: Url = "https://a.example/berita/x".parse().unwrap();
    let document = document(&url, "text/html; charset=utf-8", body.into_bytes());
    let (content, _) = extract::content(&document, &SourceKind::Feed, &ArticleSelectors::default());
    let entry = Entry {
        url: Some(url),
        title: Some("Razia".to_owned()),
        ..Entry::default()
    };
    publish(entry, content)
}

/// The vector in a feed document, through `parse`.
fn in_a_feed(vector: &str) -> Vec<Published> {
    let text = vector.replace('&', "&amp;").replace('<', "&lt;");
    let feed = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><rss version=\"2.0\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><channel>\
         <title>x</title><item><title>Judul {text}</title><link>https://a.example/x</link><dc:creator>Nama {text}</dc:creator>\
         <category>Tag {text}</category><description>Isi {text}</description></item></channel></rss>"
    );
    of_feed(feed.into_bytes())
}

fn of_feed(body: Vec<u8>) -> Vec<Published> {
    let url: Url = "https://a.example/feed".parse().unwrap();
    let parsed = parse::entries(&document(&url, "application/xml", body), &SourceKind::Feed);
    parsed
        .items
        .into_iter()
        .filter_map(|entry| publish(entry, None))
        .collect()
}

/// A feed of feedparser with a link and a title in each entry: most test one element and have neither, and would be no
/// articles.
fn with_links(feed: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(feed);
    let text = text.replace("<item>", "<item><link>https://a.example/x</link><title>Judul</title>");
    let link = "<entry><link rel=\"alternate\" href=\"https://a.example/x\"/><title>Judul</title>";
    text.replace("<entry>", link).into_bytes()
}

fn document(url: &Url, content_type: &str, body: Vec<u8>) -> Document {
    Document {
        url: url.clone(),
        content_type: Some(content_type.to_owned()),
        ..samples::document("https://a.example/", &body)
    }
}

/// What is wrong with what came out.
fn faults(published: &Published) -> Vec<String> {
    let mut faults = faults_of_html("feed html", &published.html);
    faults.extend(faults_of_html("article html", &published.article.html));
    for (name, text) in &published.texts {
        faults.extend(forbidden(text).map(|letter| format!("{name} has {letter:?}")));
    }
    let link = Url::parse(&published.article.url).unwrap();
    if !matches!(link.scheme(), "http" | "https") {
        faults.push(format!("the article's address is {link}"));
    }
    faults.extend(faults_of_page(&published.page));
    for bytes in &published.feeds {
        let text = String::from_utf8_lossy(bytes);
        faults.extend(forbidden(&text).map(|letter| format!("a feed has {letter:?}")));
    }
    faults
}

/// Whether an element is what feeds have around our own words: a part that only says their language.
fn is_note(element: &scraper::node::Element) -> bool {
    let says_language = |(name, value)| name == "lang" && matches!(value, "id" | "en");
    element.name() == "div" && element.attrs().count() == 1 && element.attrs().all(says_language)
}

fn faults_of_html(place: &str, html: &str) -> Vec<String> {
    let mut faults: Vec<String> = forbidden(html)
        .map(|letter| format!("{place} has {letter:?}"))
        .collect();
    let tree = Html::parse_fragment(html);
    for node in tree.root_element().descendants().skip(1) {
        match node.value() {
            // Our own notes, where the article is in another language.
            Node::Element(element) if place == "feed html" && is_note(element) => {}
            Node::Element(element) => {
                let allowed = ALLOWED.iter().find(|(name, _)| *name == element.name());
                let Some((_, attributes)) = allowed else {
                    faults.push(format!("{place} has <{}>", element.name()));
                    continue;
                };
                for (name, value) in element.attrs() {
                    if !attributes.contains(&name) {
                        faults.push(format!("{place} has {name}={value:?}"));
                    }
                    faults.extend(forbidden(value).map(|letter| format!("{place}: {name} has {letter:?}")));
                    let schemes: &[&str] = match name {
                        "href" => &["http", "https", "mailto"],
                        "src" => &["http", "https"],
                        _ => continue,
                    };
                    if !Url::parse(value).is_ok_and(|url| schemes.contains(&url.scheme())) {
                        faults.push(format!("{place} leads to {value:?}"));
                    }
                }
            }
            Node::Text(_) => {}
            other => faults.push(format!("{place} has {other:?}")),
        }
    }
    let again = Html::parse_fragment(&tree.root_element().inner_html());
    if again.root_element().html() != tree.root_element().html() {
        faults.push(format!("{place} is another thing when it is read twice: {html}"));
    }
    faults
}

/// Our own page has more elements, but none that runs.
fn faults_of_page(page: &str) -> Vec<String> {
    const RUNS: [&str; 10] = [
        "script", "iframe", "object", "embed", "svg", "math", "template", "base", "frame", "form",
    ];
    // The page's own form, by which one searches, is no source's.
    let own_form = |element: &scraper::ElementRef<'_>| element.attr("action") == Some("/cari");
    let mut faults: Vec<String> = forbidden(page)
        .map(|letter| format!("the page has {letter:?}"))
        .collect();
    let tree = Html::parse_document(page);
    let base: Url = "https://warta.example/".parse().unwrap();
    for element in tree.root_element().descendants().filter_map(scraper::ElementRef::wrap) {
        if RUNS.contains(&element.value().name()) && !own_form(&element) {
            faults.push(format!("the page has <{}>", element.value().name()));
        }
        for (name, value) in element.value().attrs() {
            let is_address = matches!(
                name,
                "href" | "src" | "action" | "srcset" | "formaction" | "poster" | "data"
            );
            let leads_out = is_address
                && !base
                    .join(value)
                    .is_ok_and(|url| matches!(url.scheme(), "http" | "https" | "mailto"));
            if name.starts_with("on") || name == "srcdoc" || leads_out {
                faults.push(format!("the page has {name}={value:?}"));
            }
        }
    }
    faults
}

/// Characters that control a terminal, a direction or nothing that can be seen.
fn forbidden(text: &str) -> impl Iterator<Item = char> + '_ {
    let is_forbidden = |letter: &char| {
        letter.is_control() && !matches!(letter, '\n' | '\t')
            || matches!(letter, '\u{AD}' | '\u{61C}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}')
    };
    text.chars().filter(is_forbidden)
}

/// Sends a vector every way and says what went wrong.
fn check(vector: &str) -> Vec<String> {
    let single = [in_an_entry(vector), in_a_summary(vector), on_a_page(vector)];
    let all = single.into_iter().flatten().chain(in_a_feed(vector));
    all.flat_map(|published| faults(&published))
        .map(|fault| format!("{vector:?}: {fault}"))
        .collect()
}

#[test]
fn nothing_executable_leaves() {
    assert!(VECTORS.len() >= 60);
    let faults: Vec<String> = VECTORS.iter().flat_map(|vector| check(vector)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn what_is_harmless_still_arrives() {
    let html = "<h2>Acara</h2><p>Satu <a href=\"/x\">tautan</a> &lt;script&gt;</p><ul><li>a</li></ul><img src=/b.jpg alt=Foto>";
    let published = in_an_entry(html).unwrap();
    for part in [
        "<h2>Acara</h2>",
        "<a href=\"https://a.example/x\" rel=\"noopener\">tautan</a>",
        "&lt;script&gt;",
        "<li>a</li>",
        "<img src=\"https://a.example/b.jpg\" alt=\"Foto\">",
    ] {
        assert!(published.html.contains(part), "{part} is not in {}", published.html);
    }
    assert!(!on_a_page("<p>x</p>").unwrap().html.is_empty());
    assert_eq!(in_a_feed("<p>x</p>").len(), 1);
}

#[test]
fn addresses_that_run_are_no_articles() {
    for link in [
        "javascript:alert(1)",
        "JAVASCRIPT:alert(1)",
        "java&#10;script:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
    ] {
        let feed = format!(
            "<rss version=\"2.0\"><channel><title>x</title><item><title>Judul</title><link>{link}</link><guid>{link}</guid>\
             <description>Isi</description></item></channel></rss>"
        );
        for published in of_feed(feed.into_bytes()) {
            assert_eq!(faults(&published), Vec::<String>::new(), "{link}");
        }
        let page = format!("<link rel=canonical href=\"{link}\"><meta property=og:url content=\"{link}\">");
        let published = on_a_page(&page).unwrap();
        assert_eq!(faults(&published), Vec::<String>::new(), "{link}");
        assert_eq!(published.article.url, "https://a.example/berita/x");
    }
}

#[test]
fn the_checker_finds_what_may_not_be_there() {
    for html in [
        "<script>x</script>",
        "<p onclick=x>x</p>",
        "<a href=javascript:x>x</a>",
        "<a href=/x>x</a>",
        "<img src=data:x>",
        "<!-- x -->",
        "<p>\u{202e}x</p>",
        "<p>\u{1}x</p>",
        "<svg></svg>",
        "<p style=x>x</p>",
    ] {
        assert!(!faults_of_html("x", html).is_empty(), "{html}");
    }
    for page in ["<script>x</script>", "<p onload=x>", "<a href=javascript:x>x</a>"] {
        assert!(!faults_of_page(page).is_empty(), "{page}");
    }
}

#[test]
fn nothing_executable_leaves_of_what_other_projects_try() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        println!("skipped: {FOLDER} is not set; run tests/sanitise.sh");
        return;
    };
    let text = std::fs::read(folder.join("vectors.json")).unwrap();
    let vectors: Vec<(String, String)> = serde_json::from_slice(&text).unwrap();
    assert!(vectors.len() > 500, "{} vectors are too few", vectors.len());
    let mut wrong = Vec::new();
    for (from, vector) in &vectors {
        wrong.extend(check(vector).into_iter().map(|fault| format!("{from}: {fault}")));
    }
    let mut articles = 0;
    for file in std::fs::read_dir(folder.join("feeds")).unwrap() {
        let path = file.unwrap().path();
        for published in of_feed(with_links(&std::fs::read(&path).unwrap())) {
            articles += 1;
            let found = faults(&published);
            wrong.extend(found.into_iter().map(|fault| format!("{}: {fault}", path.display())));
        }
    }
    println!(
        "sanitiser: {} vectors and {articles} articles of feeds, {} faults",
        vectors.len(),
        wrong.len()
    );
    assert!(articles > 500, "{articles} articles are too few");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
