"""All terms that there are, for tests of each of them."""

from functools import cache

from vla_sim_bridge.randomization.randomization import load_randomization, TERMS
from vla_sim_bridge.randomization.term import TermConfig


@cache
def every_term() -> dict[str, TermConfig]:
    """Return a range of every term: that of wide where it has one."""
    ranges = {
        'table_colour': TermConfig((0.2, 0.9)),
        'joint_armature': TermConfig((0.8, 1.2), 'gaussian'),
    }
    terms = ranges | load_randomization('wide').terms
    assert terms.keys() == TERMS.keys()
    return terms
