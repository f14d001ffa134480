"""The sweep that renews what ages: the tokens of the OAs."""

from scheduler.parts import Parts


async def refresh_tokens(parts: Parts) -> int:
    """Refresh every pair whose time has come; returns how many were."""
    return 0 if parts.tokens is None else await parts.tokens.refresh_old(parts.accounts)
