"""Places: who has one, who waits, who comes next; and that nobody leaves one behind."""

import asyncio
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import ClientDisconnect

from office.web.places import Bounds, Places
from office.web.refusals import DoorCode, DoorFault
from office.web.turnstile import visitor_at

ROOMY = Bounds(at_once=2, each=1, waiting=4, waiting_each=2, wait_seconds=5)
BOUNDS = st.builds(
    Bounds,
    at_once=st.integers(1, 3),
    each=st.integers(1, 2),
    waiting=st.integers(0, 4),
    waiting_each=st.integers(0, 3),
    wait_seconds=st.sampled_from((0.01, 5)),
)
# who comes, after how many turns of the loop, how long they stay, and whether they are called off meanwhile
VISITS = st.lists(
    st.tuples(
        st.sampled_from("abc"), st.integers(0, 5), st.integers(0, 8), st.sampled_from(("", "off", "gone"))
    ),
    max_size=12,
)


def here():
    return False


async def turns(count):
    for _ in range(count):
        await asyncio.sleep(0)


class Guest:
    """Takes a place and keeps it until told to leave."""

    def __init__(self, places, whom, is_gone=here):
        self.came = False
        self._leave = asyncio.Event()
        self.task = asyncio.create_task(self._visit(places, whom, is_gone))

    async def _visit(self, places, whom, is_gone):
        async with places.taken(whom, is_gone):
            self.came = True
            await self._leave.wait()

    async def leave(self):
        self._leave.set()
        await self.task


def test_a_place_is_given_at_once_while_there_is_one():
    async def story():
        places = Places(ROOMY)
        async with places.taken("a", here), places.taken("b", here):
            assert (places.held, places.waiting) == (2, 0)
        assert (places.held, places.waiting) == (0, 0)

    asyncio.run(story())


def test_a_free_place_goes_to_whoever_holds_the_fewest_and_then_to_the_first():
    async def story():
        places = Places(Bounds(at_once=3, each=2, waiting=9, waiting_each=9, wait_seconds=5))
        inside = [Guest(places, whom) for whom in "aab"]
        await turns(2)
        waiting = [Guest(places, whom) for whom in ("a", "b", "c", "c")]
        await turns(2)
        assert [guest.came for guest in waiting] == [False] * 4
        await inside[2].leave()  # b's: now a holds two, b and c none, and b came before c
        await turns(2)
        assert [guest.came for guest in waiting] == [False, True, False, False]
        await inside[0].leave()
        await turns(2)
        assert [guest.came for guest in waiting] == [False, True, True, False]
        for guest in (inside[1], waiting[1], waiting[2], waiting[0], waiting[3]):
            await guest.leave()
        assert (places.held, places.waiting) == (0, 0)

    asyncio.run(story())


@pytest.mark.parametrize(("before", "who"), [("aaa", "a"), ("aabbcc", "d")])
def test_more_than_may_wait_are_told_at_once_when_to_come_again(before, who):
    async def story():
        places = Places(ROOMY)
        guests = [Guest(places, whom) for whom in before]
        await turns(2)
        with pytest.raises(DoorFault) as told:
            async with places.taken(who, here):
                pass
        assert (told.value.code, told.value.seconds) == (DoorCode.TOO_BUSY, 5)
        for guest in guests:
            await guest.leave()
        assert places.held == 0

    asyncio.run(story())


def test_who_waits_too_long_is_told_so_and_out_of_the_line():
    async def story():
        places = Places(Bounds(at_once=1, each=1, waiting=1, waiting_each=1, wait_seconds=0.05))
        guest = Guest(places, "a")
        await turns(2)
        with pytest.raises(DoorFault):
            async with places.taken("b", here):
                pass
        assert (places.held, places.waiting) == (1, 0)
        await guest.leave()

    asyncio.run(story())


def test_who_hung_up_while_waiting_is_out_of_the_line():
    async def story():
        places = Places(ROOMY)
        inside = Guest(places, "a")
        await turns(2)
        with pytest.raises(ClientDisconnect):
            async with places.taken("a", lambda: True):
                pass
        assert (places.held, places.waiting) == (1, 0)
        await inside.leave()

    asyncio.run(story())


def test_who_is_called_in_the_moment_in_which_they_are_called_off_leaves_the_place_to_others():
    async def story():
        places = Places(Bounds(at_once=1, each=1, waiting=3, waiting_each=3, wait_seconds=5))
        inside, second, third = Guest(places, "a"), Guest(places, "b"), Guest(places, "c")
        await turns(3)
        await inside.leave()  # calls b
        second.task.cancel()
        await asyncio.wait({second.task})
        await turns(3)
        assert third.came
        await third.leave()
        assert (places.held, places.waiting) == (0, 0)

    asyncio.run(story())


@settings(max_examples=60)
@given(BOUNDS, VISITS)
def test_no_bound_is_ever_overstepped_and_nobody_leaves_a_place_behind(bounds, visits):
    places = Places(bounds)
    inside = []

    async def visit(whom, after, stays, is_gone):
        await turns(after)
        with suppress(DoorFault, ClientDisconnect):
            async with places.taken(whom, is_gone):
                inside.append(whom)
                try:
                    assert len(inside) <= places.held <= bounds.at_once
                    assert inside.count(whom) <= bounds.each
                    assert places.waiting <= bounds.waiting
                    await turns(stays)
                finally:
                    inside.remove(whom)

    async def story():
        tasks = []
        for whom, after, stays, end in visits:
            tasks.append(asyncio.create_task(visit(whom, after, stays, lambda end=end: end == "gone")))
            if end == "off":
                asyncio.get_running_loop().call_soon(tasks[-1].cancel)
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert [one for one in results if isinstance(one, AssertionError)] == []

    asyncio.run(story())
    assert (places.held, places.waiting) == (0, 0)


@pytest.mark.parametrize(
    ("address", "visitor"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::9", "2001:db8:1:3::/64"),
        ("", ""),
        ("testclient", "testclient"),
    ],
)
def test_one_visitor_is_one_address_or_one_network_of_ipv6(address, visitor):
    assert visitor_at(address) == visitor
