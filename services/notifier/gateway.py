"""The SMS gateway port, and its HTTP form. A message keeps one client id over all tries."""

from typing import Protocol

import httpx

from services.notifier.domain.sending import Answer, Sms


class Gateway(Protocol):
    """Something that sends SMS."""

    async def send(self, message: Sms) -> Answer:
        """Hand over one message. Never raises for what a network does: that is an answer too."""
        ...

    async def close(self) -> None:
        """Give back connections."""
        ...


class HttpGateway:
    """POST {client_id, to, brand, text} as JSON; 2xx: taken, 429 and 503: busy, other 4xx: refused."""

    def __init__(self, url: str, token: str | None = None, *, client: httpx.AsyncClient | None = None) -> None:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        self._url = url
        self._client = client or httpx.AsyncClient(timeout=15, headers=headers)

    async def send(self, message: Sms) -> Answer:
        """An answer that never came is uncertain; a connection that never stood is busy."""
        body = {"client_id": message.client_id, "to": message.to, "brand": message.brand, "text": message.text}
        try:
            response = await self._client.post(self._url, json=body)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return Answer("busy", "no connection")
        except httpx.TransportError as error:
            return Answer("uncertain", type(error).__name__)
        if response.is_success:
            return Answer("taken")
        if response.status_code in (429, 503):
            return Answer("busy", str(response.status_code))
        return Answer("refused" if response.is_client_error else "uncertain", str(response.status_code))

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()
