"""The last frame of a video, which a page shows until it is played."""

import io
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

_WIDTH_PX = 320
_QUALITY = 70
# Further back from the end than any key frame of a video that we write.
_MOST_FRAMES = 600


def poster_of(video: Path) -> bytes:
    """Return its last frame as JPEG, b'' where it cannot be read.

    Args:
        video: file.
    """
    # Slow to import: only a page with videos waits for it.
    import av

    try:
        with av.open(str(video)) as container:
            stream = container.streams.video[0]
            if container.duration:
                container.seek(container.duration)
            last = None
            for frame, _ in zip(container.decode(stream), range(_MOST_FRAMES), strict=False):
                last = frame
        return b'' if last is None else _jpeg(last.to_image())
    except (av.FFmpegError, OSError, ValueError, IndexError):
        return b''


def _jpeg(image: 'Image') -> bytes:
    image.thumbnail((_WIDTH_PX, _WIDTH_PX))
    stream = io.BytesIO()
    image.save(stream, format='JPEG', quality=_QUALITY)
    return stream.getvalue()
