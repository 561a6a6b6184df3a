"""`python -m services.intake`: settings from the environment."""

from runtime.service import run
from runtime.settings import RuntimeSettings
from services.intake.app import build
from services.intake.settings import IntakeSettings

if __name__ == "__main__":
    runtime, own = RuntimeSettings(), IntakeSettings()
    run(lambda: build(runtime, own), runtime)
