"""What bench/fresh lends a fresh Debian, and how it counts."""

import pytest

from bench.fresh import LENT, Run, bad_tests, debian_sources, goals

TARGETS = """\
https://a.example/security|bookworm-security|main
https://a.example/debian|bookworm|main
https://a.example/debian|bookworm|contrib
https://b.example/other|nodistro|main
https://a.example/debian|bookworm-updates|main
"""


def test_the_archives_are_those_of_the_hosts_apt_the_suite_itself_first():
    assert debian_sources(TARGETS) == [
        "deb https://a.example/debian bookworm main contrib",
        "deb https://a.example/security bookworm-security main",
        "deb https://a.example/debian bookworm-updates main",
    ]


def test_a_host_of_another_debian_is_told():
    with pytest.raises(SystemExit, match="bookworm"):
        debian_sources("https://a.example/debian|trixie|main\n")


@pytest.mark.parametrize("name", ["https_proxy", "NO_PROXY", "PIP_INDEX_URL", "SSL_CERT_FILE", "GOPROXY"])
def test_what_reaches_the_registries_is_lent(name):
    assert LENT.fullmatch(name)


@pytest.mark.parametrize(
    "name", ["PATH", "HOME", "PYTHONPATH", "MOTCUA_JUDGES", "MOTCUA_DATABASE_URL", "AWS_SECRET"]
)
def test_nothing_else_of_the_environment_goes_along(name):
    assert not LENT.fullmatch(name)


@pytest.mark.parametrize(
    ("closing", "bad"),
    [
        ("== 3 passed in 1.20s ==", 0),
        ("= 2 failed, 1204 passed, 3 skipped, 33 errors in 812.12s (0:13:32) =", 35),
        ("1 failed, 1 error in 0.1s", 2),
        ("no tests ran", None),
    ],
)
def test_failures_and_errors_are_counted_from_the_closing_line(closing, bad):
    assert bad_tests(f"tests/a.py ..\n{closing}\n=== gates\n") == bad


def test_a_command_that_fails_breaks_its_goal():
    states = [
        goal.state for goal in goals([Run("demo", 0, 1.0, ""), Run("test", 1, 1.0, "1 failed in 1.0s\n")])
    ]
    assert states == ["held", "broken", "broken"]
