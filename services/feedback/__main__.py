"""`python -m services.feedback`: settings from the environment."""

from runtime.service import run
from services.feedback.app import build
from services.feedback.settings import FeedbackSettings

if __name__ == "__main__":
    run("feedback", FeedbackSettings, build)
