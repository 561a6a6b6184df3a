"""The pages of feedback."""

from services.feedback.http.pages import add_routes

__all__ = ["add_routes"]
