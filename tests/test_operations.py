"""The pages for operators name everything there is, and the deployment's files fit the program."""

import re
import shutil
import subprocess
from argparse import ArgumentParser, _SubParsersAction
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path

import pytest
import yaml

from bot.cli.backup import POSTGRESQL_BACKUP, POSTGRESQL_RESTORE
from bot.cli.commands import parser
from bot.domain.alarms import AlarmKind
from bot.envfile import read_env_file

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "docs" / "deploy"
PAGES = (ROOT / "README.md", ROOT / "docs" / "operations.md", *sorted((ROOT / "docs" / "operations").glob("*.md")))
EVERYTHING = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
UNITS = ("giothong.service", "giothong@.service", "giothong-pgdump.service", "giothong-pgdump.timer")


def commands(top: ArgumentParser, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ArgumentParser]]:
    """Every command as it is typed, with its parser."""
    subs = [action for action in top._actions if isinstance(action, _SubParsersAction)]
    for action in subs:
        for name, one in action.choices.items():
            yield from commands(one, (*words, name))
    if not subs and words:
        yield " ".join(words), top


COMMANDS = dict(commands(parser()))


@pytest.mark.parametrize("name", sorted(read_env_file(ROOT / ".env.example")))
def test_every_setting_is_explained(name: str) -> None:
    assert f"`{name}`" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_is_explained(command: str) -> None:
    group, _, step = command.partition(" ")
    alone = rf"`{re.escape(group)}\b"
    mention = rf"{alone} [^`\n]*\b{re.escape(step)}\b" if step else alone
    assert re.search(mention, (ROOT / "README.md").read_text(encoding="utf-8")), command


@pytest.mark.parametrize("kind", list(AlarmKind))
def test_every_alarm_has_its_heading(kind: AlarmKind) -> None:
    page = (ROOT / "docs" / "operations" / "alarms.md").read_text(encoding="utf-8")
    assert f"\n### {kind.value}\n" in page


def test_the_vietnamese_checklist_knows_as_many_alarms() -> None:
    page = (ROOT / "docs" / "operations-vi.md").read_text(encoding="utf-8")
    table = page.split("## Khi có báo động", 1)[1].split("##", 1)[0]
    assert len([line for line in table.splitlines() if line.startswith("|")]) - 2 == len(AlarmKind)


def typed(page: Path) -> Iterator[str]:
    """Each `giothong …` of a page that is meant to be typed."""
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    inline = re.findall(r"`((?:sudo )?giothong [^`]*)`", text)
    for line in "\n".join((*blocks, *inline)).splitlines():
        yield from (found.strip() for found in re.findall(r"(?:^|&& |\| )giothong ([^&#|>]*)", line.strip()))


@pytest.mark.parametrize("page", [*PAGES, ROOT / "docs" / "operations-vi.md"], ids=lambda page: str(page.name))
def test_what_is_to_be_typed_exists(page: Path) -> None:
    for line in typed(page):
        words = [word for word in line.split() if re.fullmatch(r"[a-z-]+", word) and not word.startswith("-")]
        known = any(" ".join(words).startswith(command) for command in COMMANDS)
        assert known or words[:1] == ["channels"], f"{page.name}: giothong {line}"
        for option in re.findall(r"(--[a-z-]+)", line):
            command = next(name for name in sorted(COMMANDS, reverse=True) if " ".join(words).startswith(name))
            assert option in COMMANDS[command].format_help(), f"{page.name}: giothong {line}"


@pytest.mark.parametrize("page", [*PAGES, ROOT / "docs" / "operations-vi.md"], ids=lambda page: str(page.name))
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)]+)\)", text):
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{page.name}: {target}"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {anchor_of(heading) for heading in headings}, f"{page.name}: {target}"


def anchor_of(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_the_page_copies_postgresql_with_the_tested_commands() -> None:
    page = (ROOT / "docs" / "operations" / "copies.md").read_text(encoding="utf-8")
    assert f"\n{POSTGRESQL_BACKUP}\n" in page
    assert f"\n{POSTGRESQL_RESTORE}\n" in page


def unit(name: str) -> ConfigParser:
    found = ConfigParser(strict=False, interpolation=None, delimiters=("=",), comment_prefixes=("#",))
    found.optionxform = str  # type: ignore[assignment, method-assign]
    found.read(DEPLOY / name, encoding="utf-8")
    return found


@pytest.mark.parametrize("name", ["giothong.service", "giothong@.service"])
def test_the_unit_starts_what_the_page_installs(name: str) -> None:
    service = unit(name)["Service"]
    page = (ROOT / "docs" / "operations" / "install.md").read_text(encoding="utf-8")
    program, command = service["ExecStart"].split()
    assert program.removesuffix("/.venv/bin/giothong") in page
    assert command in COMMANDS
    assert service["WorkingDirectory"] in page
    assert service["RestartPreventExitStatus"] == "2"
    assert service["NoNewPrivileges"] == "yes"
    assert service["ProtectSystem"] == "strict"
    assert service["UMask"] == "0077"
    assert int(service["TimeoutStopSec"]) > 12, "calls under way get nine seconds, the last answers three"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")
@pytest.mark.parametrize("name", UNITS)
def test_systemd_takes_the_unit(name: str, tmp_path: Path) -> None:
    program = tmp_path / "giothong"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for file in UNITS:
        text = (DEPLOY / file).read_text(encoding="utf-8")
        (tmp_path / file).write_text(text.replace("/opt/giothong/.venv/bin/giothong", str(program)), encoding="utf-8")
    told = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / name)], capture_output=True, text=True, check=False
    )
    assert [line for line in told.stderr.splitlines() if "giothong" in line] == []


def test_the_caddyfile_is_whole_and_keeps_no_access_log() -> None:
    lines = [line.split(" #")[0].strip() for line in (DEPLOY / "Caddyfile").read_text(encoding="utf-8").splitlines()]
    lines = [re.sub(r"\{\$[^}]*\}", "x", line) for line in lines if line and not line.startswith("#")]
    depth = 0
    for line in lines:
        depth += line.endswith("{") - (line == "}")
        assert depth >= 0, line
    assert depth == 0
    assert [line for line in lines if line.startswith("log")] == ["log default {"], (
        "only its own log, without addresses"
    )
    assert "request>uri delete" in lines
    assert "respond @inside 404" in lines


@pytest.mark.skipif(shutil.which("caddy") is None, reason="no caddy here")
def test_caddy_takes_its_file() -> None:
    told = subprocess.run(
        ["caddy", "adapt", "--adapter", "caddyfile", "--config", str(DEPLOY / "Caddyfile")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr


def dockerfile() -> list[str]:
    text = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_the_image_is_built_of_what_is_there_and_as_make_setup_builds() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    copied = [
        word
        for line in dockerfile()
        if line.startswith("COPY ") and "--from" not in line
        for word in line.split()[1:-1]
    ]
    assert copied
    for name in copied:
        assert (ROOT / name).exists(), name
        assert f"!{name}" in ignored, f"{name} is kept out by .dockerignore"
    steps = " ".join(line for line in dockerfile() if line.startswith("RUN "))
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for flags in ("--require-hashes -r requirements.lock", "--no-deps --no-build-isolation --editable ."):
        assert flags in steps
        assert flags in makefile
    assert "USER giothong" in dockerfile()


def test_ports_agree() -> None:
    [exposed] = [line.split()[1] for line in dockerfile() if line.startswith("EXPOSE ")]
    default = read_env_file(ROOT / ".env.example")["PORT"]
    assert exposed == default
    services = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
    upstreams = services["caddy"]["environment"]["GIOTHONG_UPSTREAMS"].split()
    assert upstreams == [f"{name}:{services[name]['environment']['PORT']}" for name in ("one", "two")]
    for name in ("one", "two"):
        assert services[name]["expose"] == [services[name]["environment"]["PORT"]]
    assert f"127.0.0.1:{default}" in (DEPLOY / "Caddyfile").read_text(encoding="utf-8")


def test_compose_keeps_the_program_small_and_the_proxy_trusted() -> None:
    plan = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    for name in ("one", "two", "migrate", "tool"):
        assert plan["services"][name]["cap_drop"] == ["ALL"]
        assert plan["services"][name]["read_only"] is True
    assert plan["services"]["migrate"]["command"] == ["migrate"]
    subnet = plan["networks"]["inside"]["ipam"]["config"][0]["subnet"]
    assert f"TRUSTED_PROXIES={subnet}" in (ROOT / "docs" / "operations" / "containers.md").read_text(encoding="utf-8")
    for service in plan["services"].values():
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert source in plan["volumes"] or source == "./srv" or (ROOT / source).exists(), source
