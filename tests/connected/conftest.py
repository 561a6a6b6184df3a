"""The system and the images that some of these tests share."""

from tests.support.images import images
from tests.support.secured import as_operator, secured
from tests.town import town, towns

__all__ = ["as_operator", "images", "secured", "town", "towns"]
