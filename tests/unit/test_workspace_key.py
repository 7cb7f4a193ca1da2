from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from flows.domain.errors import InputError
from flows.runtime.keys import newsroom_name, read_key


def test_a_key_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    """The same links and hashes for ever."""
    path = tmp_path / "var" / "secret.key"
    first = read_key(path)
    assert read_key(path) == first
    assert len(first) == 64
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["secret.key"]


def test_many_first_starts_at_once_agree_on_one_key(tmp_path: Path) -> None:
    """Nobody reads a key that is half written."""
    for number in range(20):
        path = tmp_path / str(number) / "secret.key"
        with ThreadPoolExecutor(8) as pool:
            keys = set(pool.map(read_key, [path] * 8))
        assert keys == {path.read_bytes()}


def test_an_empty_key_is_refused(tmp_path: Path) -> None:
    """Whatever emptied it: hashes of an empty key would let suppressed addresses through."""
    path = tmp_path / "secret.key"
    path.touch()
    with pytest.raises(InputError, match="is empty"):
        read_key(path)


def test_a_newsroom_has_a_name_that_tells_nothing_of_its_key(tmp_path: Path) -> None:
    """The same for ever, another one for each newsroom."""
    keys = [read_key(tmp_path / name / "secret.key") for name in ("one", "other")]
    names = [newsroom_name(key) for key in keys]
    assert names == [newsroom_name(key) for key in keys]
    assert len(set(names)) == 2
    assert all(len(name) == 8 for name in names)
    assert not any(name.encode() in key for name, key in zip(names, keys, strict=True))
