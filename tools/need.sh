#!/bin/sh
# need.sh COMMAND PACKAGE [COMMAND PACKAGE ...]: what is there is used, root installs what is missing, else a clear error.
set -eu
missing=""
while [ $# -ge 2 ]; do
    command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
    shift 2
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
    apt-get install -y -q $missing >/dev/null 2>&1 || { apt-get update -q >/dev/null && apt-get install -y -q $missing >/dev/null; }
    exit 0
fi
echo "missing:$missing. Install with your package manager, for instance: sudo apt-get install$missing" >&2
exit 1
