from pathlib import Path

import pytest

from flows.content.pofiles import read_po_file
from flows.domain.errors import InputError


@pytest.mark.parametrize("line", ['msgstr "Hello', "msgid broken", 'msgstr "a "quoted" word"'])
def test_a_line_whose_text_is_not_between_quotation_marks_is_refused(
    tmp_path: Path, line: str
) -> None:
    """No letter of a translator's is dropped in silence: the line is named instead."""
    path = tmp_path / "en.po"
    path.write_text(f'msgid ""\nmsgstr ""\n\n{line}\n', encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_po_file(path)
    assert caught.value.line == 4
