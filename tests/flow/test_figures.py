"""Each figure of II.06a opens down to its dossiers."""

from tests.flow.support import D, System, at, event, received

PERIOD = {"from": "2026-03-09", "to": "2026-03-31", "unit": "H37.12"}


async def test_each_figure_is_as_many_dossiers_as_it_says(system: System) -> None:
    await system.send(*(received(D.format(n), "2026-03-02T09:00") for n in range(1, 5)))
    await system.send(event(D.format(1), "completed", "2026-03-02T09:30"))  # before the period
    await system.move(at(10, "08:00"))
    await system.send(
        event(D.format(2), "completed", "2026-03-09T08:30"),  # on the day it was promised for
        event(D.format(3), "completed", "2026-03-10T07:50"),  # late
        *(received(D.format(n), "2026-03-10T07:40", channel=n % 2 + 1) for n in range(5, 9)),
    )
    await system.move(at(10, "09:00"))
    await system.send(event(D.format(5), "completed", "2026-03-10T08:55"))
    await system.send(received("H37.13-260310-0001", "2026-03-10T08:00", receiving_unit="H37.13"))
    await system.settle()
    client = system.clients["reporting"]

    total = (await client.get("/v1/reports/II.06a", params=PERIOD)).json()["total"]
    behind = {
        number: (await client.get("/v1/reports/II.06a/dossiers", params={**PERIOD, "column": number})).json()
        for number in range(3, 14)
    }

    assert {str(number): found["figure"] for number, found in behind.items()} == total
    assert total == {"3": 7, "4": 2, "5": 2, "6": 3, "7": 3, "8": 1, "9": 1, "10": 1, "11": 4, "12": 3, "13": 1}
    assert behind[10]["dossiers"] == [D.format(3)]
    assert behind[13]["dossiers"] == [D.format(4)]
    assert behind[6]["dossiers"] == [D.format(2), D.format(3), D.format(4)]
    by_field: dict[str, str | int] = {**PERIOD, "column": 3, "field": "Hộ tịch"}
    assert (await client.get("/v1/reports/II.06a/dossiers", params=by_field)).json()["figure"] == 7
    assert (await client.get("/v1/reports/II.06a/dossiers", params={**by_field, "field": "Đất đai"})).json()["figure"] == 0
    assert (await client.get("/v1/reports/II.06a/dossiers", params={**by_field, "unit": "H99"})).status_code == 404
    assert (await client.get("/v1/reports/II.06a/dossiers", params={**by_field, "column": 14})).status_code == 422
