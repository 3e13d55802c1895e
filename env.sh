# Source this file: `. ./env.sh`. It gives a shell, and every make target, all that runs need.
# Works in bash and zsh.
if [ -z "${BASH_VERSION:-}${ZSH_VERSION:-}" ]; then
  echo 'error: env.sh is for bash and zsh; in another shell use ./vla' >&2
  return 2
fi
VLA_WORKSPACE="$(cd "$(dirname "${BASH_SOURCE[0]:-$0}")" && pwd)"
if [ -f "$VLA_WORKSPACE/.venv/bin/activate" ]; then
  . "$VLA_WORKSPACE/.venv/bin/activate"
fi
# Without a ROS 2 installation the environment with the ROS wheels is the ROS prefix.
if [ -z "${ROS_DISTRO:-}" ] && [ -n "${VIRTUAL_ENV:-}" ]; then
  case ":${AMENT_PREFIX_PATH:-}:" in
    *":$VIRTUAL_ENV:"*) ;;
    *) export AMENT_PREFIX_PATH="$VIRTUAL_ENV${AMENT_PREFIX_PATH:+:$AMENT_PREFIX_PATH}" ;;
  esac
fi
if [ -f "$VLA_WORKSPACE/install/local_setup.sh" ]; then
  COLCON_CURRENT_PREFIX="$VLA_WORKSPACE/install" . "$VLA_WORKSPACE/install/local_setup.sh"
fi
export VLA_WORKSPACE
case ":$PATH:" in
  *":$VLA_WORKSPACE/tools/bin:"*) ;;
  *) export PATH="$VLA_WORKSPACE/tools/bin:$PATH" ;;
esac
export MUJOCO_GL="${MUJOCO_GL:-egl}"
export FASTRTPS_DEFAULT_PROFILES_FILE="${FASTRTPS_DEFAULT_PROFILES_FILE:-$VLA_WORKSPACE/config/dds/fastdds.xml}"
export RMW_FASTRTPS_USE_QOS_FROM_XML="${RMW_FASTRTPS_USE_QOS_FROM_XML:-0}"
# Tab completes what an interactive shell is typed.
case $- in
  *i*)
    if [ -n "${ZSH_VERSION:-}" ]; then autoload -U compinit && compinit -u; fi
    if command -v register-python-argcomplete >/dev/null; then
      eval "$(register-python-argcomplete vla)"
    fi
    ;;
esac
# Results and logs of nodes go under the workspace, not into the home folder.
export ROS_LOG_DIR="${ROS_LOG_DIR:-$VLA_WORKSPACE/log/ros}"
export HF_HUB_DISABLE_TELEMETRY=1
