"""Domains in other scripts: IDNA 2008, as browsers and registries read them."""

import pytest

from publisher.model.addresses import ascii_domain, normalise


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
    with pytest.raises(ValueError, match="not a"):
        normalise(f"anna@{domain}")


def test_a_local_part_keeps_its_letters() -> None:
    assert normalise("Анна.О@Почта.РФ") == "Анна.О@xn--80a1acny.xn--p1ai"


def test_two_spellings_of_a_letter_are_one_mailbox() -> None:
    assert normalise("и\u0306од@b.test") == normalise("йод@b.test")
