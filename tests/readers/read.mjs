// Reads a feed with a reader from npm, and prints what it shows of each entry: read.mjs READER FILE, where READER is
// rss-parser or feedsmith. To be run with the folder of node_modules in NODE_MODULES.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const load = createRequire(`${process.env.NODE_MODULES}/`);
const [reader, file] = process.argv.slice(2);
const text = readFileSync(file, 'utf8');
const seconds = (time) => Date.parse(time) / 1000;

async function readRssParser() {
  const Parser = load('rss-parser');
  const { items } = await new Parser().parseString(text);
  return items.map((item) => [
    item.guid ?? item.id,
    item.title,
    item.link,
    seconds(item.isoDate),
    item['content:encoded'] ?? item.content,
  ]);
}

function readFeedsmith() {
  const { format, feed } = load('feedsmith').parseFeed(text);
  const entries = {
    rss: (item) => [item.guid.value, item.title, item.link, item.pubDate, item.content?.encoded ?? item.description],
    atom: (item) => [
      item.id,
      item.title.value ?? item.title,
      item.links.find((link) => (link.rel ?? 'alternate') === 'alternate').href,
      item.published,
      item.content.value,
    ],
    json: (item) => [item.id, item.title, item.url, item.date_published, item.content_html ?? item.content_text],
  };
  const all = (feed.items ?? feed.entries ?? []).map(entries[format]);
  return all.map(([id, title, link, time, content]) => [id, title, link, seconds(time), content]);
}

const readers = { 'rss-parser': readRssParser, feedsmith: readFeedsmith };
console.log(JSON.stringify(await readers[reader]()));
