"""The command line: every command with its options, and where its code lives."""

from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from typing import TYPE_CHECKING

from bot.domain.appeals import BLOOD_GROUPS

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    Commands = _SubParsersAction[ArgumentParser]

ROLES = ("web", "sender", "scheduler")
FORMATS = ("csv", "jsonl", "xlsx")
BASES = ("consent-on-paper", "member-list-consent", "drive-list-consent")
BROADCAST_STEPS = {
    "submit": "ask for approval; the dry run of this moment goes with it",
    "return": "back to its writer",
    "approve": "approve it: another person of the level above, or of the top",
    "start": "send it",
    "pause": "nothing more goes out",
    "resume": "go on",
    "cancel": "end it; what has not gone out is taken back",
    "retry": "try again what certainly did not arrive",
    "met": "of an appeal: the need is met; nobody else is asked, and those asked in vain are thanked",
}
EXPORTS = ("registrations", "messages", "donors", "donations", "recognition")


def parser() -> ArgumentParser:
    top = ArgumentParser(
        "giothong",
        description="Giọt Hồng: a chatbot for a trade-union federation that mobilises its members to give blood.",
        epilog="Settings come from the environment, from .env and from data/keys.env in the current folder.\n"
        "Exit codes: 0 done, 1 the work found problems, 2 wrong usage or configuration.",
        formatter_class=RawDescriptionHelpFormatter,
    )
    top.add_argument("--debug", action="store_true", help="show where an error came from")
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    _servers(commands)
    _installation(commands)
    _work(commands)
    _channels(commands)
    _people(commands)
    _care(commands)
    _checks(commands)
    _benches(commands)
    return top


def _add(commands: "Commands", name: str, where: str, words: str) -> ArgumentParser:
    """One command; `where` is `module:function` inside `bot.cli`."""
    module, _, function = where.partition(":")
    command = commands.add_parser(name, help=words, description=words)
    command.set_defaults(module=module, function=function)
    # After the command too; SUPPRESS, or this default would wipe out a --debug that came before it.
    command.add_argument("--debug", action="store_true", default=SUPPRESS, help="show where an error came from")
    return command


def _servers(commands: "Commands") -> None:
    serve = _add(commands, "serve", "serve:serve", "the production server: webhooks, sender, scheduler, console")
    serve.add_argument("--role", type=_roles, default=frozenset(ROLES), help="some of web,sender,scheduler (all)")
    _add(commands, "demo", "demo:demo", "a demonstration with a sample organisation, what `make run` starts")


def _installation(commands: "Commands") -> None:
    _add(commands, "init", "init:init", "ask a few questions, write .env, make the first staff account")
    _add(commands, "migrate", "upkeep:migrate", "bring the database's schema to this program's")
    load = _add(commands, "load", "upkeep:load", "add or change units, staff, campaigns, drives, channels from a file")
    load.add_argument("file", metavar="FILE.yaml")
    link = _add(commands, "login-link", "upkeep:login_link", "print a new one-time link to the console")
    link.add_argument("--login", required=True, help="the staff member's login")
    people = _add(commands, "staff", "staff:disable", "shut a staff account out of the console, or let it in again")
    steps = people.add_subparsers(metavar="disable|enable", required=True)
    for step, words in (
        ("disable", "links and open sessions stop working at once"),
        ("enable", "new links may be made"),
    ):
        _add(steps, step, f"staff:{step}", words).add_argument("--login", required=True)


def _work(commands: "Commands") -> None:
    ask = _add(commands, "ask", "ask:ask", "what the bot understands of a question, one JSON object a line")
    ask.add_argument("question", nargs="?", help="the words of the question")
    ask.add_argument("--jsonl", metavar="FILE", help="questions from a file, one JSON object with id and text a line")
    tick = _add(commands, "tick", "upkeep:tick", "judge once everything due up to a moment, print what was done")
    tick.add_argument("--at", required=True, metavar="MOMENT", help="such as 2026-12-04T17:00+07:00")
    reach = _add(commands, "reach", "reach:reach", "how many people can be reached by which route at which price")
    reach.add_argument("--unit", default="", metavar="CODE", help="only of this unit and those below it")
    reach.add_argument("--drive", default="", metavar="CODE", help="only of this drive")
    reach.add_argument("--on", default="", metavar="DATE", help="everybody on that day (else planned messages)")
    reach.add_argument("--table", action="store_true", help="for people instead of one JSON object a line")
    posters = _add(
        commands, "posters", "posters:posters", "A4 posters with a QR code per channel, a page for each unit"
    )
    posters.add_argument("--drive", required=True, metavar="CODE")
    posters.add_argument("--unit", default="", metavar="CODE", help="only this unit's page")
    posters.add_argument("-o", "--output", required=True, metavar="FILE.pdf", help="where to write")
    lists = _add(commands, "donors", "donors:import_list", "old donor lists of the union")
    steps = lists.add_subparsers(metavar="import", required=True)
    old = _add(steps, "import", "donors:import_list", "read an old donor list in; nobody in it is written to")
    old.add_argument("file", metavar="FILE.xlsx|FILE.csv")
    old.add_argument("--unit", required=True, metavar="CODE", help="whose list it is")
    old.add_argument("--basis", choices=BASES, help="the lawful basis for keeping it")
    old.add_argument("--dry-run", action="store_true", help="only look: nothing is written")
    old.add_argument("-o", "--output", metavar="FILE.csv", help="a report with a line for each row, names in it")
    old.add_argument("--by", metavar="LOGIN", help="who stands in the audit (else the system user)")
    results = _add(commands, "results", "results:import_results", "what the hospital returns after a drive")
    steps = results.add_subparsers(metavar="import", required=True)
    back = _add(steps, "import", "results:import_results", "record who gave, who was put off; tests are never read")
    back.add_argument("file", metavar="FILE.xlsx|FILE.csv")
    back.add_argument("--drive", required=True, metavar="CODE", help="whose results they are")
    back.add_argument("--dry-run", action="store_true", help="only look: nothing is written")
    back.add_argument("-o", "--output", metavar="FILE.csv", help="a report with a line for each row, names in it")
    back.add_argument("--by", metavar="LOGIN", help="who stands in the audit (else the system user)")
    _broadcasts(commands)
    export = _add(commands, "export", "export:export", "rows as a table, to standard output or a file")
    export.add_argument("what", choices=EXPORTS)
    export.add_argument("--format", choices=FORMATS, default="csv")
    export.add_argument("--drive", default="", metavar="CODE", help="only of this drive")
    export.add_argument("--unit", default="", metavar="CODE", help="only of this unit and those below it")
    export.add_argument("-o", "--output", metavar="FILE", help="write here instead of standard output")
    export.add_argument("--by", metavar="LOGIN", help="who stands in the audit (else the system user)")


def _broadcasts(commands: "Commands") -> None:
    one = _add(commands, "broadcast", "broadcasts:status", "one message to many: written, approved by another, sent")
    names = ("create", "preview", *BROADCAST_STEPS, "status")
    steps = one.add_subparsers(metavar="|".join(names), required=True)
    make = _add(steps, "create", "broadcasts:make", "write a draft")
    make.add_argument("--code", required=True, metavar="CODE", help="its short name: small letters, digits, dashes")
    make.add_argument(
        "--unit", required=True, metavar="CODE", help="who sends it; it reaches this unit and those below"
    )
    make.add_argument("--purpose", required=True, choices=("news", "drive", "urgent"), help="which consent it needs")
    make.add_argument("--segment", required=True, metavar="EXPR", help="such as 'channel:zalo not registered:CODE'")
    words = make.add_mutually_exclusive_group(required=True)
    words.add_argument("--topic", metavar="ID", help="an answer of the content")
    words.add_argument("--text-file", metavar="FILE", help="its Vietnamese words, UTF-8")
    make.add_argument("--text-file-en", metavar="FILE", help="the same in English")
    make.add_argument("--drive", default="", metavar="CODE", help="the drive it is about")
    make.add_argument("--image", metavar="FILE", help="a picture, PNG or JPEG")
    make.add_argument("--template", default="", metavar="NAME", help="for those whose window is shut")
    make.add_argument(
        "--held-out", type=_share, default=0, metavar="PERCENT", help="left out, to compare with (0 to 50)"
    )
    make.add_argument("--need", type=int, metavar="BAGS", help="of an urgent one: how many units of blood")
    make.add_argument("--needed-by", default="", metavar="MOMENT", help="until when: such as 2026-12-04T17:00+07:00")
    make.add_argument(
        "--groups", nargs="*", default=(), choices=BLOOD_GROUPS, metavar="GROUP", help="of the patients (else any)"
    )
    make.add_argument("--by", required=True, metavar="LOGIN", help="who writes it")
    look = _add(steps, "preview", "broadcasts:preview", "what each channel shows, and a dry run; nothing is sent")
    look.add_argument("code", metavar="CODE")
    look.add_argument("--by", required=True, metavar="LOGIN")
    for name, words_of_step in BROADCAST_STEPS.items():
        step = _add(steps, name, "broadcasts:step", words_of_step)
        step.set_defaults(step=name)
        step.add_argument("code", metavar="CODE")
        step.add_argument("--by", required=True, metavar="LOGIN")
        if name == "start":
            step.add_argument("--at", default="", metavar="MOMENT", help="not now: such as 2026-12-04T17:00+07:00")
        if name == "retry":
            step.add_argument("--reason", action="append", metavar="WORD", help="only these failures (else all)")
    status = _add(steps, "status", "broadcasts:status", "how far it is")
    status.add_argument("code", metavar="CODE")
    status.add_argument("--json", action="store_true", help="one JSON object (always so where nobody watches)")
    status.add_argument(
        "--watch", action="store_true", help="a progress bar on a terminal until it does not run any more"
    )


def _share(text: str) -> int:
    if not text.isdecimal() or len(text) > 2 or int(text) > 50:
        raise ArgumentTypeError("write a whole number from 0 to 50")
    return int(text)


def _channels(commands: "Commands") -> None:
    both = _add(commands, "channels", "channels:check", "check the channel accounts, register webhooks")
    steps = both.add_subparsers(metavar="check|set-webhook|templates|zalo-link", required=True)
    _add(steps, "check", "channels:check", "token, webhook, limits and expiry of each account")
    _add(steps, "set-webhook", "channels:set_webhooks", "register our webhook where the platform's API can")
    words = _add(
        steps, "templates", "templates:hand_in", "hand missing templates in for approval; what became of the others"
    )
    words.add_argument("--look", action="store_true", help="only look, hand nothing in")
    link = _add(steps, "zalo-link", "channels:zalo_link", "the link with which an OA's admin lets us speak for it")
    link.add_argument("--account", default="", metavar="CODE", help="only this OA")


def _people(commands: "Commands") -> None:
    privacy = _add(
        commands, "privacy", "privacy:find", "what a person may ask of us, done by staff; every step is noted"
    )
    steps = privacy.add_subparsers(metavar="find|export|erase|proof", required=True)
    find = _add(steps, "find", "privacy:find", "contact ids by phone or by words of a name")
    find.add_argument("--phone", default="")
    find.add_argument("--name", default="")
    export = _add(steps, "export", "privacy:export", "everything we hold of one person, as one JSON object")
    export.add_argument("-o", "--output", metavar="FILE", help="write here instead of standard output")
    erase = _add(steps, "erase", "privacy:erase", "erase one person; counts and the proof of consent stay")
    for step in (export, erase):
        step.add_argument("--contact", required=True, type=int, metavar="ID")
    proof = _add(steps, "proof", "privacy:proof", "what an erased address had agreed to, and when")
    proof.add_argument("--account", required=True, metavar="CODE", help="the channel account's code")
    proof.add_argument("--user", required=True, metavar="ID", help="the platform's id of the person")
    for step in (find, export, erase, proof):
        step.add_argument("--by", metavar="LOGIN", help="who stands in the record (else the system user)")


def _care(commands: "Commands") -> None:
    backup = _add(
        commands, "backup", "backup:backup", "an encrypted, consistent copy of the embedded database and spool"
    )
    backup.add_argument("file", metavar="FILE")
    restore = _add(commands, "restore", "backup:restore", "put a copy back; refuses to overwrite anything")
    restore.add_argument("file", metavar="FILE")
    restore.add_argument("--replace", action="store_true", help="overwrite the database that is there")
    keys = _add(commands, "keys", "keys:check", "the encryption keys: what is written under which")
    steps = keys.add_subparsers(metavar="check|rotate", required=True)
    _add(steps, "check", "keys:check", "count sealed values by key, and name the rows that no key opens")
    _add(
        steps,
        "rotate",
        "keys:rotate",
        "seal everything anew under the first of ENCRYPTION_KEYS, beside a running server",
    )


def _checks(commands: "Commands") -> None:
    content = _add(commands, "content", "content:check", "look through the content files")
    steps = content.add_subparsers(metavar="check", required=True)
    _add(steps, "check", "content:check", "every content file: limits, links, translations, sources")


def _benches(commands: "Commands") -> None:
    bench = _add(commands, "bench", "bench:intake", "the project's own benchmarks")
    kinds = bench.add_subparsers(metavar="intake|send|broadcast|reminders|booking|appeal|understand", required=True)
    reminders = _add(kinds, "reminders", "bench:reminders", "a million donors planned, the due ones decided")
    reminders.add_argument("--donors", type=int, default=1_000_000)
    reminders.add_argument("--database", default="sqlite", metavar="sqlite|postgresql|URL")
    booking = _add(kinds, "booking", "bench:booking", "the last places, wanted by hundreds at once")
    booking.add_argument("--people", type=int, default=300)
    booking.add_argument("--places", type=int, default=20)
    booking.add_argument("--processes", type=int, default=1)
    booking.add_argument("--database", default="sqlite", metavar="sqlite|postgresql|URL")
    appeal = _add(kinds, "appeal", "bench:appeal", "appeals in waves beside one blast to everybody, simulated")
    appeal.add_argument("--people", type=int, default=2_000, help="who agreed to appeals")
    appeal.add_argument("--bags", type=int, default=20, help="the need")
    appeal.add_argument("--runs", type=int, default=300, help="invented days")
    appeal.add_argument("--seed", type=int, default=905)
    send = _add(kinds, "send", "bench:send", "calls a second on the way out, and one OA's pace")
    send.add_argument("--messages", type=int, default=10_000)
    send.add_argument("--minutes", type=float, default=3.0, help="of the run at one OA's pace; 0 leaves it out")
    send.add_argument("--database", default="sqlite", metavar="sqlite|postgresql|URL")
    broadcast = _add(kinds, "broadcast", "bench:broadcast", "a million recipients decided; one OA at its pace")
    broadcast.add_argument("--people", type=int, default=1_000_000)
    broadcast.add_argument("--minutes", type=float, default=3.0, help="of the run at one OA's pace; 0 leaves it out")
    broadcast.add_argument("--database", default="sqlite", metavar="sqlite|postgresql|URL")
    understand = _add(kinds, "understand", "bench:understand", "how well questions are understood")
    understand.add_argument("sets", nargs="*", metavar="FILE", help="JSONL files or folders; our own exam without any")
    intake = _add(kinds, "intake", "bench:intake", "updates a second")
    intake.add_argument("--people", type=int, default=20_000)
    intake.add_argument("--in-flight", type=int, default=64)
    intake.add_argument("--database", default="sqlite", metavar="sqlite|postgresql|URL")
    intake.add_argument("--channel", choices=("mixed", "telegram", "messenger", "zalo"), default="mixed")
    intake.add_argument("--peer", choices=("ptb",), help="the same walk on python-telegram-bot, and the ratio")
    intake.add_argument("--while", dest="while_", choices=("import",), help="beside a steady import")
    intake.add_argument("--json", action="store_true", help="one JSON object (always so; kept for scripts)")


def _roles(text: str) -> frozenset[str]:
    roles = frozenset(part.strip() for part in text.split(",") if part.strip())
    if not roles or roles - set(ROLES):
        raise ArgumentTypeError(f"write some of {','.join(ROLES)}")
    return roles
