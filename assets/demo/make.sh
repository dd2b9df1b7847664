#!/bin/sh
# Prints the documents of the demo as PDF with Chromium; needs the fonts Noto Sans and Noto Serif (Debian: fonts-noto-core).
set -eu
cd "$(dirname "$0")"
profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT
for name in charter crew sale; do
    chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
        --disable-component-update --disable-sync --user-data-dir="$profile" --no-pdf-header-footer \
        --print-to-pdf="$name.pdf" "file://$PWD/$name.html" 2>/dev/null
done
