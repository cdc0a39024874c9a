"""`python -m office`: what the shell command `motcua` runs."""

import os
import sys

os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # looking for some takes longer than the help

from office.cli.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
