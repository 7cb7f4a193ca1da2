"""What others send with: Postfix's generator, nodemailer, and the script that people write."""

import json
import resource
import shutil
import smtplib
import subprocess
import sys
import time
from dataclasses import asdict
from email.message import EmailMessage
from email.utils import formataddr
from pathlib import Path

from flows.domain.edition import Edition, hole

NODEMAILER = "nodemailer@10.6.0"

Figures = dict[str, float]
"""Letters, seconds, CPU seconds and peak memory of one sending."""


def smtp_source(port: int, *, letters: int, size_bytes: int, connections: int = 10) -> Figures:
    """Postfix's generator in C: the same bytes again and again, the limit of this machine."""
    program = shutil.which("smtp-source", path="/usr/sbin:/usr/bin:/usr/lib/postfix/sbin")
    assert program, "smtp-source comes with Postfix"
    words = [
        *(program, "-s", str(connections), "-m", str(letters), "-l", str(size_bytes)),
        *("-f", "newsletter@efus.example.org", "-t", "reader@example.org", f"127.0.0.1:{port}"),
    ]
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(words, check=True, capture_output=True)
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"letters": letters, "seconds": seconds, "cpu_seconds": used, "peak_mb": 0}


def install_nodemailer(folder: Path) -> Path:
    """Fetch nodemailer, for this benchmark alone; the folder of its modules."""
    command = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    subprocess.run([*command, "--prefix", str(folder), NODEMAILER], check=True, capture_output=True)
    return folder / "node_modules"


def nodemailer(
    port: int, *, modules: Path, edition: Edition, letters: int, connections: int = 20
) -> Figures:
    """Nodemailer's pool, used the usual way."""
    path = modules.parent / "edition.json"
    path.write_text(json.dumps(asdict(edition)), encoding="utf-8")
    words = ["node", str(Path(__file__).with_name("nodemailer.js")), str(modules), str(path)]
    done = subprocess.run(
        [*words, str(port), str(connections), str(letters)],
        check=True,
        capture_output=True,
        text=True,
    )
    figures: Figures = json.loads(done.stdout)
    return figures


def script(port: int, *, edition: Edition, letters: int) -> Figures:
    """The script that people write, in a process of its own."""
    words = [sys.executable, "-m", "benchmarks.peers", str(port), str(letters)]
    done = subprocess.run(
        words, check=True, capture_output=True, text=True, input=json.dumps(asdict(edition))
    )
    figures: Figures = json.loads(done.stdout)
    return figures


def an_email_message(edition: dict[str, str], number: int) -> EmailMessage:
    """One letter as most scripts build it."""
    values = {
        hole("unsubscribe_url"): f"https://lettre.example.org/u/{number}",
        hole("preferences_url"): f"https://lettre.example.org/p/{number}",
        hole("web_url"): f"https://lettre.example.org/v/{number}",
        hole("recipient_name"): f"Prévention n° {number}",
    }
    text, html = edition["text"], edition["html"]
    for mark, value in values.items():
        text, html = text.replace(mark, value), html.replace(mark, value)
    message = EmailMessage()
    message["From"] = formataddr(("Efus", "newsletter@efus.example.org"))
    message["To"] = formataddr((f"Prévention n° {number}", f"reader{number}@example.org"))
    message["Subject"] = edition["subject"]
    message["Message-ID"] = f"<{number}@efus.example.org>"
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    return message


def _send_script(port: int, letters: int) -> Figures:
    edition = json.load(sys.stdin)
    start, used = time.perf_counter(), time.process_time()
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        for number in range(letters):
            message = an_email_message(edition, number)
            smtp.send_message(message, to_addrs=[f"reader{number}@example.org"])
    took, used = time.perf_counter() - start, time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"letters": letters, "seconds": took, "cpu_seconds": used, "peak_mb": peak}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_send_script(int(sys.argv[1]), int(sys.argv[2]))))
