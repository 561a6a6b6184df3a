"""The pages of feedback."""

from services.feedback.http.files import add_files
from services.feedback.http.meetings import add_meetings
from services.feedback.http.notes import add_notes
from services.feedback.http.pages import add_routes, preview
from services.feedback.http.petition_desk import add_desk, add_one
from services.feedback.http.public import add_public
from services.feedback.http.sheets import add_sheets

__all__ = ["add_desk", "add_files", "add_meetings", "add_notes", "add_one", "add_public", "add_routes", "add_sheets", "preview"]
