from dataclasses import dataclass, field

from lerobot.teleoperators import TeleoperatorConfig


@TeleoperatorConfig.register_subclass('swaying_leader')
@dataclass(kw_only=True)
class SwayingLeaderConfig(TeleoperatorConfig):
    """The first number of the pose sways by the amplitude, twice in four seconds."""

    centre: dict[str, float] = field(default_factory=dict)
    amplitude: float = 0.0
