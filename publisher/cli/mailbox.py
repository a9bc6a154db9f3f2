"""An address as a command is given it."""

from publisher.errors import Misconfigured
from publisher.model.addresses import normalise
from publisher.model.problems import Problem, msgid


def bare(words: str) -> str:
    """In the form it is stored in; raises Misconfigured for what is none."""
    try:
        return normalise(words)
    except ValueError as error:
        raise Misconfigured(
            Problem(message=msgid("“{words}” is no e-mail address."), args={"words": words})
        ) from error
