"""`python -m services.front`: settings from the environment."""

from runtime.service import run
from runtime.settings import WithoutLog
from services.front.app import build
from services.front.settings import FrontSettings

if __name__ == "__main__":
    run("front", FrontSettings, build, WithoutLog)
