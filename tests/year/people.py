"""The people of the year: what each does on the OA, and what each remembers of having agreed to."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.bench.walk import NAMES
from bot.domain.changing import replace
from bot.domain.updates import FilledForm
from tests.platforms.server import Sent, Webhook
from tests.year.town import Town

QUESTIONS = (
    "hiến máu có đau không",
    "trước khi hiến máu cần ăn gì",
    "bao nhiêu lâu thì được hiến lại",
    "lịch hiến máu",
    "có cần nhịn ăn không em",
    "tiêm vắc xin covid xong bao lâu thì hiến được",
    "cảm ơn em",
)

RETRIES = (30, 300, 900, 1800, 3600)
"""Seconds after which Zalo calls again."""

PATIENCE = 90.0
"""Seconds a person waits for an answer before typing on."""


@dataclass
class Person:
    """One worker. `wants`: what they think they agreed to, with the moment; `gone`: since when they left the OA."""

    number: int
    reminders: bool
    in_chat: bool
    user_id: str = ""
    phone: str = ""
    wants: list[tuple[datetime, bool]] = field(default_factory=list)
    away: list[tuple[datetime, datetime | None]] = field(default_factory=list)
    places: int = 0
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.user_id = str(2_000_000_000_000_000_000 + self.number)
        self.phone = f"849{self.number:08d}"

    @property
    def name(self) -> str:
        return NAMES[self.number % len(NAMES)]

    @property
    def birth_date(self) -> str:
        return f"{self.number % 28 + 1}/{self.number % 12 + 1}/{1975 + self.number % 25}"

    def wanted(self, at: datetime) -> bool:
        """Did they want reminders at that moment?"""
        said = [yes for moment, yes in self.wants if moment <= at]
        return bool(said) and said[-1]

    def left(self, at: datetime) -> bool:
        """Had they left the OA then? What was on its way in that very second does not count."""
        slack = timedelta(seconds=5)
        return any(begin + slack < at and (end is None or at < end) for begin, end in self.away)


class Crowd:
    """All of them, and their ways of writing."""

    def __init__(self, town: Town, count: int) -> None:
        self.town = town
        chance = town.chance
        self.people = [Person(n, chance.random() < 0.7, chance.random() < 0.2) for n in range(count)]
        self._by_user = {person.user_id: person for person in self.people}
        self._by_phone = {person.phone: person for person in self.people}
        town.zalo.phones = {person.phone for person in self.people if chance.random() < 0.95}
        town.zalo.on_sent = self._arrived

    def of(self, sent: Sent) -> Person:
        """Whoever got this message: by id on the OA, or by number."""
        return self._by_user.get(sent.user_id) or self._by_phone[sent.user_id]

    def _arrived(self, sent: Sent) -> None:
        self.of(sent).heard.set()

    async def post(self, hook: Webhook) -> None:
        """Zalo calls until it gets its 200."""
        for wait in RETRIES:
            if await self.town.take(hook):
                return
            self.town.counts["webhooks repeated"] += 1
            await asyncio.sleep(wait)
        raise AssertionError("a webhook found nobody for two hours")

    async def say(self, who: Person, text: str, patience: float = PATIENCE) -> None:
        """Type, and wait for the answer."""
        who.heard.clear()
        await self.post(self.town.zalo.webhook(who.user_id, text))
        try:
            async with asyncio.timeout(patience):
                await who.heard.wait()
        except TimeoutError:
            self.town.counts["waited in vain"] += 1
        await asyncio.sleep(self.town.chance.uniform(1, 4))

    async def ask(self, who: Person) -> None:
        await self.say(who, self.town.chance.choice(QUESTIONS))

    async def register(self, who: Person) -> None:
        """In the chat where that is their way and it is their first time, else on the page behind the link."""
        if who.in_chat and not who.places:
            await self._in_chat(who)
        else:
            await self._on_page(who)
        who.places += 1

    async def _in_chat(self, who: Person) -> None:
        yes = "có" if who.reminders else "không"
        number = who.number
        for text in ("đăng ký", "đồng ý", yes, who.name, who.birth_date, f"0{who.phone[2:]}",
                     f"mau so {number % 40}", "1", "không", "1", str(number % 3 + 1), "xác nhận"):  # fmt: skip
            await self.say(who, text)
        self._agreed(who)

    async def _on_page(self, who: Person) -> None:
        await self.say(who, "đăng ký")
        unit, slot = self.town.choices(who.number)
        again = {"reuse": "yes"} if self.town.knows(who.user_id) else {
            "name": who.name, "birth_date": who.birth_date, "phone": f"0{who.phone[2:]}", "unit": unit,
        }  # fmt: skip
        answers = {"consent": "yes", "dangerous_work": "no", "slot": slot, **again}
        if who.reminders:
            answers["consent_reminder"] = "yes"
        hello = self.town.update_of(who.user_id)
        event = FilledForm("registration", answers)
        who.heard.clear()
        update = replace(hello, update_id=f"form:{who.number}:{self.town.clock():%m%d%H%M%S}", event=event)
        while not await self.town.submit(update):
            await asyncio.sleep(20)  # "try again in a moment"
        self._agreed(who)
        await asyncio.sleep(1)

    def _agreed(self, who: Person) -> None:
        if who.reminders:
            who.wants.append((self.town.clock(), True))

    async def stop(self, who: Person) -> None:
        who.wants.append((self.town.clock() + timedelta(seconds=5), False))
        who.reminders = False
        await self.say(who, "DỪNG")

    async def unfollow(self, who: Person) -> None:
        who.away.append((self.town.clock(), None))
        await self.post(self.town.zalo.webhook_follow(who.user_id, "unfollow"))

    async def come_back(self, who: Person) -> None:
        began, _ = who.away[-1]
        who.away[-1] = (began, self.town.clock())
        await self.post(self.town.zalo.webhook_start(who.user_id))
        await self.ask(who)
