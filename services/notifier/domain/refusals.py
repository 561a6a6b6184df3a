"""What no letter may be signed or refused without, whatever it is about."""

from services.notifier.domain.dossier import Dossier
from services.notifier.domain.ground import Ground
from services.notifier.domain.letter import Drafted

NOTE_MAX = 500  # letters of a note, once cleaned


class NotAllowedError(Exception):
    """A letter cannot be approved or rejected now; `rule` and `text` say why, in Vietnamese."""

    def __init__(self, rule: str, text: str) -> None:
        super().__init__(rule)
        self.rule, self.text = rule, text


def on_the_desk(dossier: Dossier) -> Drafted:
    """Its letter, which waits for the signer. Raises NotAllowedError."""
    if not isinstance(dossier.letter, Drafted):
        raise NotAllowedError("state", "Hồ sơ, ý kiến này không có dự thảo thư nào đang chờ ký.")
    return dossier.letter


def with_letterhead(letter: Drafted, ground: Ground) -> None:
    """Raises NotAllowedError for a unit whose letterhead and signer the catalogue does not say."""
    unit = ground.reference.units.get(letter.draft.unit)
    if unit is None or unit.letterhead is None:
        raise NotAllowedError("letterhead", "Danh mục chưa có thể thức thư và người ký của đơn vị này.")


def looked_at(previewed: str, digest: str) -> None:
    """Raises NotAllowedError if what was seen is not what would be sent."""
    if not previewed:
        raise NotAllowedError("preview", "Xem thư sẽ gửi trước khi ký.")
    if previewed != digest:
        raise NotAllowedError("preview", "Nội dung thư đã thay đổi so với bản đã xem; xem lại rồi ký.")
