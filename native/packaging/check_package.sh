#!/bin/bash
# Installs, starts, upgrades, removes and purges the Debian package in a fresh Debian, and complains of what is left
# behind. Run by ./dev package --check, as root.
#
#   check_package.sh REPOSITORY BUILD
set -euo pipefail
cd "$1"
BUILD=$2  # where the program was built: build/release

SUITE=bookworm
BASE=build/debian/base  # kept, so that the next time is quick
ROOT=$PWD/build/debian/root
CONFIG=/etc/isocached/isocached.conf

fail() {
  echo "check_package: $*" >&2
  exit 1
}
# inside COMMAND...: in the fresh Debian.
INSIDE=(env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C chroot "$ROOT")
inside() { "${INSIDE[@]}" "$@"; }
# check WHAT COMMAND...
check() {
  local what=$1
  shift
  "$@" >"$ROOT.log" 2>&1 || { cat "$ROOT.log" >&2; fail "not so: $what"; }
  echo "  $what"
}
refused() { ! "$@"; }

clean_up() {
  [ -z "${server:-}" ] || kill "$server" 2>/dev/null || true
  if mountpoint -q "$ROOT/proc"; then umount "$ROOT/proc"; fi
  rm -rf "$ROOT" "$ROOT.log"
}
trap clean_up EXIT

mkdir -p build/debian
if [ ! -e $BASE/.complete ]; then
  rm -rf $BASE
  debootstrap --variant=minbase $SUITE $BASE >build/debian/debootstrap.log || fail "see build/debian/debootstrap.log"
  touch $BASE/.complete
fi
rm -rf "$ROOT"
cp -a $BASE "$ROOT"
cp /etc/resolv.conf "$ROOT/etc/"
if [ -d /etc/apt/apt.conf.d ]; then cp -n /etc/apt/apt.conf.d/* "$ROOT/etc/apt/apt.conf.d/" || true; fi
mount -t proc proc "$ROOT/proc"

# The package, and the same with a higher number.
first=$(compgen -G "build/package/isocached_*.deb")
next=build/debian/next
rm -rf $next
SOURCE_DATE_EPOCH=$(date +%s) cpack --config "$BUILD/CPackConfig.cmake" -B "$PWD/$next" \
  -D CPACK_DEBIAN_PACKAGE_RELEASE=99 >build/debian/cpack.log || fail "see build/debian/cpack.log"
mkdir "$ROOT/packages"
cp "$first" $next/isocached_*.deb "$ROOT/packages/"
first=/packages/$(basename "$first")
next=/packages/$(basename "$(compgen -G "$next/isocached_*-99_*.deb")")

check "apt finds its lists" inside apt-get update
check "it installs, with what it needs" inside apt-get install -y --no-install-recommends "$first"
check "dpkg finds each file as it was packed" inside dpkg --verify isocached
check "its user is there" inside getent passwd isocached
check "its group is there" inside getent group isocached
check "the service is enabled" test -L "$ROOT/etc/systemd/system/multi-user.target.wants/isocached.service"
check "the socket is not" refused test -e "$ROOT/etc/systemd/system/sockets.target.wants/isocached.socket"
check "its configuration is fine" inside isocached --check-config --config $CONFIG
check "the manual page is one" inside sh -c 'zcat /usr/share/man/man1/isocached.1.gz | grep -q "^\.TH"'

# It starts as its own user, and answers.
socket=/tmp/isocached.sock
"${INSIDE[@]}" setpriv --reuid isocached --regid isocached --clear-groups isocached --config $CONFIG -s $socket &
server=$!
for _ in {1..100}; do
  [ ! -S "$ROOT$socket" ] || break
  sleep 0.1
done
check "it starts as its user, and is healthy" inside isocached healthcheck $socket
kill $server
wait $server || fail "it did not end in order"
server=

echo 'memory-limit = 77' >>"$ROOT$CONFIG"
check "it upgrades" inside dpkg --install "$next"
check "an upgrade leaves the configuration as it was changed" grep -q 'memory-limit = 77' "$ROOT$CONFIG"
check "dpkg finds the new files" inside sh -c 'dpkg --verify isocached | grep -v " c /etc/" | wc -l | grep -qx 0'
rm "$ROOT/etc/systemd/system/multi-user.target.wants/isocached.service"
check "it installs again" inside dpkg --install "$next"
check "a service that was disabled stays so" \
  refused test -e "$ROOT/etc/systemd/system/multi-user.target.wants/isocached.service"
check "it is removed" inside apt-get remove -y isocached
check "the configuration stays" test -e "$ROOT$CONFIG"
check "nothing but that, the user and systemd's notes stays" \
  test -z "$(find "$ROOT/usr" "$ROOT/lib/systemd" -name '*isocached*' 2>/dev/null)"
mkdir -p "$ROOT/var/cache/isocached"
check "it is installed once more" inside dpkg --install "$first"
check "it is purged" inside apt-get purge -y isocached
rm -rf "$ROOT/packages"
left=$(find "$ROOT" -xdev -name '*isocached*' -not -path '*/var/lib/apt/*' -not -path '*/proc/*')
[ -z "$left" ] || fail "left behind: $left"
check "its user is gone" refused inside getent passwd isocached
echo "  nothing is left behind"
