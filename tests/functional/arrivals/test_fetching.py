"""Pictures are fetched from public servers alone, whatever a document names."""

import http.server
import ssl
import threading
from collections.abc import Iterator
from typing import ClassVar

import pytest
import trustme

from flows.domain.errors import InputError
from flows.operations.arrivals import fetching
from flows.operations.arrivals.fetching import fetch_picture, is_public

PRIVATE = (
    "127.0.0.1 10.0.0.1 172.16.3.4 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 "
    "255.255.255.255 192.0.2.1 ::1 :: fe80::1 fe80::1%eth0 fc00::1 ff02::1 ::ffff:127.0.0.1 "
    "::ffff:10.0.0.1 64:ff9b::a00:1 2002:a00:1:: 2001:db8::1 ::127.0.0.1 ::10.0.0.1 fec0::1 "
    "64:ff9b:1::a00:1 ::ffff:0:127.0.0.1 3fff::1 5f00::1 2001:20::1 2001::1 192.0.0.9 192.88.99.1"
)


@pytest.mark.parametrize("address", PRIVATE.split())
def test_addresses_that_not_everybody_reaches_are_not_public(address: str) -> None:
    """However they are written."""
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"])
def test_the_others_are(address: str) -> None:
    """Of both kinds."""
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "http://ville.test/a.jpg",
        "file:///etc/passwd",
        "https://ville.test:8443/a.jpg",
        "https://ada:secret@ville.test/a.jpg",
        "https:///a.jpg",
        "https://[::1",
    ],
)
def test_nothing_but_https_on_its_own_port_is_asked(address: str) -> None:
    """The name is not even looked up."""

    def look_up(_host: str, _port: int) -> list[str]:
        raise AssertionError

    with pytest.raises(InputError):
        fetch_picture(address, look_up=look_up)


@pytest.mark.parametrize("found", [["127.0.0.1"], ["93.184.216.34", "10.0.0.1"], []])
def test_a_name_with_one_private_address_is_not_asked(found: list[str]) -> None:
    """One that changes its mind between two look-ups gains nothing: there is one alone."""
    with pytest.raises(InputError, match="not a public one"):
        fetch_picture("https://ville.test/a.jpg", look_up=lambda *_: found)


HUNG_UP = threading.Event()
"""Set when nobody listens any more to what drips."""


class Pages(http.server.BaseHTTPRequestHandler):
    """A picture, a way to it, ways elsewhere, and one that never ends."""

    WAYS: ClassVar = {
        "/way": "/a.jpg?x=%C3%A9",
        "/inside": "https://inside.test/a.jpg",
        "/plain": "http://ville.test/a.jpg",
        "/round": "/round",
        "/broken": "https://[::1",
    }

    def do_GET(self) -> None:  # their name
        """Answer as the path says."""
        if way := self.WAYS.get(self.path):
            self.send_response(302)
            self.send_header("Location", way)
            self.end_headers()
            return
        if self.path == "/drip":
            self._drip()
            return
        self.send_response(404 if self.path == "/none" else 200)
        self.end_headers()
        self.wfile.write(f"{self.headers['Host']} {self.path}".encode())
        if self.path == "/endless":
            try:
                while True:
                    self.wfile.write(b"\0" * 100_000)
            except OSError:
                return

    def _drip(self) -> None:
        """Send a head that never ends, until nobody listens."""
        try:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
            while not HUNG_UP.wait(0.02):
                self.wfile.write(b"a")
        except OSError:
            HUNG_UP.set()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def trust() -> Iterator[ssl.SSLContext]:
    """A server on this machine that is `ville.test`, on the port that is asked."""
    authority = trustme.CA()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("ville.test").configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    client = ssl.create_default_context()
    authority.configure_trust(client)
    before, fetching.HTTPS = fetching.HTTPS, server.server_port  # type: ignore[misc]
    yield client
    fetching.HTTPS = before  # type: ignore[misc]
    server.shutdown()
    server.server_close()


def fetch(path: str, trust: ssl.SSLContext, *, host: str = "ville.test") -> bytes:
    """What the server of the test gives; `inside.test` is no public one."""
    return fetch_picture(
        f"https://{host}{path}",
        look_up=lambda name, _: ["10.0.0.1"] if name == "inside.test" else ["127.0.0.1"],
        may_reach=lambda ip: ip == "127.0.0.1",
        trust=trust,
    )


def test_a_picture_is_asked_for_by_its_server_s_name(trust: ssl.SSLContext) -> None:
    """At the address that was judged, with the certificate of the name."""
    assert fetch("/a.jpg", trust) == b"ville.test /a.jpg"
    assert fetch("/way", trust) == b"ville.test /a.jpg?x=%C3%A9"
    with pytest.raises(InputError, match="did not answer"):
        fetch("/a.jpg", trust, host="autre.test")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/inside", "not a public one"),
        ("/plain", "only https"),
        ("/round", "on and on"),
        ("/broken", "did not answer"),
        ("/none", "answered 404"),
        ("/endless", "larger than"),
    ],
)
def test_a_server_cannot_lead_elsewhere_or_never_end(
    trust: ssl.SSLContext, path: str, said: str
) -> None:
    """Each step is judged like the first."""
    with pytest.raises(InputError, match=said):
        fetch(path, trust)


def test_a_server_that_drips_is_hung_up_on(
    trust: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bound is on the whole, not on each sign that comes."""
    monkeypatch.setattr(fetching, "SECONDS", 0.5)
    with pytest.raises(InputError, match="takes too long"):
        fetch("/drip", trust)
    assert HUNG_UP.wait(20)


def test_a_name_that_nobody_tells_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking a name up has no bound of its own."""
    monkeypatch.setattr(fetching, "SECONDS", 0.1)
    told = threading.Event()

    def look_up(_host: str, _port: int) -> list[str]:
        told.wait(60)
        return []

    with pytest.raises(InputError, match="takes too long"):
        fetch_picture("https://ville.test/a.jpg", look_up=look_up)
    told.set()
