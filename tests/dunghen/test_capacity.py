"""What a size needs is reckoned from the figures of one file: cases by hand, and the file that comes along."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from dunghen.__main__ import make_app
from dunghen.capacity import FILE, Figure, Figures, Inputs, Size, Speed, need, read_figures
from dunghen.services import SERVICES

ROOT = Path(__file__).parents[2]


def figure(value: float) -> Figure:
    """A figure of a test."""
    return Figure(value=value, unit="x", command="none", at="none")


FIGURES = Figures(
    measured_on="a test",
    records=figure(10),
    log_bytes=figure(5000),
    messages=figure(2),
    cpu_seconds=figure(30),
    stores={"sla": figure(3000), "notifier": figure(2000)},
    speeds={
        "sla": Speed(rate=figure(100), each=figure(4)),
        "notifier": Speed(rate=figure(50), each=figure(2)),
    },
    sizes=(Size(name="xã", dossiers=7_200_000, source="test"),),
)
SIZE = FIGURES.sizes[0]
INPUTS = Inputs(days=250, hours=8, peak=5, use=0.5, years=1, copies=3)


def test_a_size_is_reckoned_as_by_hand() -> None:
    own = need(SIZE, FIGURES, INPUTS)

    assert (own.mean, own.peak, own.events) == (1.0, 5.0, 50.0)  # 7,200,000 in 250 days of 8 hours
    assert own.pods == {"sla": 2, "notifier": 2}
    assert (own.store_gb, own.log_gb) == (36.0, 108.0)
    assert (own.cpu_seconds, own.mb, own.messages, own.dong) == (30, 20.0, 2000, None)


def test_pods_follow_the_busiest_moment_and_the_share_of_a_process_that_is_planned_on() -> None:
    assert need(SIZE, FIGURES, replace(INPUTS, peak=50)).pods == {"sla": 4, "notifier": 4}
    assert need(SIZE, FIGURES, replace(INPUTS, peak=50, use=0.25)).pods == {"sla": 8, "notifier": 8}
    assert need(replace_size(1), FIGURES, INPUTS).pods == {"sla": 2, "notifier": 2}


def test_more_pods_than_partitions_want_more_partitions() -> None:
    few, many = (need(SIZE, FIGURES, replace(INPUTS, peak=peak)) for peak in (300, 301))

    assert (few.pods["sla"], few.partitions) == (24, 24)
    assert (many.pods["sla"], many.partitions) == (25, 48)


def test_the_cost_is_messages_pods_and_storage_once_all_prices_are_there() -> None:
    priced = replace(INPUTS, sms_dong=100, pod_hour_dong=720, gb_month_dong=1000)
    a_year = 4 * 24 * 365 * 720 + 144 * 12 * 1000

    assert need(SIZE, FIGURES, priced).dong == pytest.approx(1000 * (200 + a_year / 7_200_000))
    assert need(SIZE, FIGURES, replace(priced, gb_month_dong=None)).dong is None


def replace_size(dossiers: int) -> Size:
    """The size of a test with so many dossiers."""
    return SIZE.model_copy(update={"dossiers": dossiers})


def test_every_figure_that_comes_along_names_the_command_that_measured_it_and_every_service_has_its_own() -> None:
    known = read_figures()
    commands = {one.command for one in (known.records, known.log_bytes, known.messages, known.cpu_seconds)}
    commands |= {one.command for own in known.speeds.values() for one in (own.rate, own.each)}
    commands |= {one.command for one in known.stores.values()}

    assert known.stores.keys() == known.speeds.keys() == set(SERVICES)
    assert all(command.startswith(("./dev bench ", "./dev demo")) for command in commands), commands
    benches = (ROOT / "benchmarks/__main__.py").read_text("utf-8")
    assert all(f'"{command.split()[2]}"' in benches for command in commands if "bench" in command)
    assert all(size.source for size in known.sizes)


def run(*arguments: str) -> tuple[int, str, str]:
    """The command line; its status, what it said, and what it complained of."""
    done = CliRunner().invoke(make_app("capacity"), ["capacity", *arguments])
    return done.exit_code, done.stdout, done.stderr


def test_sizes_are_printed_as_table_json_and_csv_and_numbers_with_where_they_are_from() -> None:
    status, text, _ = run("--format", "json")
    sizes = json.loads(text)
    _, table, _ = run("--dossiers", "20000", "--format", "csv")
    _, told, _ = run("--sources", "--format", "json")

    assert (status, [size["size"] for size in sizes]) == (0, [size.name for size in read_figures().sizes])
    assert all(size["pods"] >= 10 and size["partitions"] % 24 == 0 and size["dong_per_1000"] is None for size in sizes)
    assert table.splitlines()[1].startswith("theo --dossiers,20000,")
    assert {line["name"] for line in json.loads(told)} >= {"records", "stores.sla", "speeds.feedback.rate", sizes[0]["size"]}


def test_a_file_of_figures_that_is_wrong_is_refused_with_the_names_of_its_faults(tmp_path: Path) -> None:
    own = yaml.safe_load(FILE.read_text("utf-8"))
    own["records"]["value"] = 0
    del own["speeds"]["sla"]["rate"]
    path = tmp_path / "figures.yaml"
    path.write_text(yaml.safe_dump(own), "utf-8")
    status, _, faults = run("--figures", str(path))
    missing = run("--figures", str(tmp_path / "none.yaml"))

    assert (status, "records.value: Input should be greater than 0" in faults, "speeds.sla.rate: Field required" in faults) == (
        2,
        True,
        True,
    )
    assert (missing[0], "FileNotFoundError" in missing[2]) == (2, True)


@pytest.mark.parametrize("wrong", [("--dossiers", "0"), ("--use", "2"), ("--peak", "0.5"), ("--days", "400")])
def test_an_input_out_of_its_bounds_is_named(wrong: tuple[str, str]) -> None:
    status, _, faults = run(*wrong)

    assert (status, wrong[0] in faults) == (2, True)
