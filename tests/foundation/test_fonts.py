"""Where fonts are looked for."""

from pathlib import Path

from foundation.fonts import folders_at_home


def test_an_account_without_a_home_has_no_fonts_of_its_own(monkeypatch):
    def homeless(_=None):
        raise RuntimeError("Could not determine home directory.")

    assert all(folder.is_relative_to(Path.home()) for folder in folders_at_home())
    monkeypatch.setattr(Path, "home", homeless)
    assert folders_at_home() == ()
