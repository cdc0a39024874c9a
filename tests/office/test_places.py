"""Whatever is received, taken out, put back, moved, arranged: each page lies in one place, none is lost."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from office.faults import DeskCode, DeskFault
from office.rows.places import Former, Places, arrange, move, put_back, receive, set_aside, take_out

PAPERS = ("A", "B", "C")
SOME = st.lists(st.integers(0, 30), min_size=1, max_size=4)


class Sorting(RuleBasedStateMachine):
    """Two clerks who each act on what they last saw, which may be stale by then."""

    @initialize(pages=st.integers(0, 8))
    def arrive(self, pages):
        self.known = [f"p{number}" for number in range(pages)]
        self.places = Places(dict.fromkeys(PAPERS, ()), frozenset(self.known))
        self.refusals = set()
        self.home = {}  # what a person last said of a page: the paper it belongs to

    @rule()
    def one_more_arrives(self):
        self.known.append(f"p{len(self.known)}")
        self.places = Places(self.places.papers, self.places.waiting | {self.known[-1]}, self.places.aside)

    @rule(paper=st.sampled_from(PAPERS), some=SOME)
    def receive(self, paper, some):
        chosen = self.chosen(some)
        if self.tried(receive, paper, chosen):
            self.home |= dict.fromkeys(chosen, paper)

    @rule(paper=st.sampled_from(PAPERS), some=SOME)
    def take_out(self, paper, some):
        self.tried(take_out, paper, self.chosen(some))

    @rule(some=SOME)
    def put_back(self, some):
        for page in self.chosen(some[:1]):
            self.tried(put_back, page)

    @rule(papers=st.permutations(PAPERS), some=SOME)
    def move(self, papers, some):
        chosen = self.chosen(some)
        if self.tried(move, papers[0], papers[1], chosen):
            self.home |= dict.fromkeys(chosen, papers[1])

    @rule(paper=st.sampled_from(PAPERS), chance=st.randoms(use_true_random=False))
    def arrange(self, paper, chance):
        order = list(self.places.papers[paper])
        chance.shuffle(order)
        assert self.tried(arrange, paper, order)

    @rule(some=SOME)
    def set_aside(self, some):
        self.tried(set_aside, self.chosen(some))

    @invariant()
    def every_page_lies_in_one_place(self):
        assert sorted(self.places.all_pages()) == sorted(self.known)

    @invariant()
    def no_page_lies_in_a_paper_that_no_person_put_it_in(self):
        for paper, pages in self.places.papers.items():
            assert all(self.home[page] == paper for page in pages)

    @invariant()
    def what_is_refused_is_refused_because_the_page_lies_elsewhere(self):
        assert self.refusals <= {DeskCode.PAGE_GONE}

    def chosen(self, some):
        return [self.known[number % len(self.known)] for number in some] if self.known else []

    def tried(self, change, *arguments):
        try:
            self.places = change(self.places, *arguments)
        except DeskFault as fault:
            self.refusals.add(fault.code)
            return False
        return True


TestSorting = Sorting.TestCase
TestSorting.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


@given(st.integers(1, 7), st.data())
def test_undoing_brings_back_the_very_order_in_whatever_order_pages_went_and_come_back(pages, data):
    order = tuple(f"p{number}" for number in range(pages))
    before = Places({"A": order})
    out = data.draw(st.lists(st.sampled_from(order), unique=True, min_size=1))
    one_by_one = before
    for page in out:
        one_by_one = take_out(one_by_one, "A", [page])
    assert take_out(before, "A", out).aside == one_by_one.aside
    back = one_by_one
    for page in data.draw(st.permutations(out)):
        back = put_back(back, page)
    assert back == before


def test_a_page_that_went_elsewhere_leaves_no_hole_where_it_was():
    out = take_out(Places({"A": ("a", "b", "c", "d"), "B": ()}), "A", ["b", "c"])
    moved = receive(out, "B", ["b"])
    assert put_back(moved, "c").papers == {"A": ("a", "c", "d"), "B": ("b",)}


@pytest.mark.parametrize(
    "change",
    [
        lambda places: receive(places, "A", ["w", "w"]),
        lambda places: receive(places, "A", ["a"]),
        lambda places: take_out(places, "A", ["a", "a"]),
        lambda places: take_out(places, "A", ["w"]),
        lambda places: put_back(places, "w"),
        lambda places: set_aside(places, ["a"]),
        lambda places: move(places, "A", "B", ["x"]),
    ],
)
def test_a_page_that_lies_elsewhere_is_told(change):
    places = Places({"A": ("a",), "B": ()}, frozenset({"w"}), {"x": Former("A", 0)})
    with pytest.raises(DeskFault) as gone:
        change(places)
    assert gone.value.code is DeskCode.PAGE_GONE


@pytest.mark.parametrize("order", [["a"], ["a", "b", "c"], ["a", "a"]])
def test_an_order_is_of_the_same_pages(order):
    with pytest.raises(DeskFault) as changed:
        arrange(Places({"A": ("a", "b")}), "A", order)
    assert changed.value.code is DeskCode.PAGES_CHANGED
