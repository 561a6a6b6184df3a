"""What the front decides: who somebody is, how long a session holds, which requests pass the wall, who owns a path."""

from services.front.domain.addresses import Network, networks, source_of
from services.front.domain.home import TILES, Tile
from services.front.domain.journal import WORDS, Entry, What
from services.front.domain.paths import WAYS, Way, for_anybody, hostile, local, takes_files, way_of
from services.front.domain.people import ALL_UNITS, ROLES, Claims, Grant, Person, faults_of, person_of
from services.front.domain.sessions import Limits, Session
from services.front.domain.wall import FORM, SAFE, Refusal, Told, judge_change, same_form

__all__ = [
    "ALL_UNITS",
    "FORM",
    "ROLES",
    "SAFE",
    "TILES",
    "WAYS",
    "WORDS",
    "Claims",
    "Entry",
    "Grant",
    "Limits",
    "Network",
    "Person",
    "Refusal",
    "Session",
    "Tile",
    "Told",
    "Way",
    "What",
    "faults_of",
    "for_anybody",
    "hostile",
    "judge_change",
    "local",
    "networks",
    "person_of",
    "same_form",
    "source_of",
    "takes_files",
    "way_of",
]
