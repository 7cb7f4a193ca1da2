"""`prefect.yaml` names the flows that the newsroom runs, and Prefect's page explains them."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect import Flow
from prefect.utilities.callables import parameter_schema

from flows.bounces import bounces
from flows.deliver import deliver
from flows.newsroom.runner import DEPLOYMENTS, flows_to_serve
from flows.publish import publish
from flows.translate import translate
from flows.upkeep import upkeep

pytestmark = pytest.mark.xdist_group("prefect")

ROOT = Path(__file__).parents[2]
FILE: dict[str, Any] = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))
FLOWS: list[Flow[..., Any]] = [publish, translate, deliver, bounces, upkeep]


def test_the_file_has_what_the_newsroom_serves() -> None:
    """By the same names, from the files in which they stand."""
    assert flows_to_serve() == FLOWS
    assert [f"{flow.name}/{flow.name}" for flow in FLOWS] == list(DEPLOYMENTS)
    entrypoints = {one["name"]: one["entrypoint"] for one in FILE["deployments"]}
    assert entrypoints == {flow.name: f"flows/{flow.name}.py:{flow.name}" for flow in FLOWS}


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_every_parameter_is_explained(flow: Flow[Any, Any]) -> None:
    """Whoever starts a run on Prefect's page reads what goes in."""
    schema = parameter_schema(flow).model_dump_for_openapi()
    undescribed = [name for name, one in schema["properties"].items() if not one.get("description")]
    assert undescribed == []
    assert flow.description


def test_no_schedule_is_active() -> None:
    """The newsroom asks for these runs; both would be one too many."""
    schedules = [one for each in FILE["deployments"] for one in each.get("schedules", [])]
    assert schedules
    assert not any(one["active"] for one in schedules)
