"""Domains in other scripts: IDNA 2008, as browsers and registries read them."""

import pytest

from publisher.model.addresses import NotAnAddress, ascii_domain, normalise


@pytest.mark.parametrize(
    ("domain", "wire"),
    [
        ("Readers.Test", "readers.test"),
        ("почта.рф", "xn--80a1acny.xn--p1ai"),
        ("ПОЧТА.РФ", "xn--80a1acny.xn--p1ai"),
        ("straße.de", "xn--strae-oqa.de"),  # IDNA 2003: strasse.de, which is somebody else
        ("bücher.example", "xn--bcher-kva.example"),
        ("xn--80a1acny.xn--p1ai", "xn--80a1acny.xn--p1ai"),
        ("почта。рф", "xn--80a1acny.xn--p1ai"),
    ],
)
def test_a_domain_as_dns_knows_it(domain: str, wire: str) -> None:
    assert ascii_domain(domain) == wire


@pytest.mark.parametrize(
    "domain", ["☃.test", "а\u0301b-.рф", "a..рф", "я" * 64 + ".рф", "\u200d.рф"]
)
def test_what_no_registry_knows_is_refused(domain: str) -> None:
    with pytest.raises(UnicodeError):
        ascii_domain(domain)
    with pytest.raises(NotAnAddress, match="is no e-mail address"):
        normalise(f"anna@{domain}")


def test_a_local_part_keeps_its_letters() -> None:
    assert normalise("Анна.О@Почта.РФ") == "Анна.О@xn--80a1acny.xn--p1ai"


def test_two_spellings_of_a_letter_are_one_mailbox() -> None:
    assert normalise("и\u0306од@b.test") == normalise("йод@b.test")


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("anna", "It has no @"),
        ("@b.test", "nothing before the @"),
        ("an\u200bna@b.test", "cannot be seen, U+200B"),
        ("\ufeffanna@b.test", "cannot be seen, U+FEFF"),
        ("anna\u202e@b.test", "cannot be seen, U+202E"),
        ("an\u00adna@b.test", "cannot be seen, U+00AD"),
        ("an\u3164na@b.test", "cannot be seen, U+3164"),
        ("an\ufe0fna@b.test", "cannot be seen, U+FE0F"),
        ("an\u2028na@b.test", "cannot be seen, U+2028"),
        ("an\ud800na@b.test", "cannot be seen, U+D800"),
        ("an\0na@b.test", "cannot be seen, U+0000"),
        ("anna@b\u200b.test", "cannot be seen, U+200B"),
        ("anna@read\u00adera.test", "cannot be seen, U+00AD"),
        ("anna@b\u2060.test", "cannot be seen, U+2060"),
        ("an na@b.test", "needs quotes"),
        ("anna,boris@b.test", "needs quotes"),
        ('"anna"@b.test', "in quotes"),
        ("an\\na@b.test", "in quotes"),
        (".anna@b.test", "A dot"),
        ("anna.@b.test", "A dot"),
        ("an..na@b.test", "A dot"),
        ("я" * 33 + "@b.test", "64 octets before the @"),
        ("a" * 65 + "@b.test", "64 octets before the @"),
        ("anna@test", "no dot"),
        ("anna@b.123", "ends in a number"),
        ("anna@192.0.2.1", "ends in a number"),
        ("anna@[192.0.2.1]", "letters, digits and hyphens"),
        ("anna@b..test", "letters, digits and hyphens"),
        ("anna@b.test..", "letters, digits and hyphens"),
        ("anna@-b.test", "letters, digits and hyphens"),
        (f"anna@{'b' * 64}.test", "longer than 63 octets"),
        (f"anna@{'я' * 60}.рф", "longer than 63 octets"),
        ("anna@☃.test", "No registry knows"),
        (f"anna@{'b' * 60}.{'b' * 60}.{'b' * 60}.{'b' * 60}.{'b' * 10}.test", "254 octets"),
    ],
)
def test_what_no_mail_goes_to_is_refused_with_the_reason(address: str, why: str) -> None:
    with pytest.raises(NotAnAddress, match="is no e-mail address") as refused:
        normalise(address)

    assert why in str(refused.value)
    assert str(refused.value).isprintable()


@pytest.mark.parametrize(
    ("address", "kept_as"),
    [
        ("я" * 32 + "@b.test", "я" * 32 + "@b.test"),
        ("a" * 64 + "@b.test", "a" * 64 + "@b.test"),
        (" Anna+news@B.Test. ", "Anna+news@b.test"),
        ("o'brien&co=x@b.c2.test", "o'brien&co=x@b.c2.test"),
        ("anna@نامه\u200cای.test", "anna@xn--mgba3gch31f060k.test"),
    ],
)
def test_what_looks_odd_and_is_right_is_taken(address: str, kept_as: str) -> None:
    assert normalise(address) == kept_as
