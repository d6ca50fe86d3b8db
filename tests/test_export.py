"""Exports without a browser: the numbers of the screen, names at their tokens, text as text, and every refusal."""

import csv
import xml.etree.ElementTree as ElementTree
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from browser.fake_records import HOSTILE, fake_generation
from PIL import Image

from aigc_toolkit.attention import capture_attention
from aigc_toolkit.views import attention_view, generation_view
from aigc_toolkit.views.color_ramp import color_ramp
from aigc_toolkit.views.export_numbers import number

SVG = "{http://www.w3.org/2000/svg}"
TEXT = "Mia lost her <b>red</b> lantern & Tom found it, 在森林里。"


@pytest.fixture(scope="module")
def attention(lm):
    return capture_attention(lm, TEXT)


@pytest.fixture
def view(attention):
    return attention_view(attention)


def read_table(path: Path) -> list[list[str]]:
    return list(csv.reader(StringIO(path.read_text("utf-8"))))


def half(weights: np.ndarray) -> np.ndarray:
    return weights.astype(np.float16).astype(np.float64)


def texts(path: Path) -> list[ElementTree.Element]:
    return list(ElementTree.parse(path).getroot().iter(f"{SVG}text"))


def test_the_table_holds_the_weights_of_the_map(view, attention, tmp_path):
    view.state = {"layer": 1, "head": 2}
    header, *rows = read_table(view.export(tmp_path / "map.csv"))
    assert header == ["query", "weights of tiny", *(f"{i} {token}" for i, token in enumerate(attention.key_tokens))]
    assert [row[:2] for row in rows] == [[str(i), token] for i, token in enumerate(attention.tokens)]
    assert np.allclose(np.array([row[2:] for row in rows], dtype=float), half(attention.weights(1, 2)), atol=5.1e-8, rtol=0)


def test_a_zoomed_table_holds_what_is_seen(view, attention, tmp_path):
    view.state = {"zoom": [3, 9, 2, 5]}
    header, *rows = read_table(view.export(tmp_path / "zoom.csv"))
    assert [name.split(" ")[0] for name in header[2:]] == ["2", "3", "4"]
    assert [row[0] for row in rows] == ["3", "4", "5", "6", "7", "8"]
    expected = half(attention.weights(view.state["layer"], 0, rows=slice(3, 9), columns=slice(2, 5)))
    assert np.allclose(np.array([row[2:] for row in rows], dtype=float), expected, atol=5.1e-8, rtol=0)


def test_an_svg_has_text_as_text_and_a_rectangle_per_seen_cell(view, attention, tmp_path):
    path = view.export(tmp_path / "map.svg")
    count = len(attention.tokens)
    cells = [
        shape for shape in ElementTree.parse(path).getroot().iter(f"{SVG}rect") if shape.get("y") and shape.get("height") != "10"
    ]
    assert len(cells) == count * (count + 1) // 2, "keys after the query are empty"
    shown = [shape.text for shape in texts(path)]
    assert any("<" in words for words in shown) and any("&" in words for words in shown)


def test_names_stand_at_their_tokens(lm, tmp_path):
    attention = capture_attention(lm, "The lantern. " * 20)
    view = attention_view(attention)
    root = ElementTree.parse(view.export(tmp_path / "long.svg")).getroot()
    (picture,) = root.iter(f"{SVG}image")
    top, tall = float(picture.get("y")), float(picture.get("height"))
    assert picture.get("href").startswith("data:image/png;base64,")
    rows = [shape for shape in root.iter(f"{SVG}text") if shape.get("text-anchor") == "end" and not shape.get("transform")]
    assert 10 < len(rows) < len(attention.tokens)
    for shape in rows:
        position = int(shape.text.split()[-1])
        assert float(shape.get("y")) == pytest.approx(top + (position + 0.5) * tall / len(attention.tokens), abs=0.01)
        assert shape.text.split()[0] == (attention.tokens[position].strip() or "␣")


def test_a_png_is_twice_the_svg_and_has_its_colours(view, tmp_path):
    view.state = {"zoom": [0, 6, 0, 6]}
    root = ElementTree.parse(view.export(tmp_path / "map.svg")).getroot()
    image = Image.open(view.export(tmp_path / "map.png")).convert("RGB")
    assert image.size == (round(2 * float(root.get("width"))), round(2 * float(root.get("height"))))
    cells = [shape for shape in root.iter(f"{SVG}rect") if shape.get("y") and shape.get("height") != "10"]
    for cell in cells:
        middle = [2 * (float(cell.get(name)) + float(cell.get(size)) / 2) for name, size in (("x", "width"), ("y", "height"))]
        color = image.getpixel((int(middle[0]), int(middle[1])))
        assert "#" + bytes(color).hex() == cell.get("fill")


def test_the_links_are_the_fewest_that_hold_the_mass(view, attention, tmp_path):
    view.state = {"panel": "lines", "token": 9, "mass": 0.8}
    header, *rows = read_table(view.export(tmp_path / "lines.csv"))
    assert header == ["query", "query_token", "key", "key_token", "weight"]
    row = half(attention.weights(view.state["layer"], 0, rows=[9]))[0]
    order = np.argsort(-row, kind="stable")
    count = int(np.searchsorted(np.cumsum(row[order]), 0.8 * row.sum() - 1e-9) + 1)
    assert [int(found[2]) for found in rows] == order[:count].tolist()
    assert {found[0] for found in rows} == {"9"}
    assert [float(found[4]) for found in rows] == pytest.approx(row[order[:count]], abs=5.1e-8)


@pytest.mark.parametrize("reading", ["row", "column", "predict"])
@pytest.mark.parametrize("grouping", ["tokens", "words"])
def test_links_between_groups_are_the_attentions_group_weights(view, attention, tmp_path, reading, grouping):
    view.state = {"panel": "lines", "token": 9, "mass": 1.0, "reading": reading, "grouping": grouping}
    _, *rows = read_table(view.export(tmp_path / "lines.csv"))
    layer = view.state["layer"]
    if grouping == "words" and reading != "predict":
        grouped = attention.group_weights(layer, 0, "words")
        firsts = [group.first for group in attention.groups("words")]
    elif grouping == "tokens":
        grouped, firsts = attention.weights(layer, 0), list(range(len(attention.tokens)))
        if reading == "predict":
            grouped = np.vstack([np.zeros_like(grouped[:1]), grouped[:-1]])
    else:
        pytest.skip("no other way to the rows that predicted a word")
    for query, _, key, _, weight in rows:
        assert float(weight) == pytest.approx(grouped[firsts.index(int(query)), firsts.index(int(key))], abs=2e-3)


def test_lines_are_drawn_between_their_tokens(view, attention, tmp_path):
    view.state = {"panel": "lines", "token": 9, "mass": 1.0}
    path = view.export(tmp_path / "lines.svg")
    ends = [(line.get("y1"), line.get("y2")) for line in ElementTree.parse(path).getroot().iter(f"{SVG}line")]
    heights = {shape.get("y"): shape.text for shape in texts(path) if shape.get("text-anchor") == "start"}
    assert {int(heights[end].split()[0]) for _, end in ends} == set(range(10)), "one to each token it sees"
    image = Image.open(view.export(tmp_path / "lines.png"))
    assert len(np.unique(np.asarray(image.convert("RGB")).reshape(-1, 3), axis=0)) > 10


def test_a_comparison_is_drawn_side_by_side_or_as_a_difference(attention, tmp_path):
    both = attention_view(attention, compare=attention)
    one = ElementTree.parse(both.export(tmp_path / "one.svg")).getroot()
    both.state = {"map": "side by side"}
    two = ElementTree.parse(both.export(tmp_path / "two.svg")).getroot()
    count = {root: len(list(root.iter(f"{SVG}rect"))) - 1 for root in (one, two)}
    assert count[two] == 2 * count[one] and float(two.get("width")) > 1.9 * float(one.get("width"))
    both.state = {"of": "difference", "map": "one"}
    cells = ElementTree.parse(both.export(tmp_path / "difference.svg")).getroot().iter(f"{SVG}rect")
    middle = "#" + bytes(color_ramp("diverging")[128].tolist()).hex()
    assert {cell.get("fill") for cell in cells if cell.get("y") and cell.get("height") != "10"} == {middle}, "no difference"


def test_two_maps_are_two_tables(attention, tmp_path):
    view = attention_view(attention, compare=attention)
    view.state = {"map": "side by side"}
    one, other = view.export(tmp_path / "two.csv").read_text("utf-8").split("\n\n")
    assert one.strip() == other.strip()


def test_the_arithmetic_of_a_cell_is_a_table(view, attention, tmp_path):
    view.state = {"panel": "cell", "cell": [7, 3], "layer": 0, "head": 1}
    numbers = dict(read_table(view.export(tmp_path / "cell.csv"))[1:])
    assert float(numbers["weight"]) == pytest.approx(attention.weights(0, 1)[7, 3], rel=1e-5)
    assert sum(float(value) for name, value in numbers.items() if name.startswith("products ")) == pytest.approx(
        float(numbers["dot"]), rel=1e-4
    )


def test_a_generation_is_a_table_and_a_drawing(tmp_path):
    generation = fake_generation("One day,\n", ["Once", " upon", ",", " 从前", "\n", "", "", "🦊"])
    view = generation_view(generation)
    header, *rows = read_table(view.export(tmp_path / "story.csv"))
    assert header == ["position", "id", "token", "logprob", "rank", "entropy"]
    for row, step in zip(rows, generation.tokens, strict=True):
        assert row[:3] == [str(step.position), str(step.id), step.text]
        assert [float(row[3]), int(row[4]), float(row[5])] == pytest.approx([step.logprob, step.rank, step.entropy], abs=1e-6)
    assert "".join(shape.text for shape in texts(view.export(tmp_path / "story.svg"))).endswith("Onceupon,从前🦊")


def test_hostile_tokens_are_text_in_every_file(tmp_path):
    tokens = [token for token in HOSTILE if len(token) < 100]
    view = generation_view(fake_generation("".join(tokens), tokens))
    ElementTree.parse(view.export(tmp_path / "story.svg"))
    found = [row[2] for row in read_table(view.export(tmp_path / "story.csv"))[1:]]
    assert found[:5] == tokens[:5]


@pytest.mark.parametrize("value", [0.0, 0.00390625, -0.00390625, 1.0, 5.9604645e-8, 0.3330078125])
def test_numbers_have_seven_decimals(value):
    assert float(number(value)) == pytest.approx(value, abs=5.1e-8)
    assert len(number(value).split(".")[1]) == 7


def test_refusals(view, tmp_path, lm):
    with pytest.raises(ValueError, match=r"The file is 'map\.pdf'\. Allowed endings: \.svg, \.png, \.csv\. Give a path that ends"):
        view.export(tmp_path / "map.pdf")
    with pytest.raises(ValueError, match=r"The file is 'story\.png'\. Allowed endings: \.csv, \.svg"):
        generation_view(fake_generation("", ["a"])).export(tmp_path / "story.png")


def test_a_table_that_is_too_large_is_refused(view, tmp_path, monkeypatch):
    monkeypatch.setattr("aigc_toolkit.views.export.LARGEST_TABLE", 100)
    with pytest.raises(ValueError, match=r"cells; a table of up to 100 numbers is written\. Set state\['zoom'\] to a part of it"):
        view.export(tmp_path / "map.csv")


def test_a_system_without_chinese_letters_says_so(view, tmp_path, monkeypatch):
    from aigc_toolkit.views import export_png

    export_png._font.cache_clear()
    monkeypatch.setattr(export_png, "_font_files", lambda: {})
    with pytest.warns(UserWarning, match=r"No font with Chinese characters was found: .*Install Noto Sans CJK, or export an SVG"):
        view.export(tmp_path / "map.png")
    export_png._font.cache_clear()
