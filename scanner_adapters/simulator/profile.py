"""How a simulated machine behaves when nothing goes wrong: what it offers, how fast it is, its bad habits."""

from dataclasses import dataclass

COLORS = ("BlackAndWhite1", "Grayscale8", "RGB24")
CAPACITY = 50  # sheets
FORMATS = ("image/jpeg", "image/png", "application/pdf")
UUID = "6d6f7463-7561-4d43-8a5e-000000000001"


@dataclass(frozen=True)
class Profile:
    """One make of machine.

    Args:
        seconds_per_page: how long one page takes; `warm_up_seconds` come before the first.
        names_pages: does it send Content-Location with each page?
        counts_ahead: does ImagesCompleted run ahead of what was handed over?
        end_code: what it answers when there is no more page.
        forgets: how often it answers `forget_code` and does not list the job, after each page.
        puts_off: how often it answers 503 before each page.
        host: what it wants in the Host header: "localhost", "port" or nothing.
        empty_is_jam: accepts a job without paper and then tells of a jam.
        delete_harms: a deleted job takes it down.
        delivers_dpi: what it really does at most; 0 for what it is told.
        open_end: the job runs until it is deleted.
        empty_end: the end is a 200 without a body, and the job runs on.
        backs_turned: backs come upside down.
        refills: is the feeder full again after each job?
        formats: the types of file it offers.
        capacity: sheets that its feeder takes in one job.
    """

    make_model: str = "Motcua Simulated Scanner"
    serial: str = "SIM-0001"
    uuid: str = UUID
    has_platen: bool = True
    has_feeder: bool = True
    has_duplex: bool = True
    resolutions: tuple[int, ...] = (75, 100, 150, 200, 300, 600)
    seconds_per_page: float = 0.0
    warm_up_seconds: float = 0.0
    names_pages: bool = True
    counts_ahead: bool = False
    end_code: int = 404
    forgets: int = 0
    forget_code: int = 404
    puts_off: int = 0
    host: str = ""
    empty_is_jam: bool = False
    delete_harms: bool = False
    delivers_dpi: int = 0
    open_end: bool = False
    empty_end: bool = False
    backs_turned: bool = False
    refills: bool = True
    formats: tuple[str, ...] = FORMATS
    capacity: int = CAPACITY


# The machines of quirks.toml, by the name in its `profile` column.
PROFILES = {
    "plain": Profile(),
    "brother": Profile("Brother MFC-L2710DW", forgets=1),
    "hp-localhost": Profile("HP Color LaserJet FlowMFP M578", host="localhost"),
    "epson-port": Profile("EPSON ET-2850 Series", host="port"),
    "canon-empty-is-jam": Profile("Canon MF410 Series", empty_is_jam=True),
    "xerox-forgets": Profile("Xerox B205", forgets=2, forget_code=410, delete_harms=True),
    "xerox-410": Profile("Xerox WorkCentre 3345", forgets=1, forget_code=410),
    "canon-600-is-300": Profile("Canon iR2625", delivers_dpi=300),
    "kyocera-open-end": Profile("Kyocera ECOSYS M5521cdw", open_end=True),
    "epson-backs": Profile("EPSON WF-3520 Series", host="port", backs_turned=True),
    "hp-slow": Profile("HP LaserJet MFP M28w", puts_off=40),
    "epson-empty-end": Profile("EPSON ET-4750 Series", host="port", empty_end=True),
}
