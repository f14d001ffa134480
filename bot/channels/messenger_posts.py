"""Posts on a Facebook page: a text, or a picture with it; its link stands in the words (Pages API, posts, v26.0)."""

from dataclasses import dataclass, field

from bot.channels.base import Account, Rejected, Unavailable, Uncertain
from bot.channels.messenger_graph import Graph
from bot.channels.wire import identifier

HALF_DONE = frozenset(("1", "2"))
"""With these codes Graph says that something failed, and not what: the post has been seen standing there all the same."""


@dataclass(frozen=True, slots=True)
class PagePost:
    """What everybody reads. `picture`: a public https address that Meta fetches; "" without one."""

    words: str = field(repr=False)
    picture: str = ""


async def publish(graph: Graph, account: Account, post: PagePost) -> str:
    """One POST, public at once (the time is kept by us); returns the id under which comments will name it.

    Raises:
        Uncertain: it may stand there.
        SendError: as for any call of Graph.
    """
    if not post.words.strip():
        raise Rejected("a post needs words")
    try:
        if post.picture:
            body = {"url": post.picture, "message": post.words, "published": True}
            told = (await graph.call(account, "POST", f"{account.external_id}/photos", json=body)).json()
        else:
            body = {"message": post.words, "published": True}
            told = (await graph.call(account, "POST", f"{account.external_id}/feed", json=body)).json()
    except Unavailable as error:
        if error.code.partition("/")[0] in HALF_DONE:
            raise Uncertain("Facebook may have posted it", code=error.code) from None
        raise
    platform_id = identifier(told.get("post_id")) or identifier(told.get("id"))
    if not platform_id:
        raise Uncertain("Facebook took the post without naming it")
    return platform_id
