"""Turns the environment into settings; every fault is found at once and said in one readable message."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot import setting_kinds as kinds
from bot.domain.retention import Retention

PLATFORM_BASES = {
    "TELEGRAM_API_BASE": "https://api.telegram.org",
    "MESSENGER_API_BASE": "https://graph.facebook.com",
    "ZALO_API_BASE": "https://openapi.zalo.me",
    "ZALO_BUSINESS_BASE": "https://business.openapi.zalo.me",
    "ZALO_OAUTH_BASE": "https://oauth.zaloapp.com",
}

RETENTION = {
    "words": "RETENTION_DAYS",
    "registrations": "RETENTION_REGISTRATION_DAYS",
    "unreported": "RETENTION_UNREPORTED_DAYS",
    "idle": "RETENTION_IDLE_DAYS",
    "proofs": "RETENTION_PROOF_DAYS",
    "figures": "RETENTION_FIGURES_DAYS",
    "listed": "RETENTION_LISTED_DAYS",
}


class BadSettings(Exception):
    """One or more settings are missing or wrong; the message names each, with what to write instead."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("Settings need attention:\n" + "\n".join(f"  - {fault}" for fault in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class TelegramSettings:
    token: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    mode: str
    name: str = ""

    @property
    def bot_id(self) -> str:
        return self.token.split(":", 1)[0]


@dataclass(frozen=True, slots=True)
class MessengerSettings:
    page_id: str
    page_token: str = field(repr=False)
    app_secret: str = field(repr=False)
    verify_token: str = field(repr=False)
    app_id: str = ""


@dataclass(frozen=True, slots=True)
class ZaloSettings:
    app_id: str
    app_secret: str = field(repr=False)
    oa_id: str
    oa_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)
    access_token: str = field(repr=False)
    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the program takes from outside. Times are local to `timezone`; an empty `backup_dir` means no nightly copy."""

    host: str
    port: int
    public_url: str
    database_url: str = field(repr=False)
    secret_key: str = field(repr=False)
    encryption_keys: tuple[bytes, ...] = field(repr=False)
    timezone: ZoneInfo
    default_locale: str
    log_level: str
    log_format: str
    telegram: TelegramSettings | None
    messenger: MessengerSettings | None
    zalo: ZaloSettings | None
    bases: Mapping[str, str]
    messenger_api_version: str
    messenger_human_agent: bool
    quiet_from: time
    quiet_to: time
    message_cap: int
    retention: Retention
    zalo_pkce: str
    zalo_buttons: bool
    privacy_contact: str
    backup_dir: str
    backup_keep_days: int
    metrics_token: str = field(repr=False)
    trusted_proxies: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False, default_factory=dict)

    def base_url(self) -> str:
        """Where people reach us: PUBLIC_URL, or the local address."""
        return self.public_url or f"http://{self.host}:{self.port}"


def load_settings(env: Mapping[str, str]) -> Settings:
    """Check and convert every setting.

    Raises:
        BadSettings: with all faults at once.
    """
    return _Reading(env).settings()


class _Reading:
    """One pass over the environment that collects faults instead of stopping at the first."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.env = env
        self.faults: list[str] = []

    def settings(self) -> Settings:
        quiet = self.convert("QUIET_HOURS", "21:00-07:00", kinds.quiet_hours, "two times such as 21:00-07:00")
        values: dict[str, Any] = {
            "host": self.text("HOST", "127.0.0.1"),
            "port": self.convert("PORT", "8080", kinds.port, "a number from 1 to 65535"),
            "public_url": self.convert("PUBLIC_URL", "", kinds.public_url, "https://… without a path, or empty"),
            "database_url": self.convert(
                "DATABASE_URL", "sqlite:///data/giothong.db", kinds.database_url, "sqlite:///path or postgresql://…"
            ),
            "secret_key": self.convert(
                "SECRET_KEY", "", kinds.secret_key, "at least 32 random characters (giothong init makes one)"
            ),
            "encryption_keys": self.convert(
                "ENCRYPTION_KEYS",
                "",
                kinds.encryption_keys,
                "url-safe base64 keys of 32 bytes, comma-separated, newest first",
            ),
            "timezone": self.convert("TIMEZONE", "Asia/Ho_Chi_Minh", ZoneInfo, "a name such as Asia/Ho_Chi_Minh"),
            "default_locale": self.one_of("DEFAULT_LOCALE", "vi", ("vi", "en")),
            "log_level": self.one_of("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR")),
            "log_format": self.one_of("LOG_FORMAT", "text", ("text", "json")),
            "telegram": self.telegram(),
            "messenger": self.messenger(),
            "zalo": self.zalo(),
            "bases": {
                name: self.convert(name, default, kinds.base_url, "scheme and host only, such as " + default)
                for name, default in PLATFORM_BASES.items()
            },
            "messenger_api_version": self.convert(
                "MESSENGER_API_VERSION", "v26.0", kinds.graph_version, "a Graph version such as v26.0"
            ),
            "messenger_human_agent": self.one_of("MESSENGER_HUMAN_AGENT", "off", ("off", "on")) == "on",
            "quiet_from": quiet[0] if quiet else None,
            "quiet_to": quiet[1] if quiet else None,
            "message_cap": self.convert("MESSAGE_CAP", "4", kinds.positive, "a whole number of messages a month"),
            "retention": self.retention(),
            "zalo_pkce": self.one_of("ZALO_PKCE", "fixed", ("fixed", "each")),
            "zalo_buttons": self.one_of("ZALO_BUTTONS", "off", ("off", "on")) == "on",
            "privacy_contact": self.text("PRIVACY_CONTACT", ""),
            "backup_dir": self.text("BACKUP_DIR", ""),
            "backup_keep_days": self.convert("BACKUP_KEEP_DAYS", "30", kinds.positive, "a whole number of days"),
            "metrics_token": self.text("METRICS_TOKEN", ""),
            "trusted_proxies": self.convert(
                "TRUSTED_PROXIES", "", kinds.networks, "addresses or networks such as 127.0.0.1,10.0.0.0/8"
            ),
            "environment": dict(self.env),
        }
        if self.faults:
            raise BadSettings(self.faults)
        return Settings(**values)

    def text(self, name: str, default: str) -> str:
        return self.env.get(name, "").strip() or default

    def convert(self, name: str, default: str, how: Callable[[str], Any], want: str) -> Any:
        try:
            return how(self.text(name, default))
        except (ValueError, KeyError, OSError):
            state = "is missing" if not self.text(name, default) else "is not right"
            self.faults.append(f"{name} {state}: write {want}")
            return None

    def one_of(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        value = self.text(name, default)
        if value not in allowed:
            self.faults.append(f"{name} is not right: write one of {', '.join(allowed)}")
        return value

    def together(self, names: tuple[str, ...], needed: tuple[str, ...]) -> dict[str, str] | None:
        """None when a channel has no credentials; a fault for each one missing when it has some."""
        values = {name: self.text(name, "") for name in names}
        if not any(values[name] for name in needed):
            return None
        missing = [name for name in needed if not values[name]]
        self.faults.extend(f"{name} is missing: the other settings of this channel are there" for name in missing)
        return None if missing else values

    def retention(self) -> Retention:
        days = {
            field: self.convert(name, str(getattr(Retention(), field).days), kinds.positive, "a whole number of days")
            for field, name in RETENTION.items()
        }
        return Retention(**{field: timedelta(days=count or 0) for field, count in days.items()})

    def telegram(self) -> TelegramSettings | None:
        mode = self.one_of("TELEGRAM_MODE", "webhook", ("webhook", "polling"))
        name = self.env.get("TELEGRAM_BOT_NAME", "").strip().removeprefix("@")
        needed = ("TELEGRAM_BOT_TOKEN",) if mode == "polling" else ("TELEGRAM_BOT_TOKEN", "TELEGRAM_WEBHOOK_SECRET")
        got = self.together(("TELEGRAM_BOT_TOKEN", "TELEGRAM_WEBHOOK_SECRET"), needed)
        if got is None:
            return None
        if not re.fullmatch(r"\d+:[A-Za-z0-9_-]{10,}", got["TELEGRAM_BOT_TOKEN"]):
            self.faults.append(
                "TELEGRAM_BOT_TOKEN is not right: write the whole token from BotFather, digits, a colon, letters"
            )
        if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", got["TELEGRAM_WEBHOOK_SECRET"]):
            self.faults.append("TELEGRAM_WEBHOOK_SECRET is not right: use 1 to 256 of A-Z a-z 0-9 _ -")
        if not re.fullmatch(r"|[A-Za-z0-9_]{5,32}", name):
            self.faults.append("TELEGRAM_BOT_NAME is not right: write the bot's user name, such as GiotHongBot")
        return TelegramSettings(got["TELEGRAM_BOT_TOKEN"], got["TELEGRAM_WEBHOOK_SECRET"], mode, name)

    def messenger(self) -> MessengerSettings | None:
        names = ("MESSENGER_PAGE_ID", "MESSENGER_PAGE_TOKEN", "MESSENGER_APP_SECRET", "MESSENGER_VERIFY_TOKEN")
        app_id = self.text("MESSENGER_APP_ID", "")
        if app_id and not app_id.isdecimal():
            self.faults.append(
                "MESSENGER_APP_ID is not right: write the app's number from its developer page, digits only"
            )
        got = self.together(names, names)
        if got is None:
            return None
        page_id, token, app_secret, verify_token = (got[name] for name in names)
        return MessengerSettings(page_id, token, app_secret, verify_token, app_id)

    def zalo(self) -> ZaloSettings | None:
        needed = ("ZALO_APP_ID", "ZALO_APP_SECRET", "ZALO_OA_ID", "ZALO_OA_SECRET")
        names = (*needed, "ZALO_REFRESH_TOKEN", "ZALO_ACCESS_TOKEN", "ZALO_VERIFIER")
        got = self.together(names, needed)
        return ZaloSettings(*(got[name] for name in names)) if got else None
