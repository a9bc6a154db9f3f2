"""An address as a command is given it."""

from publisher.errors import Misconfigured
from publisher.model.addresses import NotAnAddress, normalise


def bare(words: str) -> str:
    """In the form it is stored in; raises Misconfigured for what is none."""
    try:
        return normalise(words)
    except NotAnAddress as error:
        raise Misconfigured(error.problem) from error
