"""More tables: which variant readers were given, what each digest told, what editors pinned."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, Text

from publisher.store.tables import Instant, metadata

# What readers chose and were owed when an issue was sealed, and the variant that made theirs.
# Whoever is not in it gets "all"; an empty variant: nothing for them in this issue.
seats = Table(
    "seats",
    metadata,
    Column("issue", Text, ForeignKey("issues.id"), primary_key=True),
    Column("language", Text, primary_key=True),
    Column("sections", Text, primary_key=True),  # as in subscriptions; "": all
    Column("owed", BigInteger, primary_key=True, autoincrement=False),  # bit n: correction n
    Column("variant", Text, nullable=False),
)

# Which articles a digest showed: with it the ledger says who is owed a correction.
told = Table(
    "told",
    metadata,
    Column("digest", Text, ForeignKey("digests.id"), primary_key=True),
    Column("article", Text, primary_key=True),
    Column("correction", Text, nullable=False),  # key of the correction it came with; "": none
    Index("ix_told_article", "article"),
)

# Stories an editor wants to lead the next issue of an edition.
pins = Table(
    "pins",
    metadata,
    Column("edition", Text, primary_key=True),
    Column("story", Text, ForeignKey("stories.key"), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("by", Text, nullable=False),
)
