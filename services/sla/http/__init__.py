"""The HTTP side of sla."""

from services.sla.http.due import DueDesk, add_due_routes
from services.sla.http.routes import add_routes
from services.sla.http.unaccepted import add_unaccepted_routes

__all__ = ["DueDesk", "add_due_routes", "add_routes", "add_unaccepted_routes"]
