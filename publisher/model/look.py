"""Look: the colours, typefaces and logo that readers see.  What config leaves out is ours."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """Six colours, each as #rrggbb, and what each is for."""

    paper: str  # the ground
    tint: str  # the ground of a picture that is not shown
    ink: str  # headlines and text
    grey: str  # facts, credits, the legal block
    accent: str  # section names and the lead's rule
    rule: str  # hairlines


LIGHT = Palette(
    paper="#fdfcf9",
    tint="#ece8df",
    ink="#1c1b19",
    grey="#5a564f",
    accent="#8a1c1c",
    rule="#d9d4ca",
)
DARK = Palette(
    paper="#171614",
    tint="#2b2824",
    ink="#ece7dd",
    grey="#b3aca0",
    accent="#e39a8d",
    rule="#413c35",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Logo:
    """A picture that stands in the masthead instead of the name in type; sizes are CSS px."""

    source: str  # absolute path
    file: str  # its name in public/media: "{hash}.png"
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How the paper looks; the law and the order of things are not its business."""

    light: Palette = LIGHT
    dark: Palette = DARK
    text: str = 'Georgia, "Times New Roman", serif'  # font-family of headlines and text
    labels: str = "Arial, sans-serif"  # font-family of everything small
    logo: Logo | None = None

    @property
    def web_text(self) -> str:
        """`text` on web pages, which carry a typeface of their own for who names none."""
        return f'"PT Serif", {self.text}' if self.text == OURS.text else self.text


OURS = Look()
