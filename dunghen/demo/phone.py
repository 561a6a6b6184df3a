"""The demo's phone: an HTTP gateway that shows what arrives. It drops a repeated client id, unless told not to."""

import re
from collections import Counter
from dataclasses import dataclass, field

from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from runtime.pages import Pages

SHOWN = 40
PAGES = Pages("dunghen.demo")
_DOSSIER = re.compile(r"[HG]\d\d[.\d]*-\d+-\d+")


class Sms(BaseModel):
    """One message as notifier posts it."""

    client_id: str
    to: str
    brand: str
    text: str

    @property
    def dossier(self) -> str:
        """The dossier it is about; every message names one."""
        found = _DOSSIER.search(self.text)
        return found.group(0) if found else ""


@dataclass
class Phone:
    """Messages as they arrived, and as a citizen saw them."""

    deduplicates: bool = True
    arrived: list[Sms] = field(default_factory=list)

    def shown(self) -> list[Sms]:
        """What reached the citizens."""
        if not self.deduplicates:
            return list(self.arrived)
        return list({sms.client_id: sms for sms in self.arrived}.values())

    def doubled(self) -> int:
        """How many messages a citizen saw again."""
        return sum(count - 1 for count in Counter((sms.to, sms.text) for sms in self.shown()).values())

    def add_routes(self, app: FastAPI) -> None:
        """Take messages at /sms."""

        @app.post("/sms")
        async def take(sms: Sms) -> JSONResponse:
            self.arrived.append(sms)
            return JSONResponse({"status": "accepted"})

        @app.get("/", include_in_schema=False)
        async def screen(survey_base: str = "") -> Response:
            newest = list(reversed(self.shown()))[:SHOWN]
            return PAGES.show("phone.html", {"messages": newest, "count": len(self.shown()), "survey_base": survey_base})
