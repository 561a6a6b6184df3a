"""What drives running services: the demo's driver and its processes, which tests of a running system borrow here alone."""

from dunghen.demo.checks import register_faults
from dunghen.demo.driver import PATIENCE, ClockReaders, Fleet, get_report, groups_of, load_month
from dunghen.demo.phone import Phone
from dunghen.demo.real import Processes, demo_key, demo_server, real_fleet

__all__ = [
    "PATIENCE",
    "ClockReaders",
    "Fleet",
    "Phone",
    "Processes",
    "demo_key",
    "demo_server",
    "get_report",
    "groups_of",
    "load_month",
    "real_fleet",
    "register_faults",
]
