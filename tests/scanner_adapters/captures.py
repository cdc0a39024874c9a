"""What real machines told and delivered, each file with its values as read off by hand."""

from pathlib import Path

import pytest

from scanner_adapters.asking.ledm import LedmPage
from scanner_adapters.asking.tickets import Asked, ImageInfo
from scanner_adapters.asking.walkup import Destination, WalkupCapabilities
from scanner_adapters.escl.status import Standing
from scanner_adapters.model import ColorMode, FaultCode, ScanSettings, ScanSource
from tests.conftest import ROOT, skip_for_want_of

CAPTURES = ROOT.parent / "shared" / "corpora" / "scanner-captures"
GO = CAPTURES / "go-mfp" / "internal" / "testutils" / "data"
HP = CAPTURES / "node-hp-scan-to" / "test" / "asset"
RAW = HP / "produced" / "eSCL"
NO_CAPTURES = ("LICENSE", "SOURCE.txt")

GLASS, ADF, DUPLEX = ScanSource.FLATBED, ScanSource.ADF, ScanSource.ADF_DUPLEX
BW, GRAY, COLOR = ColorMode.BW, ColorMode.GRAY, ColorMode.COLOR
ALL = {BW, GRAY, COLOR}
FINE = (75, 150, 200, 240, 300, 400, 500, 600)
LEDM_GLASS = (75, 100, 150, 200, 300, 400, 600, 1200)
LEDM_ADF = (75, 100, 150, 200, 300)
WIDE = (2550, 3508)

# File: make, serial, then per source its colours, resolutions, width and height in 1/300 inch.
MACHINES = {
    GO / "HP-LaserJet-MFP-M426fdn-ScannerCapabilities.xml": (
        ("HP LaserJet MFP M426fdn", "PHBLL6F5GB"),
        {
            GLASS: ({GRAY, COLOR}, (75, 200, 300, 600, 1200), WIDE),
            ADF: ({GRAY, COLOR}, (75, 200, 300), (2550, 4500)),
            DUPLEX: ({GRAY, COLOR}, (75, 200, 300), (2550, 4500)),
        },
    ),
    GO / "Kyocera-ECOSYS-M2040dn-ScannerCapabilities.xml": (
        ("Kyocera ECOSYS M2040dn", "VCF9192281"),
        {
            GLASS: (ALL, (200, 300, 400, 600), (2551, 3508)),
            ADF: (ALL, (200, 300, 400, 600), (2551, 4205)),
            DUPLEX: (ALL, (200, 300, 400, 600), (2551, 4205)),
        },
    ),
    GO / "Xerox-B235-ScannerCapabilities.xml": (
        ("Xerox(R) B235 MFP", "34004H030206H"),
        {
            GLASS: (ALL, (75, 150, 200, 300, 400, 600), WIDE),
            ADF: (ALL, (75, 150, 200, 300, 400, 600), (2550, 4200)),
        },
    ),
    HP / "eSCL_ScannerCapabilities_Simplex.xml": (
        ("Smart Tank Plus 570 series", "CN19E4S0VQ"),
        {
            GLASS: (ALL, (75, 100, 150, 200, 300, 400, 600, 1200), WIDE),
            ADF: (ALL, (75, 100, 150, 200, 300), (2550, 4200)),
        },
    ),
    HP / "eSCL_ScannerCapabilities_Duplex.xml": (
        ("HP ScanJet Pro 4500 fn1", "CN5BPA6017"),
        {
            GLASS: (ALL, (*FINE, 1200), (2550, 4200)),
            ADF: (ALL, FINE, (2550, 36600)),
            DUPLEX: (ALL, FINE, (2550, 4200)),
        },
    ),
}

# The same over LEDM, which tells no serial.
LEDM_MACHINES = {
    HP / "ScanCaps_no_adf.xml": (
        "ENVY Photo 6200 All-in-One Printer series",
        {GLASS: (ALL, LEDM_GLASS, WIDE)},
    ),
    HP / "ScanCaps_only_adf.xml": ("xxxx", {ADF: (ALL, (75, 100, 200, 300, 600), (2550, 5100))}),
    HP / "ScanCaps_with_adf.xml": (
        "Smart Tank Plus 570 series",
        {GLASS: (ALL, LEDM_GLASS, WIDE), ADF: (ALL, LEDM_ADF, (2550, 4200))},
    ),
    HP / "ScanCaps_with_duplex_adf.xml": (
        "HP OfficeJet Pro 9010 series",
        {
            GLASS: (ALL, LEDM_GLASS, (2550, 3534)),
            ADF: (ALL, LEDM_ADF, (2550, 4200)),
            DUPLEX: (ALL, LEDM_ADF, WIDE),
        },
    ),
}

# The same over WSD, which tells sizes in 1/1000 inch; this machine tells them lying on their side.
KYOCERA_WSD = (ALL, (200, 300, 400, 600), (14016, 8504))
WSD_MACHINES = {
    GO / "Kyocera-ECOSYS-M2040dn-WSD-GetScannerElementsResponse.xml": (
        "ECOSYS M2040dn",
        {GLASS: KYOCERA_WSD, ADF: KYOCERA_WSD, DUPLEX: KYOCERA_WSD},
    )
}

# File: make, id, colours, dpi, trays, sides, papers in mm as the names in media-supported tell them.
INCH = 25.4
PRINTERS = {
    GO / "Kyocera-ECOSYS-M2040dn-Printer-Attributes.ipp": (
        ("Kyocera ECOSYS M2040dn", "4509a320-00a0-008f-00b6-002507510eca"),
        ("monochrome", "auto", "auto-monochrome"),
        ((600, 600),),
        ("auto", "by-pass-tray", "tray-1"),
        ("one-sided", "two-sided-short-edge", "two-sided-long-edge"),
        [
            *((210, 297), (148, 210), (105, 148), (176, 250), (8.5 * INCH, 14 * INCH)),
            *((8.5 * INCH, 11 * INCH), (7.25 * INCH, 10.5 * INCH), (5.5 * INCH, 8.5 * INCH), (162, 229)),
            *((114, 162), (110, 220), (3.875 * INCH, 7.5 * INCH), (182, 257), (128, 182), (105, 235)),
            *((100, 148), (148, 200), (7.75 * INCH, 10.75 * INCH), (8.5 * INCH, 13 * INCH)),
            *((4.125 * INCH, 9.5 * INCH), (3.875 * INCH, 8.875 * INCH), (3.625 * INCH, 6.5 * INCH)),
            (210, 330),
        ],
    ),
    GO / "Xerox-B235-Printer-Attributes.ipp": (
        ("Xerox(R) B235 MFP", "67bbb526-3a17-474f-a567-2ca5f6156613"),
        ("auto", "monochrome", "auto-monochrome"),
        ((300, 300), (600, 600)),
        ("auto", "envelope", "manual", "tray-1"),
        ("one-sided", "two-sided-long-edge", "two-sided-short-edge"),
        [
            *((3.875 * INCH, 7.5 * INCH), (3.875 * INCH, 8.875 * INCH), (4.125 * INCH, 9.5 * INCH)),
            *((176, 250), (162, 229), (110, 220), (8.5 * INCH, 11 * INCH), (182, 257), (100, 148)),
            *((210, 297), (148, 210), (8.5 * INCH, 13 * INCH), (5.5 * INCH, 8.5 * INCH)),
            *((8.5 * INCH, 13.4 * INCH), (105, 148), (216, 356), (8.5 * INCH, 14 * INCH)),
            (7.25 * INCH, 10.5 * INCH),
        ],
    ),
}

DONE, RUNNING = Standing.COMPLETED, Standing.RUNNING
URN = "urn:uuid:4509a320-00a0-008f-00b6-00559a327d"

# File: state, feeder, then per job its name, standing and count.
STATUSES = {
    GO / "HP-LaserJet-MFP-M426fdn-ScannerStatus.xml": (
        "Idle",
        "empty",
        [("1005", DONE, 1), ("1004", DONE, 1)],
    ),
    GO / "Kyocera-ECOSYS-M2040dn-ScannerStatus.xml": (
        "Processing",
        "processing",
        [(f"{URN}32", RUNNING, 0), *((f"{URN}{end}", DONE, 1) for end in ("31", "30", "2f", "07"))],
    ),
    HP / "eSCL_ScannerStatus_loaded.xml": ("Idle", "loaded", [("1", DONE, 2)]),
    HP / "eSCL_ScannerStatus_empty.xml": ("Idle", "empty", []),
    HP / "eSCL_ScannerStatus_empty_570.xml": (
        "Idle",
        "empty",
        [
            ("f6f17dc4-536e-4bcb-b622-5d25bb6880be", DONE, 1),
            ("4079bb49-d84d-4e6f-b093-c1aa5382541a", DONE, 2),
        ],
    ),
    HP / "eSCL_ScannerStatus_processing.xml": ("Processing", "empty", [("2", RUNNING, 1), ("1", DONE, 2)]),
    HP / "eSCL_ScannerStatus_completed.xml": ("Processing", "empty", [("2", DONE, 2), ("1", DONE, 2)]),
}
LEDM_STATUSES = {HP / "scanStatus.xml": ("Idle", "loaded"), HP / "scanStatus_no_adf.xml": ("Idle", "")}
LEDM_JOBS = {
    HP / "job_processing.xml": (
        RUNNING,
        LedmPage(1, "PreparingScan", "/Scan/Jobs/2/Pages/1", 1654, 2338, 4962),
    ),
    HP / "job_completed.xml": (DONE, LedmPage(1, "UploadCompleted", lines=2294)),
}

A4 = (0, 0, 2481, 3507)
ORDERS = {
    HP / "300_dpi_job.xml": Asked(ScanSettings(ADF, COLOR, 300), "image/jpeg", A4),
    HP / "adf_duplex_job.xml": Asked(ScanSettings(DUPLEX, COLOR, 200), "image/jpeg", A4),
    HP / "adf_simplex_custom_job.xml": Asked(ScanSettings(ADF, COLOR, 200), "image/jpeg", (0, 0, 1000, 4000)),
    HP / "adf_simplex_job.xml": Asked(ScanSettings(ADF, COLOR, 200), "image/jpeg", A4),
    HP / "eSCL_ScanJob_adf_duplex_job.xml": Asked(
        ScanSettings(DUPLEX, COLOR, 200), "image/jpeg", (0, 0, 2550, 4200)
    ),
    HP / "eSCL_ScanJob_platen.xml": Asked(ScanSettings(GLASS, COLOR, 600), "image/jpeg", A4),
    HP / "eSCL_ScanJob_platen_other_not_used.xml": Asked(
        ScanSettings(GLASS, COLOR, 600), "application/pdf", A4
    ),
    HP / "eSCL_ScanJob_post.xml": Asked(ScanSettings(DUPLEX, COLOR, 200), "image/jpeg", (0, 0, 2550, 4200)),
}
IMAGE_INFOS = {HP / "eSCL_ScanImageInfo.xml": ImageInfo("/eSCL/ScanJobs/2", 1700, 2420, 5248)}

# File: how many branches, then the manifests of eSCL, scanning, walk-up scanning, walk-up to a computer.
TREES = {
    HP / "discoveryTree.xml": (
        46,
        ("/eSCL/eSclManifest.xml", "/Scan/ScanJobManifest.xml", ""),
        "/WalkupScanToComp/WalkupScanToCompManifest.xml",
    ),
    HP / "discoveryTree2.xml": (
        46,
        ("", "/Scan/ScanJobManifest.xml", "/WalkupScan/WalkupScanManifest.xml"),
        "",
    ),
    HP / "discoveryTree3.xml": (
        12,
        ("/eSCL/eSclManifest.xml", "", ""),
        "/WalkupScanToComp/WalkupScanToCompManifest.xml",
    ),
}

# File: root, then each resource below it, as the verbs that it takes.
ESCL_JOB = "/ScanJobs/{scan-job-id}"
ESCL_MANIFEST = {
    "/ScannerCapabilities": "Get",
    "/ScannerStatus": "Get",
    "/ScanBufferInfo": "Put",
    "/ScanJobs": "Post",
    ESCL_JOB: "Delete",
    f"{ESCL_JOB}/NextDocument": "Get",
    f"{ESCL_JOB}/ScanImageInfo": "Get",
}
SCAN_MANIFEST = {"/ScanCaps": "Get", "/Status": "Get", "/SPF": "Get", "/Jobs": "Post", "/BufferInfo": "Put"}
MANIFESTS = {
    HP / "EsclManifest1_ScanJet_Pro_4500.xml": ("/eSCL", ESCL_MANIFEST),
    HP / "EsclManifest_tank_570.xml": ("/eSCL", ESCL_MANIFEST | {"/eSCLConfig": "Get Put"}),
    HP / "EsclManifest_widePro_477.xml": ("/eSCL", ESCL_MANIFEST | {"/eSCLConfig": "Get Put"}),
    HP / "scanJobManifest.xml": ("/Scan", SCAN_MANIFEST),
    HP / "scanJobManifest2.xml": ("/Scan", SCAN_MANIFEST),
    HP / "walkupScanManifest.xml": (
        "/WalkupScan",
        {"/WalkupScanDestinations": "Get Post", "/WalkupScanDestinations/{dd:UUID}": "Get Delete"},
    ),
    HP / "walkupScanToCompManifest.xml": (
        "/WalkupScanToComp",
        {
            "/WalkupScanToCompCaps": "Get",
            "/WalkupScanToCompDestinations": "Get Post",
            "/WalkupScanToCompDestinations/{dd:UUID}": "Get Delete",
            "/WalkupScanToCompEvent": "Get",
        },
    ),
}

# File: each event with its mark and the last parts of what it is about.
EVENTS = {
    HP / "eventTable.xml": [
        ("DeviceCapabilitiesChanged", "139-1", []),
        ("PowerUpEvent", "163-1", []),
        ("AlertTableChanged", "164-9", []),
        ("JobEvent", "164-11", []),
        ("ScanEvent", "164-12", ["1cb3125d-7bde-1f09-8da2-2c768ab21113"]),
    ],
    HP / "eventTableComp.xml": [
        ("DeviceCapabilitiesChanged", "1-16", []),
        ("AlertTableChanged", "10-123", ["ProductStatusDyn.xml"]),
        ("JobEvent", "10-456", []),
        ("ScanEvent", "10-457", ["ab60a563-5a97-4386-bd36-ec63cbbff933", "WalkupScanToCompEvent"]),
    ],
}
OLD = "/WalkupScan/WalkupScanDestinations/"
NEW = "/WalkupScanToComp/WalkupScanToCompDestinations/"
DESTINATIONS = {
    HP / "walkupScanDestination_with_ScanPlexMode.xml": [
        Destination(
            *("LAPTOP-BSHRTBV8", "LAPTOP-BSHRTBV8"),
            f"http://192.168.1.7:8080{OLD}1cb3125d-7bde-1f09-8da2-2c768ab21113",
            *("SavePDF", "Simplex"),
        )
    ],
    HP / "walkupScanDestination_with_ScanPlexMode_Duplex.xml": [
        Destination(
            *("LAPTOP-7ITVHH2O", "LAPTOP-7ITVHH2O"),
            f"{NEW}7845bc9f-46e5-4011-8a2c-482364ffd6c7",
            *("SavePDF", "Duplex"),
        )
    ],
    HP / "walkupScanDestination_with_shortcut_SaveDocument1.xml": [
        Destination(
            *("scan", "scan", f"http://192.168.5.221:80{OLD}1c8530e5-b81c-1f08-8d61-984be142325d"),
            *("SaveDocument1", "Simplex"),
        )
    ],
    HP / "walkupScanDestinations.xml": [
        Destination(
            *("manu-sve1511b1ew", "manu-sve1511b1ew"),
            f"http://192.168.1.30:80{OLD}1c856ba3-b916-1f08-be4e-2c768ab21113",
        )
    ],
    HP / "walkupScanDestinations2.xml": [],
    HP / "walkupScanToCompDestination_with_ScanPlexMode.xml": [
        Destination("FIXE", "FIXE", f"{NEW}1c881fde-c4a0-1f08-822f-a01d48c5c091", "SavePDF", "Simplex")
    ],
    HP / "walkupScanToCompDestinations.xml": [
        Destination("8d170beb5887", "8d170beb5887", f"{NEW}4ad05d8e-20e8-4b8c-bdaa-5e6eca0dd3d8")
    ],
}
WALKUPS = {
    HP / "walkupScanToCompCaps.xml": WalkupCapabilities(
        *(15, True, 60.0), ("SavePDF", "SaveJPEG", "EmailPDF", "EmailJPEG", "GeneralScan")
    ),
    HP / "walkupScanToCompCaps2.xml": WalkupCapabilities(15, False, 60.0, ()),
    HP / "walkupScanToCompCaps3.xml": WalkupCapabilities(
        *(10, True, 130.0),
        ("EmailPDF", "EmailJPEG", "SaveJPEG", "SavePDF", "SaveEditableText", "GeneralScan", "SendToCloud"),
    ),
}
PRESSED = {HP / "walkupScanToCompEvent.xml": "HostSelected"}

# File: type, pixels, dpi, colour (None: with transparency or a palette, which no scanner's mode is).
PICTURES = {
    GO / "UEIT-100x75.tiff": ("image/tiff", (100, 75), None, None),
    GO / "UEIT-100x75gray1.png": ("image/png", (100, 75), None, BW),
    GO / "UEIT-100x75gray16.png": ("image/png", (100, 75), None, None),
    GO / "UEIT-100x75gray8.jpeg": ("image/jpeg", (100, 75), None, GRAY),
    GO / "UEIT-100x75gray8.png": ("image/png", (100, 75), None, GRAY),
    GO / "UEIT-100x75rgb16.png": ("image/png", (100, 75), None, None),
    GO / "UEIT-100x75rgb8.jpeg": ("image/jpeg", (100, 75), None, COLOR),
    GO / "UEIT-100x75rgb8.png": ("image/png", (100, 75), None, None),
    GO / "UEIT-100x75rgb8i.png": ("image/png", (100, 75), None, None),
    GO / "UEIT-100x75rgb8paletted.png": ("image/png", (100, 75), None, None),
    GO / "testpage-5100x7016.png": ("image/png", (5100, 7016), None, COLOR),
    HP / "sample.jpg": ("image/jpeg", (400, 300), (96, 96), COLOR),
    HP / "adf_bytes_scan_height_fixed.jpg": ("image/jpeg", (1654, 2322), (200, 200), COLOR),
}
# File: pages, each width and height in points.
DOCUMENTS = {GO / "UEIT-100x75.pdf": [(576, 432)], HP / "sample.pdf": [(225, 300)]}
# No whole page, and what each is called; the second tells its height only behind its last row.
REFUSED = {
    GO / "UEIT-100x75.bmp": FaultCode.NOT_A_PAGE,
    HP / "adf_bytes_scan.jpg": FaultCode.INCOMPLETE_FILE,
}
# Rows without any container, as an eSCL machine sends them for application/octet-stream: colour, pixels.
RASTERS = {
    RAW / "BlackAndWhite1_raw_200dpi_A5_1165x1653.bin": (BW, (1165, 1653)),
    RAW / "Gray_raw_200dpi_A5_1165x1653.bin": (GRAY, (1165, 1653)),
}

TABLES = (
    *(MACHINES, LEDM_MACHINES, WSD_MACHINES, PRINTERS, STATUSES, LEDM_STATUSES, LEDM_JOBS, ORDERS),
    *(IMAGE_INFOS, TREES, MANIFESTS, EVENTS, DESTINATIONS, WALKUPS, PRESSED),
    *(PICTURES, DOCUMENTS, REFUSED, RASTERS),
)


def require_captures() -> None:
    if not CAPTURES.is_dir():
        skip_for_want_of("the captures of real scanners", "../shared")


def every_capture(table: dict[Path, object]) -> pytest.MarkDecorator:
    """A test for each file of a table."""
    return pytest.mark.parametrize("path", table, ids=lambda path: path.name)
