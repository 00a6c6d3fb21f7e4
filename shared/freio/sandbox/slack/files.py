"""Uploaded files: announced, filled, then shared, in the three steps of ``files_upload_v2``."""

import mimetypes
from dataclasses import dataclass, replace

from freio.sandbox.slack.errors import SlackError
from freio.sandbox.slack.ids import Ids
from freio.sandbox.slack.json_types import Json


@dataclass(frozen=True, kw_only=True)
class File:
    """``length`` is what was announced, in bytes; ``shared`` says that the upload was completed."""

    id: str
    name: str
    length: int
    title: str = ""
    alt: str = ""
    content: bytes | None = None
    shared: bool = False

    @property
    def mimetype(self) -> str:
        return mimetypes.guess_type(self.name)[0] or "application/octet-stream"

    def to_slack(self, base_url: str) -> Json:
        return {
            "id": self.id,
            "name": self.name,
            "title": self.title or self.name,
            "alt_txt": self.alt,
            "mimetype": self.mimetype,
            "filetype": self.name.rpartition(".")[2],
            "size": self.length,
            "url_private": f"{base_url}/files/{self.id}",
        }


class Files:
    """The workspace's lock guards it."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._files: dict[str, File] = {}

    def announce(self, name: str, length: int, alt: str) -> File:
        if length < 1:
            raise SlackError("file_upload_size_restricted")
        file = File(id=self._ids.name("F"), name=name, length=length, alt=alt)
        self._files[file.id] = file
        return file

    def fill(self, file_id: str, content: bytes) -> None:
        """Takes the bytes; another length than announced is refused, as it is by Slack's upload host."""
        file = self._files.get(file_id)
        if file is None or file.content is not None:
            raise SlackError("file_not_found", status=404)
        if len(content) != file.length:
            raise SlackError(f"announced {file.length} bytes but got {len(content)}", status=400)
        self._files[file_id] = replace(file, content=content)

    def complete(self, file_id: str, title: str) -> File:
        file = self._files.get(file_id)
        if file is None or file.content is None:
            raise SlackError("file_not_found")
        self._files[file_id] = replace(file, title=title, shared=True)
        return self._files[file_id]

    def shared(self, file_id: str) -> bool:
        return file_id in self._files and self._files[file_id].shared

    def find(self, file_id: str) -> File:
        if not self.shared(file_id):
            raise SlackError("file_not_found")
        return self._files[file_id]
