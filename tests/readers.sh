#!/usr/bin/env bash
# Our feeds as feed readers see them: starts `warta demo`, fetches its feeds, checks that they are well-formed, and
# compares title, link, date, id and content as feedparser, newsboat, sfeed, rss-parser and feedsmith read them with the
# JSON feed, which is held against its schema.
#
#   tests/readers.sh                against the release build
#   tests/readers.sh --feeds DIR    against files that are there: NAME.json, NAME.rss, NAME.atom
#
# WARTA names another program than the release build.
# Installs what it needs: newsboat, sfeed, xmllint, curl and npm from Debian, feedparser and jsonschema from PyPI into
# target/readers/venv, rss-parser and feedsmith from npm into target/readers/.
set -euo pipefail
cd "$(dirname "$0")/.."
source tests/shared.sh

FEEDS=(indonesia jawa-timur jawa-timur/kabupaten-jember)
FROM_PYPI=(feedparser==6.0.14 jsonschema==4.26.0)
FROM_NPM=(rss-parser@3.13.0 feedsmith@3.0.1)

work=$PWD/target/readers
venv=$work/venv

# Installs the readers that are missing.
install_readers() {
  install_from_debian newsboat:newsboat sfeed:sfeed xmllint:libxml2-utils curl:curl node:nodejs npm:npm \
    || fail "they cannot be installed"
  if ! "$venv/bin/python" -c 'import feedparser, jsonschema' 2>/dev/null; then
    say "installing ${FROM_PYPI[*]}"
    python3 -m venv --clear "$venv" || fail "python3 cannot make a virtual environment: install python3-venv"
    "$venv/bin/pip" install --quiet "${FROM_PYPI[@]}"
  fi
  install_from_npm "${FROM_NPM[@]}"
}
trap stop_demo EXIT

fetch_feeds() {
  local feed format
  rm -rf "$folder"
  for feed in "${FEEDS[@]}"; do
    mkdir -p "$(dirname "$folder/$feed")"
    for format in rss atom json; do
      curl -fsS --max-time 30 -o "$folder/$feed.$format" "${base}feeds/$feed.$format" \
        || fail "cannot fetch ${base}feeds/$feed.$format"
    done
  done
}

mkdir -p "$work"
install_readers
case ${1-} in
  --feeds)
    folder=${2:?--feeds needs a folder}
    ;;
  '')
    folder=$work/feeds
    start_demo
    say "the demo serves at $base"
    fetch_feeds
    stop_demo
    ;;
  *) fail "usage: tests/readers.sh [--feeds DIR]" ;;
esac

find "$folder" \( -name '*.rss' -o -name '*.atom' \) -print0 | xargs -0 -r xmllint --noout
say "well-formed"
export NODE_MODULES=$work/node_modules
"$venv/bin/python" tests/readers/compare.py "$folder"
# The comparison is worth something only if it can fail.
"$venv/bin/python" tests/readers/compare.py --planted "$folder"
say "feedparser, newsboat, sfeed, rss-parser and feedsmith read the same"
