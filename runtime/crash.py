"""Named places where a fault test may kill the process: after save, publish, commit, intent, claim, send."""

import os
import signal


class CrashPoints:
    """Kills this process with SIGKILL at the n-th passage of one named point; otherwise does nothing."""

    def __init__(self, setting: str | None) -> None:
        name, _, count = (setting or "").partition(":")
        self._name, self._left = name, int(count or 1)

    def passed(self, name: str) -> None:
        """Say that the point `name` was reached."""
        if name == self._name:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
