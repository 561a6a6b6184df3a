"""Which service owns a path, and paths that nobody honest asks for."""

import re
from dataclasses import dataclass

# Separators and dots in disguise, backslashes, control characters: two parsers could read them differently.
_TRICK = re.compile(r"//|\\|%2f|%5c|%2e|%00|%25|/\.{1,2}(?:/|$)|[\x00-\x20\x7f]", re.IGNORECASE)
_QUERY = re.compile(r"[\x21-\x5b\x5d-\x7e]*")  # visible, no backslash
LONGEST = 2000  # characters of a path with its query


@dataclass(frozen=True, slots=True)
class Way:
    """A prefix of paths and the service that answers them. `public`: nobody needs a log-in, and none is passed on."""

    prefix: str
    service: str
    public: bool = False
    changes: bool = False  # whether more than reading is passed on
    home: str = ""  # where a person goes back to from what is refused, if not to the prefix itself

    @property
    def back(self) -> str:
        """The page that leads on."""
        return self.home or self.prefix


WAYS = (
    Way("/thu-tuc", "intake", public=True),
    Way("/y-kien", "feedback", public=True, changes=True),
    Way("/gop-y", "feedback", public=True, changes=True),
    Way("/petitions", "feedback", changes=True),
    Way("/meetings", "feedback", changes=True),
    Way("/letters", "notifier", changes=True),
    Way("/messages", "notifier", changes=True),
    Way("/v1/letters", "notifier", home="/letters"),  # the PDF that a letter's page links to
    Way("/figures", "reporting"),
    Way("/v1/reports", "reporting", home="/figures"),  # files that its pages link to
    Way("/v1/tracking-book", "reporting", home="/figures"),
    Way("/v1/due", "sla", home="/"),  # the list as a file
    Way("/v1/control-sheets", "sla", home="/"),  # the PDF that a dossier's page links to
    Way("/quality", "intake"),
    Way("/quarantine", "intake", changes=True),
)

_FILES = re.compile(r"/(?:petitions|meetings)/[A-Za-z0-9-]{1,40}/files")  # where feedback takes files

CITIZENS = ("/ho-so", "/don-vi", "/thu")  # own pages of the front


def for_anybody(path: str) -> bool:
    """Whether nobody has to be logged in for a path."""
    way = way_of(path)
    return any(path == own or path.startswith(f"{own}/") for own in CITIZENS) if way is None else way.public


def way_of(path: str) -> Way | None:
    """The way of a path, as it stands in the request; None if it is nobody's."""
    return next((way for way in WAYS if path == way.prefix or path.startswith(f"{way.prefix}/")), None)


def takes_files(path: str) -> bool:
    """Whether a form with a file may be sent there."""
    return _FILES.fullmatch(path) is not None


def hostile(path: str) -> bool:
    """Whether a path is written so that it might mean another one behind the front."""
    return not path.startswith("/") or len(path) > LONGEST or not path.isascii() or _TRICK.search(path) is not None


def local(target: str) -> str:
    """An address to go to next, if it is a path of ours; else the home page. What a link names may lead nowhere else."""
    path, mark, query = target.partition("?")
    odd = hostile(path) or "#" in path or len(target) > LONGEST or not _QUERY.fullmatch(query)
    return "/" if odd else path + mark + query
