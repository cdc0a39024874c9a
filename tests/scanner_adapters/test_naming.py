"""Names in a scan folder are put in the order in which people number pages."""

from itertools import permutations

import pytest

from scanner_adapters.folder.naming import is_system_file, page_order

ORDERS = [
    ["Image.jpg", "Image (2).jpg", "Image (3).jpg", "Image (10).jpg"],
    ["Image(1).jpg", "Image(2).jpg", "Image(11).jpg"],
    ["scan1.jpg", "scan2.jpg", "scan10.jpg"],
    ["scan.jpg", "scan1.jpg", "scan2.jpg"],
    ["page 9.tif", "page 10.tif", "page 10 (2).tif", "page 11.tif"],
    ["A.jpg", "a (2).jpg", "b.jpg"],
    ["doc.jpg", "doc.pdf", "doc (2).jpg"],
    ["0001.jpg", "0002.jpg", "0010.jpg", "0100.jpg"],
    ["IMG_0099.JPG", "IMG_0100.JPG", "IMG_0101.jpg"],
    ["2026-11-30 8.png", "2026-11-30 9.png", "2026-11-30 10.png"],
    ["quét.jpg", "quét (2).jpg", "quét (12).jpg"],
    ["scan .jpg", "scan  (2).jpg", "scan  (10).jpg"],
    ["x (2) y1.jpg", "x (2) y2.jpg", "x (10) y1.jpg"],
]


@pytest.mark.parametrize("names", ORDERS, ids=lambda names: names[0])
def test_pages_come_in_the_order_in_which_they_are_numbered(names):
    for mixed in permutations(names):
        assert sorted(mixed, key=page_order) == names


@pytest.mark.parametrize("name", ["Thumbs.db", "THUMBS.DB", "desktop.ini", "Desktop.ini", "ehthumbs.db"])
def test_what_a_system_leaves_is_no_page(name):
    assert is_system_file(name)


@pytest.mark.parametrize("name", ["Image.jpg", "thumbs.jpg", "desktop.pdf", "0001", "(2).jpg"])
def test_any_other_name_may_be_a_page(name):
    assert not is_system_file(name)
    assert page_order(name)[-1] == name
