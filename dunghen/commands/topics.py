"""`dunghen topics apply`: make Kafka hold what topics.yaml says."""

import asyncio
from typing import Annotated

import typer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, for_code

from contracts import load_catalogue
from dunghen.commands.common import Broker, Prefix, out, stop

app = typer.Typer(help="Topic của Kafka theo topics.yaml.", no_args_is_help=True)
ALREADY_EXISTS = 36


@app.callback()
def _group() -> None:
    """Keeps `apply` a sub-command."""


@app.command("apply")
def apply_command(
    broker: Broker = None,
    prefix: Prefix = "",
    replication: Annotated[int, typer.Option(min=1, help="Số bản sao")] = 3,
    partitions: Annotated[int, typer.Option(min=1, help="Số phân vùng")] = 24,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Chỉ nói sẽ làm gì")] = False,
) -> None:
    """Tạo các topic còn thiếu; nói rõ topic đã có khác với danh mục ở điểm nào."""
    if not broker:
        stop("cần --broker ĐỊA_CHỈ (KAFKA_BOOTSTRAP_SERVERS)")
    try:
        lines = asyncio.run(apply_topics(broker, prefix, replication=replication, partitions=partitions, dry_run=dry_run))
    except KafkaError as error:
        stop(f"Kafka tại {broker}: {type(error).__name__}: {error}", 1)
    for line in lines:
        out.print(line, markup=False)


async def apply_topics(broker: str, prefix: str, *, replication: int, partitions: int, dry_run: bool = False) -> list[str]:
    """Create what is missing; returns one line per topic. Raises KafkaError."""
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    try:
        existing = {t["topic"]: len(t["partitions"]) for t in await admin.describe_topics() if not t["error_code"]}
        lines, missing = [], []
        for name, spec in load_catalogue().topics.items():
            full = prefix + name
            if full in existing:
                differs = (
                    ""
                    if existing[full] == partitions
                    else f", danh mục muốn {partitions}: không tự đổi, vì khóa sẽ đổi phân vùng"
                )
                lines.append(f"có sẵn    {full} ({existing[full]} phân vùng{differs})")
            else:
                config = spec.kafka_config()
                missing.append(NewTopic(full, partitions, replication, topic_configs=config))
                settings = ", ".join(f"{key}={value}" for key, value in config.items())
                lines.append(
                    f"{'sẽ tạo' if dry_run else 'đã tạo'}    {full} ({partitions} phân vùng, {replication} bản sao, {settings})"
                )
        if missing and not dry_run:
            response = await admin.create_topics(missing)
            for topic, code, *message in response.topic_errors:
                if code not in (0, ALREADY_EXISTS):
                    raise for_code(code)(f"{topic}: {message[0] if message else ''}")
    finally:
        await admin.close()
    return lines


async def delete_topics(broker: str, prefix: str) -> None:
    """Delete the catalogue's topics under a prefix. Raises ValueError without a prefix: those are the real ones."""
    if not prefix:
        raise ValueError("topics without a prefix are never deleted")
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    try:
        names = set(await admin.list_topics())
        await admin.delete_topics([prefix + name for name in load_catalogue().topics if prefix + name in names])
    finally:
        await admin.close()
