#!/usr/bin/env bash
# The package's life in a Debian of its own: installed, set up by `warta init`, checked, its demo and its daemon run as the
# user that it makes, upgraded to a later version, removed and purged. What the operator wrote outlives an upgrade,
# stories outlive a removal, backups outlive everything, and nothing else stays.
#
#   tests/deb.sh [PACKAGE]    by default the package is built by .ci/deb, which needs cargo-deb
#
# Needs root, and debootstrap for its Debian, which is made once in target/debian-tree (some minutes; DEBIAN_MIRROR names
# another mirror, DEBIAN_TREE a tree that is there). Without them it says so and ends with 0.
set -euo pipefail
cd "$(dirname "$0")/.."
source tests/shared.sh
source tests/debian/tree.sh

DEMO=127.46.0.1:18081
LISTEN=127.46.0.1:18082
SITE=127.46.0.2:18083
LATER=0.9.0-1
tree=${DEBIAN_TREE:-target/debian-tree}

debian_or_skip "$tree"
package=${1:-$(built_package)}

work=$(mktemp -d)
pids=()
cleanup() {
  local pid
  for pid in "${pids[@]}"; do
    kill -KILL "$pid" 2>/dev/null || true
  done
  umount "$work/root/proc" "$work/root" 2>/dev/null || umount -l "$work/root/proc" "$work/root" || true
  rm -rf "$work"
}
trap cleanup EXIT
debian_copy "$tree" "$work"
mount -t proc proc "$work/root/proc"
root=$work/root

inside() { chroot "$root" "$@" >"$work/said" 2>&1 || fail "$*: $(cat "$work/said")"; }
as_warta=(chroot "$root" setpriv --reuid=warta --regid=warta --init-groups)
# Every file of the tree, without what Debian itself writes down of packages.
files() { (cd "$root" && find . -xdev -not -path './proc/*' -not -path './tmp/*' -not -path './var/log/*' -not -path './var/lib/dpkg/*' \
  -not -path './var/cache/*' -not -path './run/*' | sort); }
get() { curl -sf --max-time 10 -o "$work/answer" "http://$1"; }
# Ends a program that was started in the tree.
end() {
  kill -TERM "$1"
  wait "$1" || fail "it ends with $? when it is stopped"
}
stories() { "${as_warta[@]}" warta stories --json --limit 100000 | sed 's/.*"id":"\([^"]*\)".*/\1/' | sort; }

files >"$work/before"
say "install $(basename "$package") ($(stat -c %s "$package") bytes)"
mkdir -p "$root/tmp"
cp "$package" "$root/tmp/warta.deb"
inside dpkg -i /tmp/warta.deb
grep -q 'warta init --output' "$work/said" || fail "nobody is told what to do next: $(cat "$work/said")"
units() { (cd "$1" && ls warta*.service warta*.socket warta*.timer); }
[[ $(units "$root/usr/lib/systemd/system") == "$(units systemd)" ]] || fail "it has other units: $(units "$root/usr/lib/systemd/system")"
inside id warta
inside warta --version
inside setpriv --reuid=warta --regid=warta --init-groups warta check
inside test -s /usr/share/man/man1/warta.1.gz
[[ ! -e $root/etc/systemd/system/multi-user.target.wants/warta.service ]] || fail "it is enabled before anybody set it up"
status=0
"${as_warta[@]}" warta run >"$work/said" 2>&1 || status=$?
[[ $status == 2 ]] || fail "the daemon starts with an example contact: $status"

say "set up for Jawa Timur, with a source of its own"
inside warta init --output /etc/warta/warta.toml --force --title 'Warta Jatim' --base-url https://warta.jatim.go.id/ \
  --contact mailto:humas@jatim.go.id --provinces jawa-timur
grep -q '^include = \["/usr/share/warta/sources/jawa-timur.toml", "sources/lokal.toml"\]' "$root/etc/warta/warta.toml" \
  || fail "it includes $(grep ^include "$root/etc/warta/warta.toml")"
inside setpriv --reuid=warta --regid=warta --init-groups warta check
# No real site is asked.
sed -i -e 's|^include = .*|include = ["sources/lokal.toml"]|' -e "s|^listen = .*|listen = \"$LISTEN\"|" -e 's|^allow_networks = .*|allow_networks = ["127.0.0.0/8"]|' "$root/etc/warta/warta.toml"
{
  echo '# Ours.'
  unit unit-kami 'Lapas Kelas IIA Jember Kami' "http://$SITE/0/feed"
} >"$root/etc/warta/sources/lokal.toml"
inside setpriv --reuid=warta --regid=warta --init-groups warta check

say "the demo as user warta"
"${as_warta[@]}" warta demo --listen "$DEMO" >"$work/log" 2>&1 &
pids+=($!)
await "the demo's feed" get "$DEMO/feeds/jawa-timur.atom"
grep -q '<entry>' "$work/answer" || fail "no entry in the demo's feed"
end "${pids[-1]}"

say "the daemon as user warta, with a backup"
python3 tests/sites.py sites 1 30 "$SITE" &
pids+=($!)
disown
# As systemd makes them.
for folder in var/lib/warta var/lib/warta-backup run/warta; do
  chroot "$root" install -d -o warta -g warta -m 0750 "/$folder"
done
await "the site listens" get "$SITE/0/feed"
"${as_warta[@]}" warta run >"$work/log" 2>&1 &
daemon=$!
pids+=("$daemon")
await "the daemon answers" get "$LISTEN/readyz"
"${as_warta[@]}" warta crawl unit-kami --force >"$work/said" 2>&1 || fail "$(cat "$work/said")"
"${as_warta[@]}" warta backup --keep 14 /var/lib/warta-backup >"$work/said" 2>&1 || fail "$(cat "$work/said")"
end "$daemon"
stories >"$work/stories"
(($(wc -l <"$work/stories") >= 30)) || fail "only $(wc -l <"$work/stories") stories"

say "upgrade to $LATER: what the operator wrote is kept"
cp "$root/etc/warta/warta.toml" "$work/warta.toml"
cp "$root/etc/warta/sources/lokal.toml" "$work/lokal.toml"
echo '# Theirs.' >"$root/etc/warta/sources/bali.toml"
later_package "$package" "$LATER" "$work"
cp "$work"/warta_"$LATER"_*.deb "$root/tmp/later.deb"
inside dpkg --force-confdef --force-confold -i /tmp/later.deb
[[ $(chroot "$root" dpkg-query -W -f '${Version}' warta) == "$LATER" ]] || fail "it is not the later version"
cmp "$work/warta.toml" "$root/etc/warta/warta.toml" || fail "the configuration was overwritten"
cmp "$work/lokal.toml" "$root/etc/warta/sources/lokal.toml" || fail "the operator's sources were overwritten"
[[ -e $root/etc/warta/warta.toml.dpkg-dist ]] || fail "the later configuration is not beside it"
inside setpriv --reuid=warta --regid=warta --init-groups warta check
stories | cmp - "$work/stories" || fail "the stories are others"
say "downgrade is an installation of the older one"
inside dpkg --force-confdef --force-confold --force-downgrade -i /tmp/warta.deb
stories | cmp - "$work/stories" || fail "the stories are others"

say "remove: configuration and stories stay; they are there when it is installed again"
inside dpkg -r warta
[[ ! -e $root/usr/bin/warta && -e $root/etc/warta/warta.toml && -d $root/var/lib/warta/journal ]] || fail "a removal is no purge"
inside dpkg --force-confdef --force-confold -i /tmp/later.deb
cmp "$work/warta.toml" "$root/etc/warta/warta.toml" || fail "the configuration was overwritten"
stories | cmp - "$work/stories" || fail "the stories are others"

say "purge: only backups stay"
inside dpkg -P warta
grep -q 'backups in /var/lib/warta-backup stay' "$work/said" || fail "nobody is told of the backups: $(cat "$work/said")"
files >"$work/after"
# What sysusers writes of the user and the group stays, as Debian's policy says; the file as it was before has a "-".
comm -13 "$work/before" "$work/after" | grep -vE '^\./etc/(passwd|group|shadow|gshadow)-$|^\./etc/\.pwd\.lock$' >"$work/left" || true
comm -23 "$work/before" "$work/after" >"$work/lost"
[[ ! -s $work/lost ]] || fail "gone: $(cat "$work/lost")"
others=$(grep -vE '^\./var/lib/warta-backup(/warta-[0-9TZ]+\.backup)?$' "$work/left" || true)
[[ -z $others ]] || fail "left: $others"
sed 's/^/deb:   left /' "$work/left"
say "passed ($SECONDS s)"
