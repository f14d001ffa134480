"""The batcher and the spool: one batch, one commit, then 200. The only caller of `respond`."""

from bot.intake.catalogues import Catalogues, CurrentWords, Fixed
from bot.intake.handling import Committed, WebMessage
from bot.intake.intake import Intake, NotTaken, Taken

__all__ = ["Catalogues", "Committed", "CurrentWords", "Fixed", "Intake", "NotTaken", "Taken", "WebMessage"]
