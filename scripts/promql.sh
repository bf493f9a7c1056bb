#!/usr/bin/env bash
# Holds our expressions against Prometheus: all that takes longer than a test may. Minutes.
#
#   scripts/promql.sh [N] [SEED]             N expressions (10000) made by chance from SEED (1), in our evaluator and in a
#                                            real Prometheus 2.42
#   scripts/promql.sh --tests DIR [N [SEED]] before that the tests of Prometheus' own in the folder DIR, its `*.test`
#
# Ends with 1 where a single answer differs, or less than 98 % of the tests that are in scope pass; both are run all the same.
set -euo pipefail

usage() {
    sed -n '2,/^set/{/^#/s/^# \?//p}' "$0"
}

folder=
case "${1:-}" in
    -h | --help) usage; exit ;;
    --tests) folder=$(realpath -- "${2:?--tests takes a folder}"); shift 2 ;;
    -*) usage >&2; exit 2 ;;
esac
cd "$(dirname "$0")/.."

code=0
if [ -n "$folder" ]; then
    cargo run -q --release -p admf-alerts --bin promqltest -- "$folder" --table --least 98 || code=1
fi
# Without a server there is nothing to compare with, and that is no success.
export ADMF_REQUIRE_SERVERS=1
PROMQL_DIFFERENTIAL=${1:-10000} PROMQL_SEED=${2:-1} \
    cargo test -q --release -p tests --test promql -- --nocapture || code=1
exit "$code"
