"""Why a lane stopped, as a Problem for the people who run it.  Pure."""

from publisher.deliver.meanings import is_quota, is_the_servers
from publisher.deliver.smtp import NOT_THIS_MACHINE
from publisher.deliver.wording import OUR_SENDER
from publisher.model.deliveries import Phase, Result
from publisher.model.problems import Problem, msgid
from publisher.model.relays import Relay

_LOG_IN = frozenset({530, 534, 535, 538})  # RFC 4954 section 6


def trouble(result: Result, relay: Relay) -> Problem:
    """What keeps this relay from taking our mail; every delivery still waits."""
    reply = result.reply
    said = f"{reply.code} {reply.enhanced or ''} {reply.text}" if reply else result.reason
    args: dict[str, str | int] = {
        "relay": relay.name,
        "server": f"{relay.host}:{relay.port}",
        "words": " ".join(said.split()),
    }
    message, remedy = _words(result)
    return Problem(message=message, args=args, remedy=remedy)


def _words(result: Result) -> tuple[str, str]:
    if result.reply and result.reply.code in _LOG_IN:
        return (
            msgid("The mail server {relay} ({server}) does not let us log in: {words}"),
            msgid("Check its username, and its password in the environment."),
        )
    if result.reason.startswith(NOT_THIS_MACHINE):
        return (
            msgid("The legal profile is a sample, so mail may not leave this machine: {words}"),
            msgid("Use a mail server on this machine, or fill in the real profile."),
        )
    if result.reason.startswith(OUR_SENDER):
        return (
            msgid("The address that mails are sent from cannot be used: {words}"),
            msgid("Check the sender address in the config."),
        )
    if is_quota(result.reply):
        return (
            msgid("The mail server {relay} ({server}) lets us send no more at present: {words}"),
            msgid("Nothing is lost; set its rate in the config to what it allows."),
        )
    if result.phase is Phase.CONNECT:
        return (
            msgid("The mail server {relay} ({server}) gives us no session: {words}"),
            msgid("Nothing is lost; what was not sent is tried again in a few minutes."),
        )
    return _turned_down(result)


def _turned_down(result: Result) -> tuple[str, str]:
    """By a session that stood."""
    if is_the_servers(result):
        return (
            msgid("The mail server {relay} ({server}) takes no mail at present: {words}"),
            msgid("Nothing is lost; what was not sent is tried again in a few minutes."),
        )
    return (
        msgid("The mail server {relay} ({server}) refuses us as the sender: {words}"),
        msgid("Nothing is lost and no reader is blamed; mend what the server names."),
    )
