"""Sites and readers for tests/soak.sh, tests/restore.sh, tests/deb.sh and tests/nspawn.sh.

    sites.py sites COUNT ITEMS ADDRESS…   serves COUNT paths /0/feed, /1/feed … on each address: all tell the same ITEMS newest
                                         stories at the same time, as portals do that republish, and one is new every second,
                                         or every $EVERY seconds, but every second for the first $RUSH seconds. Who has
                                         seen that already is told so (304)
    sites.py readers ADDRESS COUNT STOP   COUNT readers ask for pages and feeds of a site until the file STOP is there, and
                                         say how many answers were whole and which were not; ends with 1 where one was not
"""

import http.client
import http.server
import os
import random
import re
import socketserver
import sys
import threading
import time

WORDS = 300
PATHS = ["/", "/feeds/indonesia.atom", "/feeds/jawa-timur.rss", "/feeds/jawa-timur/kabupaten-jember.json", "/wilayah/jawa-timur", "/healthz"]


def item(base, number, words=WORDS):
    """Words that no other story has."""
    chance = random.Random(number)
    words = " ".join(f"{chance.randrange(1 << 24):x}" for _ in range(words))
    return (
        f"<item><title>Kegiatan {number}</title><link>{base}/{number}</link><guid>{base}/{number}</guid>"
        f"<description>JEMBER – Kegiatan {number}. {words}</description></item>"
    )


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 1024

    def handle_error(self, request, client_address):
        """A crawler that is stopped goes away in the middle of an answer."""


def serve(count, told, words, addresses):
    """Serves /0/feed, /1/feed … on each address, for ever; `told` gives the numbers of the stories that a path tells now."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            name = re.fullmatch(r"/(\d+)/feed", self.path)
            if not name or int(name[1]) >= count:
                return self.send_error(404)
            base = f"http://{self.headers['Host']}/{name[1]}"
            numbers = told(int(name[1]))
            tag = f'"{hash(tuple(numbers)):x}"'
            if self.headers["If-None-Match"] == tag:
                self.send_response(304)
                self.send_header("ETag", tag)
                return self.end_headers()
            items = "".join(item(base, number, words) for number in numbers)
            body = f'<rss version="2.0"><channel><title>Lapas</title>{items}</channel></rss>'.encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/rss+xml")
            self.send_header("ETag", tag)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    for address in addresses:
        host, port = address.split(":")
        threading.Thread(target=Server((host, int(port)), Handler).serve_forever).start()


def sites(count, items, addresses):
    every = float(os.environ.get("EVERY", "1"))
    calm = time.time() + float(os.environ.get("RUSH", "0"))

    def told(_):
        now = time.time()
        newest = int(min(now, calm)) + int(max(0.0, now - calm) / every)
        return range(newest - items, newest)

    serve(count, told, WORDS, addresses)


def read(address, stop, pause, whole, broken):
    chance = random.Random(threading.get_ident())
    while not os.path.exists(stop):
        path = chance.choice(PATHS)
        connection = http.client.HTTPConnection(address, timeout=60)
        try:
            connection.request("GET", path, headers={"Connection": "close"})
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != 200 or not body:
                raise OSError(f"{answer.status}, {len(body)} bytes")
            whole.append(path)
        except (OSError, http.client.HTTPException) as error:
            broken.append(f"{path}: {error!r}")
        finally:
            connection.close()
        time.sleep(pause)


def readers(address, count, stop, pause=0.05):
    whole, broken = [], []
    threads = [threading.Thread(target=read, args=(address, stop, pause, whole, broken)) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"{len(whole)} requests answered, {len(broken)} failed")
    for fault in broken[:5]:
        print(f"  {fault}")
    sys.exit(1 if broken or not whole else 0)


if __name__ == "__main__":
    if sys.argv[1] == "sites":
        sites(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
    else:
        readers(sys.argv[2], int(sys.argv[3]), sys.argv[4])
