from dataclasses import FrozenInstanceError, fields, replace

import pytest

from publisher.model.deliveries import Delivery
from publisher.model.moulds import mould
from tests.support.build import make_delivery


def test_what_a_mould_makes_is_what_the_class_itself_makes() -> None:
    delivery = make_delivery(name="Anna")

    made = mould(Delivery)(*(getattr(delivery, one.name) for one in fields(Delivery)))

    assert type(made) is Delivery
    assert (made, repr(made), hash(made)) == (delivery, repr(delivery), hash(delivery))
    assert replace(made, tries=2) == replace(delivery, tries=2)
    with pytest.raises(FrozenInstanceError):
        made.tries = 1  # type: ignore[misc]  # that is what is tested
    with pytest.raises(TypeError):
        mould(Delivery)(1)
