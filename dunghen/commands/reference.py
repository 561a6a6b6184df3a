"""`dunghen reference`: check a folder of reference data, and write the public pages from it."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from dunghen import PROVINCE
from dunghen.commands.common import out, stop
from reference import OFFICE_TIME, ReferenceData, ReferenceDataError, load_reference
from runtime.pages import Pages
from services.intake import posting

Folder = Annotated[Path, typer.Argument(help="Thư mục có province.yaml, units.yaml, procedures.yaml, statuses.yaml")]

reference_app = typer.Typer(no_args_is_help=True, help="Danh mục đơn vị, thủ tục, trạng thái.")


def _load(folder: Path) -> ReferenceData:
    try:
        return load_reference(folder)
    except ReferenceDataError as error:
        stop(f"danh mục có lỗi:\n{error}", 1)


@reference_app.command("check")
def check_command(folder: Folder = PROVINCE) -> None:
    """Kiểm tra danh mục; mỗi lỗi một dòng, có tệp và số dòng."""
    data = _load(folder)
    fields = {procedure.field for procedure in data.procedures.values()}
    kinds = [sum(unit.kind == kind for unit in data.units.values()) for kind in ("department", "commune")]
    out.print(
        f"{data.province}: {len(data.units)} đơn vị ({kinds[0]} sở, {kinds[1]} xã phường), {len(data.procedures)} thủ tục "
        f"trong {len(fields)} lĩnh vực, {len(data.statuses)} bảng trạng thái. Không có lỗi."
    )


@reference_app.command("pages")
def pages_command(
    target: Annotated[Path, typer.Argument(help="Thư mục để ghi")],
    folder: Annotated[Path, typer.Option("--reference", envvar="REFERENCE_DIR", help="Thư mục danh mục")] = PROVINCE,
    day: Annotated[datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="Ngày niêm yết")] = None,
) -> None:
    """Ghi trang công khai: một trang chung, một trang A4 in được cho mỗi cơ quan."""
    data, pages = _load(folder), Pages("services.intake")
    on: date = day.date() if day else datetime.now(OFFICE_TIME).date()
    target.mkdir(parents=True, exist_ok=True)
    units = posting.units_on(data, on)
    (target / "index.html").write_text(posting.index_page(pages, data, on, ".html"), "utf-8")
    for unit in units:
        (target / f"{unit.code}.html").write_text(posting.unit_page(pages, data, unit, on, ".html"), "utf-8")
    out.print(f"{len(units)} trang cơ quan và trang chung trong {target}", markup=False)


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.add_typer(reference_app, name="reference")
