"""Names that somebody perhaps meant."""

from pathlib import Path

from flows.operations.lookalikes import likest_file


def test_a_file_is_meant_whose_name_is_like_an_address_and_no_text(tmp_path: Path) -> None:
    """Accents, capitals and blanks are what people mistype."""
    for name in ("Place du marché.jpg", "nl.po", "fr.md"):
        (tmp_path / name).touch()
    assert likest_file("place%20du%20marche.jpg", tmp_path) == "Place du marché.jpg"
    assert likest_file("nl.png", tmp_path) == ""


def test_a_folder_that_is_gone_has_no_file_that_is_meant(tmp_path: Path) -> None:
    """A text whose folder was removed can be looked at still."""
    assert likest_file("place.jpg", tmp_path / "gone") == ""
