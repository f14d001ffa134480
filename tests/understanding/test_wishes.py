"""What people want done with what is theirs; questions about giving blood are no such thing."""

import pytest

from bot.understanding.wishes import Wish, read_wish


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("lịch của em thế nào", Wish.SEE_PLACES),
        ("em co hien dc ko, kiem tra giup em", Wish.CHECK_MYSELF),
        ("kiểm tra xem em có hiến được không", Wish.CHECK_MYSELF),
        ("e muon tu ktra truoc khi hien, tu kiem tra", Wish.CHECK_MYSELF),
        ("xem thử em có đủ điều kiện không", Wish.CHECK_MYSELF),
        ("hiến máu có được kiểm tra HIV không", None),
        ("xem giúp em lịch hiến máu của em", Wish.SEE_PLACES),
        ("cho em xem lại lịch", Wish.SEE_PLACES),
        ("em dk hom nao vay", Wish.SEE_PLACES),
        ("em quên mã phiếu rồi", Wish.SEE_PLACES),
        ("em muon doi gio", Wish.MOVE_PLACE),
        ("cho em đổi sang buổi chiều", Wish.MOVE_PLACE),
        ("dời lịch... à đổi cho em qua hôm khác", Wish.MOVE_PLACE),
        ("em xin lùi lịch ạ", Wish.MOVE_PLACE),
        ("xoá hết thông tin của em", Wish.ERASE_DATA),
        ("xoa toan bo du lieu", Wish.ERASE_DATA),
        ("em muốn đăng ký", None),
        ("lịch hiến máu tháng này", None),
        ("hiến máu có đổi được quà không", None),
        ("huỷ giúp em", None),
        ("bật tin tức", Wish.HEAR_NEWS),
        ("bat tin tuc", Wish.HEAR_NEWS),
        ("nhận tin", Wish.HEAR_NEWS),
        ("đồng ý nhận tin", Wish.HEAR_NEWS),
        ("dong y nhan tin", Wish.HEAR_NEWS),
        ("tôi muốn nhận tin về các đợt hiến máu", Wish.HEAR_NEWS),
        ("e mun nhan tin tuc a", Wish.HEAR_NEWS),
        ("cho em đăng ký nhận tin hiến máu với ạ", Wish.HEAR_NEWS),
        ("bật lại bản tin nhé", Wish.HEAR_NEWS),
        ("Turn on news", Wish.HEAR_NEWS),
        ("không nhận tin", None),
        ("tôi không muốn nhận tin", None),
        ("chưa muốn nhận tin", None),
        ("thôi nhận tin", None),
        ("nhận tin có mất tiền không", None),
        ("sao tôi lại nhận tin", None),
        ("ai nhận máu của tôi", None),
        ("nhắn tin cho tôi", None),
        ("nhận kết quả xét nghiệm", None),
        ("đăng ký hiến máu", None),
        ("tin tức", None),
        ("", None),
        ("đổi " * 200, None),
    ],
)
def test_it_reads_a_wish(text: str, wish: Wish | None) -> None:
    assert read_wish(text) is wish
