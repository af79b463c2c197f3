#!/usr/bin/env bash
# Formats the C++ that people wrote; with --check it only says whether that would change anything.
set -eu
cd "$(dirname "$0")/.."

if ! command -v clang-format > /dev/null && [ "$(id -u)" -eq 0 ] && command -v apt-get > /dev/null && [ -z "${OSTINATO_NO_APT:-}" ]; then
  echo 'installing clang-format'
  { apt-get update && apt-get install -y --no-install-recommends clang-format; } > /dev/null 2>&1 || true
fi
if ! command -v clang-format > /dev/null; then
  echo 'clang-format is not installed (apt-get install clang-format)' >&2
  exit 1
fi

action=(-i)
[ "${1:-}" = --check ] && action=(--dry-run -Werror)
git ls-files -z --cached --others --exclude-standard -- 'native/*.cc' 'native/*.h' 'bench/limits/*.cc' ':!native/generated' |
  xargs -0 --no-run-if-empty clang-format "${action[@]}"
