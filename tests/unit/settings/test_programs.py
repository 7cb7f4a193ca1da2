from collections.abc import Callable

import pytest

from flows.domain.errors import InputError
from flows.settings.model import Settings
from flows.settings.programs import secret_bytes

GOOD = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.mark.parametrize(
    "url",
    ["https://a.example/x?y=1", "http://127.0.0.1:8000/", "http://localhost/", "http://[::1]/"],
)
def test_what_nobody_can_read_along_is_an_address(
    settings_from: Callable[..., Settings], url: str
) -> None:
    """Encrypted, or on this machine."""
    assert settings_from(f'[webhooks]\nurls = ["{url}"]\n').webhooks.urls == (url,)


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example/",
        "ftp://a.example/",
        "a.example",
        "https:///x",
        "https://user:pass@a.example/",
        "https://a.example/#x",
        "https://h:abc/",
        "https://a.example:99999/",
        "https://a.example/\\u0001",
        "https://a b.example/",
        "https://a.example:/x\\u007f",
        "https://a.example/" + "x" * 500,
        'https://a.example/", "https://a.example/',
    ],
)
def test_any_other_is_none(settings_from: Callable[..., Settings], url: str) -> None:
    """Nor the same twice."""
    with pytest.raises(InputError, match="webhooks"):
        settings_from(f'[webhooks]\nurls = ["{url}"]\n')


@pytest.mark.parametrize(
    "secret",
    ["", "geheim", GOOD.removeprefix("whsec_"), "whsec_c2hvcnQ=", "whsec_" + "A" * 100, "whsec_ä"],
)
def test_a_secret_that_is_none_is_refused(secret: str) -> None:
    """Too short, too long, written otherwise."""
    with pytest.raises(ValueError, match="webhooks secret"):
        secret_bytes(secret)


def test_a_secret_comes_from_the_environment_alone(settings_from: Callable[..., Settings]) -> None:
    """In a file that is shared it would be nobody's secret."""
    settings = settings_from(NEWSLETTER_WEBHOOKS__SECRET=GOOD)
    assert settings.webhooks.secret is not None
    assert len(secret_bytes(settings.webhooks.secret.get_secret_value())) == 24
    with pytest.raises(InputError, match="secret"):
        settings_from(f'[webhooks]\nsecret = "{GOOD}"\n')
