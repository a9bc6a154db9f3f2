"""Terms: words of ours that stand in sentences and are looked up at the screen, as those are."""

from publisher.model.problems import msgid


class Term(str):
    """A state by its name; as the value of a slot it is said in the reader's language."""

    __slots__ = ()


# What states are called, of issues and of deliveries; in documents they are keys, never translated.
STATES = (
    *(msgid("draft"), msgid("held"), msgid("approved"), msgid("skipped")),
    *(msgid("sealed"), msgid("stopped"), msgid("sent"), msgid("cancelled")),
    *(msgid("queued"), msgid("claimed"), msgid("sending"), msgid("accepted"), msgid("rejected")),
    *(msgid("uncertain"), msgid("deferred"), msgid("suppressed"), msgid("absent")),
)
