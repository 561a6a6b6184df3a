"""`dunghen demo`: a month and a half of an invented province, with checks that can fail."""

import asyncio
import json
import os
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from dunghen import PROVINCE
from dunghen.commands.common import err, out, stop
from dunghen.demo import login, telling
from dunghen.demo.checks import Result, evaluate
from dunghen.demo.contrast import contrast
from dunghen.demo.driver import DemoStuckError
from dunghen.demo.embedded import run_embedded
from dunghen.demo.evidence import Evidence
from dunghen.demo.faults import FAULTS, Fault
from dunghen.demo.people import STORY
from dunghen.demo.real import compare, run_real
from dunghen.demo.view import Progress, show_sheet
from dunghen.serving import PortTakenError, addresses, open_ports, serve_pages
from dunghen.together import Together
from reference import load_reference


def demo_command(
    real: Annotated[
        bool, typer.Option("--real", help="Chạy cả trên Kafka và MongoDB thật (KAFKA_BOOTSTRAP_SERVERS, MONGO_URL)")
    ] = False,
    serve: Annotated[bool, typer.Option("--serve", help="Giữ các trang lại để xem bằng trình duyệt")] = False,
    broken: Annotated[bool, typer.Option("--break", help="Gài mỗi lỗi một lần: kiểm tra tương ứng phải đỏ")] = False,
    as_json: Annotated[Path | None, typer.Option("--json", help="Ghi số liệu và kiểm tra vào tệp này")] = None,
    folder: Annotated[Path, typer.Option("--out", help="Thư mục cho nhật ký và II.06a")] = Path("demo-out"),
    port: Annotated[int, typer.Option(help="--serve: cổng HTTP đầu tiên")] = 8100,
) -> None:
    """Chạy hệ thống trọn một tháng rưỡi của một tỉnh tưởng tượng."""
    bootstrap, mongo = os.environ.get("KAFKA_BOOTSTRAP_SERVERS", ""), os.environ.get("MONGO_URL", "")
    if real and not (bootstrap and mongo):
        stop("--real cần KAFKA_BOOTSTRAP_SERVERS và MONGO_URL")
    if serve and not login.possible():
        stop(login.MISSING)
    err.print("Nhúng: Kafka (librdkafka mock), tài liệu (SQLite). Thật: mọi quy tắc, mọi dịch vụ, mọi số liệu.", style="dim")

    done: list[bool] = []

    async def tell_and_serve(running: Together, evidence: Evidence) -> None:
        progress.stop()
        done.append(_judge(evidence, evaluate(evidence), folder, broken=broken, as_json=as_json))
        await serve_pages(running, ports, port, lambda: _tell_where(port))

    try:
        with ExitStack() as stack:
            ports = stack.enter_context(open_ports(port)) if serve else {}
            progress = stack.enter_context(Progress(err))
            evidence = asyncio.run(run_embedded(folder, progress, tell_and_serve if serve else None))
            result = evaluate(evidence)
            if real:
                evidence, result = _real(result, bootstrap, mongo, folder, progress)
    except PortTakenError as error:
        stop(str(error), 1)
    except DemoStuckError as error:
        stop(f"demo dừng giữa chừng: {error}", 1)
    if real or not serve:
        done.append(_judge(evidence, result, folder, broken=broken, as_json=as_json))
    if broken or not all(done):
        raise typer.Exit(1)


def _tell_where(port: int) -> None:
    """Where everything is, and who can log in."""
    at = addresses(port)
    out.print(f"XEM        {at['front']}, đăng nhập là một trong:", markup=False)
    for line in login.told():
        out.print(f"           {line}", markup=False)
    out.print(f"           số liệu {at['front']}/figures?from=2026-01-08&to=2026-02-27", markup=False)
    out.print(f"           bàn ký thư {at['front']}/letters · hồ sơ {at['front']}/dossiers/{STORY}", markup=False)
    out.print(f"           điện thoại {at['phone']}/?survey_base={at['front']}   (Ctrl-C để dừng)", markup=False)


def _judge(evidence: Evidence, result: Result, folder: Path, *, broken: bool, as_json: Path | None) -> bool:
    """Tell a run, plant faults in what it left if that is wanted, write it down; whether all checks hold."""
    _tell(evidence, result, folder)
    faults = [_planted(evidence, fault) for fault in FAULTS] if broken else []
    if as_json is not None:
        checks = [{**asdict(check), "ok": check.ok} for check in result.checks]
        told = {"figures": result.figures.model_dump(), "checks": checks, "faults": faults, "dossiers": result.dossiers}
        as_json.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return all(check.ok for check in result.checks)


def _real(embedded: Result, bootstrap: str, mongo: str, folder: Path, progress: Progress) -> tuple[Evidence, Result]:
    evidence, kills = asyncio.run(run_real(bootstrap, mongo, folder, progress))
    result = evaluate(evidence)
    result.checks.append(compare(embedded, result))
    err.print(f"Trên bộ phận thật: {kills} tiến trình bị kill -9 giữa chừng.", style="dim")
    return evidence, result


def _tell(evidence: Evidence, result: Result, folder: Path) -> None:
    """One story, one table, the contrast, the checks, links."""
    reference, f = load_reference(PROVINCE), result.figures
    show_sheet(out, result, {code: unit.name for code, unit in reference.units.items()})
    out.print(telling.one_dossier(evidence), markup=False)
    out.print(telling.month(result), markup=False)
    out.print(telling.petitions(result), markup=False)
    out.print(telling.compared(contrast(evidence, reference)), markup=False)
    out.print(telling.checked(result.checks))
    out.print(
        f"           {f.rows} dòng gửi, {f.facts} sự kiện, {f.warned} cảnh báo, {f.letters.drafted} dự thảo thư "
        f"({f.letters.withdrawn} rút, {f.letters.rejected} không gửi), {f.cells} ô số liệu",
        style="dim",
    )
    out.print(f"XEM        thư: {folder / 'thu-xin-loi.pdf'} · II.06a: {folder / 'II.06a.xlsx'}", markup=False)
    out.print("           ./dev demo --serve: trang chủ, bàn ký thư, phiếu lấy ý kiến, điện thoại", markup=False)
    out.print(f"           ./dev dunghen follow {STORY} --log {folder / 'log'}", markup=False)
    out.print("           ./dev dunghen deadline explain --received 2026-02-12T15:40+07:00 --limit 5wd", markup=False)


def _planted(evidence: Evidence, fault: Fault) -> dict[str, object]:
    """One fault planted alone, and the items that turn red because of it."""
    red = [check for check in evaluate(fault.plant(evidence)).checks if not check.ok]
    names = telling.items(red) if red else "[bold red]không kiểm tra nào nhận ra[/]"
    out.print(f"GÀI LỖI    {fault.what}: {names}")
    return {"what": fault.what, "notices": fault.notices, "red": [check.name for check in red]}


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command("demo")(demo_command)
