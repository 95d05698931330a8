//! Clean feeds of four kinds with the same five articles. The texts are ours.

/// Titles of the articles; each stands once in a feed.
pub const TITLES: [&str; 5] = [
    "Lapas Jember Panen Raya Jagung",
    "Rutan Situbondo Gelar Razia Kamar Hunian",
    "Kanim Malang Buka Layanan Paspor Akhir Pekan",
    "Bapas Kediri Dampingi Anak Berhadapan Hukum",
    "Rupbasan Surabaya Terima Barang Sitaan",
];

fn address(index: usize) -> String {
    format!("https://satker.example/berita/{}", index + 1)
}

fn body(index: usize) -> String {
    format!(
        "<p>{}, hari ini, berlangsung tertib.</p><p>Warga “binaan” ikut – semuanya {} orang.</p>",
        TITLES[index],
        20 + index
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn date(index: usize) -> String {
    format!("2025-06-1{index}T09:30:00+07:00")
}

/// RSS 2.0 as WordPress writes it.
pub fn rss() -> String {
    let items: String = (0..5)
        .map(|index| {
            format!(
                "<item>\n<title>{}</title>\n<link>{link}</link>\n<dc:creator><![CDATA[Humas]]></dc:creator>\n\
                 <pubDate>Tue, 1{index} Jun 2025 02:30:00 +0000</pubDate>\n<category><![CDATA[Berita]]></category>\n\
                 <guid isPermaLink=\"false\">urn:berita:{index}</guid>\n<description>Ringkasan {index}: &lt;b&gt;tertib&lt;/b&gt;.</description>\n\
                 <content:encoded><![CDATA[{}]]></content:encoded>\n</item>\n",
                TITLES[index],
                body(index),
                link = address(index),
            )
        })
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" \
         xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n\
         <channel>\n<title>Berita Satker</title>\n<link>https://satker.example/</link>\n<description>Kabar</description>\n\
         {items}</channel>\n</rss>\n"
    )
}

/// Atom 1.0 as Blogger writes it.
pub fn atom() -> String {
    let entries: String = (0..5)
        .map(|index| {
            format!(
                "<entry>\n<id>tag:satker.example,2025:{index}</id>\n<title type=\"text\">{}</title>\n\
                 <link rel=\"alternate\" type=\"text/html\" href=\"{}\"/>\n<published>{date}</published>\n\
                 <updated>{date}</updated>\n<author><name>Humas</name></author>\n\
                 <content type=\"html\">{}</content>\n</entry>\n",
                TITLES[index],
                address(index),
                escaped(&body(index)),
                date = date(index),
            )
        })
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n<id>tag:satker.example</id>\n\
         <title>Berita Satker</title>\n<updated>2025-06-20T00:00:00Z</updated>\n{entries}</feed>\n"
    )
}

/// RSS 1.0.
pub fn rdf() -> String {
    let items: String = (0..5)
        .map(|index| {
            format!(
                "<item rdf:about=\"{link}\">\n<title>{}</title>\n<link>{link}</link>\n<dc:date>{}</dc:date>\n\
                 <description>Ringkasan {index}</description>\n<content:encoded>{}</content:encoded>\n</item>\n",
                TITLES[index],
                date(index),
                escaped(&body(index)),
                link = address(index),
            )
        })
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" \
         xmlns=\"http://purl.org/rss/1.0/\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n<channel rdf:about=\"https://satker.example/\">\n\
         <title>Berita Satker</title>\n<link>https://satker.example/</link>\n</channel>\n{items}</rdf:RDF>\n"
    )
}

/// JSON Feed 1.1.
pub fn json() -> String {
    let items: Vec<String> = (0..5)
        .map(|index| {
            format!(
                "    {{\n      \"id\": \"berita-{index}\",\n      \"url\": \"{}\",\n      \"title\": \"{}\",\n      \
                 \"content_html\": \"{}\",\n      \"date_published\": \"{}\",\n      \"tags\": [\"Berita\", \"Humas\"]\n    }}",
                address(index),
                TITLES[index],
                body(index),
                date(index),
            )
        })
        .collect();
    format!(
        "{{\n  \"version\": \"https://jsonfeed.org/version/1.1\",\n  \"title\": \"Berita Satker\",\n  \"items\": [\n{}\n  ]\n}}\n",
        items.join(",\n")
    )
}
