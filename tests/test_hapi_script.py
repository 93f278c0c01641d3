"""scripts/hapi starts a real server, says plainly what is wrong, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from servers import HAPI, demand

LOCATION = {"resourceType": "Location", "id": "invented-1", "name": "An invented site"}


def run(*args: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the script to its end in an environment of nothing but `env`."""
    return subprocess.run(
        [sys.executable, HAPI, *args], env=env, capture_output=True, text=True, check=False, timeout=60
    )


def tool(folder: Path, name: str, script: str) -> None:
    """Put a program on a made-up machine."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def ask(url: str, body: dict[str, str] | None = None) -> dict[str, Any]:
    """GET JSON, or PUT it."""
    data = json.dumps(body).encode() if body else None
    request = urllib.request.Request(  # noqa: S310  (our own server)
        url, data, {"Content-Type": "application/fhir+json"}, method="PUT" if body else "GET"
    )
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        found: dict[str, Any] = json.load(answer)
    return found


def java_of(script: int) -> int | None:
    """Find the Java process that a running script started."""
    found = subprocess.run(["pgrep", "-P", str(script), "-f", "hapi.Main"], capture_output=True, text=True, check=False)
    return int(found.stdout.split()[0]) if found.stdout else None


def ends(pid: int, seconds: float) -> bool:
    """Wait for a process that is not our child to end."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


def test_a_port_in_use_is_one_clear_line():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        done = run("r4", str(port))

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"hapi: port {port} is in use; choose another, or 0 for a free one\n"


def test_a_port_that_is_none_is_one_clear_line():
    done = run("r4", "70000")

    assert done.returncode == 2
    assert done.stderr.startswith("hapi: port 70000 cannot be used")


def test_an_unknown_version_is_a_wrong_command():
    done = run("dstu2")

    assert done.returncode == 2
    assert "r4, r4b, r5" in done.stderr.replace("'", "")


@pytest.mark.parametrize(
    ("tools", "says"),
    [
        ({}, "Java is missing: install a JDK, 17 or newer"),
        ({"java": "echo 'openjdk version \"11.0.2\"' >&2"}, "Java 11 is too old: install a JDK, 17 or newer"),
        ({"java": "echo 'java version \"1.8.0_1\"' >&2"}, "Java 1 is too old: install a JDK"),
        ({"java": "echo 'openjdk version \"21\"' >&2"}, "Java is here without its compiler: install a JDK"),
        ({"java": "echo 'openjdk version \"21\"' >&2", "javac": ""}, "Maven is missing: install it"),
    ],
)
@pytest.mark.parametrize("args", [("--check",), ("r5", "0")])
def test_what_is_missing_is_said_with_how_to_get_it(tmp_path, args, tools, says):
    for name, script in tools.items():
        tool(tmp_path / "bin", name, script)

    done = run(*args, PATH=f"{tmp_path}/bin", XDG_CACHE_HOME=str(tmp_path))

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"hapi: {says}")
    assert done.stderr.count("\n") == 1


def test_a_build_without_network_gives_the_words_of_maven(tmp_path):
    tool(tmp_path / "bin", "java", "echo 'openjdk version \"21\"' >&2")
    tool(tmp_path / "bin", "javac", "")
    tool(tmp_path / "bin", "mvn", "echo '[ERROR] invented: no route to host'; exit 1")

    done = run("r5", "0", PATH=f"{tmp_path}/bin", XDG_CACHE_HOME=str(tmp_path))

    assert done.returncode == 3
    assert done.stderr.splitlines()[-1] == "hapi: Maven could not build the server: invented: no route to host"


@dataclass(frozen=True, slots=True)
class Lives:
    """What was seen of two servers on one file: the first ended by SIGTERM, the second when its reader left."""

    metadata: dict[str, Any]
    second_start: int
    terminated: int
    seconds_to_stop: float
    java_ended: bool
    found_again: dict[str, Any]
    unread: int


def first_life(script: subprocess.Popen[str]) -> tuple[dict[str, Any], int, int, float, bool]:
    url = first_line(script)
    metadata = ask(f"{url}/metadata?_elements=fhirVersion,software")
    ask(f"{url}/Location/invented-1", LOCATION)
    second = run("r4", url.split(":")[2].split("/")[0]).returncode
    java = java_of(script.pid)
    assert java is not None
    stopped = time.monotonic()
    script.terminate()
    code = script.wait(30)
    return metadata, second, code, time.monotonic() - stopped, ends(java, 1)


def second_life(script: subprocess.Popen[str]) -> tuple[dict[str, Any], int]:
    found = ask(f"{first_line(script)}/Location/invented-1")
    assert script.stdout is not None
    script.stdout.close()
    return found, script.wait(30)


def first_line(script: subprocess.Popen[str]) -> str:
    assert script.stdout is not None
    return script.stdout.readline().strip()


@pytest.fixture(scope="module")
def lives(tmp_path_factory: pytest.TempPathFactory) -> Lives:
    demand(os.environ)
    database = tmp_path_factory.mktemp("db") / "kept"
    command = [sys.executable, str(HAPI), "r4", "0", "--db", str(database)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as script:
        first = first_life(script)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as script:
        second = second_life(script)
    return Lives(*first, *second)


@pytest.mark.hapi
def test_the_server_is_hapi_of_the_version_asked_for(lives):
    assert lives.metadata["fhirVersion"] == "4.0.1"
    assert lives.metadata["software"] == {"name": "HAPI FHIR Server", "version": "8.8.0"}


@pytest.mark.hapi
def test_a_second_server_does_not_take_the_same_port(lives):
    assert lives.second_start == 2


@pytest.mark.hapi
def test_sigterm_stops_it_quickly_with_its_java(lives):
    assert lives.terminated == 0
    assert lives.seconds_to_stop < 10
    assert lives.java_ended


@pytest.mark.hapi
def test_data_in_a_file_outlives_the_server(lives):
    assert lives.found_again["name"] == LOCATION["name"]


@pytest.mark.hapi
def test_it_stops_when_nobody_reads_its_output_any_more(lives):
    assert lives.unread == 0


@pytest.mark.hapi
@pytest.mark.parametrize(("blow", "code"), [(signal.SIGKILL, -signal.SIGKILL), (signal.SIGINT, 130)])
def test_java_ends_with_a_script_that_is_killed_while_it_starts(lives, tmp_path, blow, code):
    env = {**os.environ, "TMPDIR": str(tmp_path)}  # SIGKILL leaves the log behind
    with subprocess.Popen([sys.executable, str(HAPI), "r4", "0"], stdout=subprocess.PIPE, env=env) as script:
        while (java := java_of(script.pid)) is None:
            assert script.poll() is None, "it ended by itself"
            time.sleep(0.1)

        script.send_signal(blow)

        assert script.wait(20) == code
        assert ends(java, 20)
