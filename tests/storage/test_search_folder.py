import os
import random
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from storage.faults import StorageCode, StorageFault
from storage.search.index import CURRENT, Query, SearchIndex
from storage.search.schema import VERSION
from tests.storage.pages import EVERYBODY, page

KILLS = 6
MOST_KILLS = 60  # on a busy machine few of them find anything written


def found(index: SearchIndex, text: str) -> list[str]:
    return sorted(hit.record for hit in index.search(Query(text, EVERYBODY, limit=1000)).hits)


def code_of(opening) -> StorageCode:
    with pytest.raises(StorageFault) as told:
        opening()
    return told.value.code


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "index"


def test_without_an_index_there_is_nothing_to_read(folder):
    assert code_of(lambda: SearchIndex.open_reader(folder)) is StorageCode.INDEX_MISSING


def test_a_new_index_has_caught_up_to_nothing(folder):
    with SearchIndex.open_writer(folder) as writer:
        assert writer.caught_up_to == 0
        assert SearchIndex.open_reader(folder).caught_up_to == 0


def test_how_far_it_has_caught_up_is_known_after_a_restart(folder):
    with SearchIndex.open_writer(folder) as writer:
        writer.apply([page("H1", "giấy")], (), 7)
        writer.apply((), (), 9)
    with SearchIndex.open_writer(folder) as writer:
        assert writer.caught_up_to == 9
        writer.apply([page("H1", "giấy")], (), 8)  # an older change again takes nothing back
        assert writer.caught_up_to == 9
    assert found(SearchIndex.open_reader(folder), "giấy") == ["H1"]


def test_a_page_is_replaced_and_a_paper_taken_out(folder):
    with SearchIndex.open_writer(folder) as writer:
        writer.apply([page("H1", "giấy cũ"), page("H1", "trang hai", page=2), page("H2", "giấy")], (), 1)
        writer.apply([page("H1", "giấy mới")], (), 2)
        index = SearchIndex.open_reader(folder)
        assert found(index, "cũ") == []
        assert found(index, "mới") == ["H1"]
        assert found(index, "trang") == ["H1"]
        writer.apply([page("H1", "giấy nữa")], ("paper of H1",), 3)
        index.reload()
        assert found(index, "giấy") == ["H1", "H2"]
        assert found(index, "trang") == []


def test_doing_it_again_changes_nothing(folder):
    with SearchIndex.open_writer(folder) as writer:
        for _ in range(3):
            writer.apply([page("H1", "giấy"), page("H1", "giấy")], ("paper of H1",), 1)
    index = SearchIndex.open_reader(folder)
    assert index.search(Query("giấy", EVERYBODY)).total == 1


def test_a_reader_sees_the_commit_after_reload_and_not_before(folder):
    with SearchIndex.open_writer(folder) as writer:
        index = SearchIndex.open_reader(folder)
        writer.apply([page("H1", "giấy")], (), 1)
        assert (found(index, "giấy"), index.caught_up_to) == ([], 0)
        index.reload()
        assert (found(index, "giấy"), index.caught_up_to) == (["H1"], 1)


def test_a_batch_that_fails_leaves_nothing_behind(folder):
    with SearchIndex.open_writer(folder) as writer:
        with pytest.raises(ValueError, match="sensitivity"):
            writer.apply([page("H1", "giấy"), page("H2", "giấy", sensitivity=77)], (), 1)
        writer.apply([page("H3", "giấy")], (), 2)
    assert found(SearchIndex.open_reader(folder), "giấy") == ["H3"]


def test_there_is_one_writer_at_a_time(folder):
    with SearchIndex.open_writer(folder):
        assert code_of(lambda: SearchIndex.open_writer(folder)) is StorageCode.BUSY
        assert code_of(lambda: SearchIndex.rebuild(folder, (), 1)) is StorageCode.BUSY
    SearchIndex.open_writer(folder).close()


def test_the_writer_of_a_dead_process_is_no_writer(folder):
    child = os.fork()
    if child == 0:
        SearchIndex.open_writer(folder)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    with SearchIndex.open_writer(folder) as writer:
        assert writer.caught_up_to == 0


def test_an_index_of_another_version_is_not_read_but_made_anew(folder):
    SearchIndex.open_writer(folder).close()
    (folder / CURRENT).write_text(f"g000001 {VERSION}0\n")
    assert code_of(lambda: SearchIndex.open_reader(folder)) is StorageCode.INDEX_OLD
    assert code_of(lambda: SearchIndex.open_writer(folder)) is StorageCode.INDEX_OLD
    SearchIndex.rebuild(folder, [page("H1", "giấy")], 4)
    assert found(SearchIndex.open_reader(folder), "giấy") == ["H1"]


@pytest.mark.parametrize("damage", ["", "g000001", f"g000009 {VERSION}\n"])
def test_a_damaged_pointer_is_damage(folder, damage):
    SearchIndex.open_writer(folder).close()
    (folder / CURRENT).write_text(damage)
    assert code_of(lambda: SearchIndex.open_reader(folder)) is StorageCode.INDEX_DAMAGED
    assert code_of(lambda: SearchIndex.open_writer(folder)) is StorageCode.INDEX_DAMAGED


def test_a_damaged_index_is_damage_and_can_be_made_anew(folder):
    SearchIndex.open_writer(folder).close()
    (folder / "g000001" / "meta.json").write_text("{")
    assert code_of(lambda: SearchIndex.open_reader(folder)) is StorageCode.INDEX_DAMAGED
    SearchIndex.rebuild(folder, [page("H1", "giấy")], 4)
    assert SearchIndex.open_reader(folder).caught_up_to == 4


def test_the_old_index_serves_while_a_new_one_is_made(folder):
    with SearchIndex.open_writer(folder) as writer:
        writer.apply([page("H1", "giấy cũ")], (), 1)
    index = SearchIndex.open_reader(folder)

    def pages():
        yield page("H2", "giấy mới")
        assert found(SearchIndex.open_reader(folder), "giấy") == ["H1"]

    SearchIndex.rebuild(folder, pages(), 5)
    assert found(index, "giấy") == ["H1"]
    index.reload()
    assert (found(index, "giấy"), index.caught_up_to) == (["H2"], 5)
    assert len(list(folder.glob("g*"))) == 1


def test_a_making_that_fails_leaves_the_old_index(folder):
    with SearchIndex.open_writer(folder) as writer:
        writer.apply([page("H1", "giấy")], (), 1)

    def pages():
        yield page("H2", "giấy")
        raise LookupError

    with pytest.raises(LookupError):
        SearchIndex.rebuild(folder, pages(), 5)
    assert found(SearchIndex.open_reader(folder), "giấy") == ["H1"]
    assert len(list(folder.glob("g*"))) == 1


def test_many_threads_read_while_one_writes(folder):
    with SearchIndex.open_writer(folder) as writer:
        index = SearchIndex.open_reader(folder)

        def read(_n: int) -> bool:
            index.reload()
            reached = index.caught_up_to  # what is seen later may only be more
            return len(found(index, "giấy")) >= reached

        with ThreadPoolExecutor(3) as pool:
            looks = [pool.submit(read, n) for n in range(60)]
            for n in range(1, 11):
                writer.apply([page(f"H{n}", "giấy")], (), n)
            assert all(look.result() for look in looks)
        index.reload()
        assert len(found(index, "giấy")) == 10


def write_without_end(folder: Path) -> None:
    with SearchIndex.open_writer(folder) as writer:
        while True:
            change = writer.caught_up_to + 1
            writer.apply([page(f"H{change}", "giấy tờ")], (), change)


def test_killed_at_any_moment_the_pages_are_those_that_the_change_number_tells(folder):
    moment = random.Random(20261124)  # noqa: S311 not for secrets
    reached = 0
    for kill in range(MOST_KILLS):
        if kill >= KILLS and reached > KILLS:
            break
        child = os.fork()
        if child == 0:
            write_without_end(folder)
        time.sleep(0.15 + moment.random() / 5)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with SearchIndex.open_writer(folder) as writer:
            reached = writer.caught_up_to
        index = SearchIndex.open_reader(folder)
        assert index.caught_up_to == reached
        assert found(index, "giấy") == sorted(f"H{n}" for n in range(1, reached + 1))
    assert reached > KILLS
