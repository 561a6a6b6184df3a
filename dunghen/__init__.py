"""The composition root: the command line, all services in one process, the demo."""

from pathlib import Path

PROVINCE = Path(__file__).parent / "province"  # the reference data of an invented province
