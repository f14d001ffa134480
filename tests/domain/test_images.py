"""Which pictures are taken: by their bytes, never by what they are called."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.images import LARGEST, ImageFault, NotTaken, Shape, check_image
from tests.pictures import jpeg, of_the_content, png


@pytest.mark.parametrize(
    ("body", "shape"),
    [
        pytest.param(png(), Shape("image/png", 300, 200), id="a png"),
        pytest.param(jpeg(640, 480), Shape("image/jpeg", 640, 480), id="a jpeg"),
        pytest.param(of_the_content(), Shape("image/png", 800, 418), id="one of our own"),
    ],
)
def test_it_knows_a_picture(body: bytes, shape: Shape) -> None:
    assert check_image(body) == shape


@pytest.mark.parametrize(
    ("body", "why"),
    [
        pytest.param(b"", ImageFault.MISSING, id="nothing"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'/>", ImageFault.NO_IMAGE, id="a drawing"),
        pytest.param(b"GIF89a" + b"\0" * 100, ImageFault.NO_IMAGE, id="a gif"),
        pytest.param(png()[:-20], ImageFault.NO_IMAGE, id="cut off"),
        pytest.param(jpeg()[:-2], ImageFault.NO_IMAGE, id="a jpeg cut off"),
        pytest.param(png() + b"\0" * LARGEST, ImageFault.TOO_LARGE, id="too large"),
        pytest.param(png(100, 300), ImageFault.SIZE, id="too small"),
        pytest.param(jpeg(6000, 400), ImageFault.SIZE, id="too wide"),
        pytest.param(jpeg(4500, 210), ImageFault.SIZE, id="a ribbon"),
    ],
)
def test_it_refuses_what_no_platform_takes(body: bytes, why: ImageFault) -> None:
    with pytest.raises(NotTaken) as refused:
        check_image(body)
    assert refused.value.why is why


@given(st.binary(max_size=200), st.sampled_from([b"", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n"]))
def test_any_bytes_are_judged(body: bytes, head: bytes) -> None:
    with suppress(NotTaken):
        assert check_image(head + body).kind.startswith("image/")
