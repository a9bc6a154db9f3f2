"""[look] of a valid config as the noun."""

from publisher.model.look import Logo, Look, Palette
from publisher.settings.schema_look import Dark, Light, LogoTable, LookTable


def build_look(table: LookTable) -> Look:
    """The Look."""
    return Look(
        light=_palette(table.light),
        dark=_palette(table.dark),
        text=_family(table.text),
        labels=_family(table.labels),
        logo=_logo(table.logo) if table.logo else None,
    )


def _palette(colours: Light | Dark) -> Palette:
    return Palette(
        paper=colours.paper,
        tint=colours.tint,
        ink=colours.ink,
        grey=colours.grey,
        accent=colours.accent,
        rule=colours.rule,
    )


def _family(names: list[str]) -> str:
    """As CSS writes it: quoted where there is a space."""
    return ", ".join(f'"{name}"' if " " in name else name for name in names)


def _logo(table: LogoTable) -> Logo:
    picture = table.file
    return Logo(
        source=picture.path,
        file=f"{picture.digest[:16]}.png",
        width=table.width,
        height=max(1, round(picture.height * table.width / picture.width)),
    )
