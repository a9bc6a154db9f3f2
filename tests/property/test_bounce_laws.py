"""Laws of what comes back."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from publisher.bounces.reader import read
from publisher.bounces.reasons import why
from publisher.bounces.verdict import LIMIT, score, suppression
from publisher.model.bounces import WEIGHTS, Bounce, Kind, Reason, Weight
from tests.support.bounces import dsn
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


@given(st.text(max_size=300), st.from_regex(r"[245]\.\d{1,3}\.\d{1,3}", fullmatch=True))
def test_every_text_has_a_reason(text: str, status: str) -> None:
    assert why(status, text) in Reason


@given(st.text(st.characters(codec="ascii", exclude_characters="\r\n\x00"), max_size=200))
def test_whatever_a_server_says_the_recipient_is_found(said: str) -> None:
    reading = read(dsn(recipient="anna@readers.test", said=said))

    assert [one.recipient for one in reading.failures] == ["anna@readers.test"]
