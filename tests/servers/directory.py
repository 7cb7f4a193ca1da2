"""A directory that speaks OpenID Connect (discovery, code flow with PKCE, JWKS), for the tests.

Run as a process of its own: `python -m tests.servers.directory`; it prints its address. Whom it
vouches for and what it gets wrong is told to `/control`.
"""

import base64
import hashlib
import hmac
import json
import secrets
import sys
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT_ID, CLIENT_SECRET = "the desk", "s3cret: with % signs"


@dataclass(kw_only=True)
class Said:
    """What the next sign-ins are answered with."""

    subject: str = "1234"
    email: str = "paula@city.example.org"
    verified: bool = True
    fault: str = ""


class Provider(ThreadingHTTPServer):
    """The directory's state."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server_address[1]}"
        self.key = RSAKey.generate_key(2048, parameters={"kid": "first"})
        self.said = Said()
        self.codes: dict[str, dict[str, str]] = {}

    def document(self) -> dict[str, Any]:
        """OpenID Connect Discovery 1.0, section 3."""
        issuer = "http://other.example" if self.said.fault == "issuer" else self.issuer
        return {
            "issuer": issuer,
            "authorization_endpoint": f"{self.issuer}/authorize?tenant=efus",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }

    def keys(self) -> dict[str, Any]:
        """The public keys."""
        return dict(KeySet([self.key]).as_dict(private=False))

    def redeem(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """RFC 6749, section 4.1.3, with RFC 7636, section 4.6."""
        asked = self.codes.pop(form.get("code", ""), None)
        challenge = _encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        quoted = urlencode({CLIENT_ID: CLIENT_SECRET}).replace("+", "%20").replace("=", ":")
        expected = "Basic " + base64.b64encode(quoted.encode()).decode()
        good = (
            asked is not None
            and asked["code_challenge"] == challenge
            and asked["redirect_uri"] == form.get("redirect_uri")
            and authorization == expected
        )
        if not good or asked is None or self.said.fault == "denied":
            return 400, {"error": "invalid_grant"}
        if self.said.fault == "broken":
            return 500, {}
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": self.token(asked)}

    def token(self, asked: dict[str, str]) -> str:
        """The ID token, right but for the fault that is set."""
        fault, now = self.said.fault, int(time.time())
        claims: dict[str, Any] = {
            "iss": "http://other.example" if fault == "iss" else self.issuer,
            "aud": ["another desk"] if fault == "aud" else [CLIENT_ID],
            "sub": self.said.subject,
            "iat": now,
            "exp": now - 3600 if fault == "expired" else now + 300,
            "nonce": "replayed" if fault == "nonce" else asked["nonce"],
            "email": self.said.email,
            "email_verified": self.said.verified,
        }
        if fault == "rotated":
            self.key = RSAKey.generate_key(2048, parameters={"kid": "second"})
        if fault in {"none", "hmac"}:
            return self._forge(claims, alg="none" if fault == "none" else "HS256")
        key = RSAKey.generate_key(2048, parameters={"kid": "x"}) if fault == "key" else self.key
        return jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key)

    def _forge(self, claims: dict[str, Any], *, alg: str) -> str:
        """A token without a signature, or one made with the public key as if it were a secret."""
        parts = [_encode(json.dumps(part).encode()) for part in ({"alg": alg}, claims)]
        public = self.key.as_pem(private=False)
        made = hmac.digest(public, ".".join(parts).encode(), "sha256")
        return ".".join([*parts, "" if alg == "none" else _encode(made)])


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class Answer:
    """What goes back."""

    status: int
    body: dict[str, Any] = field(default_factory=dict)
    location: str = ""


class Handler(BaseHTTPRequestHandler):
    """The directory's addresses."""

    server: Provider

    def do_GET(self) -> None:
        """Documents and sign-ins."""
        url = urlsplit(self.path)
        asked = dict(parse_qsl(url.query, keep_blank_values=True))
        if url.path == "/.well-known/openid-configuration":
            self._answer(Answer(200, self.server.document()))
        elif url.path == "/keys":
            self._answer(Answer(200, self.server.keys()))
        elif url.path == "/control":
            self.server.said = Said(
                **{
                    name: value == "true" if name == "verified" else value
                    for name, value in asked.items()
                }  # type: ignore[arg-type]  # as the tests say
            )
            self._answer(Answer(200))
        elif url.path == "/authorize" and asked.get("client_id") == CLIENT_ID:
            code = secrets.token_urlsafe(8)
            self.server.codes[code] = asked
            back = urlencode({"code": code, "state": asked["state"]})
            self._answer(Answer(302, location=f"{asked['redirect_uri']}?{back}"))
        else:
            self._answer(Answer(404))

    def do_POST(self) -> None:
        """The exchange of a code."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        self._answer(Answer(*self.server.redeem(form, self.headers.get("Authorization", ""))))

    def _answer(self, answer: Answer) -> None:
        self.send_response(answer.status)
        if answer.location:
            self.send_header("Location", answer.location)
        body = json.dumps(answer.body).encode()
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


if __name__ == "__main__":
    provider = Provider()
    sys.stdout.write(f"{provider.issuer}\n")
    sys.stdout.flush()
    provider.serve_forever()
