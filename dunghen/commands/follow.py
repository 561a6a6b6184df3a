"""`dunghen follow MA_HO_SO`: what happened to one dossier, from all topics and the quarantine, by time, in Vietnamese."""

from collections.abc import Sequence
from typing import Annotated

import httpx
import typer
from pydantic import ValidationError
from rich.text import Text

from contracts.codes import check_dossier_code, is_petition_id
from dunghen import PROVINCE
from dunghen.answers import KeptItem, KeptItems, KnownDossier
from dunghen.commands.asking import RefusedError, call
from dunghen.commands.common import INTAKE, Broker, IntakeUrl, LogFolder, Prefix, ReferenceDir, err, out, read_log, stop
from dunghen.story import Line, story_of
from reference import OFFICE_TIME, ReferenceDataError, load_reference

MOST_KEPT = 500  # what intake lists at once, oldest first
OptionalKey = Annotated[
    str, typer.Option("--key", envvar="DUNGHEN_KEY", help="Khóa vận hành: kể cả những gì intake giữ lại chờ kiểm tra")
]


def follow_command(
    dossier: Annotated[
        str,
        typer.Argument(metavar="MA_HO_SO", help="Mã hồ sơ, ví dụ H37.12-260212-0007, hoặc mã ý kiến, ví dụ PA-260212-7QK2M4XA"),
    ],
    log: LogFolder = None,
    broker: Broker = None,
    prefix: Prefix = "",
    reference: ReferenceDir = PROVINCE,
    key: OptionalKey = "",
    url: IntakeUrl = INTAKE,
) -> None:
    """Kể lại một hồ sơ từ đầu đến cuối, cả những gì đang bị giữ lại."""
    try:
        if not is_petition_id(dossier):
            check_dossier_code(dossier)
        data = load_reference(reference)
    except (ValueError, ReferenceDataError) as error:
        stop(str(error))
    records = read_log(log, broker, prefix, key=dossier)
    lines = story_of(dossier, records, data, _held(dossier, url, key) if key else ())
    if not lines:
        hint = "" if key else "; nếu vừa gửi, có thể nó đang bị giữ lại chờ kiểm tra: thêm --key KHÓA_VẬN_HÀNH để xem"
        stop(f"không có sự kiện nào của {dossier}{hint}", 1)
    out.print(f"[bold]{'Ý kiến' if is_petition_id(dossier) else 'Hồ sơ'} {dossier}[/bold]")
    for line in lines:
        print_line(line)


def _held(dossier: str, url: str, key: str) -> Sequence[KeptItem]:
    """What intake keeps of a dossier for a person. Who may not see it, or cannot, is told so; the story goes on without."""
    try:
        asked = call(url, "/v1/quarantine", key=key, params={"limit": str(MOST_KEPT)})
        kept = KeptItems.model_validate_json(asked.content).items
        if len(kept) == MOST_KEPT:
            err.print(f"dunghen: chỉ xem được {MOST_KEPT} mục giữ lại cũ nhất", markup=False)
        return [item for item in kept if item.dossier == dossier]
    except RefusedError as error:
        if error.status == 403:
            _tell_how_many(dossier, url, key)
        else:
            err.print(f"dunghen: không xem được những gì bị giữ lại: {error}", markup=False)
    except ValidationError:
        err.print(f"dunghen: {url} không trả lời như intake: chưa biết hồ sơ có bị giữ lại không", markup=False)
    except httpx.TransportError as error:
        err.print(
            f"dunghen: intake tại {url} không trả lời ({type(error).__name__}): chưa biết hồ sơ có bị giữ lại không",
            markup=False,
        )
    return ()


def _tell_how_many(dossier: str, url: str, key: str) -> None:
    """A sender may know how many items of its dossier are kept, not which."""
    try:
        held = KnownDossier.model_validate_json(call(url, f"/v1/dossiers/{dossier}", key=key).content).held
    except RefusedError:
        return  # nothing was received of it, or it is another sender's
    if held:
        err.print(f"dunghen: {held} mục của hồ sơ này bị giữ lại chờ kiểm tra; xem bằng khóa vận hành", markup=False)


def print_line(line: Line) -> None:
    """One line of the story: time, who, what, and the reasons below it."""
    at = line.at.astimezone(OFFICE_TIME)
    out.print(Text.assemble((f"{at:%d/%m %H:%M}  ", "cyan"), (f"{line.source:10}", "dim"), line.text))
    for reason in line.reasons:
        out.print(Text(f"{'':24}- {reason}", style="dim"))


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command("follow")(follow_command)
