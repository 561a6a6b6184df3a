"""The twin in memory: it keeps what it is given, and answers as it is told."""

from runtime.mail.port import Answer, Answers, Mailing, Outcome, all_answer


class MemoryMail:
    """Takes everything. `says`: how a mailbox answers instead; `away`: nobody is there; `cut`: the answer to what was handed
    over is lost."""

    def __init__(self) -> None:
        self.sent: list[Mailing] = []
        self.says: dict[str, Outcome] = {}
        self.away = self.cut = False
        self.batches = 0
        self._open = False

    async def send(self, mailing: Mailing) -> Answers:
        """Keep it for the mailboxes that take it."""
        if self.away:
            return all_answer(mailing.to, "away", "nobody is there")
        self._open = True
        answers = {box: Answer(self.says.get(box, "uncertain" if self.cut else "taken")) for box in mailing.to}
        if any(answer.outcome in ("taken", "uncertain") for answer in answers.values()):
            self.sent.append(mailing)
        return answers

    async def rest(self) -> None:
        """Count a batch that had something in it."""
        self.batches += self._open
        self._open = False
