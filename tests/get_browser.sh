#!/bin/sh
# Make sure that a Chromium is there: an installed one, else Playwright's download, else Debian's.
python=$1
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null 2>&1 && exit 0
done
echo "No Chromium found; trying Playwright's download"
timeout 300 "$python" -m playwright install chromium && exit 0
if command -v apt-get >/dev/null 2>&1; then
    echo "… and then Debian's package"
    as_root=""
    [ "$(id -u)" = 0 ] || as_root="sudo -n"
    $as_root apt-get update -qq && $as_root apt-get install -y -qq chromium && exit 0
fi
echo "!!! No browser could be installed: the tests of the page cannot run." >&2
[ "${CI:-}" = true ] && exit 1
exit 0
