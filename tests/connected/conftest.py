"""The system that some of these tests share."""

from tests.town import town, towns

__all__ = ["town", "towns"]
