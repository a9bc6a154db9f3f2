"""Why a lane stopped, as a Problem for the people who run it.  Pure."""

from publisher.deliver import trust
from publisher.deliver.login import NO_LOG_IN
from publisher.deliver.meanings import is_quota, is_the_servers
from publisher.deliver.smtp import NOT_THIS_MACHINE
from publisher.deliver.wording import OUR_SENDER
from publisher.model.deliveries import Phase, Result
from publisher.model.problems import Problem, msgid
from publisher.model.relays import Relay
from publisher.model.terms import Term

_LOG_IN = frozenset({530, 534, 535, 538})  # RFC 4954 section 6
_TRIED_AGAIN = msgid("Nothing is lost; what was not sent is tried again in a few minutes.")
_CLOCKS = msgid(
    "Check the clocks of both machines; if they are right, renew the certificate on the server."
)

# By how a reason begins: what is said, and what is to be done.
_BY_REASON = {
    NOT_THIS_MACHINE: (
        msgid(
            "The legal profile is a sample: no mail may leave this machine, and {words} is another."
        ),
        msgid("Use a mail server on this machine, or fill in the real profile."),
    ),
    OUR_SENDER: (
        msgid("The address that mails are sent from cannot be used: {words}"),
        msgid("Check the sender address in the config."),
    ),
    NO_LOG_IN: (
        msgid("The mail server {relay} ({server}) offers no way to log in that we know: {words}"),
        msgid(
            "Many offer it over an encrypted connection alone: set security. If you named one in "
            "login, take it out. Where none is needed, take username out."
        ),
    ),
    trust.UNKNOWN_CA: (
        msgid("Nobody whom we trust has signed the certificate of {relay} ({server})."),
        msgid(
            "If it was a CA of your own, name the file with its certificate in ca_file; if a "
            "public one, the server must send the certificates between, too."
        ),
    ),
    trust.SELF_SIGNED: (
        msgid("The mail server {relay} ({server}) has signed its certificate itself."),
        msgid(
            "Name a file with this certificate in ca_file; make sure first that it is the server's."
        ),
    ),
    trust.EXPIRED: (
        msgid("The certificate of the mail server {relay} ({server}) has expired."),
        _CLOCKS,
    ),
    trust.NOT_YET: (
        msgid("The certificate of the mail server {relay} ({server}) is not valid yet."),
        _CLOCKS,
    ),
    trust.OTHER_NAME: (
        msgid("The certificate of {relay} ({server}) is for a server of another name: {words}"),
        msgid("Write the name that stands in the certificate as host."),
    ),
    trust.BAD_CERTIFICATE: (
        msgid("The certificate of {relay} ({server}) is not accepted: {words}"),
        msgid("Whoever runs that server has to renew it."),
    ),
    trust.NO_TLS: (
        msgid("The mail server {relay} ({server}) does not begin with TLS on this port."),
        msgid(
            'Set security = "starttls", usual on ports 587 and 25, or use the port for TLS, '
            "often 465."
        ),
    ),
    trust.TLS_FAILED: (
        msgid("No encryption could be agreed on with {relay} ({server}): {words}"),
        msgid("See what the server's log says; it must know TLS 1.2 or a newer one."),
    ),
    trust.NO_STARTTLS: (
        msgid("The mail server {relay} ({server}) offers no STARTTLS; no password went to it."),
        msgid(
            'On a port for TLS, often 465, set security = "tls". If it did offer it before, '
            "somebody on the way may be taking it out."
        ),
    ),
    trust.NOT_SMTP: (
        msgid("What answers as {relay} ({server}) does not speak SMTP: {words}"),
        msgid("Check host and port."),
    ),
    trust.SILENT: (
        msgid("The mail server {relay} ({server}) does not answer."),
        msgid(
            "What was not sent is tried again. A port for TLS, often 465, stays silent until "
            'security = "tls" is set.'
        ),
    ),
    **trust.CA_WORDS,
}


def trouble(result: Result, relay: Relay) -> Problem:
    """What keeps this relay from taking our mail; every delivery still waits."""
    reply = result.reply
    kind, _, more = result.reason.partition(": ")
    if reply:
        said = f"{reply.code} {reply.enhanced or ''} {reply.text}"
    else:
        said = more if kind in _BY_REASON else result.reason
    words = " ".join(said.split())
    args: dict[str, str | int] = {
        "relay": relay.name,
        "server": f"{relay.host}:{relay.port}",
        "file": str(relay.ca_file),
        "words": words if reply else Term(words),
    }
    message, remedy = _by_reply(result) if reply else _BY_REASON.get(kind) or _by_reply(result)
    return Problem(message=message, args=args, remedy=remedy)


def _by_reply(result: Result) -> tuple[str, str]:
    if result.reply and (result.reply.code in _LOG_IN or result.reply.enhanced == "5.7.8"):
        return (
            msgid("The mail server {relay} ({server}) does not let us log in: {words}"),
            msgid(
                "Check its username, and its password in the environment. If both are right, it "
                'may not know how to check this way to log in: name another, as login = "plain".'
            ),
        )
    if is_quota(result.reply):
        return (
            msgid("The mail server {relay} ({server}) lets us send no more at present: {words}"),
            msgid("Nothing is lost; set its rate in the config to what it allows."),
        )
    if result.phase is Phase.CONNECT:
        turned_away = msgid("The mail server {relay} ({server}) turns us away: {words}")
        unreached = msgid("The mail server {relay} ({server}) cannot be reached: {words}")
        return turned_away if result.reply else unreached, _TRIED_AGAIN
    if is_the_servers(result):
        return (
            msgid("The mail server {relay} ({server}) takes no mail at present: {words}"),
            _TRIED_AGAIN,
        )
    return (
        msgid("The mail server {relay} ({server}) refuses us as the sender: {words}"),
        msgid("Nothing is lost and no reader is blamed; mend what the server names."),
    )
