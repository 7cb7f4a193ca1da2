"""A LibreTranslate server that needs no models: run it with `--port N` and point engine.url at it.

It answers GET /languages and POST /translate (text mode) with a pseudo-translation: little words
become the target's, French typography goes, other words change their vowels, and `[[n]]` tokens,
addresses, numbers and capitalised names within a sentence stay. The same text always gives the
same answer. Only the standard library is used.
"""

import argparse
import json
import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

FRENCH = (
    "le la les l de des du d un une à au aux et dans en pour par avec sur est sont que qui ou "
    "ne pas ce cette ces ville villes nous plus il elle ont"
)
ENGLISH = (
    "the the the the of of of of a a to to to and in in for by with on is are that who or "
    "not not this this these city cities we more it she have"
)
DUTCH = (
    "de de de de van van van van een een aan aan aan en in in voor door met over is zijn dat die "
    "of niet niet dit deze deze stad steden wij meer het zij hebben"
)
GERMAN = (
    "die die die die von von von von ein eine zu zum zum und in in für durch mit auf ist sind "
    "dass die oder nicht nicht dies diese diese stadt städte wir mehr er sie haben"
)
SPANISH = (
    "el la los la de de del de un una a al al y en en para por con sobre es son que quien o "
    "no no este esta estas ciudad ciudades nosotros más se lo han"
)
ITALIAN = (
    "il la le la di dei del di un una a al ai e nella in per da con su è sono che chi o "
    "non non questo questa queste città città noi più si lo hanno"
)
PORTUGUESE = (
    "o a as a de dos do de um uma à ao aos e no em para por com sobre é são que quem ou "
    "não não este esta estas cidade cidades nós mais se o têm"
)
POLISH = (
    "ten ta te ta z z z z jeden jedna do do do i w w dla przez z na jest są że który lub "
    "nie nie to ta te miasto miasta my więcej się ona mają"
)
SPOKEN = {
    "en": ENGLISH,
    "nl": DUTCH,
    "de": GERMAN,
    "es": SPANISH,
    "it": ITALIAN,
    "pt": PORTUGUESE,
    "pl": POLISH,
}
LITTLE_WORDS = {
    language: dict(zip(FRENCH.split(), words.split(), strict=True))
    for language, words in SPOKEN.items()
}
LANGUAGES = {
    "fr": "French",
    "en": "English",
    "nl": "Dutch",
    "de": "German",
    "es": "Spanish",
    "it": "Italian",
    "pt": "Portuguese",
    "pl": "Polish",
}
VOWELS = {
    "en": str.maketrans("aeiouéèêàâîôûç", "eoaueiieeaioac"[:14]),
    "nl": str.maketrans("aeiouéèêàâîôûç", "oaeijeeeaaeoek"[:14]),
}
KEPT = re.compile(r"\[\[/?\d+\]\]|https?://\S+|[\w.+-]+@[\w.-]+|\d[\d .,:h]*|\w+|\W")
TYPOGRAPHY = (
    (re.compile(r"[ \u00a0\u202f]+([;:!?])"), r"\1"),
    (re.compile(r"«[ \u00a0\u202f]*"), "“"),
    (re.compile(r"[ \u00a0\u202f]*»"), "”"),
    (re.compile(r"\b([lLdDsSnNcCjJmM]|qu|Qu)[’']"), r"\1 "),
)


def pseudo_translate(text: str, target: str) -> str:
    """The text as if it were of another language, its `[[n]]` tokens and numbers as they were."""
    for pattern, replacement in TYPOGRAPHY:
        text = pattern.sub(replacement, text)
    words = [match.group() for match in KEPT.finditer(text)]
    return "".join(
        _translate_word(word, target, opens=not "".join(words[:place]).strip())
        for place, word in enumerate(words)
    )


def _translate_word(word: str, target: str, *, opens: bool) -> str:
    if not word.isalpha():
        return word
    known = LITTLE_WORDS.get(target, {}).get(word.lower())
    if known:
        return known.capitalize() if word[0].isupper() else known
    if word[0].isupper() and not opens:
        return word
    changed = word.lower().translate(VOWELS.get(target, VOWELS["en"]))
    return changed.capitalize() if word[0].isupper() else changed


class Handler(BaseHTTPRequestHandler):
    """The two paths that an engine asks for."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """GET /languages: each with all the others as targets."""
        if self.path.partition("?")[0] != "/languages":
            self._answer(404, {"error": "Not found"})
            return
        codes = list(LANGUAGES)
        listed = [{"code": c, "name": n, "targets": codes} for c, n in LANGUAGES.items()]
        self._answer(200, listed)

    def do_POST(self) -> None:
        """POST /translate with JSON: `q` (a text or a list), `source`, `target`."""
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        if self.path.partition("?")[0] != "/translate":
            self._answer(404, {"error": "Not found"})
            return
        try:
            asked = json.loads(raw)
            query, target = asked["q"], asked["target"]
        except (ValueError, KeyError, TypeError):
            self._answer(400, {"error": "Invalid request: missing q or target parameter"})
            return
        if target not in LANGUAGES:
            self._answer(400, {"error": f"{target} is not supported"})
            return
        answer: str | list[str]
        if isinstance(query, list):
            answer = [pseudo_translate(text, target) for text in query]
        else:
            answer = pseudo_translate(query, target)
        self._answer(200, {"translatedText": answer})

    def _answer(self, status: int, content: Any) -> None:
        body = json.dumps(content, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Says nothing."""


def make_server(port: int = 0) -> ThreadingHTTPServer:
    """A server on loopback, on a free port if `port` is 0; the caller serves and closes it."""
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    return server


def main() -> None:
    """Serves until it is interrupted."""
    parser = argparse.ArgumentParser(description="A LibreTranslate server without models")
    parser.add_argument("--port", type=int, default=5000)
    with make_server(parser.parse_args().port) as server:
        host, port = server.server_address[:2]
        sys.stdout.write(f"http://{host!s}:{port}\n")
        sys.stdout.flush()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
