"""What becomes of a picture on its way into a letter."""

import hashlib
import io
import json
import os
import shutil
import struct
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from flows.content.images.files import LARGEST_MB, find_file, read_file
from flows.content.images.making import HEAVIEST_KB, Made, make_image
from flows.content.images.reading import MOST_MEGAPIXELS, MOST_MEGAPIXELS_DRAWN
from flows.content.images.shelf import Shelf
from flows.domain.image import Fault, ImageError, ImageName
from tests.unit.content.pictures import a_drawing, a_photo, seen, written

ORIENTATION, GPS, ARTIST = 0x0112, 0x8825, 0x013B


def refused(raw: bytes) -> Fault:
    """Why bytes are not made into a picture."""
    with pytest.raises(ImageError) as caught:
        make_image(raw, width=568, reference="photo.jpg")
    return caught.value.fault


def test_a_large_photo_gets_two_pixels_for_each_of_its_place() -> None:
    """Sharp on dense screens, and told to be half as wide."""
    made = make_image(a_photo(3000, 2000), width=568, reference="p")
    assert (made.kind, made.width, made.height) == ("jpg", 568, 378)
    assert seen(made.raw).size == (1136, 757)


def test_a_small_picture_is_never_blown_up() -> None:
    """It keeps its pixels and its size."""
    made = make_image(a_drawing(120, 80), width=568, reference="p")
    assert (made.width, made.height) == (120, 80)
    assert seen(made.raw).size == (120, 80)


def test_the_same_picture_has_the_same_bytes_every_time() -> None:
    """The hash of what was approved depends on them."""
    raws = [a_photo(), a_drawing(), a_drawing(kind="GIF"), a_drawing(kind="WEBP", lossless=True)]
    for raw in raws:
        assert len({make_image(raw, width=300, reference="p").raw for _ in range(2)}) == 1


def test_nothing_but_pixels_goes_along() -> None:
    """Neither the place where it was taken, nor who took it, nor a comment, nor a preview of it."""
    exif = Image.Exif()
    exif[GPS] = {1: "N", 2: (50.0, 40.0, 1.0)}
    exif[ARTIST] = "Quelqu’une"
    made = make_image(a_photo(exif=exif, comment=b"secret"), width=568, reference="p")
    picture = seen(made.raw)
    assert not dict(picture.getexif())
    assert {"exif", "comment", "icc_profile", "xmp", "photoshop"}.isdisjoint(picture.info)
    for secret in (b"secret", b"Quelqu", b"Exif", b"GPS"):
        assert secret not in made.raw


def test_a_picture_taken_on_its_side_stands_upright() -> None:
    """As the camera noted it; the note itself is gone."""
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    image = Image.new("RGB", (400, 200), "white")
    image.paste("red", (0, 0, 200, 200))
    made = make_image(written(image, "JPEG", exif=exif), width=568, reference="p")
    upright = seen(made.raw)
    assert (made.width, made.height) == (200, 400)
    top, bottom = upright.getpixel((100, 50)), upright.getpixel((100, 350))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert top[1] < 40
    assert bottom[1] > 215


@pytest.mark.parametrize("note", [1, 6])
def test_a_large_photo_is_sharp_whichever_way_it_was_taken(note: int) -> None:
    """The decoder leaves out pixels, but none that the place has room for."""
    exif = Image.Exif()
    exif[ORIENTATION] = note
    size = (3000, 2000) if note == 1 else (2000, 3000)
    made = make_image(a_photo(*size, exif=exif), width=568, reference="p")
    assert seen(made.raw).size == (1136, 757)


def test_colours_are_those_of_the_profile() -> None:
    """A picture in another colour space looks the same without its profile."""
    lab = ImageCms.createProfile("LAB")
    srgb = ImageCms.createProfile("sRGB")
    orange = Image.new("RGB", (20, 20), (230, 120, 20))
    # A profile of our own: sRGB with red and blue exchanged in what it says of primaries.
    raw = ImageCms.ImageCmsProfile(srgb).tobytes()
    swapped = raw.replace(b"rXYZ", b"tmpX").replace(b"bXYZ", b"rXYZ").replace(b"tmpX", b"bXYZ")
    del lab
    made = make_image(written(orange, "PNG", icc_profile=swapped), width=568, reference="p")
    pixel = seen(made.raw).convert("RGB").getpixel((10, 10))
    assert isinstance(pixel, tuple)
    assert pixel[2] > pixel[0]


def test_a_broken_profile_is_as_good_as_none() -> None:
    """The picture is shown all the same."""
    made = make_image(a_drawing(icc_profile=b"not a profile"), width=568, reference="p")
    assert seen(made.raw).convert("RGB").getpixel((10, 10)) == (255, 255, 255)


def test_printers_colours_become_those_of_screens() -> None:
    """CMYK is nothing for a mail program."""
    raw = written(Image.new("CMYK", (50, 50), (0, 255, 255, 0)), "JPEG")
    picture = seen(make_image(raw, width=568, reference="p").raw)
    assert picture.mode == "RGB"
    pixel = picture.getpixel((10, 10))
    assert isinstance(pixel, tuple)
    assert pixel[0] > 200
    assert max(pixel[1:]) < 60


def test_what_can_be_seen_through_stays_so() -> None:
    """A logo that any ground shows keeps its shape; a few dark dots in it change nothing."""
    logo = Image.new("RGBA", (200, 100), (0, 0, 0, 0))
    logo.paste((70, 140, 220, 255), (0, 0, 100, 100))
    logo.paste((0, 0, 0, 255), (0, 0, 10, 10))
    for raw in (written(logo, "PNG"), written(logo, "WEBP", lossless=True)):
        made = make_image(raw, width=568, reference="p")
        assert made.kind == "png"
        alpha = seen(made.raw).convert("RGBA").getchannel("A")
        assert (alpha.getpixel((50, 50)), alpha.getpixel((150, 50))) == (255, 0)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
def test_dark_strokes_on_nothing_get_a_white_ground(kind: str) -> None:
    """On the dark ground that many mail programs give a letter nobody would see them."""
    plan = Image.new("RGBA", (200, 100), (0, 0, 0, 0))
    for column in range(0, 200, 20):
        plan.paste((20, 30, 40, 255), (column, 0, column + 2, 100))
    made = make_image(written(plan, kind), width=568, reference="p")
    on_dark = Image.new("RGBA", (200, 100), "#1a212a")
    on_dark.alpha_composite(seen(made.raw).convert("RGBA"))
    assert on_dark.getpixel((10, 50)) == (255, 255, 255, 255)
    assert max(on_dark.getpixel((0, 50))[:3]) < 60  # type: ignore[index]  # RGBA has four


def test_sixteen_bits_become_eight() -> None:
    """A scan is as light as it was."""
    grey = Image.frombytes("I;16", (64, 64), struct.pack("<H", 0x8000) * 64 * 64)
    pixel = seen(make_image(written(grey, "PNG"), width=568, reference="p").raw).getpixel((5, 5))
    assert pixel in {(127, 127, 127), (128, 128, 128)}


def test_no_picture_is_heavier_than_a_letter_bears() -> None:
    """Noise, which packs worst, is made coarser until it fits."""
    noise = Image.merge("RGB", [Image.effect_noise((1280, 960), 120) for _ in range(3)])
    made = make_image(written(noise, "JPEG", quality=95), width=640, reference="p")
    assert len(made.raw) <= HEAVIEST_KB * 1000


@pytest.mark.parametrize("name", ["photo.jpg", "photo.png", "photo.txt"])
def test_the_bytes_tell_what_a_picture_is(name: str) -> None:
    """Whatever its name says."""
    assert make_image(a_drawing(), width=568, reference=name).kind == "png"


@pytest.mark.parametrize(
    "raw",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- x -->\n<!DOCTYPE svg>\n<svg/>',
    ],
)
def test_svg_is_refused_by_name(raw: bytes) -> None:
    """The remedy is another one than for a text."""
    assert refused(raw) is Fault.VECTOR


@pytest.mark.parametrize(
    "raw",
    [b"<!---->" * 500, b"<!-- --> " * 400 + b"<p>", b"<!--" * 1000],
)
def test_a_text_of_comments_is_told_from_svg_in_no_time(raw: bytes) -> None:
    """The ways to share comments out among each other are more than anybody can count."""
    assert refused(raw) is Fault.KIND


@pytest.mark.parametrize(
    "raw",
    [b"", b"GIF", b"Bonjour", b"%PDF-1.7", b"\0\0\0\x18ftypheic", b"BM" + bytes(60)],
)
def test_what_is_no_picture_of_the_four_kinds_is_refused(raw: bytes) -> None:
    """Other decoders are not even asked."""
    assert refused(raw) is Fault.KIND


def test_pictures_that_move_are_refused() -> None:
    """GIF, PNG and WebP; a photo with a second view of the same is none."""
    first, second = (Image.new("RGB", (40, 40), colour) for colour in ("red", "blue"))
    for kind in ("GIF", "PNG", "WEBP"):
        assert refused(written(first, kind, save_all=True, append_images=[second])) is Fault.MOVING
    views = written(first, "MPO", save_all=True, append_images=[second])
    assert make_image(views, width=568, reference="p").kind == "jpg"


def _png_that_says_it_is(width: int, height: int) -> bytes:
    """The head of a PNG with nothing behind it: a few bytes that would need gigabytes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 100))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("side", [8_001, 10_000, 60_000])
def test_a_bomb_is_refused_before_it_is_decoded(side: int) -> None:
    """Its head alone tells; nothing of its size is ever held."""
    assert side * side > MOST_MEGAPIXELS * 1_000_000
    assert refused(_png_that_says_it_is(side, side)) is Fault.PIXELS


@pytest.mark.parametrize("size", [(12, 70_000), (70_000, 12)])
def test_a_picture_longer_than_any_letter_is_refused(size: tuple[int, int]) -> None:
    """However few pixels it has: the encoder of JPEG would end at 65,500."""
    assert refused(written(Image.new("RGB", size), "PNG")) is Fault.LENGTH


def test_what_is_decoded_whole_has_fewer_pixels_than_a_photo() -> None:
    """A drawing's packed bytes say nothing of the memory that its pixels take."""
    width, height = 6_000, 1_000 * MOST_MEGAPIXELS_DRAWN // 6
    assert refused(_png_that_says_it_is(width, height + 1)) is Fault.PIXELS
    assert refused(_png_that_says_it_is(width, height)) is Fault.DAMAGED


def test_what_the_encoder_trips_over_is_refused_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """No fault of a library is anybody's traceback."""

    def broken(*_: object, **__: object) -> None:
        raise OSError("encoder error -2 when writing image file")

    raw = a_drawing()
    monkeypatch.setattr(Image.Image, "save", broken)
    assert refused(raw) is Fault.DAMAGED


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_damaged_picture_is_made_or_refused_and_nothing_else(data: st.DataObject) -> None:
    """Whatever is cut off or changed in a file."""
    kind = data.draw(st.sampled_from(["PNG", "GIF", "WEBP", "JPEG"]))
    raw = bytearray(a_drawing(60, 40, kind=kind))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    del raw[data.draw(st.integers(1, len(raw))) :]
    try:
        made = make_image(bytes(raw), width=50, reference="p")
    except ImageError:
        return
    assert seen(made.raw).size


@pytest.mark.parametrize(
    ("reference", "fault"),
    [
        ("absente.jpg", Fault.MISSING),
        ("Photo.jpg", Fault.MISSING),
        (".", Fault.MISSING),
        ("x" * 300, Fault.MISSING),
        ("../autre/photo.jpg", Fault.OUTSIDE),
        ("%2e%2e/secret.jpg", Fault.OUTSIDE),
        ("/etc/passwd", Fault.OUTSIDE),
        ("C:\\photos\\a.jpg", Fault.OUTSIDE),
        ("\\\\serveur\\a.jpg", Fault.OUTSIDE),
        ("lien.jpg", Fault.OUTSIDE),
        ("http://example.org/a.jpg", Fault.ADDRESS),
        ("//example.org/a.jpg", Fault.ADDRESS),
        ("file:///etc/passwd", Fault.ADDRESS),
        ("data:image/png;base64,AA", Fault.ADDRESS),
    ],
)
def test_only_a_file_of_the_article_is_read(tmp_path: Path, reference: str, fault: Fault) -> None:
    """No way leads out of its folder: no path, no link, no encoding."""
    folder = tmp_path / "article"
    folder.mkdir()
    (tmp_path / "secret.jpg").write_bytes(a_drawing())
    (folder / "photo.jpg").write_bytes(a_drawing())
    (folder / "lien.jpg").symlink_to(tmp_path / "secret.jpg")
    with pytest.raises(ImageError) as caught:
        find_file(folder, reference)
    assert caught.value.fault is fault


@pytest.mark.parametrize("name", ["photo.jpg", "place du marché.jpg", "vues/nuit.png"])
def test_names_may_have_blanks_accents_and_a_folder(tmp_path: Path, name: str) -> None:
    """As they are written, or as addresses have them."""
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"x")
    assert find_file(tmp_path, name) == path
    assert find_file(tmp_path, name.replace(" ", "%20")) == path


def test_what_was_exchanged_after_it_was_found_is_not_read(tmp_path: Path) -> None:
    """Neither through a link nor from a pipe, whose other end nobody may ever open."""
    folder = tmp_path / "article"
    folder.mkdir()
    (tmp_path / "secret.png").write_bytes(a_drawing())
    (folder / "a.png").write_bytes(a_drawing())
    path = find_file(folder, "a.png")
    makers: tuple[Callable[[], None], ...] = (
        lambda: path.symlink_to(tmp_path / "secret.png"),
        lambda: os.mkfifo(path),
    )
    for make in makers:
        path.unlink()
        make()
        with pytest.raises(ImageError) as caught:
            read_file(path, "a.png")
        assert caught.value.fault is Fault.MISSING


def test_a_file_too_large_is_not_read_whole(tmp_path: Path) -> None:
    """The limit is asked before there is anything to decode."""
    path = tmp_path / "photo.jpg"
    with path.open("wb") as file:
        file.truncate(LARGEST_MB * 1_000_000 + 1)
    with pytest.raises(ImageError) as caught:
        read_file(path, "photo.jpg")
    assert caught.value.fault is Fault.BYTES


def test_a_picture_is_made_once_and_again_when_its_file_changes(tmp_path: Path) -> None:
    """Known by its bytes: another process finds what the first one made."""
    article, shelf = tmp_path / "article", Shelf(tmp_path / "shelf")
    article.mkdir()
    (article / "a.jpg").write_bytes(a_photo())
    first = shelf.picture(article, "a.jpg", width=300)
    made = {path: path.stat().st_mtime_ns for path in shelf.folder.rglob("*") if path.is_file()}
    again = Shelf(shelf.folder).picture(article, "a.jpg", width=300)
    assert again == first
    now = {path: path.stat().st_mtime_ns for path in shelf.folder.rglob("*") if path.is_file()}
    assert now == made

    (article / "a.jpg").write_bytes(a_photo(seed=90))
    assert shelf.picture(article, "a.jpg", width=300) != first


def test_a_shelf_may_be_emptied_at_any_time(tmp_path: Path) -> None:
    """What is missing is made again."""
    article, shelf = tmp_path / "article", Shelf(tmp_path / "shelf")
    article.mkdir()
    (article / "a.jpg").write_bytes(a_photo())
    first = shelf.picture(article, "a.jpg", width=300)
    for path in shelf.folder.glob("*.jpg"):
        path.unlink()
    assert shelf.picture(article, "a.jpg", width=300) == first
    assert len(list(shelf.folder.glob("*.jpg"))) == 1


def test_another_encoder_ends_no_approval(tmp_path: Path) -> None:
    """On another machine, or after an upgrade: other bytes, but the picture that was approved."""
    (tmp_path / "a.jpg").write_bytes(a_photo())
    here = Shelf(tmp_path / "here")
    first = here.picture(tmp_path, "a.jpg", width=300)
    name = ImageName(first.source.removeprefix("image:"))
    shutil.copytree(here.folder, tmp_path / "elsewhere")
    encode_otherwise(tmp_path / "elsewhere", name)
    elsewhere = Shelf(tmp_path / "elsewhere")
    assert elsewhere.picture(tmp_path, "a.jpg", width=300) == first
    assert elsewhere.load(name) != here.load(name)


def encode_otherwise(shelf: Path, name: ImageName) -> None:
    """Write a picture of a shelf as another version of an encoder would have done."""
    with Image.open(shelf / name) as picture:
        picture.save(shelf / name, quality=40)
    [path] = (shelf / "made").glob("*.json")
    notes = json.loads(path.read_bytes())
    notes["sha256"] = hashlib.sha256((shelf / name).read_bytes()).hexdigest()
    path.write_text(json.dumps(notes), encoding="utf-8")


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files of which pictures are made, or are tried to be, as that happens."""
    asked: list[str] = []

    def noting(raw: bytes, *, width: int, reference: str) -> Made:
        asked.append(reference)
        return make_image(raw, width=width, reference=reference)

    monkeypatch.setattr("flows.content.images.shelf.make_image", noting)
    return asked


def test_what_no_picture_can_be_made_of_is_looked_at_once(
    tmp_path: Path, looked: list[str]
) -> None:
    """Until the file changes: a letter is rendered many times while it is written."""
    shelf = Shelf(tmp_path / "shelf")
    (tmp_path / "a.png").write_bytes(written(Image.new("RGB", (8, 20_001)), "PNG"))
    problems = set()
    for _ in range(3):
        with pytest.raises(ImageError) as caught:
            shelf.picture(tmp_path, "a.png", width=300)
        problems.add(str(caught.value))
    assert (len(looked), len(problems)) == (1, 1)

    (tmp_path / "a.png").write_bytes(a_drawing())
    assert shelf.picture(tmp_path, "a.png", width=300).width == 300


def test_a_picture_that_was_judged_before_it_was_a_file_is_made_once(
    tmp_path: Path, looked: list[str]
) -> None:
    """An upload is decoded when it is judged, and not again when a text shows it."""
    shelf, raw = Shelf(tmp_path / "shelf"), a_photo()
    shelf.prepare(raw, "IMG 1.jpg", width=300)
    (tmp_path / "img-1.jpg").write_bytes(raw)
    assert shelf.picture(tmp_path, "img-1.jpg", width=300).width == 300
    assert looked == ["IMG 1.jpg"]
    with pytest.raises(ImageError):
        shelf.prepare(b"<svg/>", "a.svg", width=300)


def test_many_who_ask_at_once_have_a_picture_made_once(tmp_path: Path, looked: list[str]) -> None:
    """Never two at a time: each may take hundreds of megabytes."""
    shelf = Shelf(tmp_path / "shelf")
    (tmp_path / "a.jpg").write_bytes(a_photo())
    with ThreadPoolExecutor(4) as threads:
        made = [threads.submit(shelf.picture, tmp_path, "a.jpg", width=300) for _ in range(4)]
        assert len({one.result() for one in made}) == 1
    assert len(looked) == 1


def test_a_picture_that_was_changed_on_the_shelf_is_not_shown_as_approved(tmp_path: Path) -> None:
    """The hash of what was made is noted beside it."""
    article, shelf = tmp_path / "article", Shelf(tmp_path / "shelf")
    article.mkdir()
    (article / "a.jpg").write_bytes(a_photo())
    shelf.picture(article, "a.jpg", width=300)
    (path,) = shelf.folder.glob("*.jpg")
    path.write_bytes(a_photo(seed=1))
    with pytest.raises(ImageError):
        shelf.load(path.name)  # type: ignore[arg-type]
    with io.BytesIO(shelf.find("../a.jpg") or b"") as nothing:
        assert not nothing.read()
