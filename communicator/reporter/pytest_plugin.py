"""SHELL: has pytest collect scripts of the reporter language as tests; which stages there are, a conftest says.

Load it with ``-p communicator.reporter.pytest_plugin``. A script names its stage in a comment, ``// stage: router``; a
conftest.py beside or above it makes it known:

.. code-block:: python

    @asynccontextmanager
    async def router(directory):
        async with run_router() as router:
            yield Scene({"router": router.unix})


    def pytest_reporter_stages():
        return {"router": router}
"""

import asyncio
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from communicator.errors import ScriptError, ScriptFailedError
from communicator.reporter.resolver import load
from communicator.reporter.stage import Scene, Stage, perform, stage_name

SUFFIX = ".rprtr"


class Hooks:
    """What a conftest may tell this plugin."""

    @pytest.hookspec
    def pytest_reporter_stages(self) -> Mapping[str, Stage]:  # type: ignore[empty-body]  # a specification
        """The stages scripts may name, by their names."""


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Let conftests tell of their stages."""
    pluginmanager.add_hookspecs(Hooks)


def pytest_collect_file(parent: pytest.Collector, file_path: Path) -> "ScriptFile | None":
    """Take files that end in .rprtr."""
    return ScriptFile.from_parent(parent, path=file_path) if file_path.suffix == SUFFIX else None


class ScriptFile(pytest.File):
    """A file with one script."""

    def collect(self) -> Iterator[pytest.Item]:
        """One script is one test."""
        yield ScriptItem.from_parent(self, name=self.path.stem)


class ScriptItem(pytest.Item):
    """Plays a script on its stage."""

    def runtest(self) -> None:
        """Load the script, and play it."""
        text = self.path.read_text(encoding="utf-8")
        asyncio.run(self._play(text), debug=True)

    async def _play(self, text: str) -> None:
        program = load(text, self._shown_path())
        name = stage_name(text)
        if not name:
            await perform(program, Scene())
            return
        with tempfile.TemporaryDirectory(prefix="stage-") as directory:
            async with self._stage(name)(Path(directory)) as scene:
                await perform(program, scene)

    def _stage(self, name: str) -> Stage:
        told: list[Mapping[str, Stage]] = self.ihook.pytest_reporter_stages()
        known = {each: stage for stages in reversed(told) for each, stage in stages.items()}
        if name not in known:
            names = ", ".join(sorted(known)) or "none"
            raise ScriptError(self._shown_path(), [(1, 1, f"no conftest knows the stage {name!r}; known: {names}")])
        return known[name]

    def _shown_path(self) -> str:
        try:
            return str(self.path.relative_to(self.config.invocation_params.dir))
        except ValueError:
            return str(self.path)

    def repr_failure(  # type: ignore[override]  # a text is enough
        self, excinfo: pytest.ExceptionInfo[BaseException], style: None = None
    ) -> str:
        """Show the line of the script, not of our machinery."""
        error = excinfo.value
        while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
            error = error.exceptions[0]  # a stage may hold a task group
        if isinstance(error, ScriptError | ScriptFailedError):
            return str(error)
        return str(super().repr_failure(excinfo, style))

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the test is."""
        return self.path, 0, f"script {self.name}"
