"""Definitions say what each answer holds: a Struct of ours, the one that its readers expect."""

import importlib
import pkgutil
import re
from typing import get_args, get_type_hints

import msgspec
import pytest

from communicator import answers
from communicator.answers.clocks import AgentReport
from communicator.definitions import load_catalogue
from exporters.collectors.canary import CANARY_ANSWER
from exporters.collectors.router import ROUTER_ANSWER
from exporters.collectors.timekeeper import CLOCKS_ANSWER

CATALOGUE = load_catalogue([])[0].definitions
DEFINED = {
    (command, parameter.name): [
        getattr(importlib.import_module(f"communicator.answers.{module}"), name)
        for module, name in re.findall(r"(\w+)\.(\w+)", parameter.shape)
    ]
    for command, definition in CATALOGUE.items()
    for parameter in definition.parameters.values()
    if parameter.shape
}


def parts_of(hint):
    """The Structs in a type, those within them included."""
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        yield hint
        yield from (part for each in get_type_hints(hint, include_extras=True).values() for part in parts_of(each))
    yield from (part for each in get_args(hint) for part in parts_of(each))


def test_what_has_a_shape_is_json():
    for command, parameter in DEFINED:
        assert [one.kind for one in CATALOGUE[command].parameters[parameter].validators] == ["json"]


def test_each_shape_is_that_of_an_answer_or_a_part_of_one():
    modules = [
        importlib.import_module(f"communicator.answers.{one.name}") for one in pkgutil.iter_modules(answers.__path__)
    ]
    ours = {
        each
        for module in modules
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, msgspec.Struct) and each.__module__ == module.__name__
    }
    told = {part for shapes in DEFINED.values() for shape in shapes for part in parts_of(shape)}
    assert ours - told == {AgentReport}, "which is the beginning of a report"


@pytest.mark.parametrize("answer", [ROUTER_ANSWER, CLOCKS_ANSWER, CANARY_ANSWER], ids=lambda one: one.question.reply)
def test_the_exporter_reads_what_is_defined(answer):
    question = answer.question
    assert question.reply in CATALOGUE[question.command].replies
    assert answer.shape in DEFINED[question.reply, question.parameter]
