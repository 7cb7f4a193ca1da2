import multiprocessing
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from flows.runtime.presence import is_alive, presence


def test_an_owner_lives_as_long_as_its_block(tmp_path: Path) -> None:
    """Then it is gone, with its file."""
    with presence(tmp_path) as owner:
        assert is_alive(tmp_path, owner) is True
    assert is_alive(tmp_path, owner) is False
    assert list(tmp_path.glob("*.lock")) == []


def test_every_presence_is_a_new_owner(tmp_path: Path) -> None:
    """A name is never worn twice, so that an old claim is never taken for a new one."""
    with presence(tmp_path) as first, presence(tmp_path) as second:
        assert first != second


def test_of_another_machine_nothing_is_known(tmp_path: Path) -> None:
    """Its lock lies elsewhere."""
    assert is_alive(tmp_path, "another-machine-0123456789abcdef") is None


def test_many_who_ask_at_once_do_not_take_each_other_for_the_owner(tmp_path: Path) -> None:
    """A dead sender is dead for everybody."""
    with presence(tmp_path) as owner:
        path = tmp_path / f"{owner}.lock"
    with ThreadPoolExecutor(8) as pool:
        for _ in range(50):
            path.touch()
            assert set(pool.map(lambda _: is_alive(tmp_path, owner), range(8))) == {False}


def _stay(folder: Path, ready: Path) -> None:
    with presence(folder) as owner:
        ready.write_text(owner, encoding="ascii")
        time.sleep(60)


def test_a_killed_owner_is_dead(tmp_path: Path) -> None:
    """The kernel lets go of the lock; the file that stays behind fools nobody."""
    folder, ready = tmp_path / "senders", tmp_path / "ready"
    process = multiprocessing.get_context("forkserver").Process(target=_stay, args=(folder, ready))
    process.start()
    while not (ready.exists() and (owner := ready.read_text(encoding="ascii"))):
        time.sleep(0.01)
    assert is_alive(folder, owner) is True
    process.kill()
    process.join()
    assert (folder / f"{owner}.lock").exists()
    assert is_alive(folder, owner) is False
