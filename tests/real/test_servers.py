"""Each real server answers its own client, keeps what it promised over a kill, and never outlives the run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import psycopg
import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from neo4j import GraphDatabase
from neo4j.exceptions import AuthError
from opensearchpy import OpenSearch
from tools.servers import GIVEN, Server, ServerError, start
from tools.servers.packages import cache_folder, cached
from tools.servers.place import Place, free_port
from tools.servers.server import Recipe

ROOT = Path(__file__).parents[2]


def test_kafka_gives_back_what_was_produced(kafka: Server) -> None:
    topic = new_topic(kafka)
    produce(kafka, topic, b"k", b"said")
    assert consume(kafka, topic) == [(b"k", b"said")]


def test_kafkas_url_names_the_registry(kafka: Server, registry: Server) -> None:
    assert parse_qs(urlsplit(kafka.url).query) == {"registry": [registry.url]}


def test_registry_keeps_schemas_and_refuses_incompatible_ones(registry: Server) -> None:
    subject = f"{registry.url}/subjects/{uuid.uuid4()}"
    first = '{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}'
    broken = first.replace("int", "string")
    with httpx.Client(trust_env=False) as client:
        known = client.post(f"{subject}/versions", json={"schema": first}).json()["id"]
        assert client.get(f"{registry.url}/schemas/ids/{known}").json()["schema"] == first
        client.put(f"{registry.url}/config/{subject.rpartition('/')[2]}", json={"compatibility": "BACKWARD"})
        assert client.post(f"{subject}/versions", json={"schema": broken}).status_code == 409


def test_postgres_selects_and_is_durable(postgres: Server) -> None:
    with psycopg.connect(postgres.url) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert connection.execute(f"show {setting}").fetchone() == ("on",), setting
        assert connection.execute("select current_database(), 1 + 1").fetchone() == ("clew", 2)


def test_neo4j_answers_cypher_under_its_password_only(neo4j: Server) -> None:
    password = urlsplit(neo4j.url).password or ""
    address = f"bolt://{neo4j.address}"
    with GraphDatabase.driver(address, auth=("neo4j", password)) as driver:
        rows = driver.execute_query("UNWIND [1, 2, 3] AS x RETURN sum(x) AS total").records
        assert [row["total"] for row in rows] == [6]
    with GraphDatabase.driver(address, auth=("neo4j", "another")) as driver, pytest.raises(AuthError):
        driver.verify_connectivity()


def test_opensearch_finds_what_was_indexed(opensearch: Server) -> None:
    client, index = OpenSearch(opensearch.url), f"test-{uuid.uuid4()}"
    client.index(index=index, id="1", body={"name": "orders by customer"}, params={"refresh": "true"})
    found = client.search(index=index, body={"query": {"match": {"name": "customer"}}})
    assert [hit["_id"] for hit in found["hits"]["hits"]] == ["1"]
    client.indices.delete(index=index)


def test_postgres_keeps_commits_over_a_kill(tmp_path: Path) -> None:
    server = start(["postgres"], tmp_path, own=True)["postgres"]
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("create table kept (n int)")
        connection.execute("insert into kept select generate_series(1, 1000)")
        before = server.pids
        server.kill()
    assert len(before) > 1
    assert all(gone(pid) for pid in before)
    url = server.url
    server.restart()
    assert server.url == url
    with psycopg.connect(server.url) as connection:
        assert connection.execute("select count(*) from kept").fetchone() == (1000,)
    server.stop()
    assert not server.pids


def test_kafka_keeps_records_over_a_kill(tmp_path: Path) -> None:
    server = start(["kafka"], tmp_path, own=True)["kafka"]
    topic = new_topic(server)
    produce(server, topic, b"k", b"kept")
    server.kill()
    server.restart()
    assert consume(server, topic) == [(b"k", b"kept")]
    server.stop()
    assert not server.pids


def test_a_hasty_postgres_syncs_nothing(tmp_path: Path) -> None:
    server = start(["postgres"], tmp_path, durable=False, own=True)["postgres"]
    with psycopg.connect(server.url) as connection:
        assert connection.execute("show fsync").fetchone() == ("off",)
    server.stop()


def test_a_server_given_by_the_environment_is_used_and_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(GIVEN["kafka"], "kafka://one.example:9092,two.example:9092")
    monkeypatch.setenv(GIVEN["registry"], "http://one.example/apis/ccompat/v7")
    servers = start(["kafka", "registry"], tmp_path / "none")
    given = servers["kafka"]
    assert given.url == "kafka://one.example:9092,two.example:9092?registry=http://one.example/apis/ccompat/v7"
    assert (given.address, given.pids, given.env[GIVEN["kafka"]]) == ("one.example:9092", (), given.url)
    assert not (tmp_path / "none").exists()
    given.stop()
    with pytest.raises(ServerError, match="given by the environment"):
        given.kill()


def test_an_unknown_name_is_told_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ServerError, match=r"no server is called mongo; there are kafka, .*registry"):
        start(["mongo"], tmp_path)


def test_a_folder_with_an_earlier_runs_data_is_refused(tmp_path: Path) -> None:
    (tmp_path / "kafka").mkdir()
    with pytest.raises(ServerError, match="another folder"):
        start(["kafka"], tmp_path, own=True)


def test_a_server_that_ends_at_its_start_is_told_with_its_last_words(tmp_path: Path) -> None:
    server = shell(tmp_path, "echo port is taken; exit 3")
    server.launch()
    with pytest.raises(ServerError, match=r"(?s)trial ended with 3; .*trial.log:.*port is taken"):
        server.wait()


def test_a_stranger_who_answers_in_the_servers_place_is_not_believed(tmp_path: Path) -> None:
    server = shell(tmp_path, "sleep 60")  # `answers` is always true, but our own child never said that it started
    server.launch()
    with pytest.raises(ServerError, match=r"(?s)not ready within 1 s.*the log is empty"):
        server.wait(patience=1)
    assert not server.pids


def test_what_an_earlier_start_wrote_does_not_count_as_ready(tmp_path: Path) -> None:
    server = shell(tmp_path, "test -e again && exec sleep 60; touch again; echo started; exec sleep 60")
    server.launch()
    server.wait(patience=10)
    server.kill()
    server.launch()
    with pytest.raises(ServerError, match="not ready"):
        server.wait(patience=1)


def test_a_server_outlives_the_thread_that_started_it(tmp_path: Path) -> None:
    server = shell(tmp_path, "echo started; exec sleep 60")
    thread = threading.Thread(target=server.launch)
    thread.start()
    thread.join()
    server.wait(patience=10)
    time.sleep(0.5)
    assert server.pids
    server.stop()
    assert not server.pids


def test_a_killed_run_leaves_no_server_behind(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from tools.servers.place import Place\n"
        "here = Path(sys.argv[1]); child = Place(here, here / 'log').spawn(['sleep', '600'])\n"
        "print(child.pid, flush=True); time.sleep(600)"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    run = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert run.stdout
    pid = int(run.stdout.readline())
    assert Path(f"/proc/{pid}/stat").exists()
    run.kill()
    run.communicate()
    assert eventually(lambda: gone(pid))


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_the_command_line_holds_servers_until_it_is_told_to_end(tmp_path: Path, told: signal.Signals) -> None:
    file = tmp_path / "env"
    command = [sys.executable, "-m", "tools.servers", "up", "postgres", "--env-file", str(file)]
    environment = {name: value for name, value in os.environ.items() if name not in GIVEN.values()}
    background = ["sh", "-c", 'trap "" INT; exec "$@"', "sh", *command]
    run = subprocess.Popen(background, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    assert run.stdout
    lines = [run.stdout.readline(), run.stdout.readline()]
    assert file.read_text() == "".join(lines)
    assert file.stat().st_mode & 0o777 == 0o600
    url = lines[0].partition("=")[2].strip()
    assert [line.partition("=")[0] for line in lines] == ["export CLEW_TEST_POSTGRES", "export CLEW_LEDGER"]
    with psycopg.connect(url) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    run.send_signal(told)
    run.communicate(timeout=60)
    assert run.returncode == 0
    assert not file.exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)


def test_a_download_appears_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    builds: list[Path] = []

    def build(folder: Path) -> None:
        builds.append(folder)
        (folder / "half").touch()
        if len(builds) == 1:
            raise ServerError("the line is cut")

    with pytest.raises(ServerError, match="cut"):
        cached("trial-1", "recipe", build)
    assert not [path for path in cache_folder().iterdir() if not path.name.endswith(".lock")]
    first = cached("trial-1", "recipe", build)
    assert cached("trial-1", "recipe", build) == first
    assert len(builds) == 2
    assert cached("trial-1", "another recipe", build) != first


def test_what_is_missing_is_named_to_who_may_not_install_it() -> None:
    command = [str(ROOT / "tools" / "need.sh"), "no-such-server", "its-package"]
    run = subprocess.run(command, capture_output=True, text=True, user=None if os.geteuid() else "nobody")
    assert run.returncode == 1
    assert "apt-get install its-package" in run.stderr


def new_topic(kafka: Server) -> str:
    name = f"test-{uuid.uuid4()}"
    admin = AdminClient({"bootstrap.servers": kafka.address})
    admin.create_topics([NewTopic(name, num_partitions=1)])[name].result(60)
    return name


def produce(kafka: Server, topic: str, key: bytes, value: bytes) -> None:
    failures: list[object] = []
    producer = Producer({"bootstrap.servers": kafka.address, "acks": "all"})
    producer.produce(topic, key=key, value=value, on_delivery=lambda error, _: failures.append(error))
    assert producer.flush(60) == 0
    assert failures == [None]


def consume(kafka: Server, topic: str) -> list[tuple[object, object]]:
    consumer = Consumer({"bootstrap.servers": kafka.address, "group.id": topic, "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    try:
        return [(message.key(), message.value()) for message in consumer.consume(1, timeout=60)]
    finally:
        consumer.close()


def shell(folder: Path, script: str) -> Server:
    """A server of one line that, if it says it started, is taken to answer."""
    place = Place(folder, folder / "trial.log")
    url = f"trial://127.0.0.1:{free_port()}"
    return Server("trial", url, Recipe(place, ("sh", "-c", script), url, says="started", answers=lambda: True))


def eventually(holds: Callable[[], bool]) -> bool:
    for _ in range(100):
        if holds():
            return True
        time.sleep(0.1)
    return False


def gone(pid: int) -> bool:
    """Whether the process has ended; an orphan may wait for its burial."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True
