"""Covers that people upload: known by their content, small enough to be read, and written anew without what they hide."""

import io
import struct

from PIL import Image, ImageOps, UnidentifiedImageError

from common.problems import Problem

FORMATS = ("JPEG", "PNG", "WEBP")
MOST_BYTES = 10 * 1024 * 1024
# A picture of a few kilobytes can unfold to gigabytes: its size is looked at before it is unfolded.
MOST_PIXELS = 40_000_000
LEAST = (400, 225)
LARGEST = (1600, 1200)
QUALITY = 82


class PictureRefused(Problem):
    """The file is no picture that can be a cover: `reason` is `not_a_picture`, `too_large`, `too_many_pixels` or `too_small`."""

    code = "picture_refused"
    status = 400
    title = "Send a JPEG, PNG or WebP picture of at least 400 × 225 pixels and at most 10 MB."


def cover_from(data: bytes) -> bytes:
    """Return the picture upright, in sRGB, at most 1600 × 1200, as WebP without any metadata.

    Raises:
        PictureRefused
    """
    if len(data) > MOST_BYTES:
        raise PictureRefused(reason="too_large")
    picture = _unfold(data)
    picture.thumbnail(LARGEST, Image.Resampling.LANCZOS)
    clean = Image.new("RGB", picture.size, "white")
    clean.paste(picture, mask=picture.getchannel("A") if picture.mode == "RGBA" else None)
    out = io.BytesIO()
    clean.save(out, "WEBP", quality=QUALITY, method=4)
    return out.getvalue()


def _unfold(data: bytes) -> Image.Image:
    try:
        picture = Image.open(io.BytesIO(data), formats=FORMATS)
        if picture.width * picture.height > MOST_PIXELS:
            raise PictureRefused(reason="too_many_pixels")
        # Photographs are unfolded no larger than they are needed.
        picture.draft("RGB", LARGEST)
        upright = ImageOps.exif_transpose(picture)
        if upright.width < LEAST[0] or upright.height < LEAST[1]:
            raise PictureRefused(reason="too_small")
        return upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    except Image.DecompressionBombError as error:
        raise PictureRefused(reason="too_many_pixels") from error
    # What a broken file, or broken notes of a camera in it, make Pillow say.
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, struct.error, LookupError) as error:
        raise PictureRefused(reason="not_a_picture") from error
