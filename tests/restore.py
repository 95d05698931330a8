"""Sites, a holder and a reader of all feeds for tests/restore.sh.

    restore.py serve SOURCES ITEMS FOLDER ADDRESS…   serves /0/feed, /1/feed …, spread over the addresses. Each tells ITEMS stories
                                                   of its own. When FOLDER/live is there it tells the 20 newest of others
                                                   instead, one more each second until FOLDER/still is there
    restore.py hold FILE FLAG                        writes stdin to FILE, slowly until FLAG is there
    restore.py feeds ADDRESS FOLDER SOURCES          writes every feed of a site to FOLDER: all regions, all units, and what is in
                                                   the archives of everything, newest first, up to 50 pages
"""

import http.client
import os
import re
import sys
import time

import sites

WORDS = 120
LIVE_ITEMS = 20
ARCHIVES = 50


def told(source, items, folder):
    """The numbers of the stories of a source, now."""
    first = source * 10_000_000
    if not os.path.exists(f"{folder}/live"):
        return range(first, first + items)
    begun = os.path.getmtime(f"{folder}/live")
    now = os.path.getmtime(f"{folder}/still") if os.path.exists(f"{folder}/still") else time.time()
    newest = first + items + int(now - begun) // 10
    return range(max(first, newest - LIVE_ITEMS), newest)


def hold(path, flag):
    with open(path, "wb") as out:
        while chunk := sys.stdin.buffer.read(65_536):
            out.write(chunk)
            while not os.path.exists(flag) and out.tell() > 4 << 20:
                time.sleep(0.05)


def get(address, path):
    connection = http.client.HTTPConnection(address, timeout=120)
    connection.request("GET", path, headers={"Connection": "close"})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise OSError(f"{path}: {answer.status}")
    return body


def feeds(address, folder, sources):
    os.makedirs(folder)
    outline = get(address, "/opml/semua").decode()
    regions = sorted({re.sub(r"\.\w+$", "", path) for path in re.findall(r'xmlUrl="https?://[^/"]+(/feeds/[^"]+)"', outline)})
    units = [f"/feeds/satker/unit-{number}" for number in range(sources)]
    entries = 0
    for path in ["/feeds/indonesia", *regions, *units]:
        for kind in ["rss", "atom", "json"]:
            body = get(address, f"{path}.{kind}")
            entries += body.count(b"<entry>") if kind == "atom" else 0
            with open(f"{folder}/{path.strip('/').replace('/', ' ')}.{kind}", "wb") as out:
                out.write(body)
    body, pages = get(address, "/feeds/indonesia.atom"), 0
    while (link := re.search(rb'rel="prev-archive"[^>]*href="https?://[^/"]+(/[^"]+)"|href="https?://[^/"]+(/[^"]+)"[^>]*rel="prev-archive"', body)) and pages < ARCHIVES:
        path = (link[1] or link[2]).decode()
        body, pages = get(address, path), pages + 1
        with open(f"{folder}/{path.strip('/').replace('/', ' ')}", "wb") as out:
            out.write(body)
    print(f"{len(regions) + len(units) + 1} feeds in 3 formats with {entries} entries, {pages} archive pages")


if __name__ == "__main__":
    match sys.argv[1]:
        case "serve":
            count, items, folder = int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
            sites.serve(count, lambda source: told(source, items, folder), WORDS, sys.argv[5:])
        case "hold":
            hold(*sys.argv[2:])
        case _:
            feeds(sys.argv[2], sys.argv[3], int(sys.argv[4]))
