"""What lets a policy move the arm, and what brings the arm to rest: the filter always first."""

from lifecycle_msgs.msg import State, Transition
from vla_rollout.graph.ros.heartbeat import Heartbeat
from vla_rollout.graph.ros.node_calls import GraphError, NoAnswerError, NodeCalls

FILTER, POLICY = 'action_filter', 'policy_server'
ACTIVE, INACTIVE = State.PRIMARY_STATE_ACTIVE, State.PRIMARY_STATE_INACTIVE
# Where nothing is wrong there is time: a loaded machine answers late.
_PAUSE_S = 10.0
# For each of the two when something is wrong.
_REST_S = 1.0


class Motion:
    """Activates and deactivates the action filter and the policy server of a graph.

    From before the filter is active until after it is not, the heartbeat says that somebody
    watches.
    """

    def __init__(self, calls: NodeCalls, heartbeat: Heartbeat) -> None:
        """Prepare for a graph."""
        self._calls, self._heartbeat = calls, heartbeat

    def arm(self) -> None:
        """Activate the filter at the measured position; the policy does not act yet."""
        self._heartbeat.is_on = True
        self._activate(FILTER)

    def resume(self) -> None:
        """Arm the filter, then let the policy begin."""
        self.arm()
        self._activate(POLICY)

    def pause(self) -> None:
        """Bring the arm to rest, silence the filter, stop the policy.

        Raises:
            GraphError: one of the two does not answer, or refuses.
        """
        if problem := self._stop(_PAUSE_S):
            raise GraphError(problem)

    def rest(self) -> str:
        """Do the same in two seconds, also where nothing answers.

        Returns:
            What could not be done, '' when all was.
        """
        return self._stop(_REST_S) if self._heartbeat.is_on else ''

    def _activate(self, name: str) -> None:
        if self._calls.state(name) == INACTIVE:
            self._calls.change(name, Transition.TRANSITION_ACTIVATE, 'activate')

    def _stop(self, within_s: float) -> str:
        """Deactivate both, and say what could not be done."""
        problems = [self._deactivate(FILTER, within_s)]
        if not problems[0]:
            self._heartbeat.is_on = False
        problems.append(self._deactivate(POLICY, within_s))
        return '; '.join(filter(None, problems))

    def _deactivate(self, name: str, within_s: float) -> str:
        try:
            try:
                state = self._calls.state(name, within_s / 2.0)
            except NoAnswerError:
                # It may still hear an order.
                state = ACTIVE
            if state == ACTIVE:
                verb = Transition.TRANSITION_DEACTIVATE
                self._calls.change(name, verb, 'deactivate', within_s / 2.0)
        except GraphError as error:
            return str(error)
        return ''
