"""Somebody shows the corners that the machine could not find, and the paper comes out rectified."""

import re

import cv2
import numpy as np
import pytest
import sqlalchemy as sa
from PIL import Image
from playwright.sync_api import expect

from office.tables import pages
from scanner_adapters.simulator.desks import HEIGHT, WIDTH, Desk, photograph
from scanner_adapters.simulator.papers import sheets
from storage.database import reading
from tests.acceptance.conftest import log_in
from tests.office.browsing import passwords_of

PATIENCE = 90_000  # milliseconds for the machine's own steps, on a busy computer
OVEREXPOSED = 1.7  # so much light that a white desk cannot be told from the paper
NEAR = 0.01  # of the picture: a pixel or two on the screen

pytestmark = pytest.mark.slow


@pytest.fixture
def taken(tmp_path):
    """A photograph whose paper has no edges to be found: its file and its true corners, as fractions."""
    shot = photograph(sheets.certificate(3, dpi=150).image, Desk.WHITE, 5)
    small = cv2.resize(shot.image, (WIDTH // 2, HEIGHT // 2), interpolation=cv2.INTER_AREA)
    file = tmp_path / "0001.jpg"
    Image.fromarray(np.clip(small * OVEREXPOSED, 0, 255).astype(np.uint8)).save(file, quality=88)
    return file, [(x / WIDTH, y / HEIGHT) for x, y in shot.corners]


def drag(page, place, to):
    """Take the handle of this corner and lay it on a point of the picture."""
    box = page.locator("[data-corners]").bounding_box()
    handle = page.locator(f'.handle[data-place="{place}"] .point').bounding_box()
    page.mouse.move(handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + to[0] * box["width"], box["y"] + to[1] * box["height"], steps=4)
    page.mouse.up()


def report_of(house, paper):
    with reading(house.office.engine) as connection:
        return connection.execute(sa.select(pages.c.report).where(pages.c.paper == paper)).scalar_one()


def test_corners_are_dragged_and_the_page_comes_out_rectified(house, window, taken):
    file, corners = taken
    page = window()
    log_in(page, "canbo", passwords_of(house.office)["canbo"])
    page.goto("/dossiers/new")
    page.locator("#requester").fill("Trần Thị Bình")
    page.locator("#title").fill("Giấy xác nhận")
    page.locator("#files").set_input_files(file)
    page.keyboard.press("F9")
    page.wait_for_url(re.compile(r"/papers/[^/]+$|/papers/[^/]+\?"))
    paper = re.search(r"/papers/([\w-]+)", page.url)[1]

    handles = page.locator(".handle")
    expect(handles).to_have_count(4, timeout=PATIENCE)
    assert report_of(house, paper)["quad"] is None
    first = page.get_by_role("button", name="Góc trên trái: 10 % từ mép trái, 10 % từ mép trên")
    first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowUp")
    across, down = (page.locator(f"[name=corner-1-1-{side}]") for side in ("across", "down"))
    expect(across).to_have_value("10,2")
    expect(down).to_have_value("8")
    page.keyboard.press("Enter")
    expect(handles.nth(1)).to_be_focused()

    expect(page.locator(".sheet img")).to_have_js_property("complete", value=True)
    for place, corner in enumerate(corners, start=1):
        drag(page, place, corner)
        shown = page.locator(f"[name=corner-1-{place}-down]").input_value()
        assert float(shown.replace(",", ".")) / 100 == pytest.approx(corner[1], abs=NEAR), place
    expect(page.get_by_label("Cắt theo bốn góc này")).to_be_checked()
    expect(page.get_by_role("button", name="Nhận dạng lại")).to_have_attribute("data-main", "")
    page.keyboard.press("F9")  # reads again; it does not sign

    expect(page.get_by_text("Đã gửi nhận dạng lại.")).to_be_visible()
    expect(handles).to_have_count(0)
    expect(page.get_by_role("button", name="Ký bản quét")).to_be_visible(timeout=PATIENCE)
    report = report_of(house, paper)
    assert np.allclose(report["quad"], corners, atol=NEAR)
    assert "EDGES_UNSURE" not in [reason["code"] for reason in report["reasons"]]
    expect(page.locator(".sheet img")).to_have_attribute("src", re.compile(r"/pages/1/1000\.jpg\?v=READ"))
    expect(page.locator(".sheet img").first).to_have_js_property("complete", value=True)
    shape = page.locator(".sheet img").evaluate("i => i.naturalHeight / i.naturalWidth")
    assert shape == pytest.approx(297 / 210, abs=0.06)
