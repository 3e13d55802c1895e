"""Measured joints, as many of them as an eye can follow."""

from collections.abc import Sequence

from vla_contract.values import JointSample, to_ns

# Of 30 pictures a second.
_PERIOD_NS = to_ns(1.0 / 30.0)


def thinned(samples: Sequence[JointSample], period_ns: int = _PERIOD_NS) -> list[JointSample]:
    """Return samples that are at least a period apart, with the first and the last.

    Args:
        samples: in the order of their time.
        period_ns: smallest time between two [ns].
    """
    kept: list[JointSample] = []
    for sample in samples:
        if not kept or sample.stamp_ns - kept[-1].stamp_ns >= period_ns:
            kept.append(sample)
    if samples and samples[-1].stamp_ns > kept[-1].stamp_ns:
        kept.append(samples[-1])
    return kept
