#!/usr/bin/env bash
# Runs every test of the workspace, and installs what they need where it is missing and can be had.
#
#   scripts/test.sh            everything
#   scripts/test.sh --quick    without the model checker and the exact costs
#   scripts/test.sh --help     this
#
# What takes longer is run by hand: scripts/promql.sh holds 10,000 expressions against a real Prometheus, and
# `cargo bench -p benches` takes all figures anew, of which `--bench rules` fails where a round of rules takes too long.
set -euo pipefail
cd "$(dirname "$0")/.."

quick=
case "${1:-}" in
    "") ;;
    --quick) quick=yes ;;
    -h | --help) sed -n '2,/^set/{/^#/s/^# \?//p}' scripts/test.sh; exit ;;
    *) echo "scripts/test.sh: unknown argument '$1'; it takes --quick, --help or nothing" >&2; exit 2 ;;
esac

say() { printf '\n== %s\n' "$*"; }

# Installs a Debian package for the commands it brings, where one is missing. Says whether they are there.
# Servers of it are not started: each test starts one of its own.
has() {
    local package=$1
    shift
    command -v "$@" >/dev/null && [ "$(command -v "$@" | wc -l)" = $# ] && return
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "scripts/test.sh: '$*' is missing and cannot be installed here (Debian package $package)" >&2
        return 1
    fi
    say "installing $package, which brings $*"
    local policy=/usr/sbin/policy-rc.d ours=
    if [ ! -e "$policy" ]; then
        ours=yes
        printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy"
    fi
    local code=0
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$package"; } >/dev/null || code=$?
    [ -z "$ours" ] || rm -f "$policy"
    return "$code"
}

# Installs a Debian package for the module of Python that it brings, where that is missing.
has_module() {
    /usr/bin/python3 -c "import $2" 2>/dev/null || { has "$1" "no-such-command-$1" && /usr/bin/python3 -c "import $2"; }
}

# Installs PostgreSQL, whose programs Debian has beside the path.
has_postgres() {
    local found='command -v initdb || ls /usr/lib/postgresql/*/bin/initdb'
    bash -c "$found" >/dev/null 2>&1 || { has postgresql no-such-command-initdb && bash -c "$found" >/dev/null 2>&1; }
}

# Where a server or tool is missing, tests that need it say so and pass, unless this is set.
# Debian's Prometheus is 2.42, which expressions are held against; its Alertmanager is 0.25.
if has redis-server redis-server && has prometheus prometheus promtool \
    && has prometheus-alertmanager prometheus-alertmanager amtool && has_module python3-aiosmtpd aiosmtpd \
    && has_postgres; then
    export ADMF_REQUIRE_SERVERS=1
else
    say "no redis-server, prometheus, prometheus-alertmanager, aiosmtpd or postgresql: tests that need them are left out"
fi

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
has binutils objdump
cargo build --profile gates -p resilience-tower --example gates
python3 scripts/gates.py target/gates/examples/gates
cargo build --profile gates -p benches --example gates_metrics
python3 scripts/gates.py target/gates/examples/gates_metrics
