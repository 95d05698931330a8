#!/usr/bin/env bash
# The real daemon on a small disk that fills up: feeds are served, crawling pauses and says so, and goes on by itself
# once there is room: when the store itself fills the disk up to what it keeps free, when another program takes
# everything, and when it is stopped, killed and started meanwhile. Then a file system turns read-only: the daemon says so
# and ends with 3, for systemd to start it again. Nothing that was acknowledged may be lost or doubled by any of it.
#
#   tests/diskfull.sh [WARTA]    WARTA is the program, by default the release build, which is built first
#
# Needs the right to mount: root, or a user namespace, into which it puts itself. Else it says so and ends with 0.
set -euo pipefail
cd "$(dirname "$0")/.."
source tests/shared.sh

# A user's own namespace gives the right to mount a tmpfs, though not an image.
if ((EUID != 0)); then
  if unshare --user --map-root-user --mount true 2>/dev/null; then
    exec unshare --user --map-root-user --mount "$0" "$@"
  fi
  echo "diskfull: skipped: mounting is not allowed here"
  exit 0
fi

LISTEN=127.44.0.1:18081
SITE=127.44.0.2:18082
DISK_MIB=256
# The daemon looks for room every 10 s: longer than that, and longer than twice that.
SETTLES=12
WHILE_FULL=25

find_warta "${1-}"
work=$(mktemp -d)
disk=$work/disk
mkdir "$disk"
site_pid= daemon_pid=

cleanup() {
  local pid
  for pid in $daemon_pid $site_pid; do
    kill -KILL "$pid" 2>/dev/null || true
  done
  umount -l "$disk" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

if ! mount -t tmpfs -o "size=${DISK_MIB}m" tmpfs "$disk" 2>/dev/null; then
  say "skipped: mounting is not allowed here"
  exit 0
fi

# Writes the configuration: one source that always has news, crawled again and again.
configure() {
  configuration "$LISTEN" "$disk/store" '' $'host_delay = "0s"\nmin_interval = "1s"' >"$work/warta.toml"
  unit lapas 'Lapas Kelas IIA Jember' "http://$SITE/feed" 'interval = "1s"' >"$work/units.toml"
}

is_paused() { [[ $(grep -o -e "crawling pauses" -e "crawling goes on" -e "ready" "$work/log" | tail -n 1) == "crawling pauses" ]]; }
asked() { stat -c %s "$work/asked" 2>/dev/null || echo 0; }
was_asked_since() { (($(asked) > $1)); }
get() { [[ $(curl -s --max-time 10 -o "$2" -w '%{http_code}' "http://$LISTEN$1") == 200 ]]; }

start_daemon() {
  NOTIFY_SOCKET=$work/notify "$warta" --config "$work/warta.toml" --color never run 2>>"$work/log" &
  daemon_pid=$!
  await "the daemon answers" get /healthz /dev/null
}

# Ends the daemon by a signal, if one is named, and sets `status` to what it ends with.
end_daemon() {
  [[ -z ${1-} ]] || kill "-$1" "$daemon_pid"
  timeout 90 tail --pid="$daemon_pid" -f /dev/null || fail "the daemon does not end"
  status=0
  wait "$daemon_pid" 2>/dev/null || status=$?
  daemon_pid=
}

# The addresses of all stories, each of which must be there once.
stories() {
  "$warta" --config "$work/warta.toml" stories --json --limit 1000000 >"$work/stories"
  python3 tests/diskfull/site.py --once "$work/stories" >"$1"
}

# Every address of the first list is in the second.
nothing_lost() {
  local lost
  lost=$(comm -23 "$1" "$2")
  [[ -z $lost ]] || fail "lost: $lost"
  say "  $(wc -l <"$1") stories were acknowledged, $(wc -l <"$2") are there, each once"
}

# Takes room until only so many KiB are left; what the search index gives back by tidying up is taken as well.
leave() {
  local free
  free=$(df --output=avail -k "$disk" | tail -n 1)
  ((free <= $1)) || head -c "$((free - $1))K" /dev/zero >>"$disk/ballast" 2>/dev/null || true
}

# While there is no room but so many KiB, for so many seconds: every feed is answered, nothing is fetched, and the status
# says why.
served_while_full() {
  local left=$1 seconds=$2 before until
  await "crawling pauses" is_paused
  # It may take a while until it stays so: the search index tidies up, which gives room back.
  for ((until = SECONDS + SETTLES; SECONDS < until;)); do
    leave "$left"
    sleep 1
  done
  before=$(asked)
  until=$((SECONDS + seconds))
  while ((SECONDS < until)); do
    get /feeds/indonesia.atom "$work/feed" && get /feeds/jawa-timur/kabupaten-jember.atom "$work/feed" \
      || fail "a feed is not answered: $(head -c 300 "$work/feed")"
    [[ -n $(python3 tests/diskfull/site.py --feed "$work/feed") ]] || fail "an empty feed"
    kill -0 "$daemon_pid" || fail "the daemon has ended"
    leave "$left"
    sleep 1
  done
  [[ $(asked) == "$before" ]] || fail "it was crawled $(($(asked) - before)) times while there was no room"
  tail -n 1 "$work/status" | grep -q "No room left" || fail "the status is: $(tail -n 1 "$work/status")"
  stories "$work/while_full"
}

goes_on() {
  local before
  before=$(asked)
  rm -f "$disk/ballast"
  await "the site is crawled again" was_asked_since "$((before + 3))"
  tail -n 1 "$work/status" | grep -q "sources fresh" || fail "the status is: $(tail -n 1 "$work/status")"
  stories "$work/after"
  nothing_lost "$work/while_full" "$work/after"
}

configure
python3 tests/diskfull/site.py "$SITE" "$work" &
site_pid=$!
disown
await "the site listens" test -S "$work/notify"

say "the store itself fills the disk up to its reserve"
start_daemon
await "something is stored" was_asked_since 2
leave 20000
served_while_full 3000 "$WHILE_FULL"
goes_on

say "another program takes everything while it is crawled"
leave 0
served_while_full 0 "$WHILE_FULL"
goes_on

say "it is stopped, killed and started while there is no room"
leave 0
served_while_full 0 3
end_daemon TERM
[[ $status == 0 ]] || fail "it ends with $status when it is stopped with a full disk"
rm -f "$disk/ballast"
leave 3000
start_daemon
served_while_full 3000 3
end_daemon KILL 2>/dev/null
rm -f "$disk/ballast"
start_daemon
await "the site is crawled again" was_asked_since "$(($(asked) + 2))"
stories "$work/after"
nothing_lost "$work/while_full" "$work/after"
end_daemon TERM
[[ $status == 0 ]] || fail "it ends with $status when it is stopped"
grep -A 5 "panicked at" "$work/log" && fail "something panicked"

# Only root can mount an image.
umount "$disk"
truncate -s "${DISK_MIB}M" "$work/image"
if mkfs.ext4 -q "$work/image" 2>/dev/null && mount -o loop "$work/image" "$disk" 2>/dev/null; then
  say "the file system turns read-only, as after a fault of the disk"
  start_daemon
  await "the site is crawled" was_asked_since "$(($(asked) + 2))"
  stories "$work/before"
  mount -o remount,abort "$disk"
  end_daemon
  [[ $status == 3 ]] || fail "it ends with $status when the file system turns read-only"
  tail -n 2 "$work/log" | grep -qE "Read-only file system|Input/output error" || fail "it does not say why it ends"
  umount "$disk"
  mount -o loop "$work/image" "$disk"
  start_daemon
  await "the site is crawled again" was_asked_since "$(($(asked) + 2))"
  stories "$work/after"
  nothing_lost "$work/before" "$work/after"
  end_daemon TERM
  [[ $status == 0 ]] || fail "it ends with $status when it is stopped"
else
  say "skipped: a file system that turns read-only, which needs an image that can be mounted"
fi
say "all went on by itself"
