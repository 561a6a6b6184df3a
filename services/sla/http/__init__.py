"""The HTTP side of sla."""

from services.sla.http.control import add_control_sheet
from services.sla.http.due import DueDesk, add_due_routes
from services.sla.http.routes import add_routes
from services.sla.http.unaccepted import add_unaccepted_routes

__all__ = ["DueDesk", "add_control_sheet", "add_due_routes", "add_routes", "add_unaccepted_routes"]
