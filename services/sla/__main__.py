"""`python -m services.sla`: settings from the environment."""

from runtime.service import run
from services.sla.app import build
from services.sla.settings import SlaSettings

if __name__ == "__main__":
    run("sla", SlaSettings, build)
