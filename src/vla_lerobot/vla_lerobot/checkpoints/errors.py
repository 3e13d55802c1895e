"""What a checkpoint is refused for, beside not fitting its deployment."""

from collections.abc import Sequence

from vla_contract.errors import PolicyError


class CodeInCheckpointError(PolicyError):
    """Loading a checkpoint would run code that the checkpoint names."""

    def __init__(self, where: str, name: str, allowed: str) -> None:
        self.name = name
        super().__init__(
            f"{where} would run '{name}', and a checkpoint is data; allowed: {allowed}; where "
            f'you trust it: --allow-code {name}, or allow_code: [{name}] in the deployment'
        )

    def __reduce__(self) -> tuple[type[PolicyError], tuple[str]]:
        """Travel to another process as the plain error."""
        return PolicyError, (str(self),)


class WeightsError(PolicyError):
    """The weights of a checkpoint do not fill its network."""

    def __init__(self, source: str, found: Sequence[str], said: str = '') -> None:
        rest = f' and {len(found) - 3} more' if len(found) > 3 else ''
        library = f" (LeRobot: '{said:.200}')" if said else ''
        super().__init__(
            f"checkpoint '{source}': its weights do not fit its network: "
            f'{"; ".join(found[:3])}{rest}; allowed: every weight from the file{library}; '
            'copy or download the folder again, or load it with the config.json it was '
            'trained with'
        )

    def __reduce__(self) -> tuple[type[PolicyError], tuple[str]]:
        """Travel to another process as the plain error."""
        return PolicyError, (str(self),)
