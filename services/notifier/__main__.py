"""`python -m services.notifier`: settings from the environment."""

from runtime.service import run
from runtime.settings import RuntimeSettings
from services.notifier.app import build
from services.notifier.settings import NotifierSettings

if __name__ == "__main__":
    runtime, own = RuntimeSettings(), NotifierSettings()
    run(lambda: build(runtime, own), runtime)
