"""The HTTP side of sla."""

from services.sla.http.routes import add_routes

__all__ = ["add_routes"]
