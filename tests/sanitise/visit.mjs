// Opens what was published of the vectors in a real browser: `node visit.mjs BASE FOLDER [--planted]`. Every entry of every
// unit's JSON feed is shown as a feed reader would that trusts it, without any Content-Security-Policy, and the story's page
// of every vector that a feed brought, as it is. Nothing may run, ask for anything but a picture, or be there that could run. With --planted the vectors are
// shown as they are: a run that finds nothing then is blind.
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const [base, folder, mode] = process.argv.slice(2);
const planted = mode === "--planted";
const AT_ONCE = 4;
// So many entries are shown in one document.
const TOGETHER = 20;
// Pages are opened where nobody is: whatever is asked for is seen, and goes nowhere.
const READER = "http://reader.invalid/";

const faults = [];
const fault = (where, what) => faults.push(`${where}: ${what}`);

// What is in a document that could run or ask for something: said by the document itself. `own` are our page's own elements.
function scan(own) {
  const found = [];
  const elements = "script,style,iframe,object,embed,svg,math,template,base,frame,frameset,link,meta,form,input,button,textarea,select,audio,video,source,applet,dialog";
  const root = own ? document.querySelector("article") : document.body;
  if (!root) return ["it has no article"];
  for (const element of root.querySelectorAll(elements)) found.push(`<${element.localName}>`);
  for (const element of root.querySelectorAll("*")) {
    for (const { name, value } of element.attributes) {
      const outside = /^(href|src|action|formaction|poster|data|background|xlink:href)$/.test(name);
      // As a browser reads an address: without the letters that it skips.
      const address = value.replace(/[\u0000-\u0020]/g, "").toLowerCase();
      if (/^on|^srcdoc$|^style$/.test(name) && !own) found.push(`${name}=${value}`);
      if (/^on|^srcdoc$/.test(name)) found.push(`${name}=${value}`);
      if (outside && /^[a-z][a-z0-9+.-]*:/.test(address) && !/^(https?|mailto):/.test(address)) found.push(`${name}=${value}`);
    }
  }
  return found;
}

async function opened(browser) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const state = { where: "", allowed: new Set() };
  page.on("dialog", (dialog) => {
    fault(state.where, `alert: ${dialog.message()}`);
    dialog.dismiss().catch(() => {});
  });
  page.on("popup", () => fault(state.where, "it opened a window"));
  await context.addInitScript(() => {
    // What vectors do where an alert would stop the run; dialogs of the browser are seen as well.
    for (const name of ["alert", "confirm", "prompt", "print"]) {
      const real = window[name];
      window[name] = (...words) => (console.error(`ran: ${name}`), name === "print" ? undefined : real(...words));
    }
  });
  page.on("console", (message) => {
    if (message.text().startsWith("ran: ")) fault(state.where, message.text());
  });
  await page.route("**/*", (route) => {
    const request = route.request();
    if (state.allowed.has(request.url())) return route.continue();
    if (request.url() === READER) {
      return route.fulfill({ contentType: "text/html; charset=utf-8", body: state.html });
    }
    // A picture that an article shows may be asked for, and nothing else; whether it is one, the browser says.
    if (request.resourceType() !== "image") fault(state.where, `request: ${request.resourceType()} ${request.url()}`);
    return route.abort();
  });
  return { page, state };
}

async function showEntry(tab, where, html) {
  tab.state.where = where;
  tab.state.html = `<!doctype html><html><head><meta charset=utf-8><title>x</title></head><body>${html}</body></html>`;
  await tab.page.goto(READER, { waitUntil: "load", timeout: 20_000 }).catch((error) => fault(where, `it did not open: ${error.message}`));
  for (const found of await tab.page.evaluate(scan, false).catch((error) => [`it went away: ${error.message}`])) fault(where, found);
}

async function showPage(tab, where, url, styles) {
  tab.state.where = where;
  tab.state.allowed = new Set([url, ...styles]);
  const answer = await tab.page.goto(url, { waitUntil: "load", timeout: 20_000 }).catch((error) => error);
  if (answer instanceof Error) return fault(where, `${url} did not open: ${answer.message}`);
  if (!answer.ok()) return fault(where, `${url} answered ${answer.status()}`);
  for (const found of await tab.page.evaluate(scan, true)) fault(where, found);
}

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"],
});
let entries = 0;
let pages = 0;
try {
  const vectors = JSON.parse(readFileSync(`${folder}/vectors.json`, "utf8"));
  const work = [];
  if (planted) {
    // Some of the first run, and none of those asks for anything.
    const asks = ["ours", "<script src=//evil.invalid/x.js></script><link rel=stylesheet href=//evil.invalid/x.css>"];
    [...vectors.slice(0, 200), asks].forEach(([name, vector], number) => work.push((tab) => showEntry(tab, `${name} ${number}`, vector)));
  } else {
    const units = readFileSync(`${folder}/units`, "utf8").trim().split("\n");
    for (const unit of units) {
      const answer = await fetch(new URL(`feeds/satker/${unit}.json`, base));
      if (!answer.ok) throw new Error(`the feed of ${unit} answered ${answer.status}`);
      const { items } = await answer.json();
      entries += items.length;
      for (let from = 0; from < items.length; from += TOGETHER) {
        const html = items.slice(from, from + TOGETHER).map((item) => `<div>${item.content_html}</div>`);
        work.push((tab) => showEntry(tab, `entries ${unit} from ${from}`, html.join("")));
      }
      // Pages show what came from a page, and from the feeds of feedparser, in the same way.
      for (const item of unit.startsWith("isi-") ? items : []) {
        const story = item.id.replace(/.*[:/]/, "");
        work.push((tab) => {
          pages += 1;
          return showPage(tab, `page ${unit} ${item.title}`, new URL(`berita/${story}`, base).href, styles);
        });
      }
    }
  }
  const first = await (await fetch(base)).text().catch(() => "");
  const styles = [...first.matchAll(/<link[^>]*rel="?(?:stylesheet|icon)[^>]*>/g)].map(([link]) => new URL(/href="?([^" >]+)/.exec(link)[1], base).href);
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      const tab = await opened(browser);
      for (let next = work.pop(); next; next = work.pop()) await next(tab);
    }),
  );
} finally {
  await browser.close();
}
if (!planted && pages === 0) fault("everything", "nothing was there to be opened");
console.log(`sanitise: ${entries} entries and ${pages} pages opened, ${faults.length} faults`);
for (const text of planted ? faults : faults.slice(0, 40)) console.error(`sanitise: ${text.slice(0, 400)}`);
process.exit(faults.length ? 1 : 0);
