"""Digests that go to units by e-mail (decision 25)."""

from services.front.digests.job import Digests
from services.front.digests.questions import Questions

__all__ = ["Digests", "Questions"]
