"""`newsletter webhooks`: what other programs are told, and what they were not."""

from pathlib import Path

from flows.domain.hook import Hook, HookKind
from flows.operations.webhooks import Echo, deliver_due
from flows.runtime.runtime import Runtime
from flows.settings.programs import secret_bytes
from flows.store.outbox import announce
from tests.functional.cli.conftest import Newsletter, act

URL = "https://a.example/hook"


async def give_up(runtime: Runtime) -> None:
    """Something that the other side never wants to hear of."""

    async def refuse(hook: Hook) -> Echo:
        return Echo(status=410, words=f"410 Gone: {hook.kind}")

    async with runtime.store.writing() as tx:
        await announce(tx, HookKind.REPORT_READY, now=runtime.clock(), issue="a-1")
    await deliver_due(runtime.store, refuse, urls=[URL], clock=runtime.clock, chance=lambda: 0.5)


def test_what_was_given_up_is_shown_and_tried_again(
    newsletter: Newsletter, workspace: Path
) -> None:
    """With the last answer, and the command that helps."""
    assert newsletter("webhooks", "list").out.startswith("Nothing waits")
    act(workspace, give_up)

    shown = newsletter("webhooks", "list")
    (facts,) = newsletter("webhooks", "list", "--json").json()
    again = newsletter("webhooks", "redeliver", str(facts["number"]))

    assert "410 Gone" in shown.out
    assert "redeliver NUMBER" in shown.err
    assert (facts["state"], facts["url"], facts["attempts"]) == ("given_up", URL, 1)
    assert again.code == 0
    assert newsletter("webhooks", "list", "--json").json()[0]["state"] == "waiting"
    unknown = newsletter("webhooks", "redeliver", "99")
    assert (unknown.code, "no delivery 99" in unknown.err) == (2, True)


def test_the_doctor_names_what_was_given_up(newsletter: Newsletter, workspace: Path) -> None:
    """And a missing secret; without addresses it says nothing."""
    env = {"NEWSLETTER_WEBHOOKS__URLS": f'["{URL}"]'}
    secret = newsletter("webhooks", "secret").out.strip()

    def found(**more: str) -> dict[str, object]:
        examined = newsletter("doctor", "--json", **env, **more).json()
        return next(one for one in examined if one["what"] == "webhooks")

    assert (found()["ok"], found()["found"]) == (False, "no secret to sign")
    assert found(NEWSLETTER_WEBHOOKS__SECRET=secret)["ok"]
    act(workspace, give_up)
    assert not found(NEWSLETTER_WEBHOOKS__SECRET=secret)["ok"]
    assert all(one["what"] != "webhooks" for one in newsletter("doctor", "--json").json())


def test_a_new_secret_is_one(newsletter: Newsletter) -> None:
    """On standard output alone, another each time."""
    first, second = (newsletter("webhooks", "secret").out.strip() for _ in range(2))

    assert first != second
    assert len(secret_bytes(first)) == 32
