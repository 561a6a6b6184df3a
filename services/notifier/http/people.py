"""Who may use the desk of letters and messages."""

from typing import Annotated

from runtime.web import Person, Role, by_role

Reader = Annotated[Person, by_role(Role.OFFICER, Role.UNIT_HEAD, Role.SIGNER, Role.SUPERVISOR)]
NAME_READERS = (Role.OFFICER, Role.UNIT_HEAD, Role.SIGNER)  # a letter in full names whom it goes to
NameReader = Annotated[Person, by_role(*NAME_READERS)]
Signer = Annotated[Person, by_role(Role.SIGNER)]
# Who sets the words of a unit's messages; others read them.
TEXT_WRITERS = (Role.UNIT_HEAD, Role.ADMINISTRATOR)
TextWriter = Annotated[Person, by_role(*TEXT_WRITERS)]
TextReader = Annotated[Person, by_role(Role.OFFICER, Role.UNIT_HEAD, Role.SUPERVISOR, Role.ADMINISTRATOR)]
# Who decides about messages that are uncertain or failed: they know the citizen, or can ask.
Clerk = Annotated[Person, by_role(Role.OFFICER, Role.UNIT_HEAD)]
