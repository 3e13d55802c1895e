"""Parts of a node that are there between its build and its clean-up."""


def built[T](part: T | None) -> T:
    """Return a part that a node makes when it is configured.

    Raises:
        RuntimeError: it is not made yet, or gone already.
    """
    if part is None:
        raise RuntimeError('asked for a part before it was built, or after it was cleaned up')
    return part
