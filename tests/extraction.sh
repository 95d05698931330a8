#!/usr/bin/env bash
# Measures the article extractor on scrapinghub's article-extraction-benchmark, by the benchmark's own script.
#
#   tests/extraction.sh DIR    DIR is a checkout of the benchmark's repository; only a copy of it is written to
#
# Prints the script's line for `warta`: F1, precision, recall, accuracy. Nothing of the pages is kept in this repository.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'extraction: %s\n' "$*"; }

if (($# != 1)) || [[ ! -f $1/evaluate.py || ! -d $1/html ]]; then
  say "usage: tests/extraction.sh DIR, a checkout of article-extraction-benchmark" >&2
  exit 2
fi

work=$PWD/target/extraction
rm -rf "$work"
mkdir -p "$work/output"
cp -r "$1/evaluate.py" "$1/ground-truth.json" "$1/html" "$work/"

say "reading the pages with warta"
WARTA_EXTRACTION_BENCHMARK=$work cargo test --release --test "${WARTA_TEST_BINARY:-warta}" extraction:: -- --nocapture

say "judging them"
(cd "$work" && python3 evaluate.py)
