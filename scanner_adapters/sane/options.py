"""What a SANE device offers, read from the options that scanimage prints, and how it is asked in its words.

Backends name sources and modes as they please; the tables below say what the names mean (facts: scanners,
section 3.5). What no pattern knows is left out, never guessed.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from scanner_adapters.model import (
    ColorMode,
    FaultCode,
    ScanFault,
    ScanSettings,
    ScanSource,
    SourceCapabilities,
)

A4_MM = (210.0, 297.0)  # ISO 216
LINE = re.compile(r"^ {4}(?P<name>--[\w-]+|-[a-z])(?P<domain>.*?) \[(?P<now>.*?)\](?: \[[a-z-, ]+\])*$")
RANGE = re.compile(r"(-?\d+(?:\.\d+)?)\.\.(-?\d+(?:\.\d+)?)")
NOT_FOR_PAPER = re.compile(r"transparen|\btma\b|\btpu\b|slide|negative|film|card|back|rear", re.IGNORECASE)
SOURCE_NAMES: tuple[tuple[ScanSource, re.Pattern[str]], ...] = (
    (ScanSource.ADF_DUPLEX, re.compile(r"duplex|both sides|double", re.IGNORECASE)),
    (ScanSource.ADF, re.compile(r"adf|feeder|automatic doc", re.IGNORECASE)),
    (ScanSource.FLATBED, re.compile(r"flat ?bed|platen|glass|^normal$", re.IGNORECASE)),
)
MODE_NAMES: tuple[tuple[ColorMode, re.Pattern[str]], ...] = (
    (ColorMode.COLOR, re.compile(r"colou?r", re.IGNORECASE)),
    (ColorMode.GRAY, re.compile(r"^(true )?gr[ae]y", re.IGNORECASE)),
    (ColorMode.BW, re.compile(r"lineart|binary|black ?(&|and) ?white|monochrome", re.IGNORECASE)),
)
DITHERED = re.compile(r"\[error|halftone|diffusion|dither", re.IGNORECASE)
DUPLEX_SWITCHES: Mapping[str, str] = {"--adf-mode": "Duplex", "--duplex": "yes"}
MEDIA_TYPES: Mapping[ColorMode, str] = {
    ColorMode.BW: "image/png",
    ColorMode.GRAY: "image/jpeg",
    ColorMode.COLOR: "image/jpeg",
}


@dataclass(frozen=True)
class Option:
    """One option: the words it takes, or its least and most value; `now` is what stands there."""

    name: str
    words: tuple[str, ...] = ()
    reach: tuple[float, float] | None = None
    now: str = ""

    @property
    def is_active(self) -> bool:
        """May it be set now?"""
        return self.now != "inactive"


@dataclass(frozen=True)
class Wording:
    """Settings in the device's own words: what it will do, scanimage's arguments, the area where known."""

    effective: ScanSettings
    arguments: tuple[str, ...]
    area_mm: tuple[float, float] | None


def read_options(printed: str) -> Mapping[str, Option]:
    """The options by name, from `scanimage -A`; inactive ones are left out."""
    found = (LINE.match(line) for line in printed.splitlines())
    options = (_option(match) for match in found if match)
    return {option.name: option for option in options if option.is_active}


def source_words(options: Mapping[str, Option], told: Mapping[ScanSource, str]) -> Mapping[ScanSource, str]:
    """What the device calls each source; `told` by an administrator goes before the table.

    A device without a choice of sources has one, taken for the glass, under an empty name.
    """
    if "--source" not in options:
        return dict(told) or {ScanSource.FLATBED: ""}
    words = [word for word in options["--source"].words if not NOT_FOR_PAPER.search(word)]
    found: dict[ScanSource, str] = {}
    for word in words:
        for source, pattern in SOURCE_NAMES:
            if pattern.search(word):
                found.setdefault(source, word)
                break
    if ScanSource.ADF in found and _duplex_switch(options):
        found.setdefault(ScanSource.ADF_DUPLEX, found[ScanSource.ADF])
    return found | dict(told)


def can_do(source: ScanSource, options: Mapping[str, Option]) -> SourceCapabilities:
    """What a source can do, from the options printed while that source was chosen."""
    colors = tuple(_modes(options))
    resolution = options.get("--resolution")
    across, down = _reach(options, "-x"), _reach(options, "-y")
    return SourceCapabilities(
        source=source,
        colors=colors,
        media_types=tuple(sorted({MEDIA_TYPES[color] for color in colors})),
        resolutions=_offered(resolution),
        resolution_range=_whole(resolution.reach) if resolution and resolution.reach else None,
        largest_mm=(across[1], down[1]) if across and down else None,
    )


def word_for(
    settings: ScanSettings, options: Mapping[str, Option], sources: Mapping[ScanSource, str]
) -> Wording:
    """Say the settings in the device's words, in the order in which options depend on each other.

    Where the device offers another colour or resolution only, that is asked for and `effective` says so.
    Raises: ScanFault BAD_SETTINGS for a source that the device does not have.
    """
    if settings.source not in sources:
        raise ScanFault(FaultCode.BAD_SETTINGS, f"no {settings.source}")
    color, mode = _nearest_mode(settings.color, options)
    dpi = _nearest_dpi(settings.dpi, options.get("--resolution"))
    area = _area(options)
    arguments = [
        *_source_arguments(settings.source, options, sources),
        *mode,
        *((f"--resolution={dpi}",) if "--resolution" in options else ()),
        *(("-l", "0", "-t", "0", "-x", f"{area[0]:g}", "-y", f"{area[1]:g}") if area else ()),
    ]
    return Wording(replace(settings, color=color, dpi=dpi), tuple(arguments), area)


def _option(match: re.Match[str]) -> Option:
    name, domain, now = match["name"], match["domain"].strip(), match["now"]
    reach = RANGE.search(domain)
    if reach:
        return Option(name, reach=(float(reach[1]), float(reach[2])), now=now)
    if domain.startswith("[="):
        domain = domain.strip("[=()]")
    return Option(name, tuple(word for word in domain.split("|") if word not in ("", "auto")), now=now)


def _modes(options: Mapping[str, Option]) -> Iterator[ColorMode]:
    for color, _ in MODE_NAMES:
        if _mode_arguments(color, options) is not None:
            yield color


def _nearest_mode(color: ColorMode, options: Mapping[str, Option]) -> tuple[ColorMode, tuple[str, ...]]:
    """The colour asked for, else the one that keeps most: what is thrown away cannot be had back."""
    for offered in (color, ColorMode.COLOR, ColorMode.GRAY, ColorMode.BW):
        arguments = _mode_arguments(offered, options)
        if arguments is not None:
            return offered, arguments
    return color, ()


def _mode_arguments(color: ColorMode, options: Mapping[str, Option]) -> tuple[str, ...] | None:
    mode, depth = options.get("--mode"), options.get("--depth")
    if mode is None:
        return None
    word = _word_of(color, mode.words)
    bits = "1" if color is ColorMode.BW else "8"
    deep = (f"--depth={bits}",) if depth and bits in depth.words else ()
    if word is not None:
        return (f"--mode={word}", *deep)
    gray = _word_of(ColorMode.GRAY, mode.words)
    return (f"--mode={gray}", *deep) if color is ColorMode.BW and gray and deep else None


def _word_of(color: ColorMode, words: tuple[str, ...]) -> str | None:
    pattern = next(pattern for known, pattern in MODE_NAMES if known is color)
    found = [word for word in words if pattern.search(word) and not DITHERED.search(word)]
    return min(found, key=len, default=None)  # `24bit Color` before `24bit Color[Fast]`


def _nearest_dpi(dpi: int, option: Option | None) -> int:
    if option is None:
        return dpi
    if option.reach:
        least, most = _whole(option.reach)
        return min(max(dpi, least), most)
    offered = _offered(option)
    return min((one for one in offered if one >= dpi), default=max(offered, default=dpi))


def _source_arguments(
    source: ScanSource, options: Mapping[str, Option], sources: Mapping[ScanSource, str]
) -> tuple[str, ...]:
    word = sources[source]
    named = (f"--source={word}",) if word else ()
    switch = _duplex_switch(options)
    if switch is None or source not in (ScanSource.ADF, ScanSource.ADF_DUPLEX):
        return named
    simplex = {"--adf-mode": "Simplex", "--duplex": "no"}[switch]
    return (*named, f"{switch}={DUPLEX_SWITCHES[switch] if source is ScanSource.ADF_DUPLEX else simplex}")


def _duplex_switch(options: Mapping[str, Option]) -> str | None:
    known = (
        name for name, word in DUPLEX_SWITCHES.items() if name in options and word in options[name].words
    )
    return next(known, None)


def _area(options: Mapping[str, Option]) -> tuple[float, float] | None:
    across, down = _reach(options, "-x"), _reach(options, "-y")
    return (min(A4_MM[0], across[1]), min(A4_MM[1], down[1])) if across and down else None


def _reach(options: Mapping[str, Option], name: str) -> tuple[float, float] | None:
    return options[name].reach if name in options else None


def _offered(option: Option | None) -> tuple[int, ...]:
    numbers = (re.match(r"\d+", word) for word in option.words) if option else ()
    return tuple(sorted({int(number[0]) for number in numbers if number}))


def _whole(reach: tuple[float, float]) -> tuple[int, int]:
    return int(reach[0]), int(reach[1])
