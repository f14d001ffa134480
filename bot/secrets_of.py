"""The secrets of loaded accounts: `secrets_env: X` means X_TOKEN, X_SECRET, X_APP_SECRET, X_APP_ID, X_REFRESH_TOKEN."""

from collections.abc import Mapping

from bot.domain.updates import ChannelKind

SUFFIXES = ("TOKEN", "SECRET", "APP_SECRET", "APP_ID", "REFRESH_TOKEN")
NEEDED: Mapping[ChannelKind, tuple[str, ...]] = {
    ChannelKind.TELEGRAM: ("TOKEN", "SECRET"),
    ChannelKind.MESSENGER: ("TOKEN",),
    ChannelKind.ZALO: ("SECRET",),
}
"""Without these the account is off."""


def secrets_of(prefix: str, environment: Mapping[str, str]) -> dict[str, str]:
    """What the environment holds under a prefix: token, secret, app_secret, app_id, refresh_token."""
    found = {suffix.lower(): environment.get(f"{prefix}_{suffix}", "").strip() for suffix in SUFFIXES}
    return {name: value for name, value in found.items() if value}


def missing_secrets(kind: ChannelKind, prefix: str, environment: Mapping[str, str]) -> list[str]:
    """The variables an account cannot do without and which are not set."""
    names = (f"{prefix}_{suffix}" for suffix in NEEDED.get(kind, ()))
    return [name for name in names if not environment.get(name, "").strip()]
