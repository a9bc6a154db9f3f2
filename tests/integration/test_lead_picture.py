"""The lead's picture: 3:2 in the mail and in the archive, gone and back with its article."""

from pathlib import Path

from PIL import Image

from publisher import pipeline
from publisher.compose.legal import blocking
from publisher.gate import examine
from publisher.withdrawal import restore, withdraw
from tests.support.newsroom import composed, enrol, make_room


async def test_a_picture_of_any_shape_leads_in_three_by_two(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1, backlog="2d", stories=())
    Image.linear_gradient("L").resize((900, 900)).convert("RGB").save(room.folder / "tower.jpg")
    picture = "{src: ../../tower.jpg, alt: A tower, caption: The tower, credit: Vera Lindqvist}"
    for language in ("en", "ru"):
        room.story("tower", language, image=picture)
    media = room.folder / "public" / "media"
    async with room.at_work() as app:
        await pipeline.collect(app.house, list(app.house.newsroom.sources))
        await enrol(app, 1)
        issue = await composed(app)
        assert not blocking(issue.problems)
        examined = await examine(app.house, issue)
        [plate] = media.glob("*-3x2.jpg")
        article = issue.items[0].versions[0]
        assert article.image is not None
        for digest in examined.digests:
            assert f'media/{plate.name}" width="552" height="368"' in digest.html
            assert f"media/{article.image.file}" not in digest.html
        with Image.open(plate) as cut:
            assert cut.size == (900, 600)
        articles = await app.house.articles.listed(limit=9)
        await withdraw(app.house, articles, reason="An error", by="Anna")
        assert list(media.iterdir()) == []
        for one in await app.house.articles.listed(limit=9, withdrawn=True):
            await restore(app.house, one, by="Anna")
        assert sorted(one.name for one in media.iterdir()) == sorted(
            [plate.name, article.image.file]
        )
