"""Feed files of a build put in their places: bytes, packed forms, and the manifest of them all."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from publisher.house import House
from publisher.manifest import (
    MANIFEST,
    PACKED,
    Listed,
    digest,
    last_modified,
    manifest_bytes,
    read_manifest,
)
from publisher.model.feeds import Feed
from publisher.render.packing import packed


class FeedFiles:
    """What is put is public at once; the manifest follows at the end."""

    def __init__(self, house: House, now: datetime) -> None:
        self._files, self._crunch, self._now = house.files, house.crunch, now
        self._before = read_manifest(house.files.read(MANIFEST))
        self._put: dict[str, Listed] = {}

    def stand(self, paths: Iterable[str], made_of: str) -> bool:
        """Whether all of these were built from the same, and nobody has touched them since."""
        return all(self._is_of(path, made_of) for path in paths)

    async def put(
        self, path: str, data: bytes, feed: Feed | None = None, *, made_of: str | None = None
    ) -> bool:
        """Write a file, where its bytes are new or a packed form is missing; whether they are new.

        `feed`: the feed it is, if it is one, and `made_of` what it was built from.
        """
        sha = digest(data)
        told = feed.updated_at if feed else None
        modified = last_modified(self._before.get(path), sha, told=told, now=self._now)
        extension = path.rpartition(".")[2]
        self._put[path] = Listed(
            sha256=sha,
            modified=modified,
            address=f"{feed.url}.{extension}" if feed else None,
            hubs=feed.hubs if feed else (),
            made_of=made_of,
        )
        if self._stands(path, data):
            return False
        forms = await self._crunch(packed, data)
        return self._files.write(path, data, packed=forms, modified=modified)

    def mended(self, paths: Iterable[str]) -> None:
        """These standing files were changed by other hands in this build."""
        for path in paths:
            before, data = self._before.get(path), self._files.read(path)
            if data is not None:
                sha = digest(data)
                self._put[path] = Listed(
                    sha256=sha,
                    modified=last_modified(before, sha, told=None, now=self._now),
                    address=before.address if before else None,
                    hubs=before.hubs if before else (),
                )

    def close(self) -> None:
        """Write the manifest: what was put now, and what stood before and stands still."""
        standing = read_manifest(self._files.read(MANIFEST)) | self._put
        root = self._files.root
        listed = {path: one for path, one in standing.items() if (root / path).is_file()}
        self._files.write(MANIFEST, manifest_bytes(listed))

    def _is_of(self, path: str, made_of: str) -> bool:
        before = self._before.get(path)
        if before is None or before.made_of != made_of:
            return False
        data = self._files.read(path)
        return data is not None and digest(data) == before.sha256 and self._stands(path, data)

    def _stands(self, path: str, data: bytes) -> bool:
        root = self._files.root
        return self._files.read(path) == data and all(
            (root / f"{path}{suffix}").is_file() for suffix in PACKED
        )


@contextmanager
def feed_files(house: House, now: datetime) -> Iterator[FeedFiles]:
    """The files of a build; one that breaks off leaves a true manifest, too."""
    files = FeedFiles(house, now)
    try:
        yield files
    finally:
        files.close()
