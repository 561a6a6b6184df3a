"""`python -m services.sla`: settings from the environment."""

from runtime.service import run
from runtime.settings import RuntimeSettings
from services.sla.app import build
from services.sla.settings import SlaSettings

if __name__ == "__main__":
    runtime, own = RuntimeSettings(), SlaSettings()
    run(lambda: build(runtime, own), runtime)
