"""Every invented person of the tests, in one place: what must never stand in a line of the log."""

from datetime import date

NAMES = (
    "Đỗ Đức Mẫu",
    "Giàng A Páo",
    "Giàng A Thử",
    "Giàng Thị Mỉ",
    "Hoàng Hà",
    "Hoàng Văn Nam",
    "Lò Không",
    "Lò Thị Ban Mai",
    "Lò Thị Cũ",
    "Lò Thị Hồng",
    "Lò Thị Hồng Hạnh",
    "Lò Thị Mai",
    "Lò Thị May",
    "Lò Thị Mất",
    "Lò Thị Mới",
    "Lò Thị Thử",
    "Lò Thử Hai",
    "Lò Văn Hoa",
    "Lò Văn Mẫu",
    "Lò Văn Nam",
    "Lò Văn Thử",
    "Lò Văn Thứ Hai",
    "Lường Văn Lạ",
    "Lý A Gì",
    "Nguyễn Thị Hoa Ban",
    "Nguyễn Thị Nhi",
    "Nguyễn Thị Thoát",
    "Nguyễn Văn A",
    "Nguyễn Văn An",
    "Nguyễn Văn Mẫu",
    "Trần Hưng Đạo",
    "Vàng Thị Dua",
    "Người Thử",
    "Trần Thị Sao",
    "Trần Văn B",
    "Trần Văn Huy",
    "Vàng Thị Cũ",
    "Vàng Thị Dế",
)
"""As they are typed; the search also knows them without accents. A new name in a test belongs here: a test asks."""

NOT_PEOPLE = ("Đặng Đ", "Lê Là")
"""Look like names, but only show how a rule reads them."""

BIRTH_DATES = (date(1990, 5, 12), date(1990, 8, 15))

USERS = (r"5200\d{5}", r"7300000000\d{6}", r"[23]0000000000\d{8}")
"""What the platforms call them, and the crowd of the benchmark, as patterns."""

SECRETS = (
    "secret-key-for-tests-only-0123456789",
    "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=",
    "s" * 40,
    "x" * 32,
    "SAMPLE-ACCESS-TOKEN-1",
    "sample-app-secret",
    "app-secret",
    "secret-of-the-webhook",
    "hush-hush",
    "ABCDEFGHIJKL",
)

CANARIES = ("lời riêng", "ABCDE23456", "canary-7d1f")
"""Words somebody typed, or a ticket. A test that wants its own words watched puts `canary-7d1f` among them."""
