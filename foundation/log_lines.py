"""Log lines as JSON, one object a line, for machines that collect them."""

import json
import logging
from datetime import UTC, datetime

from foundation.clock import as_text


class JsonLines(logging.Formatter):
    """A record as one line: `at` (UTC), `level`, `name`, `message`, and `error` with its traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """The line (logging's hook)."""
        told = {
            "at": as_text(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname,
            "name": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            told["error"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False)
