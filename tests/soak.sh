#!/usr/bin/env bash
# The daemon under load for a while: 100 loopback sources, each asked six times a minute, that republish one new story every
# minute, and readers of pages and feeds. That is 100 articles a minute, a third more than 100,000 sources with an article a
# day make. What a daemon holds that has run for days has to be there first: for the first minutes, which are not judged and
# are numbered below one, there is a new story every second, so that the store's cache and those of feeds fill to their bounds
# (they would take hours). What still grows by right is the window of the last seven days, 0.9 KB an article.
#
# Each minute it prints what grows: memory of its own (the search index is mapped, which is the system's to take back, and
# stands beside it), open files, threads, the store on disk, stories and articles. It fails where a request failed, where the
# memory of the last quarter is a twentieth more or less than that of the second, where open files grew, or where the store
# grew faster or slower in the last quarter than in the second.
#
#   tests/soak.sh [MINUTES] [WARTA]    an hour by default, with the release build, which is built first; $FILL minutes come
#                                      before it (10)
set -euo pipefail
cd "$(dirname "$0")/.."
source tests/shared.sh

LISTEN=127.45.0.1:18081
SITES=(127.45.0.2:18082 127.45.0.3:18082 127.45.0.4:18082 127.45.0.5:18082)
SOURCES_PER_SITE=25
# Seconds from one story to the next.
export EVERY=60
fill=${FILL:-10}
# Seconds with a story in each, at first.
export RUSH=$((fill * 60))
READERS=8

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
articles() { awk '/^warta_articles_total\{result="(new|copy)"/ { sum += $2 } END { printf "%d", sum }' <<<"$metrics"; }
counted() { awk -v name="$1" '$1 ~ "^" name "(\\{|$)" { sum += $2 } END { printf "%d", sum }' <<<"$metrics"; }

say "minute  own_kib  mapped_kib  files  threads  store_kib  stories  articles  crawls  requests"
memory=()
files=()
store=()
for ((minute = 1 - fill; minute <= minutes; minute++)); do
  for ((second = 0; second < 60; second++)); do
    sleep 1
    kill -0 "$daemon" 2>/dev/null || fail "the daemon has ended"
  done
  memory+=("$(resident RssAnon)")
  opened=("/proc/$daemon/fd/"*)
  files+=("${#opened[@]}")
  tasks=("/proc/$daemon/task/"*)
  metrics=$(curl -sf --max-time 60 "http://$LISTEN/metrics") || fail "no metrics"
  store+=("$(du -sk "$work/store" | cut -f 1)")
  say "$(printf '%6d  %7d  %10d  %5d  %7d  %9d  %7d  %8d  %6d  %8d' "$minute" "${memory[-1]}" "$(resident RssFile)" \
    "${files[-1]}" "${#tasks[@]}" "${store[-1]}" "$(counted warta_stories)" "$(articles)" \
    "$(counted warta_crawls_total)" "$(counted warta_http_requests_total)")"
done

touch "$work/stop"
status=0
wait "$reading" || status=$?
say "$(cat "$work/readers")"
((status == 0)) || fail "not every request was answered"
mean() { printf '%s\n' "$@" | awk '{ sum += $1 } END { printf "%d", sum / NR }'; }
# Fails unless what was of the second quarter and what is of the last differ by no more than so many hundredths.
steady() {
  say "$1: $2 in the second quarter, $3 in the last ($((($3 - $2) * 1000 / $2)) per mille)"
  (($3 * 100 <= $2 * (100 + $4) && $3 * 100 >= $2 * (100 - $4))) || fail "$1 is not steady"
}
memory=("${memory[@]:fill}")
files=("${files[@]:fill}")
store=("${store[@]:fill}")
if ((minutes >= 8)); then
  quarter=$((minutes / 4))
  steady "memory in KiB" "$(mean "${memory[@]:quarter:quarter}")" "$(mean "${memory[@]:minutes - quarter}")" 5
  # They open and close with readers and segments of the index; what leaks grows with time.
  steady "open files" "$(mean "${files[@]:quarter:quarter}")" "$(mean "${files[@]:minutes - quarter}")" 20
  steady "growth of the store in KiB" "$((store[2 * quarter - 1] - store[quarter - 1]))" \
    "$((store[minutes - 1] - store[minutes - quarter - 1]))" 10
fi
kill -TERM "$daemon"
wait "$daemon" || fail "it ends with $? when it is stopped"
grep -A 5 "panicked at" "$work/log" && fail "something panicked"
say "steady for $minutes minutes"
