"""The letter desk, as API and as plain pages, and the gateway's receipts."""

from services.notifier.http.routes import add_routes

__all__ = ["add_routes"]
