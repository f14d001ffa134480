"""`python -m bot` is `giothong`."""

import sys

from bot.cli import main

sys.exit(main())
