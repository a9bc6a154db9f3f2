"""The newsroom's look as CSS custom properties, for style sheets that are no templates."""

from dataclasses import fields

from publisher.model.look import Look, Palette


def custom_properties(look: Look) -> str:
    """A `:root` for light, one for dark; the same look gives the same text."""
    faces = f"--serif: {look.web_text}; --sans: {look.labels};"
    return (
        f":root {{ color-scheme: light dark; {_colours(look.light)} {faces} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ {_colours(look.dark)} }} }}\n"
    )


def _colours(palette: Palette) -> str:
    return " ".join(f"--{one.name}: {getattr(palette, one.name)};" for one in fields(palette))
