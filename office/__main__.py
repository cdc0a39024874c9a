"""`python -m office`: what the shell command `motcua` runs."""

import gc
import os
import sys

os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # looking for some takes longer than the help
gc.set_threshold(20_000)  # what a command loads stays; looking for waste among it takes a tenth of its time

from office.cli.main import main  # noqa: E402 what was just said holds for what it loads

if __name__ == "__main__":
    code = main(sys.argv[1:])
    gc.freeze()  # all of it goes with the process: what may be waste need not be looked for
    sys.exit(code)
