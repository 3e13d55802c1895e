#!/usr/bin/env bash
# Run the tests of every package and the system tests; fail when one fails, or when fewer ran than
# expected: a package whose tests are not found passes silently otherwise.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 2
EXPECTED=${VLA_EXPECTED_TESTS:-$(cat tests/expected_count)}
STATUS=0

rm -rf build/*/pytest.xml build/system_tests.xml
# By this environment's Python: apt's colcon would test with the system's.
test_packages() {
  python -m colcon --log-base "log/$1" --log-level error test --executor sequential \
    --event-handlers console_direct- console_stderr- console_start_end+ \
    --return-code-on-test-failure "${@:2}"
}
# Two at a time by hand: colcon would have a package wait for the tests of all that it depends on.
LATER=(vla_policy_server vla_rollout)
test_packages later --packages-select "${LATER[@]}" &
test_packages first --packages-skip "${LATER[@]}" || STATUS=1
wait $! || STATUS=1
[ "$STATUS" = 0 ] || python -m colcon test-result --verbose | tail -n 60
# Two at a time: they mostly wait for processes that start.
python -m pytest tests -q --disable-warnings -n 2 --dist loadgroup \
  --junitxml build/system_tests.xml || STATUS=1

python tools/count_tests.py "$EXPECTED" build/*/pytest.xml build/system_tests.xml || STATUS=1
exit "$STATUS"
