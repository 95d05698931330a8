# Shared by the scripts of tests/ and benches/. To be sourced from the checkout's folder; sets nothing but functions. What they
# leave behind goes to `$work`, a folder of the script's own, where `log` is what the program said last.

say() { printf '%s: %s\n' "$(basename "$0" .sh)" "$*"; }

# Ends the script with what is wrong and the end of the program's log.
fail() {
  say "FAILED: $*" >&2
  [[ ! -s $work/log ]] || tail -n 20 "$work/log" >&2
  exit 1
}

# Sets `warta` to the program that is named, by an argument or by $WARTA, else to the release build, which is built.
find_warta() {
  warta=${1:-${WARTA-}}
  if [[ -z $warta ]]; then
    cargo build --release --quiet
    warta=target/release/warta
  fi
  warta=$(realpath "$warta")
}

# Installs the Debian packages whose programs are missing; each is PROGRAM:PACKAGE.
install_from_debian() {
  local missing=() pair as_root=()
  for pair in "$@"; do
    command -v "${pair%%:*}" >/dev/null || missing+=("${pair#*:}")
  done
  ((${#missing[@]})) || return 0
  say "installing ${missing[*]}"
  ((EUID == 0)) || as_root=(sudo -n)
  "${as_root[@]}" apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
}

# Installs packages of npm into `$work`, unless all are there; each is NAME@VERSION.
install_from_npm() {
  local package
  for package in "$@"; do
    [[ -d $work/node_modules/${package%@*} ]] && continue
    say "installing $*"
    npm install --prefix "$work" --no-audit --no-fund --loglevel=error "$@" >/dev/null
    return
  done
}

# Starts the demo on a free port and sets `base` once it has crawled its sites and serves them.
start_demo() {
  local line
  find_warta
  exec {demo_out}< <(exec "$warta" demo --listen 127.0.0.1:0 2>"$work/log")
  demo=$!
  while read -r -t 180 -u "$demo_out" line; do
    if [[ $line =~ Listening\ on\ (http://[^ ]+/) ]]; then
      base=${BASH_REMATCH[1]}
      return
    fi
  done
  fail "the demo did not say where it listens"
}

# Ends the demo, if it runs.
stop_demo() {
  local pid=${demo-}
  [[ -n $pid ]] || return 0
  demo=
  kill -TERM "$pid" 2>/dev/null || true
  wait "$pid" || fail "the demo did not end cleanly on SIGTERM (exit $?)"
}

# Waits until a command succeeds, a minute at most, or $PATIENCE seconds.
await() {
  local what=$1 until=$((SECONDS + ${PATIENCE:-60}))
  shift
  until "$@"; do
    ((SECONDS < until)) || fail "never came: $what"
    sleep 0.1
  done
}

# Prints a configuration that crawls loopback: the address, the store, and what else stands in [site] and in [crawl].
configuration() {
  cat <<TOML
include = ["units.toml"]
[site]
title = "Uji"
${3-}
[server]
listen = "$1"
control_socket = "$work/control.sock"
[store]
path = "$2"
[crawl]
contact = "mailto:humas@lapasjember.go.id"
allow_networks = ["127.0.0.0/8"]
${4-}
TOML
}

# Prints a unit with one feed: its id, its name, the feed's address, and what else stands in the source.
unit() {
  cat <<TOML
[[satker]]
id = "$1"
name = "$2"
region = "${REGION:-35.09}"
[[satker.source]]
id = "$1"
kind = "feed"
url = "$3"
full_text = false
${4-}
TOML
}

# The same for so many feeds of each of these sites, which tests/sites.py serves: `units COUNT "MORE LINES" SITE…`.
units() {
  local count=$1 more=$2 site number
  local -a sites=("${@:3}")
  for site in "${!sites[@]}"; do
    for ((number = 0; number < count; number++)); do
      unit "unit-$site-$number" "Lapas Kelas IIA Jember $site $number" "http://${sites[site]}/$number/feed" "$more"
    done
  done
}
