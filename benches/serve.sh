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

SECONDS_EACH=${SECONDS_EACH:-5}
ROUNDS=${ROUNDS:-3}
CONNECTIONS=${CONNECTIONS:-32}
# As many as the daemon has threads for answering: one for each core.
WORKERS=${WORKERS:-$(nproc)}
WARTA=${WARTA:-target/release/warta}
ENTRIES=200
FEED=feeds/jawa-timur/kabupaten-jember.rss
SECONDS_TO_CRAWL=120
WARTA_AT=127.83.1.1:8181 NGINX_AT=127.83.1.2:8181 SITE_AT=127.83.1.3:8181

folder=$(mktemp -d)
started=()

say() { printf 'serve: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# Ends what was started, and waits for it: each tidies up after itself.
clean() {
  local pid
  for pid in ${started[@]+"${started[@]}"}; do
    kill -TERM "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  rm -rf "$folder"
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
  cat >"$folder/nginx.conf" <<CONF
daemon off;
master_process on;
worker_processes $WORKERS;
pid $folder/nginx.pid;
error_log $folder/nginx.log;
events { worker_connections 1024; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000000;
  gzip_static on;
  types { application/rss+xml rss; application/xml xml; }
  client_body_temp_path $folder/body; proxy_temp_path $folder/proxy; fastcgi_temp_path $folder/fastcgi;
  uwsgi_temp_path $folder/uwsgi; scgi_temp_path $folder/scgi;
  server { listen $NGINX_AT reuseport; root $folder/static; }
  server { listen $SITE_AT; root $folder/site; }
}
CONF
  mkdir -p "$folder/static" "$folder/site"
  # Its workers may be another user's.
  chmod 755 "$folder"
  nginx -e "$folder/nginx.log" -c "$folder/nginx.conf" &
  nginx=$!
  started+=("$nginx")
}

start_warta() {
  mkdir -p "$folder/sources"
  cat >"$folder/warta.toml" <<CONF
include = ["sources/*.toml"]
[site]
title = "Warta"
base_url = "https://warta.go.id/"
id_authority = "warta.go.id,2026"
[server]
listen = "$WARTA_AT"
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
  "$WARTA" --config "$folder/warta.toml" -q run 2>"$folder/warta.log" &
  warta=$!
  started+=("$warta")
  local began=$SECONDS
  until [[ $(curl -fsS "http://$WARTA_AT/$FEED" 2>/dev/null | grep -o '<guid ' | wc -l) == "$ENTRIES" ]]; do
    if ((SECONDS - began > SECONDS_TO_CRAWL)) || ! kill -0 "$warta"; then
      tail -n 20 "$folder/warta.log" >&2
      fail "the feed did not come to hold $ENTRIES entries"
    fi
    sleep 0.2
  done
}

# What the daemon serves, as files. nginx tells the forms apart by their names.
copy_feed() {
  mkdir -p "$folder/static/$(dirname "$FEED")"
  curl -fsS -o "$folder/static/$FEED" "http://$WARTA_AT/$FEED"
  curl -fsS -H 'Accept-Encoding: gzip' -o "$folder/static/$FEED.gz" "http://$WARTA_AT/$FEED"
  chmod -R a+rX "$folder/static"
  say "a feed of $(stat -c %s "$folder/static/$FEED") bytes, $(stat -c %s "$folder/static/$FEED.gz") with gzip"
  local at
  for at in "$WARTA_AT" "$NGINX_AT"; do
    curl -fsS -H 'Accept-Encoding: gzip' "http://$at/$FEED" | cmp - "$folder/static/$FEED.gz" || fail "$at serves other bytes"
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
  wrk -t1 -c"$CONNECTIONS" -d"${SECONDS_EACH}s" -s benches/serve/report.lua "${headers[@]}" "http://$at/$FEED" >"$folder/wrk"
  awk -v ticks=$(($(ticks "$pid") - before)) -v kind="$kind" '
    /^result/ {
      if ($4 + $5 > 0) { print "serve: " kind ": " $4 + $5 " failed" > "/dev/stderr"; exit 1 }
      print $2, ticks, $3
    }' "$folder/wrk"
}

need nginx wrk curl python3
[[ -x $WARTA ]] || cargo build --release
start_nginx
python3 benches/serve/site.py "$ENTRIES" "http://$SITE_AT/" >"$folder/site/feed.xml"
chmod -R a+rX "$folder/site"
start_warta
copy_feed
for kind in gzip 304 new; do
  for ((round = 0; round < ROUNDS; round++)); do
    # One after the other, each in the same noise.
    echo "$kind nginx $(drive "$kind" "$NGINX_AT" "$nginx")"
    echo "$kind warta $(drive "$kind" "$WARTA_AT" "$warta")"
  done
done >"$folder/runs"
python3 benches/serve/table.py "$(getconf CLK_TCK)" <"$folder/runs"
