"""The images that these tests bring to the node."""

from tests.support.images import images

__all__ = ["images"]
