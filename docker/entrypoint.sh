#!/usr/bin/env bash
# Gives every command of the container ROS 2, the environment and the built workspace.
set -e
# shellcheck source=/dev/null
. "/opt/ros/$ROS_DISTRO/setup.bash"
# shellcheck source=/dev/null
. /workspace/env.sh
exec "$@"
