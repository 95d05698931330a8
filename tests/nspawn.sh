#!/usr/bin/env bash
# The package under Debian's own systemd, which boots as PID 1 in a container: start, reload of a good and of a faulty
# configuration, restarts and an upgrade behind the socket while it is read, a daemon that hangs, the journal's fields, the
# nightly backup, and the end. Prints a table of what was seen.
#
#   tests/nspawn.sh [PACKAGE]    by default the package is built by .ci/deb, which needs cargo-deb; about 4 minutes
#
# Needs root, systemd-nspawn, and debootstrap for its Debian, as tests/deb.sh does. Without them it says so and ends with 0.
set -euo pipefail
cd "$(dirname "$0")/.."
source tests/shared.sh
source tests/debian/tree.sh

LISTEN=127.0.0.1:18090
SITES=(127.47.0.2:18082 127.47.0.3:18082)
SOURCES_PER_SITE=5
READERS=8
RESTARTS=5
LATER=0.9.0-1
tree=${DEBIAN_TREE:-target/debian-tree}

# One row of the table.
row() { printf 'nspawn: | %-34s | %s |\n' "$1" "$2"; }
fail() {
  say "FAILED: $*" >&2
  in_it journalctl --no-pager -n 40 -u warta >&2 || tail -n 20 "$work/console" >&2
  exit 1
}
if ! command -v systemd-nspawn >/dev/null; then
  say "skipped: systemd-nspawn is missing (package systemd-container)"
  exit 0
fi
debian_or_skip "$tree"
package=${1:-$(built_package)}

work=$(mktemp -d)
pids=()
cleanup() {
  local pid
  touch "$work/stop"
  [[ -z ${init-} ]] || kill -RTMIN+4 "$init" 2>/dev/null || true
  timeout 30 tail --pid="${container:-$$}" -f /dev/null || true
  for pid in "${pids[@]}"; do
    kill -KILL "$pid" 2>/dev/null || true
  done
  umount "$work/root" 2>/dev/null || umount -l "$work/root" || true
  rm -rf "$work"
}
trap cleanup EXIT
debian_copy "$tree" "$work"
root=$work/root

cp "$package" "$root/root/warta.deb"
later_package "$package" "$LATER" "$work"
cp "$work"/warta_"$LATER"_*.deb "$root/root/later.deb"
chroot "$root" dpkg -i /root/warta.deb >"$work/dpkg" 2>&1 || fail "$(cat "$work/dpkg")"
mkdir -p "$root/etc/systemd/system/warta.socket.d"
printf '[Socket]\nListenStream=\nListenStream=%s\n' "$LISTEN" >"$root/etc/systemd/system/warta.socket.d/address.conf"
chroot "$root" warta init --output /etc/warta/warta.toml --force --title 'Warta Pertama' --base-url https://warta.jatim.go.id/ \
  --contact mailto:humas@jatim.go.id --provinces '' >/dev/null
settings=$root/etc/warta/warta.toml
sed -i -e 's|^allow_networks = .*|allow_networks = ["127.0.0.0/8"]|' -e 's|^host_delay = .*|host_delay = "0s"|' \
  -e 's|^min_interval = .*|min_interval = "10s"|' "$settings"
units "$SOURCES_PER_SITE" 'interval = "10s"' "${SITES[@]}" >>"$root/etc/warta/sources/lokal.toml"

python3 tests/sites.py sites "$SOURCES_PER_SITE" 30 "${SITES[@]}" &
pids+=($!)
disown

# Runs a command in the container.
in_it() { nsenter --target "$init" --root --wd --mount --uts --ipc --pid --cgroup -- /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 "$@"; }
property() { in_it systemctl show --property="$1" --value "${2:-warta.service}"; }
PATIENCE=300
is() { [[ $(property "$1") == "$2" ]]; }
get() { curl -sf --max-time 60 "http://$LISTEN$1"; }
shows() { get / | grep -q "<title>[^<]*$1"; }
booted() { in_it systemctl is-system-running 2>/dev/null | grep -qE 'running|degraded'; }
reading() {
  rm -f "$work/stop"
  python3 tests/sites.py readers "$LISTEN" "$READERS" "$work/stop" >"$work/readers" &
  reader=$!
  pids+=("$reader")
}
# Ends the readers, of whom none may have been refused or cut off, and prints a row with their number. Not for a subshell, which
# has no child to wait for.
all_answered() {
  touch "$work/stop"
  wait "$reader" || fail "$1: $(cat "$work/readers")"
  row "$1" "$(head -n 1 "$work/readers")"
}

# With a pseudo terminal: systemd as PID 1 wants a console.
script --quiet --flush --return --command "systemd-nspawn --quiet --directory='$root' --boot --register=no --keep-unit --machine=warta-test" \
  "$work/console" </dev/null >/dev/null 2>&1 &
container=$!
pids+=("$container")
# `script` runs nspawn (through a shell, which may stay between them), whose child is PID 1.
first_process() {
  local parent=$container child
  while child=$(pgrep -P "$parent" | head -n 1) && [[ -n $child ]]; do
    parent=$child
    [[ $(cat "/proc/$child/comm" 2>/dev/null) != systemd ]] || break
  done
  init=$parent
  [[ $(cat "/proc/$init/comm" 2>/dev/null) == systemd ]]
}
await "PID 1 starts" first_process
await "systemd has booted" booted
say "| what | outcome |"
row "PID 1" "$(in_it systemctl --version | head -n 1), $(in_it systemctl is-system-running || true)"
row "exposure (systemd-analyze security)" "$(in_it systemd-analyze security --no-pager warta.service | tail -n 1 | grep -oE '[0-9.]+ [A-Z]+')"

in_it systemctl enable --quiet --now warta.socket warta.service warta-backup.timer || fail "it does not start"
is ActiveState active || fail "it is $(property ActiveState) after a start"
get /readyz >/dev/null || fail "READY came before it answers"
# The allocator could ask whether the kernel promises memory (see ProcSubset in the unit): what it maps is then not reserved.
in_it grep -q '^VmFlags:.* nr ' "/proc/$(property MainPID)/smaps" || fail "the allocator takes it that memory is not promised"
row "start" "active when systemctl returned, $(($(property ActiveEnterTimestampMonotonic) / 1000 - $(property InactiveExitTimestampMonotonic) / 1000)) ms to READY"
told() { property StatusText | grep -qE '[0-9]+ of [0-9]+ sources fresh'; }
await "a status" told
row "STATUS=" "$(property StatusText)"
crawled() { (($(in_it journalctl --quiet -o cat WARTA_SOURCE_ID=unit-0-0 | wc -l) > 0)); }
await "a line of a source" crawled
row "journalctl WARTA_SOURCE_ID=unit-0-0" "$(in_it journalctl --quiet -o cat WARTA_SOURCE_ID=unit-0-0 | wc -l) of $(in_it journalctl --quiet -o cat -u warta | wc -l) lines: $(in_it journalctl --quiet -o cat WARTA_SOURCE_ID=unit-0-0 | head -n 1)"

reading
before=$(property MainPID)
sed -i 's|^title = .*|title = "Warta Kedua"|' "$settings"
in_it systemctl reload warta || fail "a good configuration is refused"
shows "Warta Kedua" || fail "the title is not that of the reloaded configuration"
cp "$settings" "$work/good"
sed -i 's|^title = .*|titel = "Warta Ketiga"|' "$settings"
! in_it systemctl reload warta 2>/dev/null || fail "a faulty configuration is taken"
is ActiveState active || fail "it is $(property ActiveState) after a faulty reload"
shows "Warta Kedua" || fail "a faulty configuration changed the title"
# As an operator without systemctl does; the check before it is passed over.
in_it systemctl kill --signal=HUP --kill-whom=main warta
refused() { in_it journalctl --quiet -o cat -u warta | grep -q 'titel'; }
await "the fault in the journal" refused
is ActiveState active || fail "it is $(property ActiveState) after a faulty SIGHUP"
cp "$work/good" "$settings"
in_it systemctl reload warta || fail "the good configuration is refused afterwards"
[[ $(property MainPID) == "$before" ]] || fail "a reload is a restart"
row "reload, good" "title changed, same process"
row "reload, faulty" "systemctl fails, old configuration stays, $(in_it journalctl --quiet -o cat -u warta | grep -m 1 'titel' | tr -s ' ')"
all_answered "requests meanwhile"

reading
for ((n = 0; n < RESTARTS; n++)); do
  in_it systemctl restart warta || fail "it does not restart"
  sleep 2
done
all_answered "$RESTARTS restarts behind warta.socket"
reading
before=$(property MainPID)
in_it dpkg --force-confdef --force-confold -i /root/later.deb >"$work/dpkg" 2>&1 || fail "$(cat "$work/dpkg")"
is ActiveState active || fail "it is $(property ActiveState) after an upgrade"
[[ $(property MainPID) != "$before" ]] || fail "an upgrade restarts nothing"
sleep 2
all_answered "upgrade of the package"

before=$(property MainPID)
began=$SECONDS
in_it kill -STOP "$before"
again() { is NRestarts 1 && is ActiveState active; }
await "systemd starts it again" again
row "SIGSTOP, WatchdogSec=$(property WatchdogUSec)" "killed and started again after $((SECONDS - began)) s: $(in_it journalctl --quiet -o cat -u warta | grep -m 1 -i 'watchdog timeout')"
[[ $(property MainPID) != "$before" ]] || fail "it is the process that hung"
in_it kill -KILL "$(property MainPID)"
again() { is NRestarts 2 && is ActiveState active; }
await "systemd starts it again" again
row "kill -9" "started again"

in_it systemctl start warta-backup.service || fail "$(in_it journalctl -o cat -u warta-backup)"
row "warta-backup.service" "$(in_it ls -sh /var/lib/warta-backup | tail -n 1), next: $(in_it systemctl show -p NextElapseUSecRealtime --value warta-backup.timer)"
in_it systemctl stop warta.socket warta.service
[[ $(property Result) == success ]] || fail "it ends with $(property Result) when it is stopped"
row "stop" "$(property Result), exit $(property ExecMainStatus)"
! in_it journalctl --quiet -o cat -u warta | grep -A 5 'panicked at' || fail "something panicked"
in_it systemctl poweroff
timeout 60 tail --pid="$container" -f /dev/null || fail "it does not power off"
init=
say "passed ($SECONDS s)"
