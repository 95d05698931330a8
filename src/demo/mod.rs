//! `warta demo`: everything at once without internet or configuration. A small set of built-in sites answers on
//! loopback: a blog with an RSS feed, a WordPress-like portal feed, a plain listing, a kumparan-like account. One
//! release runs on three of them.

mod sites;

use std::net::SocketAddr;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use xxhash_rust::xxh3::xxh3_64;

use crate::model::{
    ArticleSelectors, Directory, ListingSelectors, RegionCode, Republish, Satker, SatkerId, Source, SourceId,
    SourceKind,
};

use sites::{Page, SITES, Site};

/// Starts the built-in sites, each on an address of its own, and returns the directory of their units and sources. The
/// sites answer until the runtime ends.
///
/// # Errors
/// When a loopback address cannot be listened on.
pub async fn start() -> std::io::Result<Directory> {
    let mut directory = Directory::default();
    for (number, site) in (1_u8..).zip(&SITES) {
        let listener = TcpListener::bind(SocketAddr::from(([127, 10, 0, number], 0))).await?;
        let address = listener.local_addr()?;
        let router = Router::new().fallback(page).with_state(Served { site, address });
        tokio::spawn(async move { axum::serve(listener, router).await });
        add(&mut directory, site, address);
    }
    Ok(directory)
}

#[derive(Clone, Copy)]
struct Served {
    site: &'static Site,
    address: SocketAddr,
}

/// A page of a site, with the address it happens to have filled in; 304 for who has it already.
async fn page(State(served): State<Served>, uri: Uri, headers: HeaderMap) -> Response {
    let found = served.site.pages.iter().find(|page| page.path == uri.path());
    let Some(Page { media_type, body, .. }) = found else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let body = body.replace("{base}", &format!("http://{}", served.address));
    let etag = format!("\"{:x}\"", xxh3_64(body.as_bytes()));
    if headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|sent| sent.as_bytes() == etag.as_bytes())
    {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response();
    }
    (
        [(header::CONTENT_TYPE, (*media_type).to_owned()), (header::ETAG, etag)],
        body,
    )
        .into_response()
}

/// The site's unit and source.
fn add(directory: &mut Directory, site: &Site, address: SocketAddr) {
    let region = |code: &str| -> RegionCode { code.parse().expect("the built-in sites name real regions") };
    let satker = site.satker.map(|(id, name, code)| Satker {
        id: SatkerId::new(id).expect("the built-in ids are slugs"),
        name: name.to_owned(),
        region: region(code),
        ministry: Some("kemenimipas".to_owned()),
        parent: None,
        aliases: Vec::new(),
        formerly: Vec::new(),
    });
    let source = Source {
        id: SourceId::new(site.id).expect("the built-in ids are slugs"),
        kind: match site.kind {
            sites::Kind::Feed => SourceKind::Feed,
            sites::Kind::Kumparan => SourceKind::Kumparan,
            sites::Kind::Listing => SourceKind::Listing(ListingSelectors {
                item: "article.berita".to_owned(),
                link: Some("h2 a".to_owned()),
                date: Some("time".to_owned()),
                ..ListingSelectors::default()
            }),
        },
        url: format!("http://{address}{}", site.path)
            .parse()
            .expect("an address makes a URL"),
        satker: satker.as_ref().map(|satker| satker.id.clone()),
        region: site.region.map(region),
        include: Vec::new(),
        exclude: Vec::new(),
        interval: None,
        full_text: true,
        render: Default::default(),
        republish: if satker.is_some() {
            Republish::Full
        } else {
            Republish::Excerpt
        },
        article: ArticleSelectors::default(),
    };
    directory.sources.insert(source.id.clone(), source);
    if let Some(satker) = satker {
        directory.satkers.insert(satker.id.clone(), satker);
    }
}
