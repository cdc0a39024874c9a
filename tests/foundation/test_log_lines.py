"""A log record is one line of JSON, whatever it says."""

import json
import logging
import sys

from foundation.log_lines import JsonLines


def test_a_record_is_one_line_with_its_error():
    try:
        int("hai\ndòng")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "f", 1, "một\n%s", ("dòng",), sys.exc_info())
    line = JsonLines().format(record)
    told = json.loads(line)
    assert "\n" not in line
    assert (told["level"], told["name"], told["message"]) == ("ERROR", "x", "một\ndòng")
    assert "ValueError: invalid literal" in told["error"]
    assert told["at"].endswith("Z")
