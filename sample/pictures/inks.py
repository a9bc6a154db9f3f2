"""The inks of the prints: one warm paper, one black, one red, and muted blues, ochres and greys."""

Ink = tuple[int, int, int]

PAPER: Ink = (253, 252, 249)
CREAM: Ink = (243, 234, 216)
SAND: Ink = (236, 212, 164)
OCHRE: Ink = (214, 162, 74)
AMBER: Ink = (176, 116, 44)
BARK: Ink = (96, 66, 44)

ICE: Ink = (222, 230, 232)
MIST: Ink = (184, 202, 210)
SKY: Ink = (134, 162, 180)
SLATE: Ink = (84, 112, 134)
NAVY: Ink = (44, 66, 88)
NIGHT: Ink = (27, 40, 56)

STONE: Ink = (203, 196, 183)
GREY: Ink = (139, 134, 124)
MOSS: Ink = (104, 114, 84)

RED: Ink = (138, 28, 28)
ROSE: Ink = (190, 84, 62)
INK: Ink = (28, 27, 25)
