"""What lies in `deploy/` agrees with the program, as far as this machine can tell."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows.settings.model import Settings
from flows.settings.places import PREFIX
from tests.services.programs import need_program

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
NO_SETTINGS = {"NEWSLETTER_WORKSPACE", "NEWSLETTER_CODE", "NEWSLETTER_VERSION"}
PIN = re.compile(r"^([\w.\-\[\]]+==[^\s;\\]+)", re.MULTILINE)


def is_setting(variable: str) -> bool:
    """Whether a variable names a setting."""
    model: Any = Settings
    for key in variable.removeprefix(PREFIX).lower().split("__"):
        field = getattr(model, "model_fields", {}).get(key)
        if field is None:
            return False
        model = field.annotation
    return True


@pytest.mark.parametrize(
    "name",
    [
        "compose.yaml",
        "Dockerfile",
        "env.example",
        "sending.env.example",
        "newsletter-worker@.service",
        "newsletter-runner@.service",
    ],
)
def test_every_variable_is_a_setting(name: str) -> None:
    """A misspelt one would be passed over in silence."""
    text = (DEPLOY / name).read_text(encoding="utf-8")
    named = set(re.findall(r"NEWSLETTER_\w+", text)) - NO_SETTINGS
    assert [one for one in sorted(named) if not is_setting(one)] == []


def test_the_image_s_packages_are_those_that_the_tests_run_with() -> None:
    """The same versions, each by its digest, and no address of an index."""
    lock = (DEPLOY / "requirements.lock").read_text(encoding="utf-8")
    tested = (ROOT / "requirements-dev.lock").read_text(encoding="utf-8")
    pins = PIN.findall(lock)
    assert len(pins) > 100
    assert set(pins) <= set(PIN.findall(tested))
    assert lock.count("--hash=sha256:") > len(pins)
    assert "://" not in lock


def test_all_variables_without_a_default_are_in_the_example() -> None:
    """What Compose asks for, and nothing else."""
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    asked = set(re.findall(r"\$\{(\w+)", text)) - {"NEWSLETTER_VERSION"}
    example = (DEPLOY / "env.example").read_text(encoding="utf-8")
    assert set(re.findall(r"^(\w+)=", example, re.MULTILINE)) == asked


def test_each_service_knows_its_neighbours() -> None:
    """Those that it waits for exist; the worker can be several, and stores nothing of its own."""
    services = COMPOSE["services"]
    for service in services.values():
        assert set(service.get("depends_on", ())) <= services.keys()
        assert set(service.get("networks", ())) <= COMPOSE["networks"].keys()
    worker = services["worker"]
    assert worker["deploy"]["replicas"] == 1
    assert worker.keys() & {"container_name", "ports", "volumes"} == set()


def test_a_worker_knows_what_its_newsroom_knows_and_no_more() -> None:
    """The database, the key and the relay; it is told apart by nothing that letters are made of."""
    worker, newsroom = COMPOSE["services"]["worker"], COMPOSE["services"]["newsroom"]
    assert worker["command"] == ["worker"]
    assert worker["env_file"] == newsroom["env_file"]
    assert worker["environment"].items() <= newsroom["environment"].items()
    assert worker["environment"].keys() == {
        "NEWSLETTER_DATABASE_URL",
        "NEWSLETTER_SECRET_KEY",
        "NEWSLETTER_WEB__BASE_URL",
    }


def test_what_a_worker_s_unit_gets_is_enough(tmp_path: Path) -> None:
    """The example of its environment, in an empty folder: all that is missing is the database."""
    example = (DEPLOY / "sending.env.example").read_text(encoding="utf-8")
    given = dict(re.findall(r"^(\w+)=(.+)$", example, re.MULTILINE)) | {
        "PATH": os.environ["PATH"],
        "NEWSLETTER_WORKSPACE": str(tmp_path),
        "NEWSLETTER_WEB__BASE_URL": "https://lettre.example.org",
    }
    done = subprocess.run(
        [sys.executable, "-m", "flows", "worker"],
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=given,
        timeout=60,
    )
    assert done.returncode == 1
    assert "a worker shares a newsroom's PostgreSQL database" in done.stderr
    assert list(tmp_path.iterdir()) == []


def mounted() -> Iterator[str]:
    """The files that Compose brings into containers."""
    for service in COMPOSE["services"].values():
        for volume in service.get("volumes", ()):
            if volume.startswith("./"):
                yield volume.partition(":")[0]


@pytest.mark.parametrize("path", sorted(mounted()))
def test_what_is_mounted_is_there(path: str) -> None:
    """Docker would make an empty folder of it."""
    assert (DEPLOY / path).is_file()


def test_the_dockerfile_copies_what_its_context_lets_through() -> None:
    """The list of what goes into the image, and the file that lets it."""
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    copied = {
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE)
        for source in line.split()[:-1]
    }
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8")
    assert copied == set(re.findall(r"^!(.+)$", ignored, re.MULTILINE))
    assert [one for one in copied if not (ROOT / one).exists()] == []


@pytest.mark.parametrize(
    "unit", ["newsletter.service", "newsletter-worker@.service", "newsletter-runner@.service"]
)
def test_systemd_understands_the_units(unit: str, tmp_path: Path) -> None:
    """Every directive; the program itself is not installed where the unit has it."""
    verify = str(need_program("systemd-analyze"))
    text = (DEPLOY / unit).read_text(encoding="utf-8")
    (tmp_path / unit).write_text(re.sub(r"/opt/newsletter/\S+/bin/\S+", "/bin/true", text))
    done = subprocess.run(
        [verify, "verify", "--man=no", str(tmp_path / unit)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, unit in done.stderr) == (0, False), done.stderr


def test_caddy_understands_its_file() -> None:
    """And finds it well-formatted."""
    caddy, file = str(need_program("caddy")), str(DEPLOY / "Caddyfile")
    command = [caddy, "adapt", "--adapter", "caddyfile", "--config", file]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "not formatted" not in done.stderr


def test_nginx_understands_its_file(tmp_path: Path) -> None:
    """With a certificate in the place of the real one."""
    nginx, openssl = str(need_program("nginx")), str(need_program("openssl"))
    names = ("-keyout", f"{tmp_path}/privkey.pem", "-out", f"{tmp_path}/fullchain.pem")
    make = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x", *names]
    subprocess.run(make, check=True, capture_output=True)
    site = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    (tmp_path / "site").write_text(site.replace("/etc/ssl/newsletter", str(tmp_path)))
    main = f"pid {tmp_path}/pid; events {{}} http {{ access_log off; include {tmp_path}/site; }}"
    (tmp_path / "nginx.conf").write_text(main)
    command = [nginx, "-t", "-e", "stderr", "-c", str(tmp_path / "nginx.conf")]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
