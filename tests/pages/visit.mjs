// Visits every kind of page in a real browser and says what is wrong with it: `node visit.mjs BASE FOLDER [--planted]`.
// With --planted each page gets faults of every kind first, so that a run which finds none is known to be blind.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const [base, folder, mode] = process.argv.slice(2);
const planted = mode === "--planted";
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const SCREENS = {
  wide: { viewport: { width: 1280, height: 900 } },
  phone: { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true },
  dark: { viewport: { width: 1280, height: 900 }, colorScheme: "dark" },
};
// The most bytes that a page with everything it needs may have (issue: under 100 KB).
const MOST_BYTES = 100_000;

const faults = [];
const fault = (where, what) => faults.push(`${where}: ${what}`);

// The pages, found as a reader finds them: by following links from the home page.
async function pages(browser) {
  const page = await browser.newPage();
  await page.goto(base);
  const story = await page.getAttribute("main a[href*='/berita/']", "href");
  await page.goto(new URL(story, base).href);
  const unit = await page.getAttribute("main a[href*='/satker/']", "href").catch(() => null);
  await page.close();
  return {
    home: "",
    province: "wilayah/jawa-timur",
    regency: "wilayah/jawa-timur/kabupaten-jember",
    empty: "wilayah/aceh",
    story,
    ...(unit ? { unit } : {}),
    search: "cari?q=lapas",
    nothing: "cari?q=zzzz",
    sources: "sumber",
    about: "tentang",
    report: "laporan?bulan=2025-11",
    missing: "wilayah/atlantis",
  };
}

async function plant(page) {
  await page.evaluate(() => {
    console.error("a planted error");
    const image = document.createElement("img");
    image.src = "http://127.0.0.2:9/planted.png";
    document.body.append(image);
    const wide = document.createElement("div");
    wide.style.width = "5000px";
    wide.textContent = "wide";
    document.body.append(wide);
    document.documentElement.removeAttribute("lang");
  });
  await page.waitForTimeout(200);
}

async function visit(browser, screen, name, path) {
  const where = `${name} (${screen})`;
  // axe is put into the page by the test, which our Content-Security-Policy forbids to everybody else.
  const context = await browser.newContext({ ...SCREENS[screen], bypassCSP: true });
  const page = await context.newPage();
  let bytes = 0;
  page.on("console", (message) => {
    const expected = name === "missing" && message.text().includes("404");
    if (message.type() === "error" && !expected) fault(where, `console: ${message.text()}`);
  });
  page.on("pageerror", (error) => fault(where, `console: ${error.message}`));
  page.on("request", (request) => {
    const url = new URL(request.url());
    // Story pages link pictures of their origin: the reader's browser asks for them, our pages load nothing.
    if (url.origin !== new URL(base).origin && url.protocol !== "data:") fault(where, `foreign request: ${url}`);
  });
  page.on("response", async (response) => {
    bytes += (await response.body().catch(() => Buffer.alloc(0))).length;
  });
  const answer = await page.goto(new URL(path, base).href, { waitUntil: "networkidle" });
  const wanted = name === "missing" ? 404 : 200;
  if (answer.status() !== wanted) fault(where, `answered ${answer.status()}, not ${wanted}`);
  if (planted) await plant(page);
  if (bytes > MOST_BYTES) fault(where, `${bytes} bytes are more than ${MOST_BYTES}`);
  const [inner, outer] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
  if (inner > outer) fault(where, `${inner} pixels: wider than its screen of ${outer}`);
  if ((await page.locator("main h1").count()) !== 1) fault(where, "it has not one heading");
  await page.evaluate(axe);
  const found = await page.evaluate(() => globalThis.axe.run(document));
  for (const { id, impact, nodes } of found.violations) {
    if (impact === "serious" || impact === "critical") fault(where, `axe: ${id} (${impact}) at ${nodes[0].target}`);
  }
  if (!planted) await page.screenshot({ path: `${folder}/${name}-${screen}.png`, fullPage: true });
  await context.close();
}

// What a reader does: searches, opens a result, takes a feed's address, moves by keyboard.
async function use(browser) {
  const page = await browser.newPage();
  await page.goto(base);
  await page.keyboard.press("Tab");
  const first = await page.evaluate(() => document.activeElement?.getAttribute("href"));
  if (first !== "#isi") fault("home", "the first stop of the keyboard does not lead to the content");
  await page.fill("input[name=q]", "razia");
  await page.press("input[name=q]", "Enter");
  await page.waitForURL(/cari\?q=razia/);
  const hit = page.locator("main a[href*='/berita/']").first();
  if ((await hit.count()) === 0) fault("search", "nothing was found for razia");
  else {
    await hit.click();
    await page.waitForURL(/berita/);
  }
  await page.goto(new URL("wilayah/jawa-timur", base).href);
  for (const type of ["application/rss+xml", "application/atom+xml", "application/feed+json"]) {
    const href = await page.getAttribute(`link[rel=alternate][type="${type}"]`, "href");
    const answer = await page.request.get(new URL(href, base).href);
    const kind = answer.headers()["content-type"] ?? "";
    if (!answer.ok() || !kind.startsWith(type)) fault("subscribe", `${href} answers ${answer.status()} ${kind}`);
    // A browser that opens a feed's address as a document is shown its page.
    const opened = await page.goto(new URL(href, base).href);
    if (!opened.url().endsWith("/wilayah/jawa-timur")) fault("subscribe", `${href} opens ${opened.url()}`);
    await page.goto(new URL("wilayah/jawa-timur", base).href);
  }
  await page.close();
}

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"],
});
try {
  const all = await pages(browser);
  for (const [name, path] of Object.entries(all)) {
    for (const screen of planted ? ["phone"] : Object.keys(SCREENS)) await visit(browser, screen, name, path);
  }
  if (!planted) await use(browser);
  console.log(`pages: ${Object.keys(all).length} pages on ${Object.keys(SCREENS).length} screens, ${faults.length} faults`);
} finally {
  await browser.close();
}
for (const text of faults) console.error(`pages: ${text}`);
process.exit(faults.length ? 1 : 0);
