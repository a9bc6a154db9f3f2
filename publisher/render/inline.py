"""CSS into style attributes: premailer behind one door, once per Digest, network off."""

import logging


def inline_styles(html: str) -> str:
    """The page with its plain styles inlined; <style data-premailer="ignore"> stays as it is.

    Costs tens of milliseconds of CPU: call it in a spawned process.
    """
    from premailer import Premailer  # noqa: PLC0415 - pulls in cssutils and requests: 0.9 s

    return str(
        Premailer(
            html,
            keep_style_tags=False,
            strip_important=False,  # dark mode and phones live on it
            disable_validation=True,
            disable_basic_attributes=["width", "height"],  # width="100%" of a div helps nobody
            align_floating_images=False,
            allow_network=False,
            cssutils_logging_level=logging.CRITICAL,
        ).transform(pretty_print=False)
    )
