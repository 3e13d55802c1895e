#!/usr/bin/env bash
# Run the tests that need no ROS, in any environment with requirements.txt: nothing is built.
set -euo pipefail
cd "$(dirname "$0")/.."

# What colcon would install of vla_bringup is found through links.
PREFIX=$(mktemp -d)
trap 'rm -rf "$PREFIX"' EXIT
mkdir "$PREFIX/share"
ln -s "$PWD/src/vla_bringup" "$PREFIX/share/vla_bringup"
export AMENT_PREFIX_PATH="$PREFIX" MUJOCO_GL="${MUJOCO_GL:-egl}"
PYTHONPATH=$(printf '%s:' src/*)
export PYTHONPATH="$PWD/${PYTHONPATH//:src/:$PWD/src}$PREFIX/metadata"
# Files say which version of a package wrote them; that is looked up in its metadata.
mkdir "$PREFIX/metadata"
for package in src/*/setup.py; do
  (cd "$(dirname "$package")" && python setup.py -q egg_info --egg-base "$PREFIX/metadata")
done

STATUS=0
for package in src/*/test; do
  python -m pytest "$package" -q -p no:cacheprovider --ignore="$package/ros" "$@" || STATUS=1
done
exit "$STATUS"
