"""`python -m services.reporting`: settings from the environment."""

from runtime.service import run
from services.reporting.app import build
from services.reporting.settings import ReportingSettings

if __name__ == "__main__":
    run("reporting", ReportingSettings, build)
