from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from publisher.assets import Assets
from publisher.errors import Misconfigured
from publisher.render.email import render_digest
from tests.support.build import RU
from tests.support.sheets import ordinary_day


def test_a_spawned_process_renders_the_same_bytes_and_refuses_with_the_same_words(
    tmp_path: Path,
) -> None:
    broken = tmp_path / "templates" / "email" / "digest.txt.j2"
    broken.parent.mkdir(parents=True)
    broken.write_text("{% if %}")
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as workers:
        elsewhere = workers.submit(render_digest, ordinary_day(RU), Assets()).result(60)
        refused = workers.submit(render_digest, ordinary_day(RU), Assets(newsroom=tmp_path))
        with pytest.raises(Misconfigured) as refusal:
            refused.result(60)

    assert elsewhere == render_digest(ordinary_day(RU), Assets())
    assert refusal.value.problems[0].place.file == str(broken)
