"""Where a machine keeps its fonts."""

from pathlib import Path


def folders_at_home() -> tuple[Path, ...]:
    """Those of this account; none where nobody says which home is its own, as in a confined child."""
    try:
        home = Path.home()
    except RuntimeError:
        return ()
    return home / ".local/share/fonts", home / ".fonts"


FONT_FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), *folders_at_home())
