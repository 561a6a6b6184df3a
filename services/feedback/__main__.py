"""`python -m services.feedback`: settings from the environment."""

from runtime.service import run
from runtime.settings import RuntimeSettings
from services.feedback.app import build
from services.feedback.settings import FeedbackSettings

if __name__ == "__main__":
    runtime, own = RuntimeSettings(), FeedbackSettings()
    run(lambda: build(runtime, own), runtime)
