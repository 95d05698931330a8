#!/usr/bin/env bash
# Our pages as people see them: starts `warta demo` and visits its pages with Debian's Chromium (playwright-core), wide, on
# a phone and in the dark. No console error, no request to anybody else, no serious fault by axe-core, no page wider than
# its screen; search and the buttons to subscribe are used. Screenshots are left in target/pages/.
#
#   tests/pages.sh            against the release build
#   tests/pages.sh BASE_URL   against a server that runs
#
# WARTA names another program than the release build.
# Installs what it needs: chromium, nodejs and npm from Debian, playwright-core and axe-core from npm into
# target/pages/.
set -euo pipefail
cd "$(dirname "$0")/.."

PACKAGES=(playwright-core@1.65.1 axe-core@4.14.1)
SECONDS_TO_START=180

work=$PWD/target/pages
demo_pid=

say() { printf 'pages: %s\n' "$*"; }
fail() { say "$*" >&2; exit 1; }

install_browser() {
  local missing=() pair
  for pair in chromium:chromium node:nodejs npm:npm; do
    command -v "${pair%%:*}" >/dev/null || missing+=("${pair#*:}")
  done
  if ((${#missing[@]})); then
    say "installing ${missing[*]}"
    local as_root=()
    ((EUID == 0)) || as_root=(sudo)
    "${as_root[@]}" apt-get update -qq
    DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
  fi
  if [[ ! -d $work/node_modules/playwright-core || ! -d $work/node_modules/axe-core ]]; then
    say "installing ${PACKAGES[*]}"
    npm install --prefix "$work" --no-audit --no-fund --loglevel=error "${PACKAGES[@]}" >/dev/null
  fi
}

# Starts the demo on a free port and sets `base` once it has crawled its sites and serves them.
start_demo() {
  [[ -n ${WARTA-} ]] || cargo build --release --quiet
  exec {demo_out}< <(exec "${WARTA:-target/release/warta}" demo --listen 127.0.0.1:0 2>"$work/demo.log")
  demo_pid=$!
  local line
  while read -r -t "$SECONDS_TO_START" -u "$demo_out" line; do
    if [[ $line =~ Listening\ on\ (http://[^ ]+/) ]]; then
      base=${BASH_REMATCH[1]}
      return
    fi
  done
  tail -n 20 "$work/demo.log" >&2
  fail "the demo did not say where it listens"
}

stop_demo() {
  [[ -n $demo_pid ]] || return 0
  local pid=$demo_pid
  demo_pid=
  kill -TERM "$pid" 2>/dev/null || true
  wait "$pid" || fail "the demo did not end cleanly on SIGTERM (exit $?)"
}
trap stop_demo EXIT

mkdir -p "$work"
install_browser
if [[ -n ${1-} ]]; then
  base=$1
else
  start_demo
fi
say "visiting $base"
cp tests/pages/visit.mjs "$work/visit.mjs"
node "$work/visit.mjs" "$base" "$work"
# The visit is worth something only if it can fail.
if node "$work/visit.mjs" "$base" "$work" --planted >"$work/planted.log" 2>&1; then
  fail "planted faults were not found"
fi
for fault in 'console:' 'foreign request:' 'axe:' 'wider than its screen'; do
  grep -q "$fault" "$work/planted.log" || fail "the planted fault \"$fault\" was not found: see $work/planted.log"
done
say "planted faults are found"
