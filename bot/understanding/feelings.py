"""An answer to "how do you feel after giving?": fine, not well, or neither. A doubt is never read as fine."""

import re
from enum import Enum, auto

from bot.understanding.folding import fold
from bot.understanding.typing import repair


class Feeling(Enum):
    """How somebody says they are."""

    FINE = auto()
    UNWELL = auto()


_LONGEST = 300
_SHORT = dict.fromkeys(("bt", "bth", "bthg", "bthuong"), "binh thuong")
"""To this question \"bt\" is \"bình thường\"; elsewhere it is mostly \"biết\"."""

_NO_SIGN = re.compile(r"\b(?:cam on|o dau|di dau|den dau|tu dau|dau (?:co|phai|ma)|rat nhieu|ti xiu|chut xiu)\b")
"""Letters that look like a sign without their marks, and are none: "cảm ơn" is not "ổn", "ở đâu" not "đau"."""

_UNWELL = re.compile(
    r"\b(?:chong mat|choang|hoa mat|xay xam|lang dang|buon non|non|oi mua|ngat|xiu|met|duoi suc|moi (?:tay|nguoi|vai|chan|co|nhu)"
    r"|dau|nhuc|buot|rat (?:tay|cho|qua)|te|sung|bam|tim|tham (?:tim|tay|da)|sot|ret|run|kho tho|tuc nguc|kho chiu|chay mau|ri mau|ra mau"
    r"|mau chay|bat on|nguy|hoi hop|bi lam sao|bi sao|co van de|dizzy|faint|sick|unwell|bad|pain|hurts?|bleeding|bruised?|tired|weak|nausea"
    r"|swollen|fever)\b"
    r"|\b(?:hoi|con|van|thay|nguoi|bi) (?:yeu|lanh)\b|\b(?:yeu|lanh) (?:nguoi|lam|qua|run)\b"
    r"|\b(?:khong|chua|chang) (?:duoc |co |thay )*(?:khoe|on|tot|on dinh|het)\b|\bnot (?:so |very |really |too |feeling )*(?:well|good|fine|ok|great)\b"
)
_GONE = re.compile(
    r"\b(?:khong|chua|chang|chua tung) (?:con |he |thay |bi |co |cam thay |thay bi )*(?:gi )?(?:chong mat|choang|hoa mat|buon non|non|met moi|met"
    r"|dau nhuc|dau|nhuc|te|sung|bam tim|bam|tim|sot|kho chiu|kho tho|chay mau|ri mau|van de|bi lam sao|bi sao|bat on)(?: gi)?(?: dau| ca| het| nua)*\b"
    r"|\b(?:het|khoi|do) (?:han )?(?:chong mat|choang|hoa mat|buon non|met moi|met|dau|nhuc|te|sung|bam tim|bam|tim|sot|kho chiu)(?: (?:han|roi|ca))*\b"
    r"|\b(?:no|not|without) (?:dizzy|faint|sick|pain|bleeding|tired|fever|problems?)\b"
)
_FINE = re.compile(
    r"\b(?:khoe|khoe manh|khoe re|on|on dinh|on ap|tot|ok|binh thuong|khong sao|khong co gi|khong van de|ngon lanh|sung suc|vo tu|het roi"
    r"|do roi|van vay|nhu thuong|nhu cu|fine|good|great|well|all right|alright)\b"
)
_ASKS = re.compile(
    r"\b(?:bao gio|khi nao|bao lau|may ngay|the nao|lam sao|vi sao|tai sao|duoc khong|duoc chua|co phai|o dau)\b"
)
_HALF = re.compile(r"\b(?:chua|chua a|chua em)$|\b(?:nhung|tru|moi toi|chi hoi|hoi hoi|but|except)\b")


def read_feeling(text: str) -> Feeling | None:
    """What is said of one's own health, if anything.

    >>> read_feeling("khoe roi em oi"), read_feeling("van hoi dau tay"), read_feeling("khong dau gi dau")
    (<Feeling.FINE: 1>, <Feeling.UNWELL: 2>, <Feeling.FINE: 1>)
    """
    if len(text) > _LONGEST:
        return None
    spelled = " ".join(_SHORT.get(word, word) for word in fold(text).split())
    said = " ".join(_NO_SIGN.sub(" ", " ".join(repair(spelled))).split())
    without, gone = _GONE.subn(" ", said)
    if _UNWELL.search(without):
        return Feeling.UNWELL
    if _ASKS.search(said) or _HALF.search(said):
        return None
    return Feeling.FINE if gone or _FINE.search(without) else None
