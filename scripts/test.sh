#!/usr/bin/env bash
# Runs every test of the workspace, and installs what they need where it is missing and can be had.
#
#   scripts/test.sh            everything
#   scripts/test.sh --quick    without the model checker and the exact costs
set -euo pipefail
cd "$(dirname "$0")/.."

quick=
case "${1:-}" in
    "") ;;
    --quick) quick=yes ;;
    *) echo "scripts/test.sh: unknown argument '$1'; it takes --quick or nothing" >&2; exit 2 ;;
esac

say() { printf '\n== %s\n' "$*"; }

# Installs a Debian package for the command it brings, where that is missing. Says whether it is there.
has() {
    local command=$1 package=$2
    command -v "$command" >/dev/null && return
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "scripts/test.sh: '$command' is missing and cannot be installed here (Debian package $package)" >&2
        return 1
    fi
    say "installing $package, which brings $command"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$package"; } >/dev/null
}

# Where a server is missing, tests that need it say so and pass, unless this is set.
servers=yes
for server in redis-server prometheus; do
    # Debian's Prometheus is 2.42, which expressions are held against.
    has "$server" "$server" || { servers=; say "no $server: tests that need one are left out"; }
done
[ -z "$servers" ] || export ADMF_REQUIRE_SERVERS=1

say "redis-cell, to compare shared rates with"
cargo build -q --manifest-path scripts/redis-cell/Cargo.toml -p redis-cell --locked --target-dir target/redis-cell
export ADMF_REDIS_CELL=$PWD/target/redis-cell/debug/libredis_cell.so

say "tests of all crates"
cargo test --workspace --all-features

say "conformance cases"
cargo test -q -p tests --test vectors -- --nocapture

[ -n "$quick" ] && exit

say "all interleavings of breaker, limiter, queue and budget (loom)"
# Its own folder: under this cfg every crate is built anew.
RUSTFLAGS='--cfg loom' LOOM_MAX_PREEMPTIONS=${LOOM_MAX_PREEMPTIONS:-3} CARGO_TARGET_DIR=target/loom \
    cargo test --release -p resilience-core --lib

say "exact costs of one call (callgrind)"
has valgrind valgrind
has objdump binutils
cargo build --profile gates -p resilience-tower --example gates
python3 scripts/gates.py target/gates/examples/gates
cargo build --profile gates -p benches --example gates_metrics
python3 scripts/gates.py target/gates/examples/gates_metrics
