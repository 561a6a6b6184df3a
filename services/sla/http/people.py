"""Who may ask sla what."""

from typing import Annotated

from fastapi import Query

from runtime.web import Person, Role, by_role

Administrator = Annotated[Person, by_role(Role.ADMINISTRATOR)]
Reader = Annotated[Person, by_role(*Role)]  # of the calendar: it concerns everybody
Follower = Annotated[Person, by_role(*(role for role in Role if role is not Role.ADMINISTRATOR))]  # of dossiers
Unit = Annotated[str, Query(max_length=40, description="Mã đơn vị; trống: mọi đơn vị")]
