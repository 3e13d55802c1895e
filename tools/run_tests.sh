#!/usr/bin/env bash
# Run the tests of every package and the system tests; fail when one fails, or when fewer ran than
# expected: a package whose tests are not found passes silently otherwise.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 2
EXPECTED=${VLA_EXPECTED_TESTS:-$(cat tests/expected_count)}
STATUS=0

rm -rf build/*/pytest.xml build/system_*.xml
# Jobs share the machine: threads of one that wait for each other would take the others' time.
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"

# Tests send signals to themselves and to what they start; nohup and the background of a script have
# some ignored, and children inherit that.
signalled() {
  env --default-signal=HUP,INT,QUIT,TERM "$@"
}

# By this environment's Python: apt's colcon would test with the system's.
test_package() {
  signalled python -m colcon --log-base "log/$1" --log-level error test --packages-select "$1" \
    --event-handlers console_direct- console_stderr- console_start_end+ \
    --return-code-on-test-failure
}

# `only` those that start whole graphs, or `none` of them.
test_system() {
  local said status
  said=$(signalled python -m pytest tests -q --disable-warnings --graphs "$1" \
    --junitxml "build/system_$1.xml" 2>&1)
  status=$?
  printf '== system tests, --graphs %s\n%s\n' "$1" "$said"
  return $status
}

test_job() {
  case $1 in
    system) test_system none ;;
    *) test_package "$1" ;;
  esac
}
export -f signalled test_job test_package test_system

# As many at a time as cores that are sure to be there; the longest begin. Whole graphs run last
# and alone: beside others a filter that is starved latches, and who listens loses messages.
FIRST=(vla_rollout vla_policy_server) NEXT=(vla_sim_bridge)
mapfile -t OTHERS < <(python -m colcon --log-base /dev/null list --names-only \
  --packages-skip "${FIRST[@]}" "${NEXT[@]}")
printf '%s\n' "${FIRST[@]}" system "${NEXT[@]}" "${OTHERS[@]}" \
  | xargs -P "${VLA_TEST_JOBS:-2}" -I '{}' bash -c 'test_job {}' || STATUS=1
test_system only || STATUS=1
[ "$STATUS" = 0 ] || python -m colcon test-result --verbose | tail -n 60

python tools/count_tests.py "$EXPECTED" build/*/pytest.xml build/system_*.xml || STATUS=1
exit "$STATUS"
