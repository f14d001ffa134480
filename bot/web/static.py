"""Our own scripts, styles and drawings, kept in memory under a versioned address and cached for ever."""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web


@dataclass(frozen=True, slots=True)
class File:
    """One file, plain and packed."""

    content_type: str
    plain: bytes
    packed: bytes


class Static:
    """All files of one folder. The version is a hash of them all, so a new release never meets an old script."""

    def __init__(self, folder: Path) -> None:
        contents = {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}
        digest = hashlib.sha256(b"".join(name.encode() + body for name, body in contents.items()))
        self.version = digest.hexdigest()[:10]
        self._files = {name: _file(name, body) for name, body in contents.items()}

    def url(self, name: str) -> str:
        if name not in self._files:
            raise KeyError(f"there is no static file {name}")
        return f"/static/{self.version}/{name}"

    async def serve(self, request: web.Request) -> web.Response:
        """An address of an older version still gets today's file, without being kept."""
        file = self._files.get(request.match_info["name"])
        if file is None:
            return web.Response(status=404)
        current = request.match_info["version"] == self.version
        headers = {
            "Cache-Control": "public, max-age=31536000, immutable" if current else "no-store",
            "Content-Type": file.content_type,
            "X-Content-Type-Options": "nosniff",
            "Vary": "Accept-Encoding",
        }
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            return web.Response(body=file.packed, headers={**headers, "Content-Encoding": "gzip"})
        return web.Response(body=file.plain, headers=headers)


def _file(name: str, body: bytes) -> File:
    kind = {".js": "text/javascript", ".svg": "image/svg+xml"}.get(Path(name).suffix) or mimetypes.guess_type(name)[0]
    return File(f"{kind or 'application/octet-stream'}; charset=utf-8", body, gzip.compress(body, 9, mtime=0))
