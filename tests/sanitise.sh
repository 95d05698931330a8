#!/usr/bin/env bash
# Sends what feedparser, DOMPurify, ammonia and Miniflux try on their sanitisers through ours, the whole way: a site serves
# the vectors in feeds and on pages, the program crawls them, and what it publishes is opened in Debian's Chromium
# (playwright-core). Nothing runs, nothing but a picture is asked for, nothing that could run is there. Before that the same
# vectors go through the functions of each stage, where every field of an entry has them.
#
#   tests/sanitise.sh                                       clones the four repositories from GitHub
#   tests/sanitise.sh FEEDPARSER DOMPURIFY AMMONIA MINIFLUX  clones them from there: addresses or folders
#
# WARTA names another program than the release build. QUICK=1 leaves the functions out, which need a build.
# Installs what it needs: git, chromium, nodejs and npm from Debian, playwright-core from npm into target/sanitise/. The vectors
# are kept there too, and nothing of them in this repository.
set -euo pipefail
cd "$(dirname "$0")/.."
source tests/shared.sh

NAMES=(feedparser dompurify ammonia miniflux)
REPOSITORIES=(
  https://github.com/kurtmckee/feedparser
  https://github.com/cure53/DOMPurify
  https://github.com/rust-ammonia/ammonia
  https://github.com/miniflux/v2
)
# Fewer than these are published of a hundred vectors, and the run says nothing.
AT_LEAST=95

work=$PWD/target/sanitise
site=127.0.77.1:8377
listen=127.0.77.2:8378
pids=()
# The store is in memory: some thousand small groups are written, each to be on the disk before the next.
store=$(mktemp -d -p /dev/shm warta-sanitise.XXXXXX)
end() {
  local pid
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait
  rm -rf "$store"
}
trap end EXIT

answers() { curl -fsS -o "$work/answer" --max-time 5 "$1" 2>/dev/null; }

# Opens what is published, or the vectors as they are.
visit() { (cd "$work" && node visit.mjs "http://$listen/" "$work" "$@"); }

(($# == 0 || $# == ${#NAMES[@]})) || fail "give no repository, or each of ${NAMES[*]}"
mkdir -p "$work"
install_from_debian git:git curl:curl chromium:chromium node:nodejs npm:npm python3:python3 || fail "they cannot be installed"
install_from_npm playwright-core@1.65.1
find_warta
(($# == 0)) || REPOSITORIES=("$@")
for index in "${!NAMES[@]}"; do
  [[ -d $work/${NAMES[index]} ]] || git clone --quiet "${REPOSITORIES[index]}" "$work/${NAMES[index]}" \
    || fail "cannot clone ${REPOSITORIES[index]}"
done
say "vectors: $(python3 tests/sanitise/vectors.py gather "$work" "${NAMES[@]/#/$work/}")"

if [[ -z ${QUICK-} ]]; then
  say "through the functions of each stage"
  WARTA_SANITISER_VECTORS=$work cargo test --quiet --test warta sanitise:: || fail "something executable leaves a stage"
fi

say "through the program"
configuration "$listen" "$store" "" $'robots = false\nhost_delay = "0s"\nhost_concurrency = 8' >"$work/warta.toml"
python3 tests/sanitise/vectors.py units "$work" "http://$site" >"$work/units.toml"
sed -n '/^\[\[satker\]\]/{n;s/id = "\(.*\)"/\1/p}' "$work/units.toml" >"$work/units"
python3 tests/sanitise/vectors.py serve "$work" "http://$site" &
pids+=($!)
await "the site" answers "http://$site/isi-0.xml"
PATIENCE=300
"$warta" --config "$work/warta.toml" crawl --all --json >"$work/crawled" 2>"$work/log" || fail "the crawl failed"
python3 - "$work" "$AT_LEAST" <<'PYTHON' || fail "too little is published"
import json, sys
folder, least = sys.argv[1], int(sys.argv[2])
reports = [json.loads(line) for line in open(f"{folder}/crawled")]
reports = [report for report in reports if report["event"] == "source"]
vectors = len(json.load(open(f"{folder}/vectors.json")))
stored = {way: sum(r["new"] + r["copies"] for r in reports if r["source"].startswith(way)) for way in ("isi", "halaman", "feedparser")}
failed = [report["source"] for report in reports if report["outcome"] != "ok"]
print(f"sanitise: of {vectors} vectors {stored['isi']} are published from feeds and {stored['halaman']} from pages; "
      f"{stored['feedparser']} entries of feedparser's feeds; {len(failed)} sources failed {failed[:5]}")
sys.exit(bool(failed) or min(stored["isi"], stored["halaman"]) * 100 < vectors * least)
PYTHON
"$warta" --config "$work/warta.toml" run >>"$work/log" 2>&1 &
pids+=($!)
await "the program" answers "http://$listen/readyz"
cp tests/sanitise/visit.mjs "$work/visit.mjs"
visit || fail "something executable is published"
kill -0 "${pids[-1]}" || fail "the program is gone"
# The visit is worth something only if it can fail.
if visit --planted >"$work/planted.log" 2>&1; then
  fail "the vectors as they are were not found"
fi
for fault in 'alert:' 'ran: alert' 'request: script' 'request: stylesheet' '<script>' 'onerror='; do
  grep -qF "$fault" "$work/planted.log" || fail "nothing like \"$fault\" was found in the vectors as they are: see $work/planted.log"
done
say "the vectors as they are are found out"
