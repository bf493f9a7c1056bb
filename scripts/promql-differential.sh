#!/usr/bin/env bash
# Evaluates expressions made by chance in our evaluator and in a real Prometheus 2.42, and compares.
#
#   scripts/promql-differential.sh [N] [SEED]     N expressions (10000) made from SEED (1)
set -euo pipefail
cd "$(dirname "$0")/.."

export ADMF_REQUIRE_SERVERS=1
PROMQL_DIFFERENTIAL=${1:-10000} PROMQL_SEED=${2:-1} \
    cargo test -q --release -p tests --test promql -- --nocapture
