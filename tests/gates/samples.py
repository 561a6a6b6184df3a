"""One bad sample per gate, planted into a copy of the tree: the gate must refuse it and say where."""

from dataclasses import dataclass

_UNKNOWN = "R" + "99"  # a code that nothing defines; not in one piece, or this file would cite it


@dataclass(frozen=True, slots=True)
class Sample:
    """`append`: text added to a file (made if missing); `says`: what the gate's answer must contain; `replace`: words of the
    file that become others."""

    file: str
    append: str
    says: str
    replace: tuple[str, str] = ("", "")


SAMPLES: dict[str, tuple[Sample, ...]] = {
    "format": (Sample("contracts/ids.py", "x  =  1\n", "contracts/ids.py"),),
    "lint": (
        Sample("contracts/ids.py", "\n\ntry:\n    x = 1\nexcept Exception:\n    pass\n", "contracts/ids.py"),
        Sample("runtime/brake.py", "\nNOW = __import__('x')\nimport random\n", "ask the machine"),
    ),
    "types": (
        Sample(
            "services/notifier/domain/sending.py",
            "\n\nfrom typing import Any\n\n\ndef planted(kept: dict[str, Any]) -> None:\n    pass\n",
            'Explicit "Any" is not allowed',
        ),
        Sample("contracts/ids.py", '\nWRONG: int = "text"\n', "Incompatible types in assignment"),
    ),
    "imports": (
        Sample(
            "contracts/ids.py", "\nimport runtime.brake\n", "contracts, reference and runtime do not know each other BROKEN"
        ),
        Sample(
            "runtime/brake.py",
            "\nimport services.wiring\n",
            "services stand on the foundations, dunghen composes services BROKEN",
        ),
        Sample("services/sla/store.py", "\nimport services.intake.store\n", "services never know each other BROKEN"),
        Sample("services/sla/domain/rungs.py", "\nimport httpx\n", "rules do no input and output BROKEN"),
        Sample("services/sla/store.py", "\nimport motor\n", "only the adapters of documents and of blobs know motor BROKEN"),
        Sample(
            "services/sla/handlers.py",
            "\nimport aiokafka\n",
            "only runtime knows FastStream and aiokafka BROKEN",
        ),
        Sample("contracts/ids.py", "\nimport orjson\n", "contracts need pydantic and PyYAML alone BROKEN"),
    ),
    "generated": (
        Sample("contracts/schemas/dossier.completed.json", " ", "stale: contracts/schemas/dossier.completed.json"),
        Sample("contracts/schemas/dossier.invented.json", "{}", "nothing makes it"),
        Sample("reference/data/calendar.csv", "2026-03-02,off,x,y,\n", "stale: reference/data/calendar.csv"),
    ),
    "catalogue": (
        Sample("contracts/topics.yaml", "  retentoin: unlimited\n", "Extra inputs are not permitted"),
        Sample(
            "contracts/topics.yaml",
            "gossip.v1: {owner: nobody, description: an owner that is no service, retention: unlimited}\n",
            "gossip.v1: unknown service nobody",
        ),
        Sample(
            "contracts/topics.yaml",
            "more.v1: {owner: sla, description: a type that nobody knows, types: [deadline.guessed], retention: unlimited}\n",
            "more.v1: unknown type vn.dunghen.deadline.guessed.v1",
        ),
        Sample(
            "contracts/topics.yaml",
            "more.v1: {owner: sla, description: a reader without dead letters, readers: [intake], retention: unlimited}\n",
            "more.v1: reader intake has no dead-letter topic for it",
        ),
        Sample(
            "contracts/topics.yaml",
            "intake.dlq: {owner: intake, description: dead letters that die, dead_letters_of: [dossiers.v1], retention: compact}\n",
            "a dead letter must outlive its source topic",
        ),
        Sample(
            "contracts/metrics.py",
            "\n\nclass Orphan(EventData):\n    TYPE: ClassVar[str] = 'vn.dunghen.orphan.seen.v1'\n\n\nMETRIC_TYPES = (*METRIC_TYPES, Orphan)\n",
            "type vn.dunghen.orphan.seen.v1 travels on no topic",
        ),
    ),
    "events": (
        Sample(
            "services/feedback/handlers.py",
            '\n\ndef kind(name: str) -> str:\n    return f"vn.dunghen.feedback.{name}.v1"\n',
            "spells the type of an event",
        ),
        Sample("services/sla/store.py", "\nfrom contracts import PREFIX\n", "makes types of events"),
        Sample("services/sla/store.py", '\nSAID = Output("deadlines.v1", "k", "id", {})\n', "builds an event by hand (Output)"),
    ),
    "documents": (
        Sample(
            "services/sla/domain/rungs.py",
            "\nfrom runtime.store import Document\n",
            "takes Document, an untyped document; only store.py knows how one is written",
        ),
        Sample("services/feedback/handlers.py", "\nfrom contracts.facts import Facts\n", "takes Facts, an untyped document"),
    ),
    "sharing": (
        Sample(
            "tests/sla/test_clock.py",
            "\nfrom tests.sla.test_sla import last\n",
            "borrows from a test module (tests.sla.test_sla)",
        ),
        Sample(
            "tests/sla/test_clock.py", "\nfrom tests.sla import test_sla\n", "borrows from a test module (tests.sla.test_sla)"
        ),
        Sample("tests/sla/test_clock.py", "\nfrom . import test_sla\n", "borrows from a test module"),
        Sample("tests/town.py", "\nfrom dunghen import demo\n", "borrows from the demo (dunghen.demo)"),
        Sample("tests/town.py", "\nimport dunghen.demo.real\n", "borrows from the demo (dunghen.demo.real)"),
    ),
    "compat": (
        Sample(
            "contracts/schemas/dossier.completed.json",
            "",
            "dossier.completed: /properties/data/properties/version: removed or renamed",
            replace=('"version"', '"edition"'),
        ),
        Sample(
            "contracts/schemas/notice.skipped.json",
            "",
            "notice.skipped: /properties/data/properties/reason/enum",
            replace=('"too-old",', ""),
        ),
        Sample(
            "contracts/schemas/deadline.warned.json",
            "",
            "roll-out: deadlines.v1 (deadline.warned): notifier -> reporting -> sla",
            replace=('"unit"', '"body"'),
        ),
    ),
    "rules": (
        Sample("services/sla/domain/rungs.py", f"\n# {_UNKNOWN}\n", f"{_UNKNOWN} is no rule of contracts/rules.py"),
        Sample("tests/sla/test_sla.py", "", "R10: no test cites it", replace=("R10", "it")),
        Sample("reference/catalogue.py", "", "R4: defined, and no module cites it", replace=("(R4)", "")),
    ),
    "docs": (
        Sample("README.md", "\n[nowhere](docs/nowhere.md)\n", "docs/nowhere.md leads nowhere"),
        Sample("README.md", "\nSee /home/somebody/notes.\n", "is a path of one machine"),
    ),
}
