//! Pages that only script fills, by a headless Chromium over the DevTools protocol. One process is kept and shows one
//! page at a time; what hangs is killed, and started again for the next page. All that it sends goes through [`proxy`],
//! which dials what the address guard allows; what it is not to ask for, [`manners`] knows. When a page is fetched is
//! `polite`'s decision, as for any other.

mod manners;
mod proxy;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chromiumoxide::browser::{Browser, BrowserConfig};
use chromiumoxide::cdp::browser_protocol::browser::{SetDownloadBehaviorBehavior, SetDownloadBehaviorParams};
use chromiumoxide::error::CdpError;
use chromiumoxide::page::Page;
use robotxt::Robots;
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_stream::StreamExt as _;
use url::Url;

use super::guard::Guard;
use super::{Answer, Error, Reach, Reply, Request};
use crate::clock::Clock;
use crate::config::Crawl;
use crate::model::{Document, Room, Validators};
use manners::Manners;
use proxy::{Pass, Proxy};

/// How often a page is asked whether it still grows.
const LOOK: Duration = Duration::from_millis(250);

/// So many looks in a row without a change, and a page is done.
const STILL: u32 = 4;

/// How many times `crawl.max_body` a page may load in all, script and data included.
const TRAFFIC: u64 = 4;

/// After so many pages the process is started anew: browsers grow.
const PAGES: u32 = 100;

/// The heap of a page's script in MiB.
const HEAP: u32 = 512;

/// What the page says of itself.
const LOOK_SCRIPT: &str = "(() => { const n = performance.getEntriesByType('navigation')[0]; return JSON.stringify({ \
     status: (n && n.responseStatus) || 0, url: location.href, length: document.documentElement.outerHTML.length }); })()";

#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Look {
    status: u16,
    url: String,
    length: u64,
}

/// The browser of `crawl.browser`; started when the first page asks for it.
#[derive(Debug)]
pub struct Rendered {
    program: Option<PathBuf>,
    user_agent: String,
    configured: Guard,
    timeout: Duration,
    max_body: u64,
    clock: Clock,
    running: Mutex<Option<Running>>,
}

/// The process, and what belongs to it.
#[derive(Debug)]
struct Running {
    browser: Browser,
    events: JoinHandle<()>,
    proxy: Proxy,
    folder: PathBuf,
    pages: u32,
}

impl Rendered {
    /// A browser with the bounds of `[crawl]`; nothing is started yet.
    pub fn new(crawl: &Crawl, user_agent: &str, clock: Clock) -> Rendered {
        Rendered {
            program: crawl.browser.clone(),
            user_agent: user_agent.to_owned(),
            configured: Guard::new(&crawl.allow_networks),
            timeout: crawl.timeout,
            max_body: crawl.max_body,
            clock,
            running: Mutex::new(None),
        }
    }

    /// Shows the page and reads what script made of it. `rules` are those of the page's site, for what it asks for itself.
    ///
    /// # Errors
    /// As for any exchange; [`Error::Browser`] where there is no browser or it does not work.
    pub async fn exchange(&self, request: &Request, rules: Option<Arc<Robots>>) -> Result<Answer, Error> {
        let guard = match request.reach {
            Reach::Public => Guard::default(),
            Reach::Configured => self.configured.clone(),
        };
        let url = &request.url;
        guard
            .check(url)
            .map_err(|why| Error::Refused { url: url.clone(), why })?;
        let mut running = self.running.lock().await;
        let deadline = Instant::now() + self.timeout;
        let pass = Pass::new(guard, url, self.max_body.saturating_mul(TRAFFIC));
        let shown = tokio::time::timeout_at(deadline, self.show(&mut running, url, (pass, rules))).await;
        let result = shown.unwrap_or_else(|_| {
            let limit = self.timeout;
            Err(Error::Timeout {
                url: url.clone(),
                limit,
            })
        });
        let worn = running.as_ref().is_some_and(|running| running.pages >= PAGES);
        let hangs = matches!(result, Err(Error::Timeout { .. } | Error::Browser { .. }));
        if (worn || hangs)
            && let Some(running) = running.take()
        {
            running.end().await;
        }
        result
    }

    async fn show(
        &self,
        running: &mut Option<Running>,
        url: &Url,
        (pass, rules): (Pass, Option<Arc<Robots>>),
    ) -> Result<Answer, Error> {
        if running.is_none() {
            *running = Some(self.start(url).await?);
        }
        let Some(running) = running else {
            return Err(broken(url, "it did not start"));
        };
        running.pages += 1;
        let _passing = running.proxy.let_pass(Arc::new(pass));
        let failed = |error: CdpError| broken(url, &error.to_string());
        let page = running.browser.new_page("about:blank").await.map_err(failed)?;
        let manners = Manners::teach(&page, url, rules).await.map_err(failed)?;
        let read = self.read(&page, url).await;
        drop(manners);
        page.close().await.map_err(failed)?;
        running.browser.clear_cookies().await.map_err(failed)?;
        let (address, html) = read?;
        Ok(Answer::Reply(Reply::Fresh(Document {
            url: address,
            content_type: Some("text/html; charset=utf-8".to_owned()),
            body: html.into_bytes(),
            validators: Validators::default(),
            fetched: self.clock.now(),
            fresh_for: None,
            led: None,
            links: Vec::new(),
            room: Room::default(),
        })))
    }

    /// The page's address and markup, once it no longer changes; at the latest shortly before the time is over.
    async fn read(&self, page: &Page, url: &Url) -> Result<(Url, String), Error> {
        let begun = Instant::now();
        let transport = |error: CdpError| match error {
            CdpError::Timeout => Error::Timeout {
                url: url.clone(),
                limit: self.timeout,
            },
            error => Error::Transport {
                url: url.clone(),
                cause: error.to_string(),
            },
        };
        page.goto(url.as_str()).await.map_err(transport)?;
        let mut last: Option<Look> = None;
        let mut still = 0;
        while still < STILL && begun.elapsed() < self.timeout / 2 {
            let look = page.evaluate_expression(LOOK_SCRIPT).await.map_err(transport)?;
            let look: String = look.into_value().map_err(|error| broken(url, &error.to_string()))?;
            let look: Look = serde_json::from_str(&look).map_err(|error| broken(url, &error.to_string()))?;
            still = if last.as_ref() == Some(&look) { still + 1 } else { 0 };
            last = Some(look);
            tokio::time::sleep(LOOK).await;
        }
        let look = last.ok_or_else(|| broken(url, "the page did not say what it is"))?;
        if look.status >= 400 {
            return Err(Error::Status {
                url: url.clone(),
                status: look.status,
                retry_after: None,
            });
        }
        let too_large = || Error::TooLarge {
            url: url.clone(),
            limit: self.max_body,
        };
        if look.length > self.max_body {
            return Err(too_large());
        }
        let html = page.content().await.map_err(transport)?;
        if html.len() as u64 > self.max_body {
            return Err(too_large());
        }
        let address = Url::parse(&look.url)
            .ok()
            .filter(|address| matches!(address.scheme(), "http" | "https"));
        let mut address = address.ok_or_else(|| broken(url, "the page could not be loaded"))?;
        address.set_fragment(None);
        Ok((address, html))
    }

    /// Starts the process behind a proxy of its own.
    async fn start(&self, url: &Url) -> Result<Running, Error> {
        let program = self.program.as_ref().filter(|program| program.is_file());
        let program = program.ok_or_else(|| broken(url, "there is no such program"))?;
        let proxy = Proxy::start().await.map_err(|error| broken(url, &error.to_string()))?;
        let folder = std::env::temp_dir().join(format!("warta-browser-{}-{}", std::process::id(), proxy.port()));
        let mut config = BrowserConfig::builder()
            .chrome_executable(program)
            .user_data_dir(&folder)
            .disable_https_first()
            .launch_timeout(self.timeout)
            .request_timeout(self.timeout)
            .args([
                format!("proxy-server=http://127.0.0.1:{}", proxy.port()),
                // By default a browser goes past the proxy to loopback addresses.
                "proxy-bypass-list=<-loopback>".to_owned(),
                "host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1".to_owned(),
                "force-webrtc-ip-handling-policy=disable_non_proxied_udp".to_owned(),
                "disable-quic".to_owned(),
                "disable-component-update".to_owned(),
                "disable-domain-reliability".to_owned(),
                "disable-gpu".to_owned(),
                "blink-settings=imagesEnabled=false".to_owned(),
                "renderer-process-limit=2".to_owned(),
                format!("js-flags=--max-old-space-size={HEAP}"),
                format!("user-agent={}", self.user_agent),
            ]);
        if nix::unistd::geteuid().is_root() {
            // Chromium refuses to run as root with its sandbox.
            config = config.no_sandbox();
        }
        let config = config.build().map_err(|why| broken(url, &why))?;
        let (browser, mut handler) = Browser::launch(config)
            .await
            .map_err(|error| broken(url, &error.to_string()))?;
        // What it sends has to be read for anything to go on; a message that cannot be read is none of ours.
        let events = tokio::spawn(async move { while handler.next().await.is_some() {} });
        let running = Running {
            browser,
            events,
            proxy,
            folder,
            pages: 0,
        };
        let deny = SetDownloadBehaviorParams::new(SetDownloadBehaviorBehavior::Deny);
        let denied = running.browser.execute(deny).await.map(|_| ());
        denied.map_err(|error| broken(url, &error.to_string()))?;
        Ok(running)
    }
}

impl Running {
    async fn end(mut self) {
        // It may be gone already; then there is nothing to end.
        let _ = self.browser.kill().await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.events.abort();
        // What cannot be removed lies in the folder for temporary files.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn broken(url: &Url, why: &str) -> Error {
    let why: String = why
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .take(300)
        .collect();
    Error::Browser { url: url.clone(), why }
}
