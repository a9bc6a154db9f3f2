"""What servers say, and what it means: one table, from the words of real ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.deliver.meanings import Verdict, is_quota, is_the_servers, slows, verdict
from publisher.model.deliveries import Outcome, Phase, Reply, Result

OUTCOMES = {2: Outcome.ACCEPTED, 4: Outcome.TRANSIENT, 5: Outcome.PERMANENT}


def said(phase: Phase, words: str) -> Result:
    """ "550 5.1.1 no such user" as a result; without an enhanced code the words begin at once."""
    code, _, rest = words.partition(" ")
    enhanced, _, text = rest.partition(" ")
    if enhanced.count(".") != 2:
        enhanced, text = "", rest
    reply = Reply(code=int(code), enhanced=enhanced or None, text=text)
    return Result(outcome=OUTCOMES[int(code) // 100], phase=phase, reply=reply)


M, R, D, DOT, C = Phase.MAIL, Phase.RCPT, Phase.DATA, Phase.DOT, Phase.CONNECT

DONE = [(DOT, "250 2.0.0 queued as 42"), (DOT, "250 OK")]
LATER = [
    (M, "421 4.3.2 shutting down"),
    (M, "451 4.3.0 temporarily rejected"),
    (M, "452 4.3.1 Insufficient system storage"),
    (R, "450 4.2.0 Recipient address rejected: Greylisted"),
    (R, "451 4.7.1 Please try again later"),
    (R, "450 4.2.1 The user you are trying to contact is receiving mail too quickly"),
    (R, "452 4.2.2 Mailbox full"),
    (R, "452 4.2.2 The recipient's inbox is out of storage quota: limit exceeded"),
    (R, "450 4.1.1 unverified address: Address verification in progress"),
    (R, "451 4.4.4 Temporary server error"),
    (R, "451 DNS temporary failure (on MX)"),
    (R, "421 4.7.0 slow down"),
    (R, "452 user quota exceeded"),
    (R, "450 4.1.1 <x@y.test>: unverified: its server said: blocked using rbl.test"),
    (R, "450 4.7.1 <bob@relay.test>: cannot take it now"),
    (DOT, "421 4.7.28 unusual rate of unsolicited mail"),
    (DOT, "451 4.3.0 try again"),
    (DOT, "421 4.7.0 [TSS04] Messages temporarily deferred due to unexpected volume"),
    (DOT, "451 Try again later"),
]
NEVER = [
    (R, "550 5.2.1 The email account that you tried to reach is disabled"),
    (R, "552 5.2.2 Mailbox full"),
    (R, "552 5.2.2 user quota exceeded its daily limit, exceeded"),
    (R, "552 5.2.3 message exceeds the size this mailbox takes"),
    (R, "550 5.1.2 Host unknown"),
    (R, "550 5.1.2 Host unknown: relay access denied"),
    (R, "552 User quota exceeded"),
    (R, "550 <bob@relay-denied.test>: access denied"),
    (R, "550 5.2.1 <x@spamhaus.test>: disabled, blocked using nothing"),
    (DOT, "554 5.2.1 disabled; see the block list"),
    (R, "550 5.1.0 Address rejected"),
    (R, "550 5.4.1 Recipient address rejected: Access denied"),
    (R, "550 5.4.4 unable to route: no mail hosts"),
    (R, "550 5.7.1 not allowed to write to me"),
    (R, "550 5.7.124 sender not in allowed-senders list"),
    (R, "550 5.7.133 sender not authenticated for group"),
    (R, "553 5.6.7 a local part that is not ASCII"),
    (M, "553 5.6.7 SMTPUTF8 is not for you"),
    (R, "501 5.1.4 ambiguous"),
    (R, "550 access denied"),
    (R, "550 Requested action not taken"),
    (D, "554 5.5.1 no valid recipients"),
    (DOT, "552 5.2.2 mailbox full"),
    (DOT, "554 Transaction failed"),
    (DOT, "550 5.6.0 I do not like the text"),
    (DOT, "550 no such user, says the text of the mail"),
]
GONE = [
    (R, "550 5.1.1 <x@y.test>: Recipient address rejected: User unknown in relay recipient table"),
    (R, "550 <x@y.test>: Recipient address rejected: User unknown in relay recipient table"),
    (R, "550 5.1.1 <bob@relay-team.test>: no such user, we do not relay"),
    (R, "550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found by SMTP lookup, barracuda"),
    (R, "550 <x@spamhaus.test>: user unknown"),
    (R, "550 5.1.1 <x@y.test>: Recipient address rejected: User unknown in virtual mailbox table"),
    (R, "550 5.1.1 The email account that you tried to reach does not exist"),
    (DOT, "550 5.1.1 user unknown, said the next server"),
    (R, "550 5.1.3 bad destination mailbox address syntax"),
    (R, "551 5.1.6 moved, no forwarding"),
    (R, "556 5.1.10 recipient address has null MX"),
    (R, "556 this domain takes no mail"),
    (R, "550 5.7.17 Mailbox owner has changed"),
    (R, "550 no such user here"),
    (R, "550 Unknown user"),
    (R, "550 Message was not accepted -- invalid mailbox. Local mailbox is unavailable"),
    (R, "550 user not found"),
    (R, "550 5.0.0 The mailbox does not exist"),
    (R, "554 Recipient address no longer valid"),
]
OURS = [
    (R, "550 Verification failed for <d@e.test> No such user here Sender verify failed"),
    (R, "550 5.1.0 <d@e.test>: Sender address rejected: User unknown in relay recipient table"),
    (R, "550 Sender domain has a null MX: no such mailbox"),
    (C, "421 too many connections"),
    (C, "554 5.7.1 no"),
    (C, "535 5.7.8 Authentication credentials invalid"),
    (C, "454 4.7.0 Temporary authentication failure"),
    (M, "550 5.7.1 we do not know you"),
    (M, "550 no"),
    (M, "553 5.1.8 sender's domain does not resolve"),
    (M, "530 5.7.0 Must issue a STARTTLS command first"),
    (R, "530 5.7.0 Must authenticate"),
    (R, "554 5.7.1 <x@y.test>: Relay access denied"),
    (R, "550 unable to relay"),
    (R, "550 relay not permitted"),
    (R, "550 5.7.1 Relaying denied. Proper authentication required."),
    (R, "550 we do not relay"),
    (R, "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)"),
    (R, "550 5.1.0 <x@y.test>: Relaying to it is not allowed"),
    (R, "454 4.7.1 <x@y.test>: Relay access denied"),
    (R, "451 4.7.1 Service unavailable; client blocked using zen.spamhaus.org"),
    (R, "450 4.1.8 <digest@embankment.test>: Sender address rejected: Domain not found"),
    (R, "450 4.1.7 sender address unverified"),
    (R, "451 4.3.5 Server configuration error"),
    (R, "550 5.1.8 Bad sender domain"),
    (R, "550 5.1.7 Bad sender"),
    (R, "550 5.7.27 sender address has null MX"),
    (R, "554 5.7.1 Service unavailable; client blocked using zen.spamhaus.org"),
    (R, "550 5.7.606 Access denied, banned sending IP"),
    (R, "550 5.7.515 Access denied, sending domain does not meet the required level"),
    (R, "550 5.4.5 Daily sending quota exceeded"),
    (R, "521 5.3.2 host does not accept mail from you"),
    (D, "554 5.7.1 no"),
    (DOT, "550 5.7.26 unauthenticated mail is prohibited"),
    (DOT, "550 5.7.1 Message rejected as spam by Content Filtering"),
    (DOT, "550 5.7.28 unusual rate of unsolicited mail"),
    (DOT, "550 5.7.30 this mail has not been authenticated (DKIM)"),
    (DOT, "552 5.3.4 Message size exceeds fixed limit"),
    (DOT, "421 4.7.26 rate limited because it is unauthenticated"),
    (DOT, "421 4.7.32 From header not aligned"),
    (DOT, "454 Throttling failure: Daily message quota exceeded."),
    (DOT, "454 Throttling failure: Maximum sending rate exceeded."),
    (DOT, "550 Daily sending limit exceeded"),
]
TABLE = [
    (*row, meaning)
    for meaning, rows in {
        Verdict.DONE: DONE,
        Verdict.LATER: LATER,
        Verdict.NEVER: NEVER,
        Verdict.GONE: GONE,
        Verdict.OURS: OURS,
    }.items()
    for row in rows
]


@pytest.mark.parametrize(("phase", "words", "expected"), TABLE)
def test_a_reply_has_one_meaning(phase: Phase, words: str, expected: Verdict) -> None:
    assert verdict(said(phase, words)) is expected


@pytest.mark.parametrize("phase", [M, R, D])
def test_what_was_lost_before_the_dot_is_for_later(phase: Phase) -> None:
    lost = Result(outcome=Outcome.TRANSIENT, phase=phase, reply=None, reason="connection lost")

    assert verdict(lost) is Verdict.LATER


def test_what_was_lost_behind_it_is_unknown_and_no_session_is_our_own() -> None:
    behind = Result(outcome=Outcome.UNCERTAIN, phase=DOT, reply=None, reason="timeout")
    nobody = Result(outcome=Outcome.TRANSIENT, phase=C, reply=None, reason="refused")

    assert verdict(behind) is Verdict.UNKNOWN
    assert verdict(nobody) is Verdict.OURS


def test_a_refusal_of_our_own_making_blames_nobody_for_ever() -> None:
    bad = Result(outcome=Outcome.PERMANENT, phase=M, reply=None, reason="recipient address")

    assert verdict(bad) is Verdict.NEVER


@pytest.mark.parametrize(
    ("words", "slower"),
    [
        ("421 4.7.28 too much", True),
        ("450 4.7.1 greylisted", True),
        ("451 later", True),
        ("452 4.2.2 mailbox full", False),
        ("550 5.7.28 too much", False),
    ],
)
def test_a_full_mailbox_asks_nobody_to_slow_down(words: str, slower: bool) -> None:
    assert slows(said(R, words)) is slower


@pytest.mark.parametrize(
    ("phase", "words", "its_own"),
    [
        (M, "452 4.3.1 disk full", True),
        (M, "451 later", True),
        (DOT, "451 4.3.0 try again", True),
        (R, "450 4.2.0 greylisted", False),
        (DOT, "451 later", False),
        (M, "550 5.3.0 no", False),
        (DOT, "250 2.0.0 taken", False),
    ],
)
def test_a_server_may_speak_of_itself(phase: Phase, words: str, its_own: bool) -> None:
    assert is_the_servers(said(phase, words)) is its_own


def test_a_readers_quota_is_not_ours() -> None:
    full = said(R, "552 5.2.2 daily quota exceeded").reply
    ours = said(R, "452 4.4.5 daily quota exceeded").reply

    assert (is_quota(full), is_quota(ours), is_quota(None)) == (False, True, False)


phases = st.sampled_from(Phase)
texts = st.sampled_from([words for _, words, _ in TABLE]) | st.text(max_size=60)
replies = st.builds(
    lambda code, enhanced, text: Reply(
        code=code, enhanced=f"{code // 100}.{enhanced}" if enhanced else None, text=text
    ),
    st.integers(400, 599),
    st.none() | st.from_regex(r"[0-9]\.[0-9]{1,3}", fullmatch=True),
    texts,
)


@given(phases, replies)
def test_no_transient_reply_ends_a_delivery_or_an_address(phase: Phase, reply: Reply) -> None:
    result = Result(outcome=OUTCOMES[reply.code // 100], phase=phase, reply=reply)

    if reply.code < 500:
        assert verdict(result) in {Verdict.LATER, Verdict.OURS}
    else:
        assert verdict(result) in {Verdict.NEVER, Verdict.GONE, Verdict.OURS}
