"""What content/platforms/, content/rules/ and content/reminders/ say, for tests that build their parts by hand."""

from bot.domain.schedule import Schedule
from bot.domain.updates import ChannelKind
from bot.library.reading import content_root, read_content

_CONTENT = read_content(content_root())[0]
PLATFORMS = _CONTENT.platforms.platforms
RULES = _CONTENT.rules.book()
SCHEDULE = Schedule(_CONTENT.reminders, tuple(_CONTENT.campaigns))
LIMITS = {kind: platform.limits for kind, platform in PLATFORMS.items()}

TELEGRAM = LIMITS[ChannelKind.TELEGRAM]
MESSENGER = LIMITS[ChannelKind.MESSENGER]
ZALO = LIMITS[ChannelKind.ZALO]
WEB = LIMITS[ChannelKind.WEB]
