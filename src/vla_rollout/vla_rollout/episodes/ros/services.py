"""The operator's orders as services of the rollout, for pedals, tablets and scripts."""

from rclpy.node import Node
from std_srvs.srv import Trigger
from vla_rollout.episodes.control import EpisodeControl, Order, OrderError


def offer_orders(node: Node, control: EpisodeControl) -> None:
    """Offer `rollout/ORDER` for every order; one that means nothing now is answered with why."""
    for order in Order:
        node.create_service(
            Trigger,
            f'rollout/{order}',
            lambda _, response, order=order: _give(control, order, response),
        )


def _give(control: EpisodeControl, order: Order, response: Trigger.Response) -> Trigger.Response:
    try:
        response.message = f'{order} while the episode is {control.phase}'
        control.give(order)
        response.success = True
    except OrderError as error:
        response.success, response.message = False, str(error)
    return response
