#!/bin/sh
# Before a commit: says what the work tree breaks, compared with HEAD. What could not be read warns and does not stop.
set -eu
if ! git rev-parse --verify --quiet HEAD >/dev/null; then
    exit 0 # the first commit has nothing to be compared with
fi
exec clew check --base HEAD --on-gap warn "$@"
