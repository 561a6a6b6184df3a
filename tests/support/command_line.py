"""Command lines without running them."""

from typing import Any


def parse(command: Any, words: list[str]) -> None:
    """Parse a command line without running it; unknown commands and options raise."""
    commands = getattr(command, "commands", None)
    if commands is None:
        command.make_context(words[0] if words else "", list(words))
    else:
        assert words[0] in commands, words[0]
        parse(commands[words[0]], words[1:])
