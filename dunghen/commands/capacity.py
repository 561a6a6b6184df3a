"""`dunghen capacity`: what a commune, a province, a large city, the nation need, from measured figures."""

from pathlib import Path
from typing import Annotated

import typer

from dunghen.capacity import FILE, FiguresError, Inputs, Need, Size, need, read_figures, sources
from dunghen.commands.common import out, stop
from dunghen.tables import Cell, Column, Form, FormOption, show

DEFAULTS = Inputs()
COLUMNS = (
    Column("size", "Quy mô", whole=True),
    Column("dossiers_per_year", "Hồ sơ/năm", right=True),
    Column("dossiers_per_second", "Hồ sơ/giây, trung bình", right=True),
    Column("peak_dossiers_per_second", "Lúc cao điểm", right=True),
    Column("peak_events_per_second", "Sự kiện/giây", right=True),
    Column("partitions", "Phân vùng", right=True),
    Column("pods", "Pod", right=True),
    Column("pods_by_service", "Pod từng dịch vụ"),
    Column("store_gb", "Kho (GB)", right=True),
    Column("log_gb", "Kafka (GB)", right=True),
    Column("cpu_seconds_per_1000", "CPU giây/1.000 hồ sơ", right=True),
    Column("mb_per_1000", "MB/1.000 hồ sơ", right=True),
    Column("sms_per_1000", "SMS/1.000 hồ sơ", right=True),
    Column("dong_per_1000", "Đồng/1.000 hồ sơ", right=True),
)
SOURCES = (
    Column("name", "Con số", whole=True),
    Column("value", "Giá trị", right=True),
    Column("unit", "Đơn vị"),
    Column("from", "Đo bằng, hoặc nguồn"),
    Column("at", "Đo ở mức"),
)


def capacity_command(
    dossiers: Annotated[
        int | None, typer.Option(min=1, help="Số hồ sơ một năm của chính nơi cần tính, thay cho bảng quy mô")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=366, help="Số ngày làm việc một năm")] = DEFAULTS.days,
    hours: Annotated[float, typer.Option(min=0.5, max=24, help="Số giờ làm việc một ngày")] = DEFAULTS.hours,
    peak: Annotated[float, typer.Option(min=1, help="Lúc cao điểm gấp mấy lần trung bình giờ làm việc")] = DEFAULTS.peak,
    use: Annotated[float, typer.Option(min=0.01, max=1, help="Dùng đến phần nào của tốc độ đã đo")] = DEFAULTS.use,
    years: Annotated[float, typer.Option(min=0.1, help="Giữ dữ liệu bao nhiêu năm")] = DEFAULTS.years,
    copies: Annotated[int, typer.Option(min=1, help="Số bản sao của topic Kafka")] = DEFAULTS.copies,
    sms_dong: Annotated[float | None, typer.Option(min=0, help="Giá một SMS, đồng")] = None,
    pod_hour_dong: Annotated[float | None, typer.Option(min=0, help="Giá một pod một giờ, đồng")] = None,
    gb_month_dong: Annotated[float | None, typer.Option(min=0, help="Giá 1 GB lưu trữ một tháng, đồng")] = None,
    figures: Annotated[Path, typer.Option(help="Tệp số đo khác", show_default=False)] = FILE,
    show_sources: Annotated[bool, typer.Option("--sources", help="In từng con số đã dùng và lệnh đã đo ra nó")] = False,
    form: FormOption = Form.TABLE,
) -> None:
    """Một xã, một tỉnh, một thành phố lớn, cả nước cần bao nhiêu máy, bao nhiêu chỗ chứa: tính từ các số đã đo."""
    try:
        known = read_figures(figures)
    except FiguresError as error:
        stop(str(error))
    if show_sources:
        show(out, SOURCES, sources(known), form)
        return
    inputs = Inputs(days, hours, peak, use, years, copies, sms_dong, pod_hour_dong, gb_month_dong)
    sizes = known.sizes if dossiers is None else (Size(name="theo --dossiers", dossiers=dossiers, source="--dossiers"),)
    show(out, COLUMNS, [_row(need(size, known, inputs)) for size in sizes], form)


def _row(own: Need) -> tuple[Cell, ...]:
    return (
        own.name,
        own.dossiers,
        f"{own.mean:.3g}",
        f"{own.peak:.3g}",
        f"{own.events:.3g}",
        own.partitions,
        sum(own.pods.values()),
        ", ".join(f"{name} {count}" for name, count in own.pods.items()),
        f"{own.store_gb:.3g}",
        f"{own.log_gb:.3g}",
        f"{own.cpu_seconds:.3g}",
        f"{own.mb:.3g}",
        round(own.messages),
        None if own.dong is None else round(own.dong),
    )


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("capacity")(capacity_command)
