#!/usr/bin/env bash
# The long run of tests/kills.rs: kills the real program again and again under load, and cuts its power, and counts what
# was acknowledged, lost and doubled. Power is cut only as root: it takes a file system of its own.
#
#   tests/kills.sh [KILLS [CUTS]]    200 and 50 by default; 19 minutes on a busy machine
set -euo pipefail
cd "$(dirname "$0")/.."

export WARTA_KILLS=${1:-200} WARTA_CUTS=${2:-50}
cargo test --test warta kills:: -- --nocapture --test-threads=1
