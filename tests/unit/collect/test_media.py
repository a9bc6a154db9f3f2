"""Pictures made fit to be served by us (law 11)."""

import random
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from publisher.collect.media import LARGEST, LONGEST_SIDE, NotAPicture, cut, prepare
from tests.support.build import make_image

SAMPLES = sorted((Path(__file__).parents[3] / "sample/content/images").glob("*.png"))

DICE = random.Random(7)  # noqa: S311 - nothing here is a secret


def opened(data: bytes) -> Image.Image:
    picture = Image.open(BytesIO(data))
    picture.load()
    return picture


def saved(picture: Image.Image, form: str = "JPEG", **how: Any) -> bytes:
    out = BytesIO()
    picture.save(out, form, **how)
    return out.getvalue()


def photo(width: int, height: int) -> Image.Image:
    return Image.linear_gradient("L").resize((width, height)).convert("RGB")


def noise(side: int) -> Image.Image:
    return Image.frombytes("RGB", (side, side), DICE.randbytes(side * side * 3))


def test_exif_is_gone_and_its_orientation_applied() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x8298] = "Somebody's name"
    data = saved(photo(60, 30), exif=exif, comment=b"secret place")

    made = prepare(data)

    assert (made.width, made.height) == (30, 60)
    assert not opened(made.data).getexif()
    assert b"Exif" not in made.data
    assert b"secret" not in made.data
    assert b"Somebody" not in made.data


def test_texts_of_a_png_are_gone() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", "secret")

    assert b"secret" not in prepare(saved(photo(9, 9).convert("P"), "PNG", pnginfo=info)).data


@pytest.mark.parametrize(
    ("before", "after"),
    [((2400, 1200), (1200, 600)), ((300, 3000), (120, 1200)), ((1200, 1), (1200, 1))],
)
def test_the_longest_side_is_1200_pixels(before: tuple[int, int], after: tuple[int, int]) -> None:
    made = prepare(saved(photo(*before)))

    assert (made.width, made.height) == after == opened(made.data).size


def test_a_small_picture_is_not_made_larger() -> None:
    made = prepare(saved(photo(40, 20)))

    assert (made.width, made.height) == (40, 20)


def test_even_pure_noise_comes_below_the_limit() -> None:
    made = prepare(saved(noise(1200), quality=95))

    assert len(made.data) <= LARGEST
    assert made.media_type == "image/jpeg"
    assert opened(made.data).size == (made.width, made.height)


def test_the_same_bytes_give_the_same_name_which_is_their_hash() -> None:
    data = saved(photo(400, 300))

    first, second = prepare(data), prepare(data)

    assert first == second
    assert first.file == f"{sha256(first.data).hexdigest()[:32]}.jpg"


def test_what_is_clear_stays_clear_or_lies_on_white() -> None:
    clear = Image.new("RGBA", (50, 50), (255, 0, 0, 0))
    large = Image.merge("RGBA", (*noise(1200).split(), Image.new("L", (1200, 1200), 0)))

    kept, laid = prepare(saved(clear, "PNG")), prepare(saved(large, "WEBP", lossless=True))

    assert kept.media_type == "image/png"
    assert opened(kept.data).convert("RGBA").getpixel((9, 9))[3] == 0  # type: ignore[index]
    assert len(laid.data) <= LARGEST


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG", "JPEG"])
def test_the_usual_formats_are_read(form: str) -> None:
    assert prepare(saved(photo(30, 20), form)).width == 30


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"])
def test_every_kind_of_colour_is_read(mode: str) -> None:
    form = "JPEG" if mode == "CMYK" else "PNG"

    assert prepare(saved(Image.new(mode, (8, 8)), form)).width == 8


def test_a_bomb_is_refused() -> None:
    with pytest.raises(NotAPicture):
        prepare(saved(Image.new("1", (20_000, 20_000)), "PNG"))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"words",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.4",
        saved(photo(5, 5), "BMP"),
    ],
)
def test_what_is_no_picture_of_ours_is_refused(data: bytes) -> None:
    with pytest.raises(NotAPicture) as caught:
        prepare(data)

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP"])
def test_a_broken_picture_is_refused_or_read_and_nothing_else(form: str) -> None:
    whole = saved(noise(40), form)
    dice = DICE
    for _ in range(150):
        data = bytearray(whole[: dice.randrange(len(whole))] if dice.random() < 0.3 else whole)
        for _ in range(dice.randrange(6)):
            if data:
                data[dice.randrange(len(data))] = dice.randrange(256)
        try:
            prepare(bytes(data))
        except NotAPicture:
            continue


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_the_samples_prints_stay_exactly_as_they_were_drawn(path: Path) -> None:
    data = path.read_bytes()

    made = prepare(data)

    assert made.media_type == "image/png"
    assert len(made.data) < 100_000
    assert max(made.width, made.height) <= LONGEST_SIDE
    assert opened(made.data).convert("RGB").tobytes() == opened(data).convert("RGB").tobytes()


@pytest.mark.parametrize(
    ("size", "plate"),
    [((1200, 900), (1200, 800)), ((1200, 500), (750, 500)), ((600, 900), (600, 400))],
)
def test_a_picture_is_cut_to_three_by_two_for_the_lead(
    size: tuple[int, int], plate: tuple[int, int]
) -> None:
    image = make_image(file="0a.jpg", width=size[0], height=size[1])
    assert (image.plate.file, image.plate.width, image.plate.height) == ("0a-3x2.jpg", *plate)

    made = cut(prepare(saved(photo(*size))).data, *plate)

    assert opened(made.data).size == plate == (made.width, made.height)
    assert made.extension == "jpg"
    assert made == cut(prepare(saved(photo(*size))).data, *plate)


def test_what_is_three_by_two_already_is_its_own_plate() -> None:
    for width, height in ((1200, 800), (1200, 799), (552, 368)):
        image = make_image(width=width, height=height)
        assert image.plate is image


def test_a_flat_print_stays_one_when_it_is_cut() -> None:
    whole = prepare(saved(photo(90, 90).convert("P"), "PNG"))

    made = cut(whole.data, 90, 60)

    assert (whole.extension, made.extension) == ("png", "png")
    assert opened(made.data).size == (90, 60)
