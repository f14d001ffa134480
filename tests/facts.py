"""What content/platforms/ and content/rules/ say, for tests that build their parts by hand."""

from bot.domain.updates import ChannelKind
from bot.library.reading import content_root, read_content

_CONTENT = read_content(content_root())[0]
PLATFORMS = _CONTENT.platforms.platforms
RULES = _CONTENT.rules.book()
LIMITS = {kind: platform.limits for kind, platform in PLATFORMS.items()}

TELEGRAM = LIMITS[ChannelKind.TELEGRAM]
MESSENGER = LIMITS[ChannelKind.MESSENGER]
ZALO = LIMITS[ChannelKind.ZALO]
WEB = LIMITS[ChannelKind.WEB]
