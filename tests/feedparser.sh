#!/usr/bin/env bash
# Counts the entries that `parse` reads in the test files of Python's feedparser against what feedparser reads in them.
#
#   tests/feedparser.sh DIR    DIR is a checkout of feedparser's repository; it is only read
#
# Installs feedparser from PyPI into target/feedparser/venv. Nothing of the files is kept in this repository.
set -euo pipefail
cd "$(dirname "$0")/.."

FEEDPARSER=feedparser==6.0.14

say() { printf 'feedparser: %s\n' "$*"; }

if (($# != 1)) || [[ ! -d $1/tests ]]; then
  say "usage: tests/feedparser.sh DIR, a checkout of feedparser's repository" >&2
  exit 2
fi

work=$PWD/target/feedparser
files=$work/files
mkdir -p "$work"
rm -rf "$files"
cp -r "$1/tests" "$files"
[[ -d $work/venv ]] || python3 -m venv "$work/venv"
"$work/venv/bin/pip" --quiet install "$FEEDPARSER"

say "reading with $FEEDPARSER"
"$work/venv/bin/python" - "$files" <<'PYTHON'
import pathlib, sys
import feedparser

folder = pathlib.Path(sys.argv[1])
lines = []
for path in sorted(folder.rglob("*.xml")):
    try:
        count = len(feedparser.parse(path.read_bytes()).entries)
    except Exception as error:  # A file that feedparser itself fails on proves nothing.
        print(f"{path.name}: {error}", file=sys.stderr)
        continue
    if count:
        lines.append(f"{path.relative_to(folder)}\t{count}\n")
(folder / "counts.tsv").write_text("".join(lines))
print(f"feedparser: {len(lines)} files with entries")
PYTHON

say "reading with warta"
WARTA_FEEDPARSER_TESTS=$files cargo test --test "${WARTA_TEST_BINARY:-warta}" \
  feedparser:: -- --nocapture
