"""What the big mail clients drop of HTML and CSS: a table, and nothing decided.

Derived from the data of caniemail.com (https://github.com/hteumeuleu/caniemail, MIT licence) as
packed in the npm package caniemail 1.0.5 (MIT, (c) Avi Goldman, Andrew Powell), data of
2025-09-09.  A client is named where the newest test of one of its apps says "not supported":
Gmail (web, iOS, Android), Outlook for Windows, Outlook.com, Apple Mail, Yahoo and Mail.ru.
"""

from collections.abc import Mapping
from typing import Final

SOURCE: Final = "caniemail.com, 2025-09-09"

# clients: what they drop; "display:grid" is a value, "@media hover" a condition, "<form>" a tag.
_TABLE: Final = """
Gmail: <style> | display:none
Gmail, Apple Mail, Yahoo: text-justify
Gmail, Mail.ru: :link
Gmail, Outlook: @media | background-size | text-decoration-color | visibility
Gmail, Outlook, Apple Mail, Mail.ru: :active | :focus | :target | :visited
Gmail, Outlook, Mail.ru: ::first-letter | ::first-line | ::placeholder | :checked | :first-child
  | :first-of-type | :hover | :last-child | :last-of-type | :only-child | :only-of-type |
  <marquee> | <rp> | <rt> | <ruby> | <wbr> | opacity | position | z-index
Gmail, Outlook, Outlook.com: text-shadow | transition
Gmail, Outlook, Outlook.com, Apple Mail, Yahoo: hyphenate-limit-chars | inline-size | resize
Gmail, Outlook, Outlook.com, Mail.ru: ::marker | @supports
Gmail, Outlook, Outlook.com, Yahoo: accent-color | aspect-ratio | backdrop-filter | border-image
  | clip-path | conic-gradient() | filter | hyphenate-character | hyphens | lch() | light-dark()
  | list-style-image | mask-image | max-block-size | max-inline-size | min-block-size |
  min-inline-size | outline-offset | overflow-wrap | scroll-snap | shape-margin | shape-outside
  | text-decoration-skip-ink | text-decoration-thickness | text-emphasis-position |
  text-underline-offset | text-wrap | user-select | white-space-collapse
Gmail, Outlook, Outlook.com, Yahoo, Mail.ru: :has | :not | :nth-child | :nth-last-child |
  :nth-last-of-type | :nth-of-type | <audio> | <bdi> | <dialog> | <object> | <picture> |
  <progress> | <svg> | <video> | @keyframes | animation | inset | lang() | transform | var()
Gmail, Outlook, Yahoo: @media orientation | align-items | background-blend-mode |
  background-clip | background-origin | bottom | box-shadow | box-sizing | column-count |
  display:grid | font-stretch | justify-content | left | mix-blend-mode | object-fit |
  object-position | orphans | right | text-emphasis | top | widows
Gmail, Outlook, Yahoo, Mail.ru: ::after | ::before | <meter> | @media device-pixel-ratio |
  @media hover | @media prefers-color-scheme | @media prefers-reduced-motion | tab-size
Gmail, Outlook.com, Apple Mail, Yahoo: cursor
Gmail, Outlook.com, Yahoo, Mail.ru: <link> | @font-face | @import
Mail.ru: <base> | <dfn>
Outlook: background-image | background-position | background-repeat | border-radius |
  border-spacing | caption-side | clear | display:flex | float | list-style-position |
  max-height | min-height | min-width | outline | overflow | rgba() | table-layout |
  text-decoration-line | text-decoration-style | unit vh | unit vw | white-space | word-spacing
  | word-wrap
Outlook, Outlook.com, Yahoo: clamp() | linear-gradient() | max() | min() | radial-gradient() |
  text-align-last
Outlook, Yahoo: <select> | <textarea> | text-orientation | text-overflow |
  text-underline-position | unit ch | unit initial | unit rem | unit vmax | unit vmin |
  writing-mode
Outlook, Yahoo, Mail.ru: <abbr> | <acronym> | <form> | empty-cells | font-kerning
Yahoo: height | word-break
Yahoo, Mail.ru: <body>
"""


def dropped() -> Mapping[str, tuple[str, ...]]:
    """Feature -> the clients that drop it."""
    found: dict[str, tuple[str, ...]] = {}
    for line in _TABLE.strip().replace("\n  ", " ").split("\n"):
        clients, _, features = line.partition(": ")
        for feature in features.split(" | "):
            found[feature] = tuple(clients.split(", "))
    return found
