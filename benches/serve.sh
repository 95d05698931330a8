#!/usr/bin/env bash
# What serving costs, against nginx in the same run: a region's feed of 200 full-text entries from the daemon's memory,
# and the same bytes as static files with their gzip form beside them. Prints requests per second of the server's
# processor time, the time within which 99 of 100 are answered, and both as ratios to nginx.
#
#   benches/serve.sh              against the release build
#   SECONDS_EACH=10 ROUNDS=5 WORKERS=1 benches/serve.sh
#
# Needs nginx, wrk, curl and python3. Judges nothing: the figures depend on how busy the machine is, the ratios little.
set -euo pipefail
cd "$(dirname "$0")/.."
source tests/shared.sh

SECONDS_EACH=${SECONDS_EACH:-5}
ROUNDS=${ROUNDS:-3}
CONNECTIONS=${CONNECTIONS:-32}
# As many as the daemon has threads for answering: one for each core.
WORKERS=${WORKERS:-$(nproc)}
ENTRIES=200
FEED=feeds/jawa-timur/kabupaten-jember.rss
SECONDS_TO_CRAWL=120
WARTA_AT=127.83.1.1:8181 NGINX_AT=127.83.1.2:8181 SITE_AT=127.83.1.3:8181

work=$(mktemp -d)
started=()

# The table alone goes to standard output.
say() { printf 'serve: %s\n' "$*" >&2; }

# Ends what was started, and waits for it: each tidies up after itself.
clean() {
  local pid
  for pid in ${started[@]+"${started[@]}"}; do
    kill -TERM "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  rm -rf "$work"
}
trap clean EXIT

need() {
  local program
  for program in "$@"; do
    command -v "$program" >/dev/null || fail "$program is missing: apt-get install nginx-light wrk curl python3"
  done
}

# nginx with static files: the site that is crawled, and what the daemon is compared with.
start_nginx() {
  cat >"$work/nginx.conf" <<CONF
daemon off;
master_process on;
worker_processes $WORKERS;
pid $work/nginx.pid;
error_log $work/nginx.log;
events { worker_connections 1024; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000000;
  gzip_static on;
  types { application/rss+xml rss; application/xml xml; }
  client_body_temp_path $work/body; proxy_temp_path $work/proxy; fastcgi_temp_path $work/fastcgi;
  uwsgi_temp_path $work/uwsgi; scgi_temp_path $work/scgi;
  server { listen $NGINX_AT reuseport; root $work/static; }
  server { listen $SITE_AT; root $work/site; }
}
CONF
  mkdir -p "$work/static" "$work/site"
  # Its workers may be another user's.
  chmod 755 "$work"
  nginx -e "$work/nginx.log" -c "$work/nginx.conf" &
  nginx=$!
  started+=("$nginx")
}

start_warta() {
  configuration "$WARTA_AT" "$work/store" 'base_url = "https://warta.go.id/"' 'robots = false' >"$work/warta.toml"
  unit lapas-jember 'Lapas Kelas IIA Jember' "http://$SITE_AT/feed.xml" >"$work/units.toml"
  "$warta" --config "$work/warta.toml" -q run 2>"$work/log" &
  daemon=$!
  started+=("$daemon")
  local began=$SECONDS
  until [[ $(curl -fsS "http://$WARTA_AT/$FEED" 2>/dev/null | grep -o '<guid ' | wc -l) == "$ENTRIES" ]]; do
    if ((SECONDS - began > SECONDS_TO_CRAWL)) || ! kill -0 "$daemon"; then
      fail "the feed did not come to hold $ENTRIES entries"
    fi
    sleep 0.2
  done
}

# What the daemon serves, as files. nginx tells the forms apart by their names.
copy_feed() {
  mkdir -p "$work/static/$(dirname "$FEED")"
  curl -fsS -o "$work/static/$FEED" "http://$WARTA_AT/$FEED"
  curl -fsS -H 'Accept-Encoding: gzip' -o "$work/static/$FEED.gz" "http://$WARTA_AT/$FEED"
  chmod -R a+rX "$work/static"
  say "a feed of $(stat -c %s "$work/static/$FEED") bytes, $(stat -c %s "$work/static/$FEED.gz") with gzip"
  local at
  for at in "$WARTA_AT" "$NGINX_AT"; do
    curl -fsS -H 'Accept-Encoding: gzip' "http://$at/$FEED" | cmp - "$work/static/$FEED.gz" || fail "$at serves other bytes"
  done
}

tag() { curl -fsS -o /dev/null -D - -H 'Accept-Encoding: gzip' "http://$1/$FEED" | tr -d '\r' | sed -n 's/^etag: //Ip'; }

# Clock ticks of a process and its children.
ticks() {
  local pid sum=0 fields
  for pid in "$1" $(cat "/proc/$1/task/$1/children"); do
    read -r -a fields <<<"$(sed 's/.*) //' "/proc/$pid/stat")"
    sum=$((sum + fields[11] + fields[12]))
  done
  echo "$sum"
}

# Prints "requests ticks p99-in-us" of one run of wrk against one server.
drive() {
  local kind=$1 at=$2 pid=$3 headers=(-H 'Accept-Encoding: gzip') before
  [[ $kind == gzip ]] || headers+=(-H "If-None-Match: $(tag "$at")")
  [[ $kind != new ]] || headers+=(-H 'Connection: close')
  before=$(ticks "$pid")
  wrk -t1 -c"$CONNECTIONS" -d"${SECONDS_EACH}s" -s benches/serve/report.lua "${headers[@]}" "http://$at/$FEED" >"$work/wrk"
  awk -v ticks=$(($(ticks "$pid") - before)) -v kind="$kind" '
    /^result/ {
      if ($4 + $5 > 0) { print "serve: " kind ": " $4 + $5 " failed" > "/dev/stderr"; exit 1 }
      print $2, ticks, $3
    }' "$work/wrk"
}

need nginx wrk curl python3
find_warta
start_nginx
python3 benches/serve/site.py "$ENTRIES" "http://$SITE_AT/" >"$work/site/feed.xml"
chmod -R a+rX "$work/site"
start_warta
copy_feed
for kind in gzip 304 new; do
  for ((round = 0; round < ROUNDS; round++)); do
    # One after the other, each in the same noise.
    echo "$kind nginx $(drive "$kind" "$NGINX_AT" "$nginx")"
    echo "$kind warta $(drive "$kind" "$WARTA_AT" "$daemon")"
  done
done >"$work/runs"
python3 benches/serve/table.py "$(getconf CLK_TCK)" <"$work/runs"
