"""The system that the fault tests share."""

from tests.town import town, towns

__all__ = ["town", "towns"]
