"""A short run of the wire's fuzzer; `python tests/fuzz/wire.py` is the long one."""

from fuzz.wire import ALLOWED_GROWTH_MB, fuzz


def test_no_message_harms_the_worker_and_each_gets_a_reason():
    verdicts, growth_mb, is_well = fuzz(messages=2000, seed=1)
    assert is_well
    assert verdicts['executed'] == 0
    assert set(verdicts) <= {'refused', 'refused by closing', 'answered', 'executed'}
    assert verdicts['refused'] > 1500
    assert growth_mb < ALLOWED_GROWTH_MB
