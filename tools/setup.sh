#!/usr/bin/env bash
# Make .venv with what the workspace needs to run. Idempotent: does nothing when it is up to date.
#   DEV=1      also what tests, lints, benchmarks and builds the pages
#   TORCH=cpu  PyTorch without CUDA, 4 GB less; for a new environment
set -euo pipefail
cd "$(dirname "$0")/.."

VENV=.venv
LOG=$VENV/setup.log
RUNTIME=(requirements.txt)
[ -n "${ROS_DISTRO:-}" ] || RUNTIME+=(requirements-ros.txt)
WANTED=("${RUNTIME[@]}") STAMP=$VENV/stamp
[ -z "${DEV:-}" ] || WANTED+=(requirements-dev.txt) STAMP=$VENV/stamp-dev
TORCH=${TORCH:-}
# Where PyTorch without CUDA is; a mirror of it may be named.
TORCH_INDEX=${TORCH_INDEX:-https://download.pytorch.org/whl/cpu}

fail() { printf 'error: %s\n' "$1" >&2; exit 2; }

# pyenv puts a python3.12 on PATH that only prints an error when no 3.12 is selected: run it.
find_python() {
  local candidate
  for candidate in "$(command -v python3.12 || true)" \
      "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.12*/bin/python3.12; do
    if [ -x "$candidate" ] && "$candidate" -c 'import venv, ensurepip' 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
  return 1
}

# Say in one sentence what went wrong in pip.
explain_failure() {
  if grep -qiE 'no space left|disk quota' "$LOG"; then
    fail "the disk is full; the environment needs 8 GB in $PWD/$VENV ($(df -h . | awk 'NR==2 {print $4}') free)"
  elif grep -qE 'NewConnectionError|name resolution|NameResolutionError|Network is unreachable|ConnectTimeout|ProxyError|Max retries|from versions: none' "$LOG"; then
    fail 'cannot reach the Python package index (pypi.org); check the network or pip.conf, then run make again'
  fi
  fail "pip failed: $(grep -E '^ERROR' "$LOG" | tail -n 1 | cut -c1-300) (whole log: $LOG)"
}

# By uv where it is and reaches the index, else by pip, which says each package that it downloads;
# the log keeps everything.
install() {
  if command -v uv >/dev/null; then
    uv pip install --python "$VENV/bin/python" --no-progress -c constraints.txt "$@" >>"$LOG" 2>&1 \
      && return
    echo '  uv failed; by pip:'
  fi
  "$VENV/bin/python" -m pip install --no-input --disable-pip-version-check \
      --progress-bar off -c constraints.txt "$@" 2>&1 | tee -a "$LOG" \
    | awk '/^ *Downloading .*whl \(/ {n++; sub(/.*\//, ""); printf "  %3d  %s\n", n, $0; fflush()}' \
    || explain_failure
}

# What an environment was made from, and with which ROS.
stamp() {
  cat "$@" requirements-assets.txt constraints.txt tools/setup.sh | sha256sum | cut -c1-16
  echo "${ROS_DISTRO:-wheels}"
}

if [ -f "$VENV/stamp" ] && [ "$(tail -n 1 "$VENV/stamp")" != "${ROS_DISTRO:-wheels}" ]; then
  fail "$VENV was made for '$(tail -n 1 "$VENV/stamp")' but this shell has '${ROS_DISTRO:-no ROS sourced}'; remove $VENV, build and install, or use the other shell"
fi
[ -f "$STAMP" ] && [ "$(cat "$STAMP")" = "$(stamp "${WANTED[@]}")" ] && exit 0
[ -z "$TORCH" ] || [ "$TORCH" = cpu ] || fail "TORCH: found $TORCH; allowed: cpu, or nothing for PyTorch with CUDA"

python=$(find_python) || fail 'no Python 3.12 found, neither on PATH nor under pyenv; install python3.12 and python3.12-venv (Ubuntu 24.04: apt-get install python3.12-venv; elsewhere: pyenv install 3.12)'
free_kb=$(df -Pk . | awk 'NR==2 {print $4}')
if [ ! -d "$VENV/lib" ] && [ "$free_kb" -lt 9000000 ]; then
  fail "the disk is too full; the environment needs 8 GB in $PWD/$VENV, $((free_kb / 1000000)) GB are free"
fi

echo "[1/3] virtual environment with $("$python" --version)"
"$python" -m venv ${ROS_DISTRO:+--system-site-packages} "$VENV" || fail "cannot create $PWD/$VENV"
: >"$LOG"
echo '[2/3] packages: about 5 minutes and 6 GB on the first run'
install pip==25.3 wheel==0.45.1
# Both indices have this version; the one of CPUs counts as newer.
[ -z "$TORCH" ] || install --extra-index-url "$TORCH_INDEX" torch torchvision
install "${WANTED[@]/#/-r}"
echo '[3/3] robot models'
install --no-deps -r requirements-assets.txt
stamp "${RUNTIME[@]}" >"$VENV/stamp"
[ -z "${DEV:-}" ] || stamp "${WANTED[@]}" >"$STAMP"
