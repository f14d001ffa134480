"""A talk on a stage: the real words and reader, invented people and drives, and effects applied as the intake would."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.dialog.respond import respond
from bot.dialog.talk import Catalogue, Talk
from bot.dialog.turns import (
    Cancel,
    Erase,
    GiveConsent,
    KeepBloodGroup,
    KeepRhythm,
    LetGo,
    Move,
    Refused,
    Register,
    Say,
    TakeHeld,
    Turn,
    WithdrawConsent,
)
from bot.domain.consents import Purpose
from bot.domain.contacts import Address, Dossier, Person
from bot.domain.conversations import Conversation
from bot.domain.drives import Drive, Slot
from bot.domain.messages import Choice, Message
from bot.domain.registrations import Registration, RegistrationState
from bot.domain.units import Level, Unit
from bot.domain.updates import ChannelKind, Event, FilledForm, Pressed, Said, Started, Update

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
LINK = "https://giothong.example/form/abc"
ME = "https://giothong.example/me/abc"
MAI = Person("Lò Thị Mai", date(1990, 11, 20), "+84912345678", 3)

UNITS = (
    Unit(1, "ldld-laichau", "Liên đoàn Lao động tỉnh Lai Châu", Level.PROVINCE),
    Unit(2, "cdcs-che-tam-duong", "CĐCS Công ty Chè Tam Đường", Level.GRASSROOTS, 1),
    Unit(3, "cdcs-che-than-uyen", "CĐCS Công ty Chè Than Uyên", Level.GRASSROOTS, 1),
    Unit(4, "cdcs-mn-hoa-ban", "CĐCS Trường Mầm non Hoa Ban", Level.GRASSROOTS, 1),
)


def drive(drive_id: int, day: int, slots: int = 4, taken: int = 0, **changes: Any) -> Drive:
    """A drive in December at 07:30 local time, slots of half an hour with ten places; slot ids are drive_id·100 + n."""
    starts = datetime(2026, 12, day, 0, 30, tzinfo=UTC)
    made = tuple(Slot(drive_id * 100 + n, starts + timedelta(minutes=30 * n), 10, taken) for n in range(slots))
    whole = Drive(
        drive_id, f"lc-2026-12-{day:02}", "Ngày hội hiến máu CNVCLĐ", 1, "Nhà văn hoá Lao động tỉnh", "Phường Tân Phong",
        starts, starts + timedelta(minutes=30 * slots), slots=made, site_phone="0213 387 0001",
    )  # fmt: skip
    return replace(whole, **changes)


FIRST = drive(1, 5)
SECOND = drive(2, 13, name="Giọt hồng Than Uyên", place="Hội trường huyện cũ", address="Xã Than Uyên")


@dataclass
class Stage:
    """One person and the bot; `said` is the last turn."""

    catalogue: Catalogue
    dossier: Dossier
    now: datetime = NOW
    said: Turn = field(default_factory=lambda: Turn(Conversation()))
    effects: list[object] = field(default_factory=list)

    @property
    def conversation(self) -> Conversation:
        return self.dossier.conversation

    @property
    def form(self) -> Any:
        return self.conversation.form

    @property
    def last(self) -> Message:
        return self.said.messages[-1]

    @property
    def labels(self) -> list[str]:
        return [choice.label for choice in self.last.choices]

    @property
    def about(self) -> list[str]:
        return [effect.about for effect in self.said.effects if isinstance(effect, Say)]

    @property
    def done(self) -> list[object]:
        """Effects of the last turn that are not words."""
        return [effect for effect in self.said.effects if not isinstance(effect, Say)]

    def talk(self) -> Talk:
        return Talk(self.dossier, self.catalogue, self.now, seed=0x1234567890ABCDEF)

    def hear(self, event: Event, *, refuse: bool = False) -> list[str]:
        """One update in; the content ids of the answer out. `refuse`: the database has no place for a claim after all."""
        channel = self.dossier.address.channel
        talk = self.talk()
        turn = respond(talk, Update(1, channel, "u", "1", self.now, event))
        yes = next((effect for effect in turn.effects if isinstance(effect, TakeHeld)), None)
        if refuse and yes is not None:
            turn = respond(self.talk(), Refused(yes))
        if refuse and turn.claim is not None:
            drives = tuple(d.with_slot_full(turn.claim.slot_id) for d in self.catalogue.drives)
            self.catalogue = replace(self.catalogue, drives=drives)
            turn = respond(self.talk(), Refused(turn.claim))
        check(turn)
        self.said = turn
        self.dossier = replace(self.dossier, conversation=turn.conversation)
        for effect in turn.effects:
            self._apply(effect)
        return self.about

    def say(self, text: str) -> list[str]:
        return self.hear(Said(text))

    def start(self, ref: str = "") -> list[str]:
        return self.hear(Started(ref))

    def tap(self, label: str, *, refuse: bool = False) -> list[str]:
        """Tap the choice of the last message whose label begins so."""
        payload = next(c.payload for c in self.conversation.offered if c.label.startswith(label))
        return self.press(payload, refuse=refuse)

    def press(self, payload: str, *, refuse: bool = False) -> list[str]:
        return self.hear(Pressed(payload), refuse=refuse)

    def fill(self, answers: Mapping[str, str], *, refuse: bool = False) -> list[str]:
        return self.hear(FilledForm("registration", answers), refuse=refuse)

    def play(self, *lines: str) -> list[str]:
        """Each line is said, or tapped when it begins with ">"; the last answer is returned."""
        for line in lines:
            self.tap(line[1:]) if line.startswith(">") else self.say(line)
        return self.about

    def later(self, **time: int) -> "Stage":
        self.now += timedelta(**time)
        return self

    def _apply(self, effect: object) -> None:
        self.effects.append(effect)
        held = self.dossier.registrations
        match effect:
            case Register():
                place = self.catalogue.slot(effect.slot_id)
                assert place is not None
                new = Registration(len(held) + 1, effect.drive_id, effect.slot_id, place[1].starts_at, effect.ticket)
                given = frozenset(consent.purpose for consent in effect.consents)
                self.dossier = replace(
                    self.dossier,
                    person=effect.person,
                    registrations=(*held, new),
                    consents=self.dossier.consents | given,
                )
            case Move():
                place = self.catalogue.slot(effect.slot_id)
                assert place is not None
                at = {"drive_id": effect.drive_id, "slot_id": effect.slot_id, "slot_starts_at": place[1].starts_at}
                moved = tuple(replace(r, **at) if r.id == effect.registration_id else r for r in held)
                self.dossier = replace(self.dossier, registrations=moved)
            case Cancel():
                gone = tuple(
                    replace(r, state=RegistrationState.CANCELLED) if r.id == effect.registration_id else r for r in held
                )
                self.dossier = replace(self.dossier, registrations=gone)
            case TakeHeld() | LetGo():
                state = RegistrationState.BOOKED if isinstance(effect, TakeHeld) else RegistrationState.CANCELLED
                known = tuple(replace(r, state=state) if r.id == effect.registration_id else r for r in held)
                self.dossier = replace(self.dossier, registrations=known)
            case KeepRhythm():
                self.dossier = replace(self.dossier, rhythm=effect.rhythm)
            case GiveConsent():
                self.dossier = replace(self.dossier, consents=self.dossier.consents | {effect.consent.purpose})
            case KeepBloodGroup():
                self.dossier = replace(self.dossier, knows_blood_group=True)
            case Erase():
                self.dossier = Dossier(self.dossier.address, self.dossier.conversation)
            case WithdrawConsent():
                self.dossier = replace(self.dossier, consents=self.dossier.consents - set(effect.purposes))


def check(turn: Turn) -> None:
    """What holds for every turn: sizes that every channel takes, one menu, answers that are JSON."""
    for message in turn.messages:
        assert message.text
        assert len(message.text) <= 2000
        assert "{" not in message.text
        assert len(message.choices) <= 10
        for choice in message.choices:
            assert 0 < len(choice.label) <= 20, choice.label
            assert choice.payload.isascii()
            assert len(choice.payload) <= 60
        assert len({choice.payload for choice in message.choices}) == len(message.choices)
        assert len({choice.label for choice in message.choices}) == len(message.choices)
    assert all(not message.choices for message in turn.messages[:-1])
    assert sum(isinstance(effect, Register | Move) for effect in turn.effects) <= 1
    form = turn.conversation.form
    if form is not None:
        assert json.loads(json.dumps(form.answers)) == form.answers
        assert all(isinstance(value, str | int | bool | None) for value in form.answers.values())


MakeStage = Callable[..., Stage]
"""Makes a stage: see `conftest.stage`."""


def dossier(channel: ChannelKind = ChannelKind.TELEGRAM, **known: Any) -> Dossier:
    conversation = known.pop("conversation", Conversation(greeted=True))
    return Dossier(Address(7, 1, channel, "u", contact_id=9), conversation, **known)


def booked(drive_id: int = 1, slot: int = 0) -> Registration:
    """A place held at one of the two drives."""
    made = FIRST if drive_id == 1 else SECOND
    return Registration(drive_id, drive_id, made.slots[slot].id, made.slots[slot].starts_at, "ABCDE12345")


def held(drive_id: int = 1, slot: int = 0) -> Registration:
    """A place kept free for this person, who has not said yes yet."""
    return replace(booked(drive_id, slot), state=RegistrationState.HELD)


REMINDERS: dict[str, tuple[str, ...]] = {
    "drive": ("g.keep.1", "g.move.1", "g.cancel.1"),
    "called-off": ("g.move.1", "g.cancel.1"),
    "held": ("n.yes.1", "n.later", "n.no", "n.give.1"),
    "again": ("n.later", "n.no"),
    "feel": ("n.fine.70", "n.unwell.70"),
}
"""What stands under the reminders: payloads, by what they are about."""

LABELS = {
    "g.keep": "Tôi sẽ đến", "g.move": "Đổi giờ", "g.cancel": "Huỷ đăng ký", "n.yes": "Nhận chỗ này", "n.later": "Tháng sau hỏi lại",
    "n.no": "Để mùa sau", "n.give": "Nhường chỗ", "n.fine": "Tôi khoẻ", "n.unwell": "Tôi chưa khoẻ",
}  # fmt: skip


def after_reminder(what: str, **known: Any) -> dict[str, Any]:
    """What is known of somebody whom a reminder has just reached: its choices are the last thing offered."""
    places = {"drive": booked(), "called-off": replace(booked(), called_off=True), "held": held()}
    choices = tuple(Choice(LABELS[".".join(one.split(".")[:2])], one) for one in REMINDERS[what])
    given = {"last_given_on": date(2026, 11, 21 if what == "feel" else 1), "site_phone": "0213 387 0009"}
    return {
        "person": MAI,
        "registrations": (places[what],) if what in places else (),
        "consents": frozenset({Purpose.REGISTRATION, Purpose.REMINDER}),
        "conversation": Conversation(greeted=True, offered=choices),
        **given,
        **({"drives": (SECOND,)} if what == "called-off" else {}),
        **known,
    }
