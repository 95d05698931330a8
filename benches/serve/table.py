"""Reads lines "kind server requests ticks p99-in-us" and prints their medians beside each other: table.py TICKS_A_SECOND."""

import statistics
import sys

# At least so many times nginx's requests per second of processor time.
WANTED = {"gzip": 0.75, "304": 0.75, "new": 0.55}
NAMES = {"gzip": "200, gzip", "304": "304", "new": "304, new connections"}

ticks_a_second = int(sys.argv[1])
rates, waits = {}, {}
for line in sys.stdin:
    kind, server, requests, ticks, p99 = line.split()
    rates.setdefault((kind, server), []).append(int(requests) * ticks_a_second / max(1, int(ticks)))
    waits.setdefault((kind, server), []).append(int(p99) / 1000)

print("| requests | nginx per CPU-s | warta per CPU-s | ratio | wanted | nginx p99 | warta p99 | ratio | wanted |")
print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
for kind, name in NAMES.items():
    nginx, warta = (statistics.median(rates[kind, server]) for server in ("nginx", "warta"))
    slow, ours = (statistics.median(waits[kind, server]) for server in ("nginx", "warta"))
    print(f"| {name} | {nginx:,.0f} | {warta:,.0f} | {warta / nginx:.2f} | ≥ {WANTED[kind]:.2f} "
          f"| {slow:.2f} ms | {ours:.2f} ms | {ours / slow:.2f} | ≤ 2.00 |")
