# Shared by tests/deb.sh and tests/nspawn.sh: a small Debian in a folder, made once, and copies of it that vanish. To be
# sourced after tests/shared.sh; sets nothing but functions.

# Makes the tree where there is none yet, by debootstrap: some minutes and 400 MB of Debian's mirror.
debian_tree() {
  local tree=$1 suite=bookworm mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
  [[ -e $tree/etc/debian_version ]] && return
  command -v debootstrap >/dev/null || return
  rm -rf "$tree.new"
  mkdir -p "$tree.new"
  debootstrap --variant=minbase --include=systemd-sysv,dbus,ca-certificates,procps \
    "$suite" "$tree.new" "$mirror" >"$tree.log" || return
  rm -rf "$tree.new/var/cache/apt/archives"/*.deb
  mv "$tree.new" "$tree"
}

# Mounts a copy of a tree at `$2/root`: what is written goes to the folder `$2`.
debian_copy() {
  mkdir -p "$2/root" "$2/upper" "$2/work"
  mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$2/root"
}

# Packs a package again with another version, as if it were released later: with a line more in the configuration.
later_package() {
  local package=$1 version=$2 folder=$3
  rm -rf "$folder/unpacked"
  dpkg-deb --raw-extract "$package" "$folder/unpacked"
  sed -i "s/^Version: .*/Version: $version/" "$folder/unpacked/DEBIAN/control"
  echo '# Told by the later version.' >>"$folder/unpacked/etc/warta/warta.toml"
  echo '# Told by the later version.' >>"$folder/unpacked/etc/warta/sources/lokal.toml"
  (cd "$folder/unpacked" && find . -type f -not -path './DEBIAN/*' -printf '%P\0' | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
  dpkg-deb --build --root-owner-group "$folder/unpacked" "$folder" >/dev/null
  rm -r "$folder/unpacked"
}

# Ends the script well where it cannot run: it is not root's, or there is no Debian in this folder and none can be made.
debian_or_skip() {
  if ((EUID != 0)); then
    say "skipped: only root can change into another tree"
    exit 0
  fi
  if ! debian_tree "$1"; then
    say "skipped: there is no Debian in $1, and debootstrap does not make one"
    exit 0
  fi
}

# Builds the package and prints where it is.
built_package() {
  .ci/deb >&2
  ls -t target/debian/warta_*.deb | head -n 1
}
