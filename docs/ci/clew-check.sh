#!/bin/sh
# Says what the commit at hand breaks, compared with where it left a base branch. Needs git, clew, and for dbt: dbt.
#
#   CLEW_BASE    the base branch or commit, such as origin/main (needed)
#   CLEW_DBT     folder of the dbt project; both states are compiled and compared. Without it, files are compared.
#   CLEW_OUT     folder for the outcome in every format; default clew-check
#   CLEW_FORMAT  what is printed: text, github, markdown, ...; default text
#   CLEW_URL, CLEW_TOKEN   the house to ask; without them the project alone is looked at
#
# All arguments go to clew check. Its exit code is the script's: 0 go on, 1 no, 2 bad input, 3 incomplete,
# 4 not found, 5 unreachable.
set -eu

base=${CLEW_BASE:?name the base branch, such as origin/main}
out=${CLEW_OUT:-clew-check}
mkdir -p "$out"
for each in markdown=check.md junit=check.junit.xml sarif=check.sarif gitlab=check.gitlab.json json=check.json; do
    set -- "$@" --output "${each%%=*}=$out/${each#*=}"
done
set -- "$@" --base "$base" --format "${CLEW_FORMAT:-text}"

if [ -z "${CLEW_DBT:-}" ]; then
    exec clew check "$@"
fi

root=$(git rev-parse --show-toplevel)
work=$(mktemp -d)
tidy() {
    git -C "$root" worktree remove --force "$work/base" 2>/dev/null || true
    rm -rf "$work"
}
trap tidy EXIT
trap 'exit 130' INT TERM

compiled() { # folder of the project, folder for the artifacts
    (cd "$1" && dbt compile --quiet --project-dir . --target-path "$2" --log-path "$work/logs")
    # columns of the warehouse as it is, where the repository or an earlier step left them
    if [ -n "${CLEW_CATALOG:-}" ]; then cp "$CLEW_CATALOG" "$2/catalog.json"; fi
}

point=$(git merge-base "$base" HEAD) || { echo "clew-check: $base and HEAD have nothing in common; fetch more" >&2; exit 4; }
git -C "$root" worktree add --quiet --detach "$work/base" "$point"
compiled "$work/base/$CLEW_DBT" "$work/target-base"
compiled "$root/$CLEW_DBT" "$work/target-head"
code=0
clew check "$@" --old "$work/target-base" --new "$work/target-head" || code=$?
exit "$code"
