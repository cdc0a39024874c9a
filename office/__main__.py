"""`python -m office`: what the shell command `motcua` runs."""

import sys

from office.cli.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
