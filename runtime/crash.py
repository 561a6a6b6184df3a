"""Named places where a fault test may kill the process: after save, publish, commit, intent, claim, send."""

from collections.abc import Callable


class CrashPoints:
    """Ends this process with `die` at the n-th passage of one named point (`NAME` or `NAME:N`); otherwise does nothing."""

    def __init__(self, setting: str | None, die: Callable[[], None]) -> None:
        name, _, count = (setting or "").partition(":")
        self._name, self._left, self._die = name, int(count or 1), die

    def passed(self, name: str) -> None:
        """Say that the point `name` was reached."""
        if name == self._name:
            self._left -= 1
            if self._left == 0:
                self._die()
