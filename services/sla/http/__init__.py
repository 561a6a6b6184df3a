"""The HTTP side of sla."""

from services.sla.http.citizens import CitizenDesk, add_citizen_routes
from services.sla.http.due import DueDesk, add_due_routes
from services.sla.http.routes import add_routes

__all__ = ["CitizenDesk", "DueDesk", "add_citizen_routes", "add_due_routes", "add_routes"]
