"""On a Kubernetes with a node and KEDA: the lab overlay is applied twice, its pods get ready, a dossier goes through them,
rollouts and evictions refuse nobody, and KEDA takes sla from one pod to three and back while facts come.

    KUBECONFIG=... DUNGHEN_TEST_CLUSTER_LOAD=... DUNGHEN_TEST_CLUSTER_HOST=... ./dev cluster
"""

import asyncio
import json
import secrets
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import astuple, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
import pytest_asyncio

from dunghen import PROVINCE
from dunghen.commands.common import out
from dunghen.commands.drill import COLUMNS
from dunghen.commands.topics import remove_topics
from dunghen.drill.judged import EXPECTED, FACTS, Phase, figures, handled_by
from dunghen.drill.load import Load, now_ms
from dunghen.log import read_broker
from dunghen.tables import Form, show
from dunghen.together import bearer
from runtime.clock import SteppedClock
from runtime.kafka_admin import Lags
from runtime.store.mongo import drop_database
from tests.cluster import lab as labs
from tests.cluster.lab import CONSUMERS, KAFKA_PORT, SERVICES, Lab, kubectl, rendered, secrets_of, write_overlay
from tests.real import Real
from tests.support.fleet import ClockReaders, Fleet, Phone, demo_key, demo_server, groups_of

pytestmark = [pytest.mark.cluster, pytest.mark.asyncio(loop_scope="module")]

SLOW, FAST = 10.0, 400.0  # facts a second: few for one pod, too many for one
REST_SECONDS, PATIENCE_SECONDS, KNOCKS_PER_SECOND = 20.0, 300.0, 40.0
PATIENTLY = f"--timeout={PATIENCE_SECONDS:.0f}s"
RELAY = Path(labs.__file__).parent / "relay.py"


@dataclass
class Town:
    """The system in pods, as its users see it from outside."""

    real: Real
    prefix: str
    fleet: Fleet
    folder: Path


async def kube(*words: str, given: str | None = None) -> str:
    """kubectl beside what goes on here."""
    return await asyncio.to_thread(kubectl, *words, given=given)


@contextmanager
def relays(lab: Lab, targets: list[str]) -> Iterator[None]:
    """Carry connections of pods to addresses of this machine, each under its own port."""
    listening = [f"{lab.host}:{target.rpartition(':')[2]}" for target in targets]
    pairs = zip(listening, targets, strict=True)
    processes = [subprocess.Popen([sys.executable, str(RELAY), listen, target]) for listen, target in pairs]
    try:
        yield
    finally:
        for process in processes:
            process.terminate()
            process.wait()


async def versions() -> dict[str, str]:
    """Which version of its wanted state each object is in."""
    kinds = "statefulset,deployment,service,configmap,networkpolicy,poddisruptionbudget,cronjob,scaledobject"
    found = json.loads(await kube("get", kinds, "-o", "json"))["items"]
    return {f"{each['kind']}/{each['metadata']['name']}": str(each["metadata"].get("generation", "")) for each in found}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(real: Real, images: None, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    """Everything is applied and ready; it goes again at the end."""
    lab, folder = Lab.of_environment(), tmp_path_factory.mktemp("overlay")
    prefix, phone, clock = f"lab{secrets.token_hex(3)}.", Phone(), SteppedClock(datetime.now(UTC))
    stores = {name: f"{real.mongo.rstrip('/')}/{prefix.replace('.', '-')}{name}" for name in SERVICES}
    there = urlsplit(real.mongo).netloc
    await asyncio.to_thread(lab.bring, iter((*SERVICES, "cli")))
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(demo_server(clock, phone, ClockReaders()))
        gateway = urlsplit(server).netloc
        stack.enter_context(relays(lab, [f"127.0.0.1:{KAFKA_PORT}", there, gateway]))
        write_overlay(folder, lab, prefix, f"http://{gateway.replace('127.0.0.1', lab.host)}/sms")
        seen = {name: url.replace("127.0.0.1", lab.host) for name, url in stores.items()}
        stack.push_async_callback(forget, real, prefix, stores)
        await nothing_left()
        await kube("apply", "--server-side", "-k", str(folder))
        await kube("create", "configmap", "dunghen-reference", f"--from-file={PROVINCE}")
        await kube("apply", "--server-side", "-f", "-", given=secrets_of(rendered(folder), seen))
        await kube("create", "job", "--from=cronjob/topics", "topics-now")
        await kube("wait", "--for=condition=Complete", "job/topics-now", "--timeout=180s")
        for name in (*(f"statefulset/{name}" for name in CONSUMERS), "deployment/intake"):
            await kube("rollout", "status", name, PATIENTLY)
        address = (await kube("get", "service", "intake", "-o", "jsonpath={.spec.clusterIP}")).strip()
        shown = bearer(await demo_key(stores["intake"]))
        client = httpx.AsyncClient(base_url=f"http://{address}:8000", timeout=60, headers=shown)
        lags = await stack.enter_async_context(Lags(real.kafka, groups_of(prefix)))
        yield Town(real, prefix, Fleet({"intake": await stack.enter_async_context(client)}, lags, clock, prefix, phone), folder)


async def nothing_left() -> None:
    """Remove the pods of this run, or of one that was broken off."""
    await kube("delete", "namespace", labs.NAMESPACE, "--ignore-not-found", "--timeout=180s")


async def forget(real: Real, prefix: str, stores: dict[str, str]) -> None:
    """Remove the pods, then what they used."""
    await nothing_left()
    await remove_topics(real.kafka, prefix)
    for url in stores.values():
        await drop_database(url)


async def until(what: str, done: Callable[[], Awaitable[bool]]) -> None:
    """Wait for a condition. Raises AssertionError after a while."""
    end = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while not await done():
        assert asyncio.get_running_loop().time() < end, f"waited for {what}"
        await asyncio.sleep(0.5)


async def test_the_second_apply_changes_nothing(town: Town) -> None:
    before = await versions()
    await kube("apply", "--server-side", "-k", str(town.folder))

    assert len(before) > len(SERVICES)
    assert await versions() == before


async def test_a_dossier_goes_through_the_pods_and_its_person_is_told(town: Town) -> None:
    load = Load(town.fleet, SLOW)
    async with load.running():
        await asyncio.sleep(1)

    async def told() -> bool:
        return len({sms.dossier for sms in town.fleet.phone.shown()}) >= load.received

    await until("everybody to be told", told)
    assert town.fleet.phone.doubled() == 0


async def knock(address: str, stop: asyncio.Event) -> Counter[str]:
    """Ask by a new connection each time, 40 times a second, until told to stop; how it was answered."""
    said, asking = Counter[str](), list[asyncio.Task[None]]()

    async def once() -> None:
        try:
            async with httpx.AsyncClient(timeout=20) as client:
                answer = await client.get(f"{address}/livez")
        except httpx.HTTPError as error:
            said[type(error).__name__] += 1
        else:
            said[str(answer.status_code)] += 1

    while not stop.is_set():
        asking.append(asyncio.create_task(once()))
        await asyncio.sleep(1 / KNOCKS_PER_SECOND)
    await asyncio.gather(*asking)
    return said


async def living(service: str) -> list[str]:
    """The pods of a service that are not about to go."""
    pods = json.loads(await kube("get", "pods", "-l", f"app.kubernetes.io/name={service}", "-o", "json"))["items"]
    return [pod["metadata"]["name"] for pod in pods if "deletionTimestamp" not in pod["metadata"]]


async def evict(pod: str) -> None:
    """As when its machine is drained: a budget may refuse it. Until it is gone."""
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod, "namespace": labs.NAMESPACE}}
    path = f"/api/v1/namespaces/{labs.NAMESPACE}/pods/{pod}/eviction"
    await kube("create", "--raw", path, "-f", "-", given=json.dumps(eviction))
    await kube("wait", "--for=delete", f"pod/{pod}", PATIENTLY)


async def test_three_rollouts_and_the_eviction_of_each_pod_refuse_no_connection(town: Town) -> None:
    await kube("scale", "deployment/intake", "--replicas=2")
    await kube("rollout", "status", "deployment/intake", PATIENTLY)
    stop = asyncio.Event()
    knocking = asyncio.create_task(knock(str(town.fleet.clients["intake"].base_url).rstrip("/"), stop))
    try:
        for _ in range(3):
            await kube("rollout", "restart", "deployment/intake")
            await kube("rollout", "status", "deployment/intake", PATIENTLY)
        for pod in await living("intake"):
            await evict(pod)
            await kube("rollout", "status", "deployment/intake", PATIENTLY)
    finally:
        stop.set()
    said = await knocking
    print(f"fresh connections: {dict(said)}")  # noqa: T201 - the result

    assert said.keys() == {"200"}
    assert said.total() > 1000


async def replicas() -> int:
    """How many pods of sla are ready."""
    return int(await kube("get", "statefulset", "sla", "-o", "jsonpath={.status.readyReplicas}") or 0)


async def test_keda_takes_sla_from_one_pod_to_three_and_back_under_load(town: Town) -> None:
    phases, load = list[Phase](), Load(town.fleet, SLOW)
    load.received = 100_000  # numbers of its own

    async def phase(name: str, rate: float, wanted: int | None = None) -> None:
        begin, load.rate = now_ms(), rate
        if wanted is None:
            await asyncio.sleep(REST_SECONDS)
        else:
            await until(f"{wanted} pods of sla", lambda: has(wanted))
        phases.append(Phase(name, begin, now_ms()))

    async def has(wanted: int) -> bool:
        return await replicas() == wanted

    ready = '{.status.conditions[?(@.type=="Ready")].status}'
    assert await kube("get", "scaledobject", "sla", "-o", f"jsonpath={ready}") == "True"  # KEDA takes what it was given

    async with load.running():
        await phase("1", SLOW)
        await phase("1 -> 3", FAST, 3)
        await phase("3", FAST)
        await phase("3 -> 1", SLOW, 1)
        await phase("1 again", SLOW)
    phases[-1] = replace(phases[-1], end=now_ms() + 1)
    await town.fleet.handled("sla")
    topics = {FACTS, *(effect.topic for effect in EXPECTED["sla"].values())}
    found = figures(handled_by("sla", await read_broker(town.real.kafka, town.prefix, sorted(topics))), phases)
    show(out, COLUMNS, [astuple(one) for one in found], Form.TABLE)

    assert all(one.ok for one in found)
    assert sum(one.facts for one in found) >= 2 * (load.received - 100_000)
