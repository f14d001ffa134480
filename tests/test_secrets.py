"""Secrets: compared in constant time, and never part of what a value says of itself."""

import ast
import dataclasses
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bot
import scheduler
from bot.settings import load_settings

ROOT = Path(__file__).parent.parent
PACKAGES = (bot, scheduler)

SECRET = re.compile(
    r"secret|token|signature|csrf|digest|hash|password|nonce|sealed|challenge|session|seed|verifier|(^|_)(mac|proof)($|_)",
    re.IGNORECASE,
)
"""Names of what must not be guessed byte by byte."""

COMPARED = {
    "account.secrets.get('app_id') == app_id": "the app's id is public",
    "account.secrets.get('app_secret') in right": "picks the accounts of a secret that `same` has just found",
    "account.secrets.get('secret') in right": "picks the accounts of a secret that `same` has just found",
    "account.id not in self._seeded": "ids of accounts",
    "code_of(answer) in STALE_TOKEN": "error numbers of Zalo",
    "code in TOKEN": "error numbers of Graph",
    "verify(SESSION, request.cookies.get(COOKIE, ''), now, key) == subject": "`verify` compares; the subject is an id",
    "request.headers.get('X-Telegram-Bot-Api-Secret-Token') != walk.BOT_SECRET": "a program to be measured against",
    "row.tokens_seed == mark": "a hash of our own setting against its stored hash: nobody outside gives either",
    "sealed[:1] == VERSION": "the mark of the format",
    "sealed[:1] != VERSION": "the mark of the format",
    "sealed[1:1 + KEY_ID] in self._ciphers": "the key's id, which stands open in every sealed value",
    "staff_keys.c.secret_hash == key": "the database looks up the hash of a long random secret",
    "staff_keys.c.secret_hash == _hash(secret)": "the database looks up the hash of a long random secret",
    "data_requests.c.code_hash == _hash(code)": "the database looks up the hash of a long random code",
    "used_links.c.link_hash == _hash(token)": "the database looks up the hash of a signed link",
    "ring.text_or_none(row.birth_date_sealed, 'contacts.birth_date') == told.birth_date.isoformat()": "a birth date, typed by staff",
    "broadcast_images.c.digest == digest": "names a public picture",
    "hashed in seen": "keyed hashes of the lines of one file, made here",
    "line.hash in known": "a keyed hash of a line in the file against those in the rows: nobody outside gives either",
    "row['line_hash'] not in known": "the same",
    "name not in _SEALED": "names of columns",
    "join_codes.c.code_hash == _hash(ring, code)": "the database looks up a keyed hash; `join_tries` counts the tries",
}
"""Comparisons that may be plain, and why. Staff codes are short: `staff_code_tries` counts the tries."""

TABLES_OF_IDS = re.compile(r"staff_code_tries\.c\.address_id [!=]= address_id")

HIDDEN = re.compile(
    r"secret(?!s_env)|token(?!s_at|s_lost|s_expire|_keeper)|signature|csrf|password|sealed|(access|refresh)$|nonce"
    r"|database_url|^environment$|^headers$|^body$|encryption_keys|^session$|^phone$|^birth_date$|^answers$",
    re.IGNORECASE,
)
SHOWN = {
    ("bot.bench.one_oa", "Ground", "session"): "the HTTP session object",
    ("bot.bench.walk", "Call", "body"): "the benchmark's invented people",
    ("bot.bench.walk", "Call", "headers"): "the benchmark's invented secrets",
    ("bot.bootstrap.rooms", "Rooms", "tokens"): "the keeper object",
    ("bot.channels.messenger_templates", "TemplateTold", "body"): "words handed in for approval, with empty places",
    ("bot.web.form_view", "FormView", "nonce"): "makes a form sent twice harmless; opens nothing",
    ("scheduler.parts", "Parts", "tokens"): "the keeper object",
    ("bot.storage.sealed_columns", "SealedValue", "sealed"): "cipher text",
}
"""Fields whose name sounds secret and which hold none, and why."""


def comparisons() -> Iterator[tuple[str, str]]:
    """Every plain comparison in the program that names something secret, with its place."""
    for path in sorted((*(ROOT / "bot").rglob("*.py"), *(ROOT / "scheduler").rglob("*.py"))):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Compare) and _is_plain(node) and any(map(SECRET.search, _names(node))):
                yield ast.unparse(node), f"{path.relative_to(ROOT)}:{node.lineno}"


def _is_plain(node: ast.Compare) -> bool:
    """`==`, `!=` or `in`, with something that is not a constant: an empty secret is no secret."""
    matching = any(isinstance(operator, ast.Eq | ast.NotEq | ast.In | ast.NotIn) for operator in node.ops)
    sides = (node.left, *node.comparators)
    return matching and not any(isinstance(side, ast.Constant) for side in sides)


def _names(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            yield part.id
        elif isinstance(part, ast.Attribute):
            yield part.attr
        elif isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value


def test_no_secret_is_compared_plainly() -> None:
    found = dict(comparisons())
    assert len(found) >= len(COMPARED)
    assert {
        f"{place}: {text}" for text, place in found.items() if text not in COMPARED and not TABLES_OF_IDS.match(text)
    } == set()


def test_the_list_of_plain_comparisons_holds_nothing_that_is_gone() -> None:
    assert set(COMPARED) - set(dict(comparisons())) == set()


def values() -> Iterator[type[Any]]:
    """Every dataclass of the program."""
    for package in PACKAGES:
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if module.name.endswith("__main__"):
                continue
            for _, kind in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
                if dataclasses.is_dataclass(kind) and kind.__module__ == module.name:
                    yield kind


def shown_by(kind: type[Any]) -> set[str]:
    """The fields whose value stands in the `repr` of this class, tried with a canary in each."""
    made = object.__new__(kind)
    for field in dataclasses.fields(kind):
        object.__setattr__(made, field.name, f"canary-7d1f-{field.name}.")
    told = repr(made)
    return {field.name for field in dataclasses.fields(kind) if f"canary-7d1f-{field.name}." in told}


def test_no_value_tells_a_secret_of_its_own_accord() -> None:
    kinds = list(values())
    assert len(kinds) > 200
    told = {(kind.__module__, kind.__name__, name) for kind in kinds for name in shown_by(kind) if HIDDEN.search(name)}
    assert told == set(SHOWN)


def test_settings_tell_no_secret_of_the_environment() -> None:
    secret = "canary-7d1f"
    settings = load_settings(
        {
            "SECRET_KEY": secret * 4,
            "ENCRYPTION_KEYS": "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=",
            "DATABASE_URL": f"postgresql://giothong:{secret}@127.0.0.1/giothong",
            "METRICS_TOKEN": secret,
            "TELEGRAM_BOT_TOKEN": f"7000000001:{secret}",
            "TELEGRAM_WEBHOOK_SECRET": secret,
            **dict.fromkeys(("MESSENGER_PAGE_TOKEN", "MESSENGER_APP_SECRET", "MESSENGER_VERIFY_TOKEN"), secret),
            **dict.fromkeys(("ZALO_APP_SECRET", "ZALO_OA_SECRET", "ZALO_REFRESH_TOKEN", "ZALO_ACCESS_TOKEN"), secret),
            **dict.fromkeys(("MESSENGER_PAGE_ID", "ZALO_APP_ID", "ZALO_OA_ID"), "7"),
            "OA_TOKEN": secret,
        }
    )
    assert settings.telegram
    assert settings.messenger
    assert settings.zalo
    assert secret not in repr(settings)
    assert "kkkk" not in repr(settings)
