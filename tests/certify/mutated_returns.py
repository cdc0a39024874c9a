"""Everything that a signing program, or who stands between, might give back instead of what it should.

Each mutant is made from a file that was handed out and from what a good program returns of it. None may be
taken in, whatever it is refused for.
"""

import io
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pikepdf
from pyhanko.pdf_utils import generic
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.fields import append_signature_field as append_field

from certify.field_names import ARCHIVE_FIELD
from certify.signing.pending import RevisionWriter
from certify.signing.trust import Credentials
from tests.certify import attacks
from tests.signing_program import OFFICERS_PLACE, Way, sign

SEED = 20261130
BITS = 24
name, Dictionary, Array = generic.NameObject, generic.DictionaryObject, generic.ArrayObject


@dataclass(frozen=True)
class Handing:
    """What went out, how a good program signs it, what came back of it, and who else holds a key."""

    handed: bytes
    way: Way
    good: bytes
    signer: Credentials
    stranger: Credentials
    others: bytes  # what came back of another copy


Mutants = Callable[[Handing], Iterator[bytes]]


# what else the program does in its own revision, or somebody in one before or behind it -----------------


def script(writer):
    action = Dictionary({name("/S"): name("/JavaScript"), name("/JS"): generic.pdf_string("app.alert(1)")})
    writer.root[name("/OpenAction")] = writer.add_object(action)
    writer.update_root()


def named_script(writer):
    action = Dictionary({name("/S"): name("/JavaScript"), name("/JS"): generic.pdf_string("app.alert(1)")})
    named = Dictionary({name("/Names"): Array([generic.pdf_string("a"), writer.add_object(action)])})
    writer.root[name("/Names")] = Dictionary({name("/JavaScript"): named})
    writer.update_root()


def attachment(writer):
    stream = writer.add_object(generic.StreamObject(stream_data=b"hidden"))
    spec = Dictionary({name("/Type"): name("/Filespec"), name("/EF"): Dictionary({name("/F"): stream})})
    writer.root[name("/AF")] = Array([writer.add_object(spec)])
    writer.update_root()


def layers(writer):
    writer.root[name("/OCProperties")] = Dictionary({name("/OCGs"): Array(), name("/D"): Dictionary()})
    writer.update_root()


def of_root(key, value):
    def change(writer):
        writer.root[name(key)] = value
        writer.update_root()

    change.__name__ = f"of_root_{key[1:]}"
    return change


def of_form(key, value):
    def change(writer):
        form = writer.root["/AcroForm"]
        form[name(key)] = value
        writer.update_container(form)

    change.__name__ = f"of_form_{key[1:]}"
    return change


def of_page(number, key, value):
    def change(writer):
        reference, _ = writer.find_page_for_modification(number)
        reference.get_object()[name(key)] = value
        writer.mark_update(reference)

    change.__name__ = f"of_page_{number}_{key[1:]}"
    return change


def other_content(number):
    def change(writer):
        reference, _ = writer.find_page_for_modification(number)
        stream = generic.StreamObject(stream_data=b"1 0 0 rg 100 100 200 200 re f")
        reference.get_object()[name("/Contents")] = writer.add_object(stream)
        writer.mark_update(reference)

    change.__name__ = f"other_content_{number}"
    return change


def rewritten_content(writer):
    """The same object number, and invisible to whoever looks at the page alone."""
    reference, _ = writer.find_page_for_modification(0)
    raw = reference.get_object().raw_get("/Contents")
    old = raw.get_object()
    old._data = old.data + b"\nBT 3 Tr ET"
    old._encoded_data = None
    writer.mark_update(raw)


def note(number):
    def change(writer):
        shown = Dictionary(
            {
                name("/Type"): name("/Annot"),
                name("/Subtype"): name("/FreeText"),
                name("/Rect"): Array(generic.NumberObject(at) for at in (50, 50, 200, 90)),
                name("/Contents"): generic.pdf_string("hết hiệu lực"),
                name("/DA"): generic.pdf_string("/F1 12 Tf"),
            }
        )
        writer.register_annotation(writer.find_page_for_modification(number)[0], writer.add_object(shown))

    change.__name__ = f"note_{number}"
    return change


def text_field(writer):
    field = Dictionary(
        {
            name("/FT"): name("/Tx"),
            name("/T"): generic.pdf_string("GhiChu"),
            name("/V"): generic.pdf_string("x"),
            name("/Subtype"): name("/Widget"),
            name("/Rect"): Array(generic.NumberObject(at) for at in (50, 50, 200, 90)),
        }
    )
    made = writer.add_object(field)
    form = writer.root["/AcroForm"]
    form["/Fields"].append(made)
    writer.update_container(form)
    writer.register_annotation(writer.find_page_for_modification(0)[0], made)


def second_field(writer):
    append_field(writer, SigFieldSpec("Signature2", on_page=0, box=(40, 40, 90, 90)))


def one_page_more(writer):
    old = writer.find_page_for_modification(0)[0].get_object()
    pages = writer.root["/Pages"]
    page = Dictionary({key: old.raw_get(key) for key in old if key != "/Annots"})
    pages["/Kids"].append(writer.add_object(page))
    pages[name("/Count")] = generic.NumberObject(len(pages["/Kids"]))
    writer.update_container(pages)


def one_page_less(writer):
    pages = writer.root["/Pages"]
    kids = pages["/Kids"]
    pages[name("/Kids")] = Array(kids.raw_get(at) for at in range(1, len(kids)))
    pages[name("/Count")] = generic.NumberObject(len(pages["/Kids"]))
    writer.update_container(pages)


def pages_swapped(writer):
    pages = writer.root["/Pages"]
    kids = pages["/Kids"]
    raws = [kids.raw_get(at) for at in range(len(kids))]
    pages[name("/Kids")] = Array([raws[1], raws[0], *raws[2:]])
    writer.update_container(pages)


def metadata(writer):
    stream = generic.StreamObject(stream_data=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>")
    stream[name("/Type")], stream[name("/Subtype")] = name("/Metadata"), name("/XML")
    writer.root[name("/Metadata")] = writer.add_object(stream)
    writer.update_root()


def title(writer):
    told = Dictionary({name("/Title"): generic.pdf_string("Khác")})
    writer.set_info(writer.add_object(told))


def validation_data(writer):
    writer.root[name("/DSS")] = writer.add_object(Dictionary({name("/Certs"): Array()}))
    writer.update_root()


def of_agencys_field(key, value):
    def change(writer):
        fields = writer.root["/AcroForm"]["/Fields"]
        for at in range(len(fields)):
            field = fields[at]
            if "/Lock" in field or str(field["/T"]).startswith("KyCoQuan"):
                if value is None:
                    del field[key]
                else:
                    field[name(key)] = value
                writer.mark_update(fields.raw_get(at))

    change.__name__ = f"of_agencys_field_{key[1:]}"
    return change


LOOSE = Dictionary(
    {name("/Type"): name("/SigFieldLock"), name("/Action"): name("/All"), name("/P"): generic.NumberObject(3)}
)
SOME = Dictionary(
    {name("/Type"): name("/SigFieldLock"), name("/Action"): name("/Include"), name("/Fields"): Array()}
)
MEDDLINGS: tuple[Callable, ...] = (
    *(script, named_script, attachment, layers, rewritten_content, text_field, second_field, title),
    *(one_page_more, one_page_less, pages_swapped, metadata, validation_data),
    *(other_content(0), other_content(-1), note(0), note(-1)),
    of_root("/Lang", generic.pdf_string("en")),
    of_root("/PageLabels", Dictionary()),
    of_root("/ViewerPreferences", Dictionary({name("/HideMenubar"): generic.BooleanObject(value=True)})),
    of_root("/MarkInfo", Dictionary({name("/Marked"): generic.BooleanObject(value=True)})),
    of_root("/OutputIntents", Array()),
    of_root("/AA", Dictionary()),
    of_root("/Outlines", Dictionary()),
    of_form("/NeedAppearances", generic.BooleanObject(value=True)),
    of_form("/XFA", generic.pdf_string("<x/>")),
    of_form("/DR", Dictionary()),
    of_form("/CO", Array()),
    of_page(0, "/Rotate", generic.NumberObject(180)),
    of_page(0, "/MediaBox", Array(generic.NumberObject(at) for at in (0, 0, 300, 300))),
    of_page(-1, "/CropBox", Array(generic.NumberObject(at) for at in (0, 400, 595, 842))),
    of_page(0, "/UserUnit", generic.NumberObject(2)),
    of_page(0, "/AA", Dictionary()),
    of_page(0, "/Resources", Dictionary()),
    of_page(-1, "/Tabs", name("/S")),
    of_agencys_field("/Lock", LOOSE),
    of_agencys_field("/Lock", SOME),
    of_agencys_field("/Lock", None),
    of_agencys_field("/T", generic.pdf_string("KyCoQuan9")),
    of_agencys_field("/F", generic.NumberObject(2)),
    of_agencys_field("/Rect", Array(generic.NumberObject(at) for at in (10, 10, 60, 60))),
    of_agencys_field("/A", Dictionary({name("/S"): name("/URI"), name("/URI"): generic.pdf_string("https://evil.example")})),
)  # fmt: skip


TIDIED = "of_form_NeedAppearances"  # what pyHanko takes away when it signs


def in_its_own_revision(told: Handing) -> Iterator[bytes]:
    for meddling in (one for one in MEDDLINGS if one.__name__ != TIDIED):
        yield from _made(
            lambda m=meddling: sign(told.handed, told.signer, told.way.but(meddles=m, letters=False))
        )


def in_a_revision_before(told: Handing) -> Iterator[bytes]:
    for meddling in MEDDLINGS:
        yield from _made(
            lambda m=meddling: sign(updated(told.handed, m), told.signer, told.way.but(letters=False))
        )


def in_a_revision_behind(told: Handing) -> Iterator[bytes]:
    for meddling in MEDDLINGS:
        yield updated(told.good, meddling)


def updated(pdf: bytes, change: Callable) -> bytes:
    out = io.BytesIO(pdf)
    writer = RevisionWriter(out)
    change(writer)
    writer.write_in_place()
    return out.getvalue()


def _made(make: Callable[[], bytes]) -> Iterator[bytes]:
    """What the program itself refuses to make is no mutant."""
    try:
        yield make()
    except Exception:  # noqa: BLE001 pyHanko's own refusals are of many kinds
        return


# another signature, or more than one ----------------------------------------------------------------


LOCKING = (
    ("field_mdp_spec", FieldMDPSpec(FieldMDPAction.ALL)),
    ("doc_mdp_update_value", MDPPerm.NO_CHANGES),
)


def signed_otherwise(told: Handing) -> Iterator[bytes]:
    ways = [
        told.way.but(stamped=False),
        told.way.but(subfilter=SigSeedSubFilter.ADOBE_PKCS7_DETACHED),
        told.way.but(embeds=False),
        Way(own=ARCHIVE_FIELD),
        Way(own="Ky.Con"),
        Way(own="Signature1", page=0),
        Way(own="Signature1", box=(60, 600, 500, 800)),  # over what is printed
        Way(own="Signature1", box=(0, 0, 595, 842)),
        Way(own="Signature1", box=(90, 514, 250, 568)),  # over the agency's place
        Way(certifies=MDPPerm.FILL_FORMS),
        Way(certifies=MDPPerm.ANNOTATE),
        Way(more=LOCKING),
        *(told.way.but(certifies=one) for one in (MDPPerm.NO_CHANGES, MDPPerm.ANNOTATE)),
    ]  # fmt: skip
    if told.way.field:
        ways += [Way(), told.way.but(certifies=None)] if told.way.certifies else [Way()]
        ways += [told.way.but(field=other) for other in ("KyCoQuan", "KyCaNhan", "KyCoQuanKhoa")]
    else:
        ways += [Way(field="KyCoQuanKhoa"), Way(box=(0, 0, 0, 0))]
    for way in ways:
        if way != told.way:
            yield from _made(lambda w=way: sign(told.handed, told.signer, w))


def signed_by_another(told: Handing) -> Iterator[bytes]:
    yield sign(told.handed, told.stranger, told.way)


def signed_twice(told: Handing) -> Iterator[bytes]:
    second = Way(own="Signature2", box=OFFICERS_PLACE)
    for who in (told.signer, told.stranger):
        yield from _made(lambda w=who: sign(told.good, w, second))
        yield from _made(lambda w=who: sign(sign(told.handed, w, second), told.signer, told.way))


def stale_and_replayed(told: Handing) -> Iterator[bytes]:
    """Of another copy, the file itself, two of them, and half of each."""
    yield told.others
    yield told.handed
    yield told.good + told.others
    yield told.handed + told.good[len(told.handed) :] * 2
    yield told.handed + told.others[-(len(told.good) - len(told.handed)) :]
    yield told.others[: len(told.handed)] + told.good[len(told.handed) :]


def saved_anew(told: Handing) -> Iterator[bytes]:
    for options in ({}, {"linearize": True}, {"object_stream_mode": pikepdf.ObjectStreamMode.generate}):
        with pikepdf.open(io.BytesIO(told.good)) as pdf:
            out = io.BytesIO()
            pdf.save(out, **options)
            yield out.getvalue()


# bytes ------------------------------------------------------------------------------------------------


def cut(told: Handing) -> Iterator[bytes]:
    added = len(told.good) - len(told.handed)
    for part in (0.05, 0.3, 0.6, 0.9, 0.99):
        yield told.good[: len(told.handed) + int(part * added)]
    yield told.good[:-1]
    yield told.good[1:]
    yield b""


def prefix_changed(told: Handing) -> Iterator[bytes]:
    dice = random.Random(SEED)  # noqa: S311 -- a test that repeats
    for _ in range(BITS):
        place = dice.randrange(len(told.handed))
        yield attacks.with_byte(told.good, place, told.good[place] ^ (1 << dice.randrange(8)))


def bit_changed(told: Handing) -> Iterator[bytes]:
    dice = random.Random(SEED)  # noqa: S311 -- a test that repeats
    (start, end) = attacks.contents_of(told.good)[-1]
    for _ in range(BITS):
        place = dice.randrange(len(told.handed), len(told.good))
        if not start <= place < end:
            yield attacks.with_byte(told.good, place, told.good[place] ^ (1 << dice.randrange(8)))
    for place in (start + 1, (start + end) // 3, end - 2):
        yield attacks.with_byte(told.good, place, ord("1") if told.good[place] != ord("1") else ord("2"))


def forged(told: Handing) -> Iterator[bytes]:
    for attack in (*attacks.APPENDED, *attacks.UPDATES, *attacks.SIGNATURE_FORGERIES):
        yield from _made(lambda a=attack: a(told.good))


KINDS: tuple[Mutants, ...] = (
    *(in_its_own_revision, in_a_revision_before, in_a_revision_behind),
    *(signed_otherwise, signed_by_another, signed_twice, stale_and_replayed, saved_anew),
    *(cut, prefix_changed, bit_changed, forged),
)
