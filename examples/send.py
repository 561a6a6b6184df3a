"""Send dossier events and be sure of it: `DUNGHEN_KEY=... python examples/send.py http://127.0.0.1:8101 FILE.ndjson`.

Needs httpx. Tries again while the network or the service is away; the Idempotency-Key makes that safe whatever the list holds.
"""

import hashlib
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import httpx

LIST = 500


def lists(items: Iterable[Any]) -> Iterator[list[Any]]:
    """Items in lists that one request may hold."""
    rest = iter(items)
    while part := list(islice(rest, LIST)):
        yield part


def send(client: httpx.Client, items: Sequence[Any], patience: float = 600) -> list[dict[str, Any]]:
    """The answers to a list of items, one each. Raises httpx.HTTPStatusError for a request that will never be taken."""
    body = json.dumps(items, ensure_ascii=False).encode()
    headers = {"content-type": "application/json", "idempotency-key": hashlib.sha256(body).hexdigest()}
    give_up, pause = time.monotonic() + patience, 1.0
    while True:
        try:
            response = client.post("/v1/dossiers/events", content=body, headers=headers)
        except httpx.TransportError:
            if time.monotonic() > give_up:
                raise
            time.sleep(pause)
        else:
            if response.status_code not in (429, 503) or time.monotonic() > give_up:
                answers = response.json().get("items")
                if answers is None:
                    response.raise_for_status()
                return list(answers)
            time.sleep(float(response.headers.get("retry-after", pause)))
        pause = min(pause * 2, 60)


def main(url: str, file: str) -> int:
    """Send a file; print what was not accepted. Returns how many items that was."""
    items = [json.loads(line) for line in Path(file).read_text("utf-8").splitlines() if line.strip()]
    left = 0
    with httpx.Client(base_url=url, headers={"authorization": f"Bearer {os.environ['DUNGHEN_KEY']}"}, timeout=60) as client:
        for part in lists(items):
            for item, answer in zip(part, send(client, part), strict=True):
                if answer["status"] != "accepted":
                    left += 1
                    print(item["dossier"], item["type"], answer["status"], answer["problem"])  # noqa: T201
    return left


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1], sys.argv[2]) else 0)
