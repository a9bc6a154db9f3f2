"""What a reader sees of an HTML document, and what hides words from them."""

import pytest

from publisher.compose.colours import BLACK, WHITE, contrast, parse_colour
from publisher.compose.stylesheet import parse_declarations, parse_sheet
from publisher.compose.visible import read_html


def seen(html: str) -> str:
    return read_html(html).views[0].text


@pytest.mark.parametrize(
    "style",
    [
        "display:none",
        "DISPLAY : NONE !important",
        "display:\\6e one",
        "visibility:hidden",
        "visibility:collapse",
        "font-size:9px",
        "font-size:7pt",
        "font-size:0.5em",
        "font-size:50%",
        "font-size:xx-small",
        "font-size:calc(1px + 1px)",
        "font-size:1vw",
        "font:1px/1px Arial",
        "font:bold 8px Arial",
        "opacity:0",
        "opacity:.1",
        "max-height:0",
        "max-height:0px;overflow:hidden",
        "height:1px;overflow:hidden",
        "width:0",
        "max-width:0%",
        "line-height:0",
        "line-height:1px",
        "letter-spacing:-9px",
        "color:#fff",
        "color:#fefefe",
        "color:white",
        "color:rgb(250, 250, 250)",
        "color:rgba(0,0,0,.1)",
        "color:transparent",
        "color:hsl(0, 0%, 98%)",
        "color:var(--ink)",
        "color:#000;background:#000",
        "color:#000;background-color:#111",
        "color:#1c1b19;background:url(night.png) #fdfcf9",
        "background-image:linear-gradient(#000,#000)",
        "-webkit-text-fill-color:transparent",
        "position:absolute;left:-9999px",
        "text-indent:-9999px",
        "margin-left:-5000px",
        "clip-path:inset(50%)",
        "transform:scale(0)",
        "filter:opacity(0)",
        "mso-hide:all",
        "text-decoration:line-through",
        "text-transform:uppercase",
        "unicode-bidi:bidi-override;direction:rtl",
    ],
)
def test_hidden_by_its_style_it_is_not_seen_as_it_was_written(style: str) -> None:
    assert seen(f'<p>раз <span style="{style}">два</span> три</p>') != "раз два три"


@pytest.mark.parametrize(
    "style",
    [
        "color:#5a564f",
        "color:inherit",
        "color:#767676",
        "font-size:10px",
        "font-size:8pt",
        "font-size:.8em",
        "font:italic 13px/19px Arial, sans-serif",
        "line-height:1.4",
        "line-height:normal",
        "letter-spacing:-0.01em",
        "opacity:.9",
        "max-width:600px",
        "width:100%",
        "height:auto",
        "margin:0 0 8px",
        "margin:-2px",
        "background:#fdfcf9",
        "background:#fdfcf9 none no-repeat",
        "background:transparent",
        "background-color:rgba(0,0,0,.04)",
        "visibility:visible",
        "display:inline-block",
        "text-decoration:none",
        "text-transform:none",
        "position:relative",
        "overflow:hidden",
        "mso-line-height-rule:exactly",
        "",
        "nonsense",
        "color",
    ],
)
def test_ordinary_styles_hide_nothing(style: str) -> None:
    assert seen(f'<p>раз <span style="{style}">два</span> три</p>') == "раз два три"


@pytest.mark.parametrize(
    "html",
    [
        "<p hidden>два</p>",
        "<!-- два -->",
        "<script>два</script>",
        "<style>два</style>",
        "<title>два</title>",
        "<template>два</template>",
        "<noscript>два</noscript>",
        "<textarea>два</textarea>",
        "<select><option>два</option></select>",
        "<details><p>два</p></details>",
        "<object>два</object>",
        "<svg><text>два</text></svg>",
        "<s>два</s>",
        "<del>два</del>",
        "<bdo dir=rtl>два</bdo>",
        '<img alt="два">',
        '<font color="#ffffff">два</font>',
        '<font color="white">два</font>',
        '<table><tr><td bgcolor="#000000">два</td></tr></table>',
        '<table><tr><td background="night.png">два</td></tr></table>',
        '<div style="display:none"><p style="display:block">два</p></div>',
        '<div style="opacity:0"><p style="opacity:1">два</p></div>',
        '<div style="font-size:1px"><p>два</p></div>',
        '<div style="font-size:5px"><p style="font-size:1.5em">два</p></div>',
        '<div style="background:#000"><p>два</p></div>',
        '<div style="color:#fff;background:#000"><p style="background:#fff">два</p></div>',
        '<small style="font-size:11px"><small>два</small></small>',
        "<p style='color:#fff'><b>два</b></p>",
    ],
)
def test_words_nobody_sees_are_not_seen(html: str) -> None:
    assert "два" not in seen(f"<body>раз {html} три</body>")
    assert "раз" in seen(f"<body>раз {html} три</body>")


@pytest.mark.parametrize(
    "html",
    [
        '<div style="font-size:0"><p style="font-size:13px">два</p></div>',
        '<div style="visibility:hidden"><p style="visibility:visible">два</p></div>',
        '<div style="line-height:0"><p style="line-height:19px">два</p></div>',
        '<div style="background:#000"><p style="color:#fff">два</p></div>',
        '<div style="background:url(x)"><p style="background:#fff">два</p></div>',
        '<table><tr><td height="1" style="height:1px">два</td></tr></table>',
        '<font size="2" color="#333333">два</font>',
        '<body bgcolor="#000000" text="#ffffff">два</body>',
        "<center>два</center>",
        "<p>два",
        "<td>два</td>",
        "два",
        '<div style="width:1px;min-width:100%">два</div>',
    ],
)
def test_words_an_inner_element_brings_back_are_seen(html: str) -> None:
    assert "два" in seen(html)


def test_blocks_stand_apart_and_inline_tags_do_not() -> None:
    assert seen("<p>од<b>и</b>н</p><p>два<br>три</p><td>че</td><td>тыре</td>") == (
        "один два три че тыре"
    )


def test_runs_know_their_size_weight_and_link() -> None:
    html = '<h1 style="font-size:34px">Имя</h1><p><a href="/x"><b>раз</b></a> два</p>'
    runs = {run.text: run for run in read_html(html).views[0].runs}

    assert (runs["Имя"].size, runs["Имя"].bold, runs["Имя"].link) == (34, True, None)
    assert (runs["раз"].bold, runs["раз"].link) == (True, "/x")
    assert (runs[" два"].bold, runs[" два"].link) == (False, None)


def test_each_condition_is_a_view_and_all_of_them_another() -> None:
    style = (
        "<style>@media print{.a{color:#000}} @media (max-width:9px){.b{display:none}}"
        " [data-ogsc] .a{color:#222}</style>"
    )
    document = read_html(f"{style}<p class=a>раз</p><p class=b>два</p>")

    assert {view.name: view.text for view in document.views} == {
        "": "раз два",
        "@media print": "раз два",
        "@media (max-width:9px)": "раз",
        "[data-ogsc]": "раз два",
        "@media print + @media (max-width:9px) + [data-ogsc]": "раз",
    }


def test_outlook_sees_its_conditional_comments() -> None:
    html = "<!--[if mso]><p>раз</p><![endif]--><!--[if !mso]><!--><p>два</p><!--<![endif]-->"
    views = {view.name: view.text for view in read_html(html).views}

    assert views == {"": "два", "Outlook": "раз"}


@pytest.mark.parametrize(
    "html", ["", " ", "<", "<!--", "\x00", "<a" * 9, "<div>" * 5000, "&#0;&#xD800;"]
)
def test_reading_never_fails(html: str) -> None:
    read_html(html)


def test_what_is_hidden_is_still_known_to_be_there() -> None:
    document = read_html('<p style="display:none">раз</p><!-- <b>два</b> -->')

    assert document.everything == "раз два"


def test_specificity_order_and_importance_decide() -> None:
    css = "#x{color:#000} .a{color:#fff} p{color:#fff!important} p.a{color:#000!important}"

    assert seen(f"<style>{css}</style><p id=x class=a>раз</p>") == "раз"
    assert seen("<style>.a{display:none}p{display:block}</style><p class=a>раз</p>") == ""
    assert seen("<style>p{display:block!important}</style><p style='display:none'>раз</p>") == "раз"


def test_broken_style_sheets_are_read_as_far_as_they_go() -> None:
    assert parse_sheet("p{display:none").rules
    assert parse_sheet("}}}{{{") is not None
    assert parse_sheet("@charset 'x'; p { color: red }").rules
    assert [one.name for one in parse_declarations("a:b;;:;c;d:url(data:x;y);e:'f;g'")] == [
        "a",
        "",
        "d",
        "e",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#fff", WHITE),
        ("FFFFFF", None),
        ("rgb(100% 100% 100%)", WHITE),
        ("black", BLACK),
        ("rebeccapurple", parse_colour("#663399")),
        ("#12", None),
        ("rgb(1)", None),
        ("color-mix(in srgb, red, blue)", None),
    ],
)
def test_colours_are_read_or_said_to_be_unknown(text: str, expected: object) -> None:
    assert parse_colour(text) == expected


def test_contrast_runs_from_1_to_21() -> None:
    assert contrast(WHITE, WHITE) == 1
    assert round(contrast(WHITE, BLACK), 2) == 21
