"""LEDM's table of contents: the discovery tree, the manifests it names, and the table of events."""

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from scanner_adapters.escl.elements import every, first, local, read_root, text_of

PLACE = "/DevMgmt/DiscoveryTree.xml"
KINDS = ("SupportedTree", "SupportedIfc", "SupportedFeature")
ESCL, SCAN, WALKUP, WALKUP_TO_COMPUTER = (
    "eSclManifest",
    "hpLedmScanJobManifest",
    "hpCnxWalkupScanManifest",
    "hpLedmWalkupScanToCompManifest",
)


@dataclass(frozen=True)
class Branch:
    """One thing a machine offers: where, and of which type, without its prefix."""

    path: str
    type: str


@dataclass(frozen=True)
class Resource:
    """One resource of an interface: its whole path, its type, what may be done with it."""

    path: str
    type: str
    verbs: tuple[str, ...]


@dataclass(frozen=True)
class Manifest:
    """An interface: the namespace it speaks, its root, what lies below."""

    namespace: str
    root: str
    resources: tuple[Resource, ...]


@dataclass(frozen=True)
class Event:
    """Something that happened: which, at which mark of the machine's own clock, and what it is about."""

    category: str
    stamp: str
    about: tuple[Branch, ...]


def parse_tree(text: bytes) -> tuple[Branch, ...]:
    """Everything the machine offers. Raises: ScanFault PROTOCOL."""
    root = read_root(text, "DiscoveryTree")
    return tuple(
        Branch(
            text_of(told, "ManifestURI") or text_of(told, "ResourceURI"), _type(text_of(told, "ResourceType"))
        )
        for told in root
        if local(told) in KINDS
    )


def path_of(tree: tuple[Branch, ...], kind: str) -> str:
    """Where the interface of this type has its manifest; empty when the machine has none such."""
    return next((branch.path for branch in tree if branch.type == kind), "")


def parse_manifest(text: bytes) -> Manifest:
    """What one interface consists of. Raises: ScanFault PROTOCOL."""
    root = read_root(text, "Manifest")
    tops = first(root, "ResourceMap")
    base = text_of(tops, "ResourceLink", "ResourceURI")
    namespace = next((told.text or "" for told in every(root, "InterfaceNamespace")), "").strip()
    return Manifest(namespace, base, tuple(_below(tops, base)) if tops is not None else ())


def parse_events(text: bytes) -> tuple[Event, ...]:
    """What happened, oldest first as the machine tells it. Raises: ScanFault PROTOCOL."""
    return tuple(
        Event(
            text_of(told, "UnqualifiedEventCategory"),
            text_of(told, "AgingStamp"),
            tuple(
                Branch(text_of(load, "ResourceURI"), _type(text_of(load, "ResourceType")))
                for load in every(told, "Payload")
            ),
        )
        for told in every(read_root(text, "EventTable"), "Event")
    )


def _below(here: Element, base: str) -> Iterator[Resource]:
    for node in here:
        if local(node) != "ResourceNode":
            continue
        path = base + text_of(node, "ResourceLink", "ResourceURI")
        kind = first(node, "ResourceType")
        named = next(((told.text or "").strip() for told in kind), "") if kind is not None else ""
        methods = first(node, "Methods")
        verbs = (
            tuple((verb.text or "").strip() for verb in every(methods, "Verb")) if methods is not None else ()
        )
        yield Resource(path, named, verbs)
        inner = first(node, "ResourceMap")
        if inner is not None:
            yield from _below(inner, path)


def _type(told: str) -> str:
    return told.rpartition(":")[2]
