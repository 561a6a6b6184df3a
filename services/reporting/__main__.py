"""`python -m services.reporting`: settings from the environment."""

from runtime.service import run
from runtime.settings import RuntimeSettings
from services.reporting.app import build
from services.reporting.settings import ReportingSettings

if __name__ == "__main__":
    runtime, own = RuntimeSettings(), ReportingSettings()
    run(lambda: build(runtime, own), runtime)
