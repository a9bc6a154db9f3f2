"""The identities every room speaks of."""

from typing import NewType

Language = NewType("Language", str)  # a BCP 47 tag as config writes it: "en", "ru"
SourceId = NewType("SourceId", str)
SectionId = NewType("SectionId", str)
EditionId = NewType("EditionId", str)
StoryKey = NewType("StoryKey", str)  # what the language versions of one story share
ArticleId = NewType("ArticleId", str)  # derived from source and key, see changes.py
IssueId = NewType("IssueId", str)  # "{edition}-{YYYYMMDD-HHMM}", due time in the edition's zone
DigestId = NewType("DigestId", str)  # "{issue}/{language}/{variant}"
SubscriberId = NewType("SubscriberId", int)
DeliveryId = NewType("DeliveryId", int)
CorrectionKey = NewType("CorrectionKey", str)  # of one correction: article, and what it says
