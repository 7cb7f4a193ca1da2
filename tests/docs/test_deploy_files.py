"""What lies in `deploy/` agrees with the program, as far as this machine can tell."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows.settings.model import Settings
from flows.settings.places import PREFIX

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
NO_SETTINGS = {"NEWSLETTER_WORKSPACE", "NEWSLETTER_CODE", "NEWSLETTER_VERSION"}
PIN = re.compile(r"^([\w.\-\[\]]+==[^\s;\\]+)", re.MULTILINE)


def program(name: str) -> str:
    """A program that reads such a file, or a skipped test."""
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if not found:
        pytest.skip(f"no {name} here")
    return found


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
    "name", ["compose.yaml", "Dockerfile", "env.example", "newsletter-worker@.service"]
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
    assert services["worker"]["deploy"]["replicas"] == 1
    assert "container_name" not in services["worker"]
    assert "ports" not in services["worker"]


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


@pytest.mark.parametrize("unit", ["newsletter.service", "newsletter-worker@.service"])
def test_systemd_understands_the_units(unit: str, tmp_path: Path) -> None:
    """Every directive; the program itself is not installed where the unit has it."""
    verify = program("systemd-analyze")
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
    caddy, file = program("caddy"), str(DEPLOY / "Caddyfile")
    command = [caddy, "adapt", "--adapter", "caddyfile", "--config", file]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "not formatted" not in done.stderr


def test_nginx_understands_its_file(tmp_path: Path) -> None:
    """With a certificate in the place of the real one."""
    nginx, openssl = program("nginx"), program("openssl")
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
