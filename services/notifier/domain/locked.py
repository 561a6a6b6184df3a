"""What stays sealed because its key is not here: it waits for the key, and is never taken for something that says nothing."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

# Each look costs a save, and nobody can do anything before a person has set the keys right.
LOOK_AGAIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Locked:
    """no-key: this service was not given the key of the epoch. wrong-key: the key it was given for it does not open this."""

    epoch: int
    why: Literal["no-key", "wrong-key"]
