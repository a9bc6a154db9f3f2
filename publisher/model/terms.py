"""Terms: words of ours that stand in sentences and are looked up at the screen, as those are."""

from publisher.model.problems import msgid


class Term(str):
    """A state by its name, or the system's words: as a value of a slot said in our language."""

    __slots__ = ()


# What states are called, of issues and of deliveries; in documents they are keys, never translated.
STATES = (
    *(msgid("draft"), msgid("held"), msgid("approved"), msgid("skipped")),
    *(msgid("sealed"), msgid("stopped"), msgid("sent"), msgid("cancelled")),
    *(msgid("queued"), msgid("claimed"), msgid("sending"), msgid("accepted"), msgid("rejected")),
    *(msgid("uncertain"), msgid("deferred"), msgid("suppressed"), msgid("absent")),
)

# Why a mail came back, see bounces.py; in documents they are keys as well.
REASONS = (
    *(msgid("user_unknown"), msgid("host_unknown"), msgid("moved"), msgid("takes_no_mail")),
    *(msgid("disabled"), msgid("mailbox_full"), msgid("refused"), msgid("expired")),
    *(msgid("unreachable"), msgid("busy"), msgid("system"), msgid("too_big"), msgid("content")),
    *(msgid("spam"), msgid("policy"), msgid("blocked"), msgid("authentication")),
    *(msgid("relaying"), msgid("protocol"), msgid("unknown"), msgid("complaint"), msgid("left")),
)

# What the system says most often, in its own words: another one is said as it is.
SYSTEM = (
    *(msgid("No such file or directory"), msgid("Is a directory"), msgid("Not a directory")),
    *(msgid("Permission denied"), msgid("Read-only file system"), msgid("File exists")),
    *(msgid("No space left on device"), msgid("Bad file descriptor")),
    *(msgid("Connection refused"), msgid("Connection reset by peer"), msgid("No route to host")),
    *(msgid("Connection timed out"), msgid("Network is unreachable")),
    *(msgid("Name or service not known"), msgid("Temporary failure in name resolution")),
)
