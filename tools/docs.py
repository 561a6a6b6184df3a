"""Check the Markdown files: relative links lead somewhere, and no path of one machine stands in them."""

import re
import sys
from pathlib import Path

_LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)[^)]*\)")
_MACHINE = re.compile(r"(?<![\w.])/(?:home|root|work|Users)/[\w.]+")


def problems(root: Path) -> list[str]:
    """One line per broken link or machine path."""
    found = []
    for path in sorted(root.rglob("*.md")):
        if any(part.startswith(".") for part in path.relative_to(root).parts):
            continue
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
            place = f"{path.relative_to(root)}:{number}"
            targets = [t for t in _LINK.findall(line) if "://" not in t and not t.startswith("mailto:")]
            found += [f"{place}: link to {t} leads nowhere" for t in targets if not (path.parent / t).exists()]
            found += [f"{place}: {match} is a path of one machine" for match in _MACHINE.findall(line)]
    return found


def main() -> int:
    """Print what is wrong; 1 if anything is."""
    found = problems(Path())
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
