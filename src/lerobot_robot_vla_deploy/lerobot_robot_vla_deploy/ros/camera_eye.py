"""The newest image of a camera, taken from its topic when somebody looks."""

from rclpy.node import Node
from vla_contract.deployment.cell import Camera
from vla_contract.errors import VlaError
from vla_contract.ros.listening.unattended import taken, unattended_subscription
from vla_contract.ros.messages.images import image_of, image_type
from vla_contract.ros.qos import SENSOR
from vla_contract.stamps import from_stamp
from vla_contract.values import Image, NS_PER_S, to_ns
from vla_lerobot.images import require_size


class CameraEye:
    """Decodes only the images that are looked at."""

    def __init__(self, node: Node, camera: Camera, deadline_s: float) -> None:
        """Subscribe; an image counts until it is `deadline_s` old."""
        self._camera, self._deadline_ns = camera, to_ns(deadline_s)
        self._subscription = unattended_subscription(
            node, image_type(camera), camera.image_topic, SENSOR
        )
        self._image: Image | None = None
        self._stamp_ns = 0
        self._fault = ''

    @property
    def image(self) -> Image | None:
        """The newest image, RGB of shape (H, W, 3); None before the first."""
        return self._image

    def look(self, now_ns: int) -> str:
        """Take what has come; return why there is no image that counts, '' when there is one."""
        for msg in taken(self._subscription):
            try:
                image = image_of(msg)
                require_size(self._camera, image)
            except VlaError as error:
                self._fault = str(error)
                continue
            self._image, self._stamp_ns, self._fault = image, from_stamp(msg.header.stamp), ''
        if self._fault:
            return self._fault
        if self._image is None:
            return f'no image of camera {self._camera.name} on {self._camera.image_topic}'
        age_ns = now_ns - self._stamp_ns
        if age_ns <= self._deadline_ns:
            return ''
        limit_s = self._deadline_ns / NS_PER_S
        return (
            f'image of camera {self._camera.name} is {age_ns / NS_PER_S:.1f} s old; allowed: '
            f'{limit_s:g} s'
        )
