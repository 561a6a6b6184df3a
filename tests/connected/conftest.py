"""The system and the images that some of these tests share."""

from tests.support.images import images
from tests.town import town, towns

__all__ = ["images", "town", "towns"]
