#!/usr/bin/env bash
# The daemon under load for a while: 40 loopback sources that republish one new story a second, and readers of pages and
# feeds. Each minute it prints what grows: memory of its own (the search index is mapped, which is the system's to take back, and
# stands beside it), open files, threads, the store on disk, stories and articles. It fails where a request failed, open
# files grew, or the memory of the last quarter is more than a twentieth above that of the second and what the articles of
# that time may take: until window_days of [dedupe] are over, the daemon remembers something of each. That this is what
# grows was not seen by a profile.
#
#   tests/soak.sh [MINUTES] [WARTA]    an hour by default, with the release build, which is built first
set -euo pipefail
cd "$(dirname "$0")/.."
source tests/shared.sh

LISTEN=127.45.0.1:18081
SITES=(127.45.0.2:18082 127.45.0.3:18082 127.45.0.4:18082 127.45.0.5:18082)
SOURCES_PER_SITE=10
READERS=8
# Bytes of memory that an article within the window may take.
REMEMBERED=1536

minutes=${1:-60}
find_warta "${2-}"
work=$(mktemp -d)
pids=()
cleanup() {
  local pid
  touch "$work/stop"
  for pid in "${pids[@]}"; do
    kill -KILL "$pid" 2>/dev/null || true
  done
  rm -rf "$work"
}
trap cleanup EXIT

configuration "$LISTEN" "$work/store" '' $'host_delay = "0s"\nmin_interval = "10s"' >"$work/warta.toml"
units "$SOURCES_PER_SITE" 'interval = "10s"' "${SITES[@]}" >"$work/units.toml"

python3 tests/sites.py sites "$SOURCES_PER_SITE" 30 "${SITES[@]}" &
pids+=($!)
disown
"$warta" --config "$work/warta.toml" --color never run 2>"$work/log" &
daemon=$!
pids+=("$daemon")
await "the daemon answers" curl -sf --max-time 5 -o "$work/health" "http://$LISTEN/healthz"
python3 tests/sites.py readers "$LISTEN" "$READERS" "$work/stop" >"$work/readers" &
reading=$!
pids+=("$reading")

resident() { awk -v name="^$1:" '$0 ~ name { print $2 }' "/proc/$daemon/status"; }
counted() { awk -v name="$1" '$1 ~ "^" name "(\\{|$)" { sum += $2 } END { printf "%d", sum }' <<<"$metrics"; }

say "minute  own_kib  mapped_kib  files  threads  store_kib  stories  articles  crawls  requests"
memory=()
files=()
stored=()
for ((minute = 1; minute <= minutes; minute++)); do
  for ((second = 0; second < 60; second++)); do
    sleep 1
    kill -0 "$daemon" 2>/dev/null || fail "the daemon has ended"
  done
  memory+=("$(resident RssAnon)")
  opened=("/proc/$daemon/fd/"*)
  files+=("${#opened[@]}")
  tasks=("/proc/$daemon/task/"*)
  metrics=$(curl -sf --max-time 60 "http://$LISTEN/metrics") || fail "no metrics"
  # Each story comes from every source.
  stored+=("$(($(counted warta_stories) * ${#SITES[@]} * SOURCES_PER_SITE))")
  say "$(printf '%6d  %7d  %10d  %5d  %7d  %9d  %7d  %8d  %6d  %8d' "$minute" "${memory[-1]}" "$(resident RssFile)" \
    "${files[-1]}" "${#tasks[@]}" "$(du -sk "$work/store" | cut -f 1)" "$(counted warta_stories)" "${stored[-1]}" \
    "$(counted warta_crawls_total)" "$(counted warta_http_requests_total)")"
done

touch "$work/stop"
status=0
wait "$reading" || status=$?
say "$(cat "$work/readers")"
((status == 0)) || fail "not every request was answered"
# Files open and close with readers and segments of the index; what leaks grows with time.
((files[-1] < files[minutes / 4] + 50)) || fail "open files grow from ${files[minutes / 4]} to ${files[-1]}"
mean() { printf '%s\n' "$@" | awk '{ sum += $1 } END { printf "%d", sum / NR }'; }
if ((minutes >= 8)); then
  quarter=$((minutes / 4))
  second=$(mean "${memory[@]:quarter:quarter}")
  last=$(mean "${memory[@]:minutes - quarter}")
  explained=$(($(mean "${stored[@]:minutes - quarter}") - $(mean "${stored[@]:quarter:quarter}")))
  say "memory: $second KiB in the second quarter, $last KiB in the last ($(((last - second) * 1000 / second)) per mille, $explained articles later)"
  ((last < second + second / 20 + explained * REMEMBERED / 1024)) || fail "memory grows"
fi
kill -TERM "$daemon"
wait "$daemon" || fail "it ends with $? when it is stopped"
grep -A 5 "panicked at" "$work/log" && fail "something panicked"
say "steady for $minutes minutes"
