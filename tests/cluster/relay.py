"""Carries connections from one address to another: `python relay.py HOST:PORT HOST:PORT`.

Brokers and stores of the tests name themselves 127.0.0.1 to whoever asks, which in a pod is the pod. So that this leads there
from inside too, one of these runs beside each service, and one on this machine, where pods reach it.
"""

import asyncio
import sys
from contextlib import suppress


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


async def relay(listen: str, target: str) -> asyncio.Server:
    """Listen at one address for connections to the other; both as HOST:PORT."""
    host, _, port = target.rpartition(":")

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection(host, int(port))
        except OSError:
            writer.close()
            return
        await asyncio.gather(_copy(reader, back), _copy(there, writer))

    own, _, number = listen.rpartition(":")
    return await asyncio.start_server(carry, own, int(number))


async def _run(listen: str, target: str) -> None:
    async with await relay(listen, target) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_run(*sys.argv[1:]))
