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
source tests/shared.sh

PACKAGES=(playwright-core@1.65.1 axe-core@4.14.1)

work=$PWD/target/pages

trap stop_demo EXIT

mkdir -p "$work"
install_from_debian chromium:chromium node:nodejs npm:npm || fail "they cannot be installed"
install_from_npm "${PACKAGES[@]}"
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
