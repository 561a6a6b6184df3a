"""reporting brought back: its rows are folds of what it reads, so that reading again is all there is to it.

It decides nothing from records: figures are counted from the rows, silently until the log has been caught up with, and their
revisions go by the clock. Frozen periods with what they booked are only in its store.
"""

from contracts import Event
from runtime.recovery import Recovery
from services import wiring
from services.reporting.domain import DEFINITION
from services.reporting.store import MADE_FROM_LOG, ROWS

# A store from before petitions were counted day by day has no books of them, and would miss them without a word.
VERSION = f"{DEFINITION}, petitions by day"
RECOVERY: Recovery[Event] = Recovery(
    collection=ROWS, decode=wiring.decoder(), made_from_log=MADE_FROM_LOG, version=VERSION, quiet_start=True
)
