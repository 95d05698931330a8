#!/usr/bin/env bash
# A backup of a great store while it is crawled and read, brought back into an empty one: every feed is the same, to the
# byte. Prints sizes and times, and how many readers were answered within 30 s, which is the daemon's limit.
#
#   tests/restore.sh [STORIES [WARTA]]    200,000 by default, no less than 20,000, with the release build, which is built
#                                         first; some minutes, up to 10 GB
set -euo pipefail
cd "$(dirname "$0")/.."
source tests/shared.sh
# What restore.py imports leaves nothing behind.
export PYTHONDONTWRITEBYTECODE=1

LISTEN=127.48.0.1:18081
SITES=(127.48.0.2:18082 127.48.0.3:18082 127.48.0.4:18082 127.48.0.5:18082 127.48.0.6:18082 127.48.0.7:18082 127.48.0.8:18082 127.48.0.9:18082)
SOURCES=250
READERS=4

stories=${1:-200000}
find_warta "${2-}"
work=$(mktemp -d)
pids=()
cleanup() {
  local pid
  touch "$work/stop" "$work/drained"
  for pid in "${pids[@]}"; do
    kill -KILL "$pid" 2>/dev/null || true
  done
  rm -rf "$work"
}
trap cleanup EXIT

now() { date +%s%N; }
# Seconds since a moment, with two places.
since() { awk -v ns="$(($(now) - $1))" 'BEGIN { printf "%.2f s", ns / 1e9 }'; }
mib() { du -sm --apparent-size "$1" | cut -f 1; }

configure() {
  configuration "$LISTEN" "$work/$1" '' $'host_delay = "0s"\nmin_interval = "10s"\nrobots = false' >"$work/$1.toml"
}
configure first
configure second
for ((number = 0; number < SOURCES; number++)); do
  REGION=35.$(printf '%02d' $((number % 29 + 1))) unit "unit-$number" "Lapas Kelas IIA Jember $number" \
    "http://${SITES[number % ${#SITES[@]}]}/$number/feed" 'interval = "20s"'
done >"$work/units.toml"
run() { "$warta" --color never --config "$work/$1.toml" "${@:2}"; }
get() { curl -sf --max-time 60 -o "$work/answer" "http://$LISTEN$1"; }
start() {
  "$warta" --color never --config "$work/$1.toml" run 2>"$work/log" &
  daemon=$!
  pids+=("$daemon")
  PATIENCE=300 await "the daemon answers" get /readyz
}
end() {
  kill -TERM "$daemon"
  wait "$daemon" || fail "it ends with $? when it is stopped"
}

python3 tests/restore.py serve "$SOURCES" "$((stories / SOURCES))" "$work" "${SITES[@]}" &
pids+=($!)
disown
sleep 1
began=$(now)
run first crawl --all --json >"$work/crawled" 2>"$work/log" || fail "the first crawl"
stored=$(grep -c '"event":"stored"' "$work/crawled")
say "$stored stories crawled in $(since "$began"), store of $(mib "$work/first") MiB"
((stored >= stories)) || fail "not all of them"

touch "$work/live"
began=$(now)
start first
say "the daemon is ready after $(since "$began")"
python3 tests/sites.py readers "$LISTEN" "$READERS" "$work/stop" >"$work/readers" &
reader=$!
pids+=("$reader")
counted() { curl -sf "http://$LISTEN/metrics" | awk '$1 == "warta_stories" { print $2 }'; }
sleep 20
before=$(counted)
began=$(now)
run first backup "$work/whole.backup" 2>>"$work/log" || fail "no backup"
say "backup while crawling and serving: $(since "$began"), $(mib "$work/whole.backup") MiB; stories $before before, $(counted) after"

say "a second backup is held in the middle until everything is crawled that the sites tell from now on"
before=$(counted)
run first backup - 2>>"$work/log" | python3 tests/restore.py hold "$work/held.backup" "$work/drained" &
backup=$!
pids+=("$backup")
sleep 30
touch "$work/still"
run first crawl --all --force >"$work/crawled" 2>&1 || fail "$(tail -n 3 "$work/crawled")"
after=$(counted)
kill -0 "$backup" 2>/dev/null || fail "the backup has ended before"
touch "$work/drained"
wait "$backup" || fail "no backup"
say "$(awk -v a="$after" -v b="$before" 'BEGIN { printf "%d", a - b }') stories came while it was written"
awk -v a="$after" -v b="$before" 'BEGIN { exit !(a > b) }' || fail "nothing came meanwhile"
touch "$work/stop"
wait "$reader" || true
say "readers: $(cat "$work/readers")"
say "before: $(python3 tests/restore.py feeds "$LISTEN" "$work/feeds-before" "$SOURCES")"
end

began=$(now)
said=$(run second restore "$work/held.backup" 2>>"$work/log") || fail "no restore"
say "restored in $(since "$began"): $said, store of $(mib "$work/second") MiB"
start second
say "after:  $(python3 tests/restore.py feeds "$LISTEN" "$work/feeds-after" "$SOURCES")"
end
diff -rq "$work/feeds-before" "$work/feeds-after" >"$work/different" || fail "$(wc -l <"$work/different") feeds differ: $(head -n 5 "$work/different")"
say "$(find "$work/feeds-after" -type f | wc -l) feeds are the same to the byte ($(mib "$work/feeds-after") MiB)"
say "passed ($SECONDS s)"
