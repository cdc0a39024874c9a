"""What the tests of digitizing share: a desk that takes orders, and sample pages as a scanner gives them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from digitize.words import own_reader
from scanner_adapters.simulator.papers import sheets
from scanner_adapters.simulator.papers.wear import Wear, wear_down
from tests.digitize.digitize_desk import Desk, Outcome

SEED = 7


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
def tesseract_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Our reader's weights are gone: Tesseract reads alone."""
    monkeypatch.setattr(own_reader, "WEIGHTS", tmp_path / "weights.onnx")
    own_reader.own_reader.cache_clear()
    yield
    own_reader.own_reader.cache_clear()


@pytest.fixture(scope="session")
def decision() -> sheets.Sheet:
    return sheets.decision(SEED)


@pytest.fixture(scope="session")
def worn(decision: sheets.Sheet, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """A decision as a scanner's JPEG after it suffered the wear named."""

    def make(suffix: str = ".jpg", **suffered: float) -> Path:
        image = wear_down(decision.image, Wear(**suffered), SEED)  # type: ignore[arg-type]
        name = "-".join(["decision", *(f"{key}{value}" for key, value in suffered.items())])
        return sheets.save(image, tmp_path_factory.mktemp("worn") / f"{name}{suffix}", 300)

    return make


@pytest.fixture(scope="session")
def note(decision: sheets.Sheet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The head of a decision, 68 mm high: for rules that need a page but no long reading."""
    return sheets.save(decision.image[:800], tmp_path_factory.mktemp("note") / "note.jpg", 300)


@pytest.fixture(scope="session")
def read_once(worn: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """A decision that lay a little tilted, digitized once for all tests that only look at it."""
    return Desk(tmp_path_factory.mktemp("once")).digitize(worn(skew_degrees=1.6, jpeg_quality=90))
