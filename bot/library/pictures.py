"""Draws the pictures of content/images/ from shapes of our own: `python -m bot.library.pictures` after a change here."""

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

WIDTH, HEIGHT, PPI = 800, 418, 72
"""The shape that chats show whole beside a text; one point is one pixel."""

RED, DARK, PALE, WHITE = "#c8102e", "#7a0a1c", "#fff3ef", "#ffffff"

DROP = "M210 38 C 262 128 322 186 322 262 A 112 112 0 0 1 98 262 C 98 186 158 128 210 38 Z"


def _line(path: str, width: int = 12) -> str:
    return f'<path d="{path}" fill="none" stroke="{WHITE}" stroke-width="{width}" stroke-linecap="round" stroke-linejoin="round"/>'


def _full(path: str) -> str:
    return f'<path d="{path}" fill="{WHITE}"/>'


def _dots(*places: tuple[int, int], radius: int = 12) -> str:
    return "".join(f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{WHITE}"/>' for x, y in places)


_PETALS = "".join(
    f'<ellipse cx="210" cy="222" rx="17" ry="30" fill="{WHITE}" transform="rotate({turn} 210 260)"/>'
    for turn in range(0, 360, 72)
)
_RAYS = "".join(
    f'<rect x="205" y="184" width="10" height="26" rx="5" fill="{WHITE}" transform="rotate({turn} 210 260)"/>'
    for turn in range(0, 360, 45)
)
_HELMET = (
    _full("M146 278 A 64 64 0 0 1 274 278 Z")
    + _line("M132 290 L288 290", 14)
    + f'<rect x="202" y="206" width="16" height="46" rx="6" fill="{RED}"/>'
)

EMBLEMS: Mapping[str, str] = {
    "road": _line("M160 330 C 250 290 140 260 210 226 C 250 204 230 180 214 168", 14) + _dots((160, 330), (214, 168)),
    "river": "".join(_line(f"M138 {y} q 24 -22 48 0 t 48 0 t 48 0", 11) for y in (236, 272, 308)),
    "sun": _dots((210, 260), radius=34) + _RAYS,
    "winter": "".join(_line(path, 9) for path in (
        "M210 196 L210 324", "M155 228 L265 292", "M265 228 L155 292", "M194 206 L210 220 L226 206", "M194 314 L210 300 L226 314",
    )),
    "blossom": _PETALS + f'<circle cx="210" cy="260" r="14" fill="{RED}"/>',
    "helmet": _HELMET,
    "shield": _line("M210 190 L266 210 C 266 270 246 304 210 326 C 174 304 154 270 154 210 Z", 11) + _line("M184 258 L204 280 L240 234", 12),
    "mask": _full("M148 232 Q210 206 272 232 L266 284 Q210 322 154 284 Z") + _line("M148 240 Q122 246 132 270 L156 280", 7) + _line("M272 240 Q298 246 288 270 L264 280", 7),
    "ladder": _line("M182 190 L170 330", 10) + _line("M238 190 L250 330", 10) + "".join(_line(f"M{a} {y} L{b} {y}", 9) for a, b, y in ((181, 239, 216), (178, 242, 248), (175, 245, 280), (172, 248, 310))),
    "steps": _line("M146 314 L182 314 L182 278 L218 278 L218 242 L254 242 L254 206 L282 206", 12),
    "heart": _full("M210 320 C 120 262 142 200 182 200 C 200 200 210 216 210 224 C 210 216 220 200 238 200 C 278 200 300 262 210 320 Z"),
    "none": "",
}  # fmt: skip

PICTURES: Mapping[str, tuple[str, str, str]] = {
    "hanh-trinh-do": ("road", "Hành trình Đỏ", "Kết nối dòng máu Việt"),
    "giot-hong-song-da": ("river", "Giọt hồng Sông Đà", "Lai Châu cùng hiến máu"),
    "giot-mau-hong-he": ("sun", "Những giọt máu hồng hè", "Mát lành giữa mùa hè"),
    "chu-nhat-do": ("winter", "Chủ nhật Đỏ", "Ấm lòng mùa đông"),
    "le-hoi-xuan-hong": ("blossom", "Lễ hội Xuân hồng", "Đầu năm làm một việc lành"),
    "ngay-7-4": ("7/4", "Ngày toàn dân\nhiến máu\ntình nguyện", "Cảm ơn anh/chị đã cho đi"),
    "ngay-14-6": ("14/6", "Ngày tôn vinh\nngười hiến máu", "Hôm nay là ngày của anh/chị"),
    "thang-cong-nhan": ("helmet", "Tháng Công nhân", "Công đoàn cùng hiến máu"),
    "thang-atvsld": ("shield", "An toàn, vệ sinh\nlao động", "Hiến máu cũng an toàn"),
    "covid-safety": ("mask", "An toàn COVID-19", "Khẩu trang, rửa tay, ốm thì nghỉ"),
    "dangerous-work": ("ladder", "12 giờ sau khi hiến", "Chưa làm việc trên cao, dưới hầm,\nlái xe khách"),
    "steps": ("steps", "Từng bước hiến máu", "Đăng ký, khám, hiến, nghỉ"),
    "why": ("heart", "Vì sao cần hiến máu", "Từ người khoẻ đến người cần"),
}
"""Name of the file → emblem (or a day of the year), title, line."""


def svg(emblem: str) -> str:
    """The drop with its emblem, on a pale ground."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{PALE}"/>'
        f'<rect y="{HEIGHT - 14}" width="{WIDTH}" height="14" fill="{RED}"/>'
        f'<path d="{DROP}" fill="{RED}"/>{EMBLEMS.get(emblem, "")}</svg>'
    )


def page(emblem: str, title: str, line: str) -> str:
    """The picture as typst reads it: the drawing, and the words set beside it."""
    large, small = title.replace("\n", " \\ "), line.replace("\n", " \\ ")
    day = (
        ""
        if emblem in EMBLEMS
        else f'#place(dx: 98pt, dy: 222pt, box(width: 224pt, align(center, text(56pt, fill: white, weight: "bold")[{emblem}])))'
    )
    return (
        f"#set page(width: {WIDTH}pt, height: {HEIGHT}pt, margin: 0pt)\n"
        f'#set text(font: "Libertinus Serif", lang: "vi")\n#set par(leading: 0.45em)\n'
        f'#place(image("drop.svg", width: {WIDTH}pt))\n{day}\n'
        f"#place(dx: 366pt, dy: 0pt, box(width: 410pt, height: {HEIGHT - 14}pt, align(horizon, stack(spacing: 22pt, "
        f'text(42pt, fill: rgb("{DARK}"), weight: "bold")[{large}], text(25pt, fill: rgb("{DARK}"))[{small}]))))\n'
    )


def draw(folder: Path) -> list[Path]:
    """Every picture as a small PNG: platforms take no SVG."""
    import typst

    folder.mkdir(parents=True, exist_ok=True)
    made = []
    with tempfile.TemporaryDirectory() as desk:
        for name, (emblem, title, line) in PICTURES.items():
            (Path(desk) / "drop.svg").write_text(svg(emblem), encoding="utf-8")
            sheet = Path(desk) / "page.typ"
            sheet.write_text(page(emblem, title, line), encoding="utf-8")
            made.append(folder / f"{name}.png")
            typst.compile(sheet, output=made[-1], format="png", ppi=PPI)
    return made


if __name__ == "__main__":
    draw(Path(sys.argv[1]))
