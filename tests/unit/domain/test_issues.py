"""What an issue says of itself."""

from datetime import UTC, datetime

import pytest

from flows.domain.article import Slug
from flows.domain.issue import Issue, IssueId, IssueState


@pytest.mark.parametrize(
    ("lists", "command"),
    [
        ((), "newsletter publish rue"),
        (
            ("members", "élus du réseau"),
            "newsletter publish rue --list members --list 'élus du réseau'",
        ),
    ],
)
def test_the_command_that_publishes_again_names_the_same_lists(
    lists: tuple[str, ...], command: str
) -> None:
    """Without them it would open another issue, to everybody."""
    issue = Issue(
        id=IssueId("rue-1"),
        slug=Slug("rue"),
        state=IssueState.IN_REVIEW,
        lists=lists,
        created_at=datetime(2026, 11, 27, tzinfo=UTC),
    )

    assert issue.publish_command == command
