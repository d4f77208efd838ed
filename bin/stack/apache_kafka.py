"""A real Apache Kafka of one node for tests, where the machine has Maven and a JDK; the mock broker is no judge of it.

`python -m stack.apache_kafka --check` says why it can't run here; `python -m stack.apache_kafka -- command …` runs the
command with AQUASTREAM_TEST_KAFKA set to the broker's address, and stops the broker after it.
"""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from stack import paths, ports

VERSION = "4.3.1"
OLDEST_JAVA = 17
START_PATIENCE_SECONDS = 60
DOWNLOAD_PATIENCE_SECONDS = 600

POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId>
  <artifactId>kafka-for-tests</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{VERSION}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
"""


class KafkaImpossible(Exception):
    """This machine can't run Apache Kafka. The text is the reason."""


def check() -> None:
    """Raise KafkaImpossible unless Maven and a JDK that is new enough are on PATH."""
    if shutil.which("mvn") is None:
        raise KafkaImpossible("no Maven (mvn) on this machine")
    if shutil.which("java") is None:
        raise KafkaImpossible("no Java on this machine")
    said = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', said)
    if version is None or int(version[1]) < OLDEST_JAVA:
        raise KafkaImpossible(f"Java is older than {OLDEST_JAVA}")


def jars() -> Path:
    """Return the folder of the broker and what it needs, fetched through Maven once."""
    folder = paths.private_folder(paths.state_folder() / "apache-kafka")
    target = folder / f"jars-{VERSION}"
    if target.exists():
        return target
    (folder / "pom.xml").write_text(POM, encoding="utf-8")
    unfinished = folder / "jars.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    goal = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
    command = ["mvn", "--batch-mode", "--quiet", goal, f"-DoutputDirectory={unfinished}", "-DincludeScope=runtime"]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, check=False, timeout=DOWNLOAD_PATIENCE_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise KafkaImpossible(f"Maven took longer than {DOWNLOAD_PATIENCE_SECONDS} s") from error
    if done.returncode != 0:
        first = next((line for line in done.stdout.splitlines() if "ERROR" in line), done.stderr.strip())
        raise KafkaImpossible(f"Maven could not fetch kafka_2.13 {VERSION}: {first[:200]}")
    unfinished.replace(target)
    return target


@contextmanager
def broker() -> Iterator[str]:
    """Run a broker with an empty log for the time of the block; yield its address."""
    check()
    library = jars()
    folder = paths.state_folder() / "apache-kafka" / "node"
    shutil.rmtree(folder, ignore_errors=True)
    paths.private_folder(folder)
    client, controller = ports.unused(2)
    properties = folder / "server.properties"
    properties.write_text(configuration(client=client, controller=controller, folder=folder), encoding="utf-8")
    java = ["java", "-Xmx512m", "-cp", f"{library}/*"]
    log = paths.log_folder() / "apache-kafka.log"
    with log.open("wb") as output:
        cluster = java_output([*java, "kafka.tools.StorageTool", "random-uuid"])
        java_output([*java, "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(properties)])
        process = subprocess.Popen([*java, "kafka.Kafka", str(properties)], stdout=output, stderr=output)
        try:
            wait_until_it_answers(f"127.0.0.1:{client}", process, log)
            yield f"127.0.0.1:{client}"
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def configuration(*, client: int, controller: int, folder: Path) -> str:
    values = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "listeners": f"PLAINTEXT://127.0.0.1:{client},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{client}",
        "controller.listener.names": "CONTROLLER",
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "log.dirs": folder / "log",
        "num.partitions": 4,
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        # A consumer group of one need not wait for others.
        "group.initial.rebalance.delay.ms": 0,
    }
    return "".join(f"{name}={value}\n" for name, value in values.items())


def java_output(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise KafkaImpossible(f"{command[4]} failed: {done.stderr.strip()[-500:]}")
    return done.stdout.strip()


def wait_until_it_answers(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    client = AdminClient({"bootstrap.servers": address, "log_level": 0})
    deadline = time.monotonic() + START_PATIENCE_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            client.list_topics(timeout=1)
        except KafkaException:
            continue
        return
    end = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-10:])
    raise KafkaImpossible(f"the broker did not start; the end of {log}:\n{end}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="stack.apache_kafka", description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say whether a broker can be started here")
    parser.add_argument("command", nargs="*")
    arguments = parser.parse_args()
    try:
        if arguments.check:
            check()
            jars()
            return 0
        # Leave the block below, and with it the broker, also when the caller is stopped.
        signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
        with broker() as address:
            variables = os.environ | {"AQUASTREAM_TEST_KAFKA": address}
            return subprocess.run(arguments.command, env=variables, check=False).returncode
    except KafkaImpossible as reason:
        print(reason)
        return 1


if __name__ == "__main__":
    sys.exit(main())
