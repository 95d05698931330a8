"""What other projects try on their sanitisers, for tests/sanitise.sh.

    vectors.py gather FOLDER FEEDPARSER DOMPURIFY AMMONIA MINIFLUX   writes FOLDER/vectors.json and the feeds of feedparser to
                                                                   FOLDER/feeds/, from checkouts of these repositories
    vectors.py units FOLDER ADDRESS                                prints the sources of a configuration: every vector is in one
                                                                   of their feeds
    vectors.py serve FOLDER ADDRESS                                serves these feeds, and a page of its own for each vector
"""

import ast
import html
import http.server
import json
import pathlib
import random
import re
import shutil
import socketserver
import sys

# A string literal of JavaScript, Rust, Go or Python: what is between the quotes, with its escapes.
LITERAL = re.compile(
    r'r#"(?P<raw>.*?)"#|`(?P<tick>[^`]*)`|"(?P<double>(?:[^"\\\n]|\\.|\\\n)*)"|\'(?P<single>(?:[^\'\\\n]|\\.|\\\n)*)\'', re.S
)

# A feed holds so many.
AT_ONCE = 100

# A feed has the vectors whole in its items, or its items lead to pages that have them.
WAYS = ["isi", "halaman"]

WORDS = (
    "pagi petugas warga binaan kebun panen doa razia blok hunian kepala kegiatan pelatihan jahit roti kunjungan keluarga "
    "apel upacara kesehatan dokter klinik perpustakaan buku musik olahraga voli senam kantin dapur pupuk bibit kolam ikan "
    "bengkel kayu batik lukis tenun sabun kopi teh madu sayur cabai tomat jagung padi tebu kelapa bambu rotan besi las listrik"
).split()


def literals(text):
    for found in LITERAL.finditer(text):
        if found["raw"] is not None or found["tick"] is not None:
            yield found["raw"] if found["raw"] is not None else found["tick"]
            continue
        inside = found["double"] if found["double"] is not None else found["single"]
        inside = re.sub(r"\\u\{([0-9a-fA-F]+)\}", lambda code: chr(int(code[1], 16)), inside)
        inside = re.sub(r"\\\n\s*", "", inside).replace("\\/", "/")
        try:
            yield ast.literal_eval('"' + re.sub(r'(?<!\\)"', '\\"', inside) + '"')
        except (SyntaxError, ValueError):
            yield inside


def gather(folder, feedparser, dompurify, ammonia, miniflux):
    feeds = folder / "feeds"
    shutil.rmtree(feeds, ignore_errors=True)
    feeds.mkdir(parents=True)
    for path in (feedparser / "tests/wellformed/sanitize").glob("*.xml"):
        shutil.copy(path, feeds)
    files = [
        ("dompurify", dompurify / "test/fixtures/expect.mjs"),
        ("dompurify", dompurify / "test/test-suite.js"),
        ("ammonia", ammonia / "src/lib.rs"),
        ("feedparser", feedparser / "tests/test_sanitizer.py"),
        *(("miniflux", path) for path in sorted((miniflux / "internal/reader").rglob("*_test.go"))),
    ]
    vectors = {}
    for name, path in files:
        text = path.read_text(encoding="utf-8")
        if name == "ammonia":
            text = text[text.index("mod test"):]
        for literal in literals(text):
            if "<" in literal and len(literal) < 100_000:
                vectors.setdefault(literal.encode("utf-8", "replace").decode(), name)
    (folder / "vectors.json").write_text(json.dumps([[name, vector] for vector, name in vectors.items()]))
    counts = {name: sum(1 for other in vectors.values() if other == name) for name, _ in files}
    counts["feedparser, feeds"] = len(list(feeds.iterdir()))
    if not all(counts.values()):
        sys.exit(f"a project has none: {counts}")
    print(", ".join(f"{count} of {name}" for name, count in counts.items()))


def feeds(folder, address):
    """Every feed by its path, and every page."""
    vectors = json.loads((folder / "vectors.json").read_text())
    found, pages = {}, {}
    for way in WAYS:
        for begin in range(0, len(vectors), AT_ONCE):
            items = []
            for number, (_, vector) in enumerate(vectors[begin : begin + AT_ONCE], begin):
                path = f"/{way}/{number}"
                whole = f"<p>{words(way, number)}</p>{vector}<p>{words(way, -1 - number)}</p>"
                if way == "halaman":
                    title = f"Kegiatan halaman {number}"
                    pages[path] = (
                        f"<!doctype html><html><head><meta charset=utf-8><title>{title}</title></head><body><article>"
                        f"<h1>{title}</h1>{whole}</article></body></html>"
                    )
                    items.append(item(address + path, title, None))
                else:
                    items.append(item(address + path, f"Kegiatan {number} {vector[:300]}", whole))
            found[f"/{way}-{begin // AT_ONCE}.xml"] = rss(items)
    # Most feeds of feedparser test one element, and have neither link nor title: they would be no articles.
    for number, path in enumerate(sorted((folder / "feeds").glob("*.xml"))):
        text = path.read_text(encoding="utf-8", errors="replace")
        link, title = f"{address}/feedparser/{number}", f"Kegiatan {words('feedparser', number)[:60]}"
        text = text.replace("<item>", f"<item><link>{link}</link><title>{title}</title>")
        text = text.replace("<entry>", f'<entry><link rel="alternate" href="{link}"/><title>{title}</title>')
        found[f"/feedparser-{number}.xml"] = text
    return found, pages


def words(way, number):
    """Words that no other story has in this order."""
    chance = random.Random(f"{way} {number}")
    return " ".join(chance.choice(WORDS) for _ in range(40)).capitalize() + "."


def item(link, title, whole):
    content = "" if whole is None else f"<content:encoded>{xml(whole)}</content:encoded>"
    return f"<item><title>{xml(title)}</title><link>{xml(link)}</link><guid>{xml(link)}</guid>{content}</item>"


def xml(text):
    """As text of XML 1.0, which has no letters that control."""
    return html.escape("".join(letter for letter in text if letter in "\t\n\r" or " " <= letter <= "\ufffd" or letter > "\uffff"))


def rss(items):
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/">'
        f"<channel><title>Lapas</title>{''.join(items)}</channel></rss>"
    )


def units(folder, address):
    found, _ = feeds(folder, address)
    for path in found:
        name = path[1:].removesuffix(".xml")
        whole = "true" if name.startswith("halaman") else "false"
        print(
            f'[[satker]]\nid = "{name}"\nname = "Lapas {name}"\nregion = "35.09"\n[[satker.source]]\nid = "{name}-umpan"\n'
            f'kind = "feed"\nurl = "{address}{path}"\nfull_text = {whole}'
        )


def serve(folder, address):
    found, pages = feeds(folder, address)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            kind, body = "application/xml", found.get(self.path)
            if body is None:
                kind, body = "text/html; charset=utf-8", pages.get(self.path)
            if body is None:
                return self.send_error(404)
            body = body.encode("utf-8", "replace")
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
        daemon_threads = True

    host, port = address.removeprefix("http://").split(":")
    Server((host, int(port)), Handler).serve_forever()


if __name__ == "__main__":
    command, arguments = sys.argv[1], sys.argv[2:]
    if command == "gather":
        gather(*map(pathlib.Path, arguments))
    else:
        {"units": units, "serve": serve}[command](pathlib.Path(arguments[0]), arguments[1])
