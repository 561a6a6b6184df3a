"""Which link a message may carry: one under the address that the province made public, and no other (R28).

A link comes sealed in an event, and whoever can write to the topic can seal one to our public key. What is not the public
address and plain names below it is refused: with it go other hosts, `address@host`, `..`, queries and look-alike letters.
"""

import re

_BELOW = re.compile(r"(?:/[A-Za-z0-9_-]+)+")


def is_ours(link: str, public_url: str) -> bool:
    """Whether a link is the public address (without slash at its end) and plain names below it."""
    return link.startswith(public_url) and _BELOW.fullmatch(link[len(public_url) :]) is not None
