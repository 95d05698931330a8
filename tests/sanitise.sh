#!/usr/bin/env bash
# Sends what other projects try on their sanitisers through ours, the whole way to what is published.
#
#   tests/sanitiser.sh FEEDPARSER DOMPURIFY AMMONIA MINIFLUX    checkouts of their repositories; they are only read
#
# Needs python3. The vectors are gathered in target/sanitiser; nothing of them is kept in this repository.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'sanitiser: %s\n' "$*"; }

if (($# != 4)) || [[ ! -d $1/tests/wellformed/sanitize || ! -d $2/test || ! -f $3/src/lib.rs || ! -d $4/internal ]]; then
  say "usage: tests/sanitiser.sh FEEDPARSER DOMPURIFY AMMONIA MINIFLUX, checkouts of their repositories" >&2
  exit 2
fi

folder=${WARTA_SANITISER_FOLDER:-$PWD/target/sanitiser}
rm -rf "$folder"
mkdir -p "$folder/feeds"
cp "$1"/tests/wellformed/sanitize/*.xml "$folder/feeds/"
python3 - "$folder" "$@" <<'PYTHON'
import ast, json, pathlib, re, sys

folder, feedparser, dompurify, ammonia, miniflux = map(pathlib.Path, sys.argv[1:])
# A string literal of JavaScript, Rust, Go or Python: what is between the quotes, with its escapes.
LITERAL = re.compile(r'r#"(?P<raw>.*?)"#|`(?P<tick>[^`]*)`|"(?P<double>(?:[^"\\\n]|\\.|\\\n)*)"|\'(?P<single>(?:[^\'\\\n]|\\.|\\\n)*)\'', re.S)

def literals(text):
    for found in LITERAL.finditer(text):
        if found["raw"] is not None or found["tick"] is not None:
            yield found["raw"] if found["raw"] is not None else found["tick"]
            continue
        inside = found["double"] if found["double"] is not None else found["single"]
        inside = re.sub(r"\\u\{([0-9a-fA-F]+)\}", lambda code: chr(int(code[1], 16)), inside)
        inside = re.sub(r"\\\n\s*", "", inside).replace("\\/", "/")
        try:
            yield ast.literal_eval('"' + re.sub(r'(?<!\\)"', '\\"', inside) + '"')
        except (SyntaxError, ValueError):
            yield inside

files = [
    ("dompurify", dompurify / "test/fixtures/expect.mjs"),
    ("dompurify", dompurify / "test/test-suite.js"),
    ("ammonia", ammonia / "src/lib.rs"),
    ("feedparser", feedparser / "tests/test_sanitizer.py"),
    *(("miniflux", path) for path in sorted((miniflux / "internal/reader").rglob("*_test.go"))),
]
vectors = {}
for name, path in files:
    text = path.read_text(encoding="utf-8")
    if name == "ammonia":
        text = text[text.index("mod test"):]
    for literal in literals(text):
        if "<" in literal and len(literal) < 100_000:
            vectors.setdefault(literal.encode("utf-8", "replace").decode(), name)
(folder / "vectors.json").write_text(json.dumps([[name, vector] for vector, name in vectors.items()]))
for name in ("dompurify", "ammonia", "feedparser", "miniflux"):
    print(f"sanitiser: {sum(1 for from_ in vectors.values() if from_ == name)} vectors of {name}")
PYTHON

say "checking"
WARTA_SANITISER_VECTORS=$folder cargo test --test "${WARTA_TEST_BINARY:-warta}" sanitise:: -- --nocapture
