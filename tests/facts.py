"""The platforms' facts as content/platforms/ tells them, for tests that build a channel by hand."""

from bot.domain.updates import ChannelKind
from bot.library.reading import content_root, read_content

PLATFORMS = read_content(content_root())[0].platforms.platforms
LIMITS = {kind: platform.limits for kind, platform in PLATFORMS.items()}

TELEGRAM = LIMITS[ChannelKind.TELEGRAM]
MESSENGER = LIMITS[ChannelKind.MESSENGER]
ZALO = LIMITS[ChannelKind.ZALO]
WEB = LIMITS[ChannelKind.WEB]
