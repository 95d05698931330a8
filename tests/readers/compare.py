"""Reads our feeds with feedparser, newsboat and sfeed, and compares what each of them sees with the JSON feed.

compare.py DIR            every NAME.json below DIR is the truth of NAME.rss and NAME.atom; exits 1 at a difference
compare.py --planted DIR  spoils each field in a copy and exits 1 unless every reader's difference is found

JSON feeds are held against jsonfeed.schema.json, too. rss-parser and feedsmith are found in NODE_MODULES.

Nothing is evened out but what a reader is documented to do: sfeed gives times as Unix seconds, turns each blank of a
title into a space, and escapes tab, newline and backslash in the content. feedparser cleans and rewrites HTML unless
told not to, so it is told.
"""

import calendar
import datetime
import json
import os
import pathlib
import re
import sqlite3
import subprocess
import sys
import tempfile
import typing

import feedparser
import jsonschema

HERE = pathlib.Path(__file__).parent
SCHEMA = jsonschema.Draft202012Validator(json.loads((HERE / "jsonfeed.schema.json").read_text("utf-8")))

class Entry(typing.NamedTuple):
    """What a reader shows of an entry; `date` in Unix seconds."""

    title: str
    link: str
    date: int | None
    content: str


def read_json(path):
    """The entries of a JSON Feed by id: the truth."""
    entries = {}
    for item in json.loads(path.read_text("utf-8"))["items"]:
        date = datetime.datetime.fromisoformat(item["date_published"].replace("Z", "+00:00"))
        content = item.get("content_html") or item.get("content_text", "")
        entries[item["id"]] = Entry(item["title"], item["url"], int(date.timestamp()), content)
    return entries


def read_feedparser(path):
    """What feedparser sees."""
    feed = feedparser.parse(path.read_bytes(), sanitize_html=False, resolve_relative_uris=False)
    if feed.bozo:
        raise SystemExit(f"{path}: feedparser calls it ill-formed: {feed.bozo_exception}")
    entries = {}
    for item in feed.entries:
        date = item.get("published_parsed")
        content = item.content[0].value if "content" in item else item.get("summary", "")
        entries[item.id] = Entry(item.title, item.link, date and calendar.timegm(date), content)
    return entries


def read_newsboat(path):
    """What newsboat keeps in its cache, a new one for each feed: an id that two feeds share is kept once."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "config").write_text("")
        (folder / "urls").write_text(f"file://{path}\n")
        command = ["newsboat", "-C", folder / "config", "-u", folder / "urls", "-c", folder / "cache.db", "-x", "reload"]
        subprocess.run(command, check=True, env=os.environ | {"HOME": str(folder), "LC_ALL": "C.UTF-8"})
        with sqlite3.connect(folder / "cache.db") as cache:
            rows = cache.execute("select guid, title, url, pubDate, content from rss_item")
            return {guid: Entry(*fields) for guid, *fields in rows}


def read_sfeed(path):
    """What sfeed writes."""
    output = subprocess.run(["sfeed"], stdin=path.open("rb"), check=True, capture_output=True).stdout.decode()
    entries = {}
    for line in filter(None, output.split("\n")):
        date, title, link, content, _, guid = line.split("\t")[:6]
        content = re.sub(r"\\(.)", lambda escaped: {"t": "\t", "n": "\n"}.get(escaped[1], escaped[1]), content)
        entries[guid] = Entry(title, link, int(date) if date else None, content)
    return entries


def reads_with(package):
    """What a reader from npm sees."""

    def read(path):
        command = ["node", HERE / "read.mjs", package, path]
        entries = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        return {guid: Entry(*fields) for guid, *fields in entries}

    return read


READERS = {
    "feedparser": read_feedparser,
    "newsboat": read_newsboat,
    "sfeed": read_sfeed,
    "rss-parser": reads_with("rss-parser"),
    "feedsmith": reads_with("feedsmith"),
}

# Those that read each kind of feed.
READERS_OF = {".rss": list(READERS), ".atom": list(READERS), ".json": ["feedsmith"]}


def as_shown_by(reader, entry):
    """The truth as this reader is documented to show it."""
    if reader == "sfeed":
        return entry._replace(title=re.sub(r"\s", " ", entry.title))
    return entry


def differences(reader, truth, seen):
    """Every (id, field, expected, seen) in which a reader differs from the truth."""
    for guid in sorted(truth.keys() | seen.keys()):
        if guid not in seen or guid not in truth:
            yield guid, "id", guid in truth, guid in seen
            continue
        expected = as_shown_by(reader, truth[guid])
        for field, right, found in zip(Entry._fields, expected, seen[guid]):
            if right != found:
                yield guid, field, right, found


def compare(folder):
    """Compares every feed below a folder, prints a table, and gives the number of differences."""
    truths = {path: read_json(path) for path in sorted(folder.rglob("*.json"))}
    if not any(truths.values()):
        raise SystemExit(f"{folder}: no entry in any JSON feed, so there is nothing to compare")
    feeds = {path.with_suffix(suffix): truth for path, truth in truths.items() for suffix in READERS_OF}
    feeds = {path: truth for path, truth in feeds.items() if path.exists()}
    if len(feeds) < 2 * len(truths):
        raise SystemExit(f"{folder}: a JSON feed has neither RSS nor Atom beside it")
    print(f"{'feed':44} {'entries':>7}  " + "  ".join(f"{reader:10}" for reader in READERS))
    faults = []
    for path, truth in feeds.items():
        cells = []
        for reader, read in READERS.items():
            if reader not in READERS_OF[path.suffix]:
                cells.append("–")
                continue
            found = list(differences(reader, truth, read(path)))
            faults += [(path, reader, *difference) for difference in found]
            cells.append(f"{len(found)} differ" if found else "same")
        print(f"{str(path.relative_to(folder)):44} {len(truth):7}  " + "  ".join(f"{cell:10}" for cell in cells))
    for path, reader, guid, field, right, found in faults:
        print(f"{path.relative_to(folder)}: {reader}: {guid}: {field}\n  expected {right!r}\n  found    {found!r}")
    wrong = [(path, fault) for path in truths for fault in schema_faults(path)]
    for path, fault in wrong:
        print(f"{path.relative_to(folder)}: {fault}")
    return len(faults) + len(wrong)


def schema_faults(path):
    """Where a JSON feed breaks the rules of its format."""
    return [f"{fault.json_path}: {fault.message[:200]}" for fault in SCHEMA.iter_errors(json.loads(path.read_text("utf-8")))]


def on_first_entry(text, change):
    """The feed with its first entry changed."""
    return re.sub(r"<(item|entry)\b.*?</\1>", lambda entry: change(entry[0]), text, count=1, flags=re.DOTALL)


def next_minute(time):
    """A time of day with its minute changed."""
    return f"{time[1]}{time[2]}:{(int(time[3]) + 1) % 60:02}"


# How each field of an entry is spoilt, in RSS or in Atom: the first pattern that fits.
PLANTS = {
    "title": [(r"(<title[^>]*>)", r"\1X")],
    "link": [
        (r"<link>", "<link>https://elsewhere.example/?"),
        (r"(<link\b(?=[^>]*rel=\"alternate\")[^>]*href=\")", r"\1https://elsewhere.example/?"),
        (r"(<link\b(?![^>]*rel=)[^>]*href=\")", r"\1https://elsewhere.example/?"),
    ],
    "date": [(r"(<(?:pubDate|published)>[^<]*?)(\d\d):(\d\d)", next_minute)],
    "content": [
        (r"(<content\b[^>]*type=\"xhtml\"[^>]*>\s*<div[^>]*>)", r"\1X"),
        (r"(<content(?::encoded)?\b[^>]*>(?:<!\[CDATA\[)?)", r"\1X"),
    ],
    "id": [(r"(</guid>|</id>)", r"X\1")],
}

# What the schema must refuse: the first entry with one key changed, or without it.
REFUSED = {"id": None, "url": "/berita/1", "date_published": "24 Nov 2026", "content_html": None, "titel": "Razia", "tags": "Razia"}


def spoil(text, field):
    """The feed with one field of its first entry changed; it must change."""
    for pattern, replacement in PLANTS[field]:
        spoilt = on_first_entry(text, lambda entry: re.sub(pattern, replacement, entry, count=1))
        if spoilt != text:
            return spoilt
    raise SystemExit(f"no {field} to spoil in the feed")


def unnoticed_plants(folder):
    """Spoils each field of one RSS and one Atom feed, and counts the readers whose difference was not found."""
    source = next(path for path in sorted(folder.rglob("*.json")) if read_json(path))
    truth = read_json(source)
    plants = [(suffix, field) for suffix in (".rss", ".atom") for field in PLANTS]
    unnoticed = 0
    with tempfile.TemporaryDirectory() as copies:
        for suffix, field in plants:
            copy = pathlib.Path(copies) / f"{field}{suffix}"
            copy.write_text(spoil(source.with_suffix(suffix).read_text("utf-8"), field), "utf-8")
            for reader, read in READERS.items():
                found = {difference[1] for difference in differences(reader, truth, read(copy))}
                if found != {field}:
                    unnoticed += 1
                    print(f"planted {copy.name}: {reader}: found {sorted(found) or 'nothing'}")
    for key, value in REFUSED.items():
        feed = json.loads(source.read_text("utf-8"))
        feed["items"][0][key] = value
        if value is None:
            del feed["items"][0][key]
        if SCHEMA.is_valid(feed):
            unnoticed += 1
            print(f"planted {key}: the schema allows it")
    print(f"{len(plants)} planted differences, each read by {len(READERS)} readers, and {len(REFUSED)} in JSON: {unnoticed} not found")
    return unnoticed


def main():
    arguments = sys.argv[1:]
    planted = arguments[:1] == ["--planted"]
    if len(arguments) != 1 + planted:
        raise SystemExit(__doc__)
    folder = pathlib.Path(arguments[-1]).resolve()
    return 1 if (unnoticed_plants if planted else compare)(folder) else 0


if __name__ == "__main__":
    sys.exit(main())
