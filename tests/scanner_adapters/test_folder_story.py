"""Whatever device, desk and power cuts do in whatever order: a finished file is one page, in order, once."""

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from scanner_adapters.folder.watched import LONGEST_QUIET, QUARANTINE, WatchedFolder
from scanner_adapters.model import ScanSettings
from scanner_adapters.queue.spool import STEPS_OF_ACCEPT, Spool
from tests.scanner_adapters.scan_files import Clock, jpeg, put

CONTENTS = [jpeg(seed, 8, 8) for seed in range(3)]  # few, so that the same bytes come again


class PowerCut(BaseException):
    """The process ends here; what it would still have done is not done."""


class FolderStory(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.home = Path(tempfile.mkdtemp(prefix="motcua-story-"))
        self.clock = Clock()
        self.place = self.home / "inbox"
        self.inbox = WatchedFolder(self.place, self.clock)
        self.dies_after = ""
        self.saved: list[tuple[str, bytes]] = []  # finished by the device, in the order of their names
        self.writing: list[tuple[str, bytes, int]] = []  # begun, with how many bytes are there
        self.open_again()

    def teardown(self):
        shutil.rmtree(self.home)

    @rule(content=st.sampled_from(CONTENTS), part=st.integers(0, 90))
    def begin_a_file(self, content, part):
        there = len(content) * part // 100
        self.writing.append((f"Trang {len(self.saved) + len(self.writing) + 1}.jpg", content, there))
        self.write(self.writing[-1][0], content[:there])

    @precondition(lambda self: self.writing)
    @rule(part=st.integers(1, 99))
    def write_some_more(self, part):
        name, content, there = self.writing[0]
        there += (len(content) - 2 - there) * part // 100
        self.writing[0] = (name, content, there)
        self.write(name, content[:there])

    @precondition(lambda self: self.writing)
    @rule()
    def finish_the_oldest_file(self):
        name, content, _ = self.writing.pop(0)
        self.write(name, content)
        self.saved.append((name, content))

    @rule(content=st.sampled_from(CONTENTS))
    @precondition(lambda self: not self.writing)
    def drop_a_whole_file(self, content):
        self.saved.append((f"Trang {len(self.saved) + 1}.jpg", content))
        self.write(*self.saved[-1])

    @rule(seconds=st.sampled_from([0.5, 2.0, 20.0]))
    def wait(self, seconds):
        self.clock.wait(seconds=seconds)

    @rule()
    def take(self):
        self.inbox.take(self.job)

    @rule(step=st.sampled_from(STEPS_OF_ACCEPT))
    def take_until_the_power_is_cut(self, step):
        self.dies_after = step
        try:
            self.inbox.take(self.job)
        except PowerCut:
            self.open_again()
        self.dies_after = ""

    @rule()
    def open_again(self):
        self.job = Spool(self.home / "spool", self.clock, self.after).open_job(
            "job", "folder", "lan", ScanSettings()
        )

    @rule()
    def take_all_that_is_finished(self):
        self.clock.wait(seconds=LONGEST_QUIET.total_seconds())
        self.inbox.take(self.job)
        assert len(self.job.pages()) == len(self.saved)

    @invariant()
    def pages_are_the_first_finished_files_in_order_and_once(self):
        announced = [(page.source_name, page.path.read_bytes()) for page in self.job.pages()]
        assert announced == self.saved[: len(announced)]

    @invariant()
    def every_finished_file_is_a_page_or_still_there(self):
        announced = {page.source_name for page in self.job.pages()}
        here = {path.name for path in self.place.iterdir()}
        assert {name for name, _ in self.saved} <= announced | here
        assert QUARANTINE not in here

    def after(self, step: str) -> None:
        if step == self.dies_after:
            raise PowerCut(step)

    def write(self, name: str, content: bytes) -> None:
        self.clock.wait(seconds=0.001)
        put(self.place, name, content, self.clock, age=0)


TestFolderStory = FolderStory.TestCase
TestFolderStory.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
