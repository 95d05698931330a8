#!/usr/bin/env bash
# Warta behind nginx, with the very snippets of README.md: the daemon under a path, over TCP and over a unix socket, is
# visited through it, and an export that nginx serves is compared with the live feeds byte for byte.
#
#   tests/proxy.sh            against the release build
#   WARTA=PATH tests/proxy.sh
#
# Installs nginx and curl from Debian where they are missing and may be installed; else says that it was skipped.
set -euo pipefail
cd "$(dirname "$0")/.."

WARTA=${WARTA:-target/release/warta}
SECONDS_TO_CRAWL=60
# The addresses that README.md names, and those that stand for them here.
SAID=http://127.0.0.1:8080
WARTA_AT=127.84.1.1:8184 PROXY_AT=127.84.1.2:8184 SITE_AT=127.84.1.3:8184 EXPORT_AT=127.84.1.4:8184
BASE=http://$PROXY_AT/berita/

folder=$(mktemp -d)
nginx_pid='' warta_pid=''

say() { printf 'proxy: %s\n' "$*"; }
fail() { say "$*" >&2; exit 1; }

# Ends a program that was started here, if it runs.
end() {
  [[ -n $1 ]] || return 0
  kill -TERM "$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
}
trap 'end "$nginx_pid"; end "$warta_pid"; rm -rf "$folder"' EXIT

install_nginx() {
  if command -v nginx >/dev/null && command -v curl >/dev/null; then return; fi
  say "installing nginx-light and curl"
  local as_root=()
  ((EUID == 0)) || as_root=(sudo -n)
  if ! "${as_root[@]}" apt-get update -qq \
    || ! DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -qq -y --no-install-recommends nginx-light curl >/dev/null; then
    say "skipped: nginx is missing and cannot be installed"
    exit 0
  fi
}

# The snippet of README.md after the marker of this name.
snippet() {
  local text
  text=$(awk -v marker="<!-- nginx: $1 -->" '
    $0 == marker { found = 1; next }
    found && /^```nginx$/ { inside = 1; next }
    inside && /^```$/ { exit }
    inside' README.md)
  [[ -n $text ]] || fail "README.md has no snippet after <!-- nginx: $1 -->"
  printf '%s\n' "$text"
}

# Starts nginx anew with these locations for the proxy.
nginx_with() {
  local export
  export=$(snippet export)
  [[ $export == *"root /srv/warta;"* ]] || fail "README.md's snippet for an export has no root /srv/warta"
  cat >"$folder/nginx.conf" <<CONF
$( ((EUID != 0)) || echo 'user root;')
daemon off;
pid $folder/nginx.pid;
error_log $folder/nginx.log;
events {}
http {
  access_log off;
  client_body_temp_path $folder/body; proxy_temp_path $folder/proxied; fastcgi_temp_path $folder/fastcgi;
  uwsgi_temp_path $folder/uwsgi; scgi_temp_path $folder/scgi;
  server { listen $SITE_AT; root $folder/site; }
  server { listen $EXPORT_AT; ${export//\/srv\/warta/$folder/export} }
  server { listen $PROXY_AT; $1 }
}
CONF
  nginx -q -t -e "$folder/nginx.log" -c "$folder/nginx.conf" || fail "nginx refuses the snippet"
  end "$nginx_pid"
  nginx -e "$folder/nginx.log" -c "$folder/nginx.conf" &
  nginx_pid=$!
  curl -fsS --retry 50 --retry-delay 0 --retry-max-time 20 --retry-connrefused -o /dev/null "http://$SITE_AT/feed.xml"
}

# Starts the daemon on this address; it crawls the unit's site and has its stories when this returns.
start_warta() {
  end "$warta_pid"
  sed "s|@LISTEN@|$1|" "$folder/warta.toml.in" >"$folder/warta.toml"
  "$WARTA" --config "$folder/warta.toml" -q run 2>"$folder/warta.log" &
  warta_pid=$!
  local began=$SECONDS
  until [[ $(curl -fsS "${BASE}feeds/jawa-timur.rss" 2>/dev/null | grep -o '<guid ' | wc -l) == 3 ]]; do
    if ((SECONDS - began > SECONDS_TO_CRAWL)) || ! kill -0 "$warta_pid"; then
      tail -n 20 "$folder/warta.log" >&2
      fail "the stories did not come"
    fi
    sleep 0.2
  done
}

prepare() {
  mkdir -p "$folder/site" "$folder/sources" "$folder/export"
  python3 benches/serve/site.py 3 "http://$SITE_AT/" >"$folder/site/feed.xml"
  cat >"$folder/warta.toml.in" <<CONF
include = ["sources/*.toml"]
[site]
title = "Warta"
base_url = "$BASE"
id_authority = "warta.go.id,2026"
[server]
listen = "@LISTEN@"
control_socket = "$folder/control.sock"
[store]
path = "$folder/store"
[crawl]
contact = "mailto:humas@warta.go.id"
allow_networks = ["127.0.0.0/8"]
robots = false
CONF
  cat >"$folder/sources/jember.toml" <<CONF
[[satker]]
id = "lapas-jember"
name = "Lapas Kelas IIA Jember"
region = "35.09"
[[satker.source]]
id = "lapas-jember-web"
kind = "feed"
url = "http://$SITE_AT/feed.xml"
full_text = false
CONF
}

# The visit finds a fault in these locations, or it is worth nothing.
planted() {
  nginx_with "$2"
  if python3 tests/proxy/visit.py "$BASE" >"$folder/faults"; then
    fail "planted and not found: $1"
  fi
  say "planted and found: $1 ($(wc -l <"$folder/faults") faults)"
}

install_nginx
[[ -x $WARTA ]] || cargo build --release --quiet
prepare
proxy=$(snippet proxy)
[[ $proxy == *"$SAID"* ]] || fail "README.md's snippet does not lead to $SAID"

unix=${proxy//$SAID/http://unix:$folder/http.sock}
nginx_with "$unix"
start_warta "unix:$folder/http.sock"
python3 tests/proxy/visit.py "$BASE" || fail "faults through a unix socket"
say "no fault through a unix socket"

tcp=${proxy//$SAID/http://$WARTA_AT}
nginx_with "$tcp"
start_warta "$WARTA_AT"
python3 tests/proxy/visit.py "$BASE" || fail "faults over TCP"
say "no fault over TCP"
"$WARTA" --config "$folder/warta.toml" -q export "$folder/export" --compress
python3 tests/proxy/visit.py --equal "$BASE" "http://$EXPORT_AT/" "$folder/export" || fail "the export is another site"
sed -i 's|</title>|X</title>|' "$folder/export/feeds/jawa-timur.rss"
if python3 tests/proxy/visit.py --equal "$BASE" "http://$EXPORT_AT/" "$folder/export" >/dev/null; then
  fail "planted and not found: a changed export"
fi
say "an export served by nginx equals the live feeds"

planted "the path is cut off" "${tcp//http:\/\/$WARTA_AT;/http://$WARTA_AT/;}"
planted "conditions are dropped" "${tcp%\}*} proxy_set_header If-None-Match \"\"; }"
planted "a header is dropped" "${tcp%\}*} proxy_hide_header Link; }"
