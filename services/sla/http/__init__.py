"""The HTTP side of sla."""

from services.sla.http.citizens import CitizenDesk, add_citizen_routes
from services.sla.http.control import add_control_sheet
from services.sla.http.digests import add_digest_routes
from services.sla.http.due import DueDesk, add_due_routes
from services.sla.http.routes import add_routes
from services.sla.http.unaccepted import add_unaccepted_routes

__all__ = [
    "CitizenDesk",
    "DueDesk",
    "add_citizen_routes",
    "add_control_sheet",
    "add_digest_routes",
    "add_due_routes",
    "add_routes",
    "add_unaccepted_routes",
]
