#!/usr/bin/env bash
# Runs tests with the addon under AddressSanitizer and UndefinedBehaviorSanitizer.
#
#   scripts/sanitize.sh [vitest arguments…]      for example: scripts/sanitize.sh test/os test/meta
#
# Builds the addon with cmake-js into build-asan/ (needs CMake and GCC or Clang with the sanitizers'
# run time) and runs vitest with the arguments, test/os without any. The addon is found through
# PAGEHEAP_ADDON; PAGEHEAP_SANITIZER tells tests to leave out what a sanitizer cannot bear, such as a
# limit of the address space. Any report of a sanitizer ends the process it comes from, and so the test.
#
# Every path under test/ must hold a test file: a folder without one would pass unseen beside others.
#
# Leaks are not looked for: Node and V8 keep memory on purpose until the process ends.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

[ $# -gt 0 ] || set -- test/os

for path in "$@"; do
  case "$path" in
    test | test/* | ./test | ./test/* | "$PWD"/test | "$PWD"/test/*) ;;
    *) continue ;;
  esac
  [ -e "$path" ] || { echo "sanitize: there is no $path" >&2; exit 1; }
  found=$(find "$path" -name '*.test.ts' -print -quit)
  [ -n "$found" ] || { echo "sanitize: $path holds no test file (*.test.ts)" >&2; exit 1; }
done

for tool in cmake npx; do
  command -v "$tool" >/dev/null || { echo "sanitize: $tool is missing" >&2; exit 1; }
done

echo 'sanitize: building build-asan/Release/pageheap.node'
npx cmake-js build --log-level error -d native -O build-asan --config Release --CDPAGEHEAP_SANITIZE=ON >build-asan.log 2>&1 || {
  cat build-asan.log >&2
  exit 1
}
addon=$PWD/build-asan/Release/pageheap.node

# The run time the addon was linked against; preloaded, because the node executable was not.
runtime=$(ldd "$addon" | awk '/lib(asan|clang_rt\.asan)/ { print $3 }')
[ -n "$runtime" ] && [ -e "$runtime" ] || { echo 'sanitize: no shared AddressSanitizer run time' >&2; exit 1; }

# vitest is started by node itself and not through npx or a shell, so that nothing else is preloaded.
env \
  LD_PRELOAD="$runtime" \
  ASAN_OPTIONS="detect_leaks=0:abort_on_error=0:allow_user_segv_handler=1:${ASAN_OPTIONS:-}" \
  UBSAN_OPTIONS="print_stacktrace=1:halt_on_error=1:${UBSAN_OPTIONS:-}" \
  PAGEHEAP_ADDON="$addon" \
  PAGEHEAP_SANITIZER=address,undefined \
  node node_modules/vitest/vitest.mjs run "$@"
