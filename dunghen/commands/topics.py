"""`dunghen topics apply | acls`: make Kafka hold what topics.yaml says, and let each service do what follows from it."""

import asyncio
from typing import Annotated

import typer
import yaml

from contracts import load_catalogue
from dunghen.commands.common import Broker, Prefix, out, stop
from dunghen.rights import as_commands, as_strimzi, rights
from runtime.errors import Unavailable
from runtime.kafka_admin import TopicsError, create_topics, delete_topics, partition_counts

commands = typer.Typer(help="Topic của Kafka theo topics.yaml.", no_args_is_help=True)


@commands.command("apply")
def apply_command(
    broker: Broker = None,
    prefix: Prefix = "",
    replication: Annotated[int, typer.Option(min=1, envvar="TOPICS_REPLICATION", help="Số bản sao")] = 3,
    partitions: Annotated[int, typer.Option(min=1, envvar="TOPICS_PARTITIONS", help="Số phân vùng")] = 24,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Chỉ nói sẽ làm gì")] = False,
) -> None:
    """Tạo các topic còn thiếu; nói rõ topic đã có khác với danh mục ở điểm nào."""
    if not broker:
        stop("cần --broker ĐỊA_CHỈ (KAFKA_BOOTSTRAP_SERVERS)")
    try:
        lines = asyncio.run(apply_topics(broker, prefix, replication=replication, partitions=partitions, dry_run=dry_run))
    except (Unavailable, TopicsError) as error:
        stop(f"Kafka tại {broker}: {error}", 1)
    for line in lines:
        out.print(line, markup=False)


@commands.command("acls")
def acls_command(
    prefix: Prefix = "",
    users: Annotated[str, typer.Option(help="Tiền tố của tên người dùng Kafka: dunghen-sla, dunghen-intake ...")] = "dunghen-",
    strimzi: Annotated[
        str | None,
        typer.Option("--strimzi", metavar="CỤM", help="In KafkaUser của Strimzi cho cụm ấy, không in lệnh kafka-acls"),
    ] = None,
) -> None:
    """In quyền của từng dịch vụ trên Kafka, suy ra từ topics.yaml; không quyền nào đặt trên mẫu tên."""
    try:
        listed = rights(load_catalogue(), prefix, users)
    except ValueError as error:
        stop(f"--topic-prefix, --users: {error}")
    if strimzi is not None:
        typer.echo(yaml.safe_dump_all(as_strimzi(listed, strimzi), sort_keys=False), nl=False)
    else:
        typer.echo(as_commands(listed), nl=False)


async def apply_topics(broker: str, prefix: str, *, replication: int, partitions: int, dry_run: bool = False) -> list[str]:
    """Create what is missing; returns one line per topic. Raises Unavailable, TopicsError."""
    existing = await partition_counts(broker)
    lines: list[str] = []
    missing: dict[int, dict[str, dict[str, str]]] = {}
    for name, spec in load_catalogue().topics.items():
        full, wanted = prefix + name, spec.partitions or partitions
        if full in existing:
            differs = "" if existing[full] == wanted else f", danh mục muốn {wanted}: không tự đổi, vì khóa sẽ đổi phân vùng"
            lines.append(f"có sẵn    {full} ({existing[full]} phân vùng{differs})")
        else:
            missing.setdefault(wanted, {})[full] = spec.kafka_config()
            settings = ", ".join(f"{key}={value}" for key, value in spec.kafka_config().items())
            lines.append(
                f"{'sẽ tạo' if dry_run else 'đã tạo'}    {full} ({wanted} phân vùng, {replication} bản sao, {settings})"
            )
    for number, topics in missing.items() if not dry_run else ():
        await create_topics(broker, topics, partitions=number, replication=replication)
    return lines


async def remove_topics(broker: str, prefix: str) -> None:
    """Delete the catalogue's topics under a prefix. Raises ValueError without a prefix: those are the real ones."""
    if not prefix:
        raise ValueError("topics without a prefix are never deleted")
    await delete_topics(broker, [prefix + name for name in load_catalogue().topics])


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(commands, name="topics")
