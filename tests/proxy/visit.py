"""Visits our site as readers and programs do, through whatever stands before it.

visit.py BASE                     every feed, page, redirect and condition below BASE, which ends with "/"
visit.py --equal BASE OTHER DIR   every feed file below DIR is what BASE and OTHER serve, byte for byte

Prints each fault and exits 1 where there is one. Nothing is asked of any other host.
"""

import gzip
import html
import http.client
import json
import pathlib
import re
import sys
from urllib.parse import urljoin, urlsplit

FORMATS = {"rss": "application/rss+xml", "atom": "application/atom+xml", "json": "application/feed+json"}
SCOPES = ["indonesia", "jawa-timur", "jawa-timur/kabupaten-jember", "satker/lapas-jember"]
MOST_PAGES = 80

faults = []


def fault(what):
    """Notes what is wrong."""
    print(what)
    faults.append(what)


def expect(what, found, wanted):
    """Notes a fault where these differ."""
    if found != wanted:
        fault(f"{what}: {found!r}, not {wanted!r}")


def ask(address, method="GET", body=None, **headers):
    """(status, headers with lower-case names, body) of an address, without following anything."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
    path = parts.path + ("?" + parts.query if parts.query else "")
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    found = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    connection.close()
    return found


def visit_feeds(base):
    """Every format of some feeds, whole, compressed and conditional."""
    for scope in SCOPES:
        for extension, media_type in FORMATS.items():
            address = f"{base}feeds/{scope}.{extension}"
            status, headers, body = ask(address)
            expect(f"{address}: status", status, 200)
            expect(f"{address}: type", headers.get("content-type", "").split(";")[0], media_type)
            own = {"json": f'"feed_url":"{address}"'}.get(extension, f'href="{address}"')
            if own.replace(" ", "") not in body.decode().replace(" ", ""):
                fault(f"{address}: does not name itself")
            if f"{base}hub" not in headers.get("link", ""):
                fault(f"{address}: does not name its hub: {headers.get('link')}")
            status, packed, coded = ask(address, accept_encoding="gzip")
            expect(f"{address}: coding", packed.get("content-encoding"), "gzip")
            if status == 200 and packed.get("content-encoding") == "gzip":
                expect(f"{address}: the same unpacked", gzip.decompress(coded) == body, True)
            tag, date = headers.get("etag", ""), headers.get("last-modified", "")
            for conditions in (
                {"if_none_match": tag},
                {"if_none_match": f"W/{tag}"},
                {"if_none_match": packed.get("etag", ""), "accept_encoding": "gzip"},
                {"if_modified_since": date},
            ):
                status, unchanged, body = ask(address, **conditions)
                expect(f"{address}: status with {conditions}", (status, len(body)), (304, 0))
                expect(f"{address}: tag with {conditions}", bool(unchanged.get("etag")), True)
            expect(f"{address}: status with another tag", ask(address, if_none_match='"x"')[0], 200)
            expect(f"{address}: HEAD", (lambda head: (head[0], head[2]))(ask(address, "HEAD")), (200, b""))


def visit_redirects(base):
    """Other names of feeds, and what a browser is sent to."""
    root = urlsplit(base).path
    for path, target in (("feeds/35.09.rss", "feeds/jawa-timur/kabupaten-jember.rss"), ("feeds/35.json", "feeds/jawa-timur.json")):
        status, headers, _ = ask(base + path)
        expect(f"{path}: redirect", (status, urljoin(base, headers.get("location", ""))), (301, base + target))
        expect(f"{path}: where it leads", ask(urljoin(base, headers.get("location", "")))[0], 200)
    status, headers, _ = ask(f"{base}feeds/jawa-timur.atom", sec_fetch_dest="document")
    expect("a feed opened by a browser", (status, headers.get("location")), (303, f"{base}wilayah/jawa-timur"))
    status, headers, _ = ask(base.rstrip("/"))
    expect("the base without its last /", (status, urlsplit(headers.get("location", "")).path), (301, root))
    expect("an unknown page", ask(f"{base}wilayah/atlantis")[0], 404)
    expect("an empty form at the hub", ask(f"{base}hub", "POST", b"", content_type="application/x-www-form-urlencoded")[0], 400)


def visit_pages(base):
    """Follows the links of pages from the first on: all of ours are below the base and lead somewhere."""
    ours, root = urlsplit(base)[:2], urlsplit(base).path
    found, waiting = {base}, [base]
    stories = 0
    while waiting and len(found) - len(waiting) < MOST_PAGES:
        address = waiting.pop(0)
        status, headers, body = ask(address)
        if status != 200:
            fault(f"{address}: status {status}")
        if "nosniff" not in headers.get("x-content-type-options", "") or "content-security-policy" not in headers:
            fault(f"{address}: its guards are missing")
        stories += "/berita/" in address.removeprefix(base.rstrip("/"))
        if not headers.get("content-type", "").startswith("text/html"):
            continue
        for link in re.findall(r'(?:href|action|src)="([^"]*)"', body.decode()):
            link = urljoin(address, html.unescape(link)).split("#")[0]
            if urlsplit(link)[:2] != ours:
                continue
            if not urlsplit(link).path.startswith(root):
                fault(f"{address}: links to {link}, outside the base")
            elif link not in found:
                found.add(link)
                # Stories and what pages need before the many regions.
                is_page = any(part in link for part in ("/wilayah/", "/opml", "/feeds/"))
                waiting.insert(len(waiting) if is_page else 0, link)
    if not stories:
        fault("no page of a story was found")


def compare(base, other, folder):
    """Every feed that was exported, as both serve it."""
    feeds = [path for path in sorted(folder.rglob("*")) if path.suffix[1:] in FORMATS and path.is_file()]
    for path in feeds:
        name, exported = path.relative_to(folder).as_posix(), path.read_bytes()
        for server in (base, other):
            status, _, body = ask(server + name)
            if (status, body) != (200, exported):
                fault(f"{server}{name}: {status}, other bytes than were exported")
    if len(feeds) < 500 or not any(json.loads(path.read_text())["items"] for path in feeds if path.suffix == ".json"):
        fault(f"{folder}: only {len(feeds)} feeds, or none with stories")
    print(f"{len(feeds)} feeds compared")


def main():
    if sys.argv[1] == "--equal":
        compare(sys.argv[2], sys.argv[3], pathlib.Path(sys.argv[4]))
    else:
        for visit in (visit_feeds, visit_redirects, visit_pages):
            visit(sys.argv[1])
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
