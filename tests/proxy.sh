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
source tests/shared.sh

SECONDS_TO_CRAWL=60
# The addresses that README.md names, and those that stand for them here.
SAID=http://127.0.0.1:8080
WARTA_AT=127.84.1.1:8184 PROXY_AT=127.84.1.2:8184 SITE_AT=127.84.1.3:8184 EXPORT_AT=127.84.1.4:8184
BASE=http://$PROXY_AT/berita/

work=$(mktemp -d)
nginx_pid='' warta_pid=''

# Ends a program that was started here, if it runs.
end() {
  [[ -n $1 ]] || return 0
  kill -TERM "$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
}
trap 'end "$nginx_pid"; end "$warta_pid"; rm -rf "$work"' EXIT

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
  cat >"$work/nginx.conf" <<CONF
$( ((EUID != 0)) || echo 'user root;')
daemon off;
pid $work/nginx.pid;
error_log $work/nginx.log;
events {}
http {
  access_log off;
  client_body_temp_path $work/body; proxy_temp_path $work/proxied; fastcgi_temp_path $work/fastcgi;
  uwsgi_temp_path $work/uwsgi; scgi_temp_path $work/scgi;
  server { listen $SITE_AT; root $work/site; }
  server { listen $EXPORT_AT; ${export//\/srv\/warta/$work/export} }
  server { listen $PROXY_AT; $1 }
}
CONF
  nginx -q -t -e "$work/nginx.log" -c "$work/nginx.conf" || fail "nginx refuses the snippet"
  end "$nginx_pid"
  nginx -e "$work/nginx.log" -c "$work/nginx.conf" &
  nginx_pid=$!
  curl -fsS --retry 50 --retry-delay 0 --retry-max-time 20 --retry-connrefused -o /dev/null "http://$SITE_AT/feed.xml"
}

# Starts the daemon on this address; it crawls the unit's site and has its stories when this returns.
start_warta() {
  end "$warta_pid"
  sed "s|@LISTEN@|$1|" "$work/warta.toml.in" >"$work/warta.toml"
  "$warta" --config "$work/warta.toml" -q run 2>"$work/log" &
  warta_pid=$!
  local began=$SECONDS
  until [[ $(curl -fsS "${BASE}feeds/jawa-timur.rss" 2>/dev/null | grep -o '<guid ' | wc -l) == 3 ]]; do
    if ((SECONDS - began > SECONDS_TO_CRAWL)) || ! kill -0 "$warta_pid"; then
      fail "the stories did not come"
    fi
    sleep 0.2
  done
}

prepare() {
  mkdir -p "$work/site" "$work/export"
  python3 benches/serve/site.py 3 "http://$SITE_AT/" >"$work/site/feed.xml"
  configuration @LISTEN@ "$work/store" "base_url = \"$BASE\"" 'robots = false' >"$work/warta.toml.in"
  unit lapas-jember 'Lapas Kelas IIA Jember' "http://$SITE_AT/feed.xml" >"$work/units.toml"
}

# The visit finds a fault in these locations, or it is worth nothing.
planted() {
  nginx_with "$2"
  if python3 tests/proxy/visit.py "$BASE" >"$work/faults"; then
    fail "planted and not found: $1"
  fi
  say "planted and found: $1 ($(wc -l <"$work/faults") faults)"
}

if ! install_from_debian nginx:nginx-light curl:curl; then
  say "skipped: nginx or curl is missing and cannot be installed"
  exit 0
fi
find_warta
prepare
proxy=$(snippet proxy)
[[ $proxy == *"$SAID"* ]] || fail "README.md's snippet does not lead to $SAID"

unix=${proxy//$SAID/http://unix:$work/http.sock}
nginx_with "$unix"
start_warta "unix:$work/http.sock"
python3 tests/proxy/visit.py "$BASE" || fail "faults through a unix socket"
say "no fault through a unix socket"

tcp=${proxy//$SAID/http://$WARTA_AT}
nginx_with "$tcp"
start_warta "$WARTA_AT"
python3 tests/proxy/visit.py "$BASE" || fail "faults over TCP"
say "no fault over TCP"
"$warta" --config "$work/warta.toml" -q export "$work/export" --compress
python3 tests/proxy/visit.py --equal "$BASE" "http://$EXPORT_AT/" "$work/export" || fail "the export is another site"
sed -i 's|</title>|X</title>|' "$work/export/feeds/jawa-timur.rss"
if python3 tests/proxy/visit.py --equal "$BASE" "http://$EXPORT_AT/" "$work/export" >/dev/null; then
  fail "planted and not found: a changed export"
fi
say "an export served by nginx equals the live feeds"

planted "the path is cut off" "${tcp//http:\/\/$WARTA_AT;/http://$WARTA_AT/;}"
planted "conditions are dropped" "${tcp%\}*} proxy_set_header If-None-Match \"\"; }"
planted "a header is dropped" "${tcp%\}*} proxy_hide_header Link; }"
