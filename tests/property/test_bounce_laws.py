"""Laws of what comes back."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from publisher.bounces.reader import read
from publisher.bounces.reasons import why
from publisher.bounces.verdict import LIMIT, is_ours, score, suppression
from publisher.inlets import Faults
from publisher.model.bounces import WEIGHTS, Bounce, Kind, Reason, Weight
from publisher.model.rates import groups_of
from publisher.settings.build_smtp import build_groups
from tests.support.bounces import dsn, letter
from tests.support.build import NOON, make_bounce

BOUNCES = st.builds(
    lambda kind, reason, hours: make_bounce(
        kind=kind, reason=reason, at=NOON - timedelta(hours=hours)
    ),
    st.sampled_from([Kind.BOUNCE, Kind.DELAY]),
    st.sampled_from(Reason),
    st.integers(0, 24 * 400),
)
HISTORIES = st.lists(BOUNCES, max_size=40)
BLAMELESS = BOUNCES.filter(
    lambda one: one.kind is Kind.DELAY or WEIGHTS[one.reason] in {Weight.OURS, Weight.NEITHER}
)


@given(st.lists(BLAMELESS, max_size=40), BLAMELESS)
def test_no_reader_pays_for_our_fault_or_for_a_delay(before: list[Bounce], last: Bounce) -> None:
    assert suppression(last, before) is None


@given(HISTORIES, BOUNCES)
def test_one_more_bounce_never_makes_a_score_lower(before: list[Bounce], one: Bounce) -> None:
    assert score([*before, one], now=NOON) >= score(before, now=NOON)


@given(HISTORIES, st.integers(0, 400))
def test_waiting_never_makes_a_score_higher(before: list[Bounce], days: int) -> None:
    later = NOON + timedelta(days=days)

    assert score(before, now=later) <= score(before, now=NOON)


@given(HISTORIES)
def test_soft_bounces_of_one_day_never_suppress(before: list[Bounce]) -> None:
    today = [one for one in before if one.at.date() == NOON.date()]

    assert score(today, now=NOON) < LIMIT


DOMAINS = st.dictionaries(
    st.sampled_from(
        ["gmail.com", "mail.ru", "evil.test", "a.evil.test", "b.evil.test", "one.test", "two.test"]
    ),
    st.integers(1, 60),
    min_size=1,
)
COUNTS = st.integers(0, 1000)
GROUPS = groups_of(build_groups({}))


@given(DOMAINS, COUNTS, COUNTS)
def test_fewer_than_a_tenth_never_stop_the_sending(
    domains: dict[str, int], accepted: int, planned: int
) -> None:
    faults = Faults(domains=domains, accepted=accepted, planned=max(planned, accepted))

    if is_ours(faults, GROUPS):
        assert faults.readers * 10 >= max(accepted, min(planned, 250))


@given(st.integers(1, 400), st.integers(1, 9), st.integers(1, 1000))
def test_who_owns_one_domain_needs_half_of_all_readers(
    readers: int, names: int, accepted: int
) -> None:
    domains = {f"n{number}.evil.test": readers for number in range(names)}
    faults = Faults(domains=domains, accepted=accepted, planned=accepted)

    assert is_ours(faults, GROUPS) is (faults.readers > 1 and faults.readers * 2 >= accepted)


@given(DOMAINS, COUNTS, COUNTS, st.sampled_from(["gmail.com", "evil.test", "new.test"]))
def test_one_more_reader_who_blames_us_never_lets_it_go_on(
    domains: dict[str, int], accepted: int, planned: int, domain: str
) -> None:
    more = domains | {domain: domains.get(domain, 0) + 1}
    before = Faults(domains=domains, accepted=accepted, planned=planned)

    assert is_ours(replace(before, domains=more), GROUPS) >= is_ours(before, GROUPS)


@given(st.text(max_size=300), st.from_regex(r"[245]\.\d{1,3}\.\d{1,3}", fullmatch=True))
def test_every_text_has_a_reason(text: str, status: str) -> None:
    assert why(status, text) in Reason


@given(st.text(st.characters(codec="ascii", exclude_characters="\r\n\x00"), max_size=200))
def test_whatever_a_server_says_the_recipient_is_found(said: str) -> None:
    reading = read(dsn(recipient="anna@readers.test", said=said))

    assert [one.recipient for one in reading.failures] == ["anna@readers.test"]


ASCII = st.text(st.characters(codec="ascii", exclude_characters="\r\n\x00"), max_size=200)
STATUSES = st.from_regex(r"[45]\.\d{1,2}\.\d{1,2}", fullmatch=True)


@given(ASCII, STATUSES, ASCII)
def test_what_fails_our_authentication_is_never_the_readers_fault(
    before: str, status: str, behind: str
) -> None:
    reason = why(status, f"550 {status} {before} SPF check failed {behind}")

    assert WEIGHTS[reason] is Weight.OURS


@given(ASCII, STATUSES, st.sampled_from(["delivered", "relayed", "expanded", "delayed"]))
def test_a_mail_that_arrived_or_is_on_its_way_never_suppresses(
    said: str, status: str, action: str
) -> None:
    reading = read(dsn(said=said, status=status, action=action))

    assert reading.kind is (Kind.DELAY if action == "delayed" else Kind.REPLY)
    assert reading.failures == () or reading.kind is Kind.DELAY


@given(st.lists(st.sampled_from(["failed", "delivered", "delayed", "relayed"]), max_size=6))
def test_each_of_a_report_is_either_failed_or_spared(actions: list[str]) -> None:
    """Where anybody failed; where nobody did, whoever waits is told as waiting."""
    rows = "".join(
        f"\r\n\r\nFinal-Recipient: rfc822; r{number}@readers.test\r\nAction: {action}\r\n"
        f"Status: {'5.1.1' if action == 'failed' else '2.0.0' if action != 'delayed' else '4.4.1'}"
        for number, action in enumerate(actions)
    )
    raw = dsn(recipient="first@readers.test")
    end = b"\r\n\r\n--B1\r\nContent-Type: text/rfc822"
    reading = read(raw.replace(end, rows.encode() + end, 1))
    names = {f"r{number}@readers.test": action for number, action in enumerate(actions)}
    failed = {"first@readers.test", *(one for one, action in names.items() if action == "failed")}

    assert {one.recipient for one in reading.failures} == failed
    assert set(reading.spared) == set(names) - failed


@given(st.binary(max_size=300), st.sampled_from(["utf-8", "utf-7", "unicode_escape", "koi8-r"]))
def test_whatever_comes_back_can_be_kept(words: bytes, charset: str) -> None:
    """No database takes NUL (PostgreSQL) or half a character (either)."""
    raw = letter("x@y.test", "WORDS", sender="mailer-daemon@mx.test", Subject="Undelivered mail")
    reading = read(raw.replace(b"utf-8", charset.encode()).replace(b"WORDS", words))

    for text in [reading.reporter, *(one.text + one.recipient for one in reading.failures)]:
        assert "\0" not in text
        text.encode("utf-8")
