"""Check topics.yaml as a whole: `python -m tools.catalogue`."""

import sys
from pathlib import Path

from pydantic import ValidationError

from contracts import EVENT_TYPES, load_catalogue


def main() -> int:
    """Print what is wrong with the catalogue; 1 if anything is."""
    services = [path.parent.name for path in Path("services").glob("*/app.py")]
    try:
        problems = load_catalogue(Path("contracts/topics.yaml").read_text("utf-8")).problems(EVENT_TYPES, services)
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, item['loc'][1:]))}: {item['msg']}" for item in error.errors()]
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
