"""What feedback does with each event: the rule for it, and what the rules may look at."""

from collections.abc import Mapping
from dataclasses import dataclass

from contracts import Event
from reference import ReferenceData
from runtime.clock import Clock
from runtime.sealing import Sealer
from services.changes import Changed
from services.feedback.domain import KINDS, Dossier, Ground, SurveyForm, invite, token_of
from services.feedback.settings import FeedbackSettings

TOPIC = "feedback.v1"


@dataclass(frozen=True, slots=True)
class Context:
    """The parts that a decision is made with."""

    reference: ReferenceData
    clock: Clock
    settings: FeedbackSettings
    sealer: Sealer
    forms: Mapping[str, SurveyForm]

    def ground(self) -> Ground:
        """What a decision of now may look at."""
        return Ground(
            now=self.clock.now(),
            reference=self.reference,
            forms=self.forms,
            form=self.settings.form,
            valid_for=self.settings.valid_for,
            key_epoch=self.sealer.epoch,
            token=self.token,
            seal=lambda token: self.sealer.seal({"link": f"{self.settings.public_url}/{token}"}),
        )

    def token(self, dossier: str) -> str:
        """The token of a dossier."""
        return token_of(self.settings.token_key.get_secret_value().encode(), dossier)


def heeds(event: Event) -> bool:
    """Only a reception and its completion ask anybody. Every event that feedback reads is a fact."""
    return KINDS.concerns(event)


def handle(dossier: Dossier, event: Event, context: Context) -> Changed[Dossier]:
    """A fact of a dossier: the first completion that stands invites its person. One of a type this version does not know is
    kept."""
    after = dossier.told(event)
    return Changed(dossier) if after is dossier else invite(after, context.ground())
