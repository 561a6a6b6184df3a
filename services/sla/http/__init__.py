"""The HTTP side of sla."""

from services.sla.http.digests import add_digest_routes
from services.sla.http.due import DueDesk, add_due_routes
from services.sla.http.routes import add_routes

__all__ = ["DueDesk", "add_digest_routes", "add_due_routes", "add_routes"]
