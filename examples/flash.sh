#!/usr/bin/env bash
# A cache on flash: many times the items for the same memory. Starts isocached with a file, fills both, and shows what
# became of it. The server and the file are gone afterwards.
#
#   examples/flash.sh                        a cache of 256 MB in 32 MB of memory: seconds
#   examples/flash.sh 10g 256 /mnt/nvme      a cache of 10 GB in 256 MB, on a volume of your choice
#
# ISOCACHED: the program (default: isocached, or build/release/bin/isocached).
set -euo pipefail

size=${1:-256m} memory_mb=${2:-32} folder=${3:-${TMPDIR:-/tmp}}
value_bytes=4000 batch=250

number=${size%[mg]}
case $size in
  *m) size_mb=$number ;;
  *g) size_mb=$((number * 1024)) ;;
  *) echo "usage: $0 [SIZE, as 512m or 10g] [MB of memory] [folder]" >&2; exit 64 ;;
esac
program=${ISOCACHED:-$(command -v isocached || echo "$(dirname "$0")/../build/release/bin/isocached")}
file=$(mktemp "$folder/isocached-flash.XXXXXX")
log=$(mktemp)
server=
clean_up() {
  if [[ -n $server ]]; then kill "$server" 2>/dev/null; wait "$server" || true; fi
  rm -f "$file" "$log"
}
trap clean_up EXIT

"$program" -p 0 -l 127.0.0.1 -v -m "$memory_mb" -o "ext_path=$file:$size" 2>"$log" &
server=$!
until grep -q '^ready$' "$log"; do
  kill -0 "$server" 2>/dev/null || { cat "$log" >&2; server=; exit 1; }
  sleep 0.1
done
port=$(sed -n 's/^listening .*:\([0-9]*\)$/\1/p' "$log" | head -n 1)
exec 3<>"/dev/tcp/127.0.0.1/$port"
grep -E 'memory|flash tier|io_uring' "$log"

# ask LINE: sends it, and prints the answer up to END.
ask() {
  local line
  printf '%s\r\n' "$1" >&3
  while IFS= read -r line <&3; do
    line=${line%$'\r'}
    [[ $line != END ]] || return 0
    printf '%s\n' "$line"
  done
}
stat() { ask stats | sed -n "s/^STAT $1 //p"; }

# Three quarters of the file: room that is being cleaned is not in use.
items=$((size_mb * 1024 * 1024 * 3 / 4 / (value_bytes + 50)))
printf -v value '%*s' "$value_bytes" ''
value=${value// /x}
echo "storing $items items of $value_bytes bytes"
for ((from = 0; from < items; from += batch)); do
  # All but the last say nothing if they are stored.
  for ((n = from; n < from + batch && n < items; ++n)); do
    printf 'ms k%d %d q\r\n%s\r\n' "$n" "$value_bytes" "$value"
  done >&3
  printf 'mn\r\n' >&3
  until IFS= read -r answer <&3 && [[ $answer == MN* ]]; do :; done
done

asked=1000 hits=0
for ((n = 0; n < asked; ++n)); do
  printf 'mg k%d s\r\n' "$((n * (items / asked)))" >&3
  IFS= read -r answer <&3
  if [[ $answer == HD* ]]; then hits=$((hits + 1)); fi
done

echo
ask stats | sed -n 's/^STAT \(get_extstore\|extstore_objects_used\|extstore_bytes_written\|extstore_pages_[a-z]*\|isocache_tier_[il][a-z]*_bytes\|evictions\) /\1 /p'
echo "the first regions (stats extstore):"
ask 'stats extstore' | sed -n 's/^STAT \([0-3]:\)/  \1/p'
echo
on_flash=$(stat extstore_objects_used)
echo "$hits of $asked keys are there: $((hits * 100 / asked)) %"
echo "$on_flash items on flash with $memory_mb MB of memory: $((on_flash / memory_mb)) items per MB"
