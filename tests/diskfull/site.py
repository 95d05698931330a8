"""A site that never runs out of news, for tests/diskfull.sh, and an ear for what the daemon tells systemd.

    site.py LISTEN FOLDER    serves http://LISTEN/feed; the folder gets `asked` (a byte for each fetch of it) and
                             `status` (the STATUS= lines that come to FOLDER/notify)
    site.py --feed FILE      prints the ids of an Atom feed, which must be well-formed
    site.py --once FILE      fails where a line of JSON of `warta stories --json` tells of an address twice
"""

import http.server
import json
import random
import socket
import sys
import threading
import xml.etree.ElementTree

ITEMS = 20
WORDS = 1_000


def feed(fetch, base):
    """The feed at its n-th fetch: every item is new, and its words are like no other's."""
    items = []
    for number in range(fetch * ITEMS, (fetch + 1) * ITEMS):
        chance = random.Random(number)
        words = " ".join(f"{chance.randrange(1 << 40):x}" for _ in range(WORDS))
        items.append(
            f"<item><title>Kegiatan {number}</title><link>{base}/{number}</link><guid>{number}</guid>"
            f"<description>JEMBER – Kegiatan {number}. {words}</description></item>"
        )
    return f'<rss version="2.0"><channel><title>Lapas</title>{"".join(items)}</channel></rss>'.encode()


def serve(listen, folder):
    host, port = listen.split(":")
    fetches = iter(range(1 << 30))

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            if self.path != "/feed":
                return self.send_error(404)
            body = feed(next(fetches), f"http://{listen}")
            with open(f"{folder}/asked", "a") as asked:
                asked.write(".")
            self.send_response(200)
            self.send_header("Content-Type", "application/rss+xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    ear.bind(f"{folder}/notify")

    def listen_to_daemon():
        with open(f"{folder}/status", "a", buffering=1) as said:
            while True:
                said.writelines(f"{line}\n" for line in ear.recv(4096).decode().splitlines() if line.startswith("STATUS="))

    threading.Thread(target=listen_to_daemon, daemon=True).start()
    http.server.ThreadingHTTPServer((host, int(port)), Handler).serve_forever()


def print_ids(path):
    atom = "{http://www.w3.org/2005/Atom}"
    for entry in xml.etree.ElementTree.parse(path).iter(f"{atom}entry"):
        print(entry.findtext(f"{atom}id"))


def check_once(path):
    seen = set()
    for line in open(path):
        for url in {copy["url"] for copy in json.loads(line)["copies"]} | {json.loads(line)["url"]}:
            if url in seen:
                sys.exit(f"{url} is in two stories")
            seen.add(url)
    print("\n".join(sorted(seen)))


match sys.argv[1:]:
    case ["--feed", path]:
        print_ids(path)
    case ["--once", path]:
        check_once(path)
    case [listen, folder]:
        serve(listen, folder)
    case _:
        sys.exit(__doc__)
