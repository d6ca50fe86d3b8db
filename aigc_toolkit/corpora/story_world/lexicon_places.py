"""Where stories happen: areas that people go to, and spots where only things can be.

Comes in: nothing. Goes out: PLACES, a tuple of Place, areas first. `zh + zh_suffix` says where ("花园里", "湖边"),
`zh` alone says where to ("去花园", "去湖边"); so the suffix is empty where going needs the same word as being.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """One place; `kind` is "area" (people go there) or "spot" (only things are put there).

    >>> place = PLACES[0]
    >>> f"{place.en_preposition} the {place.en}", place.zh + place.zh_suffix
    ('in the garden', '花园里')
    """

    key: str
    en: str
    en_preposition: str
    zh: str
    zh_suffix: str
    kind: str


# One place per entry: English preposition / English / Chinese / Chinese suffix (may be empty).
_AREAS = """
    in/garden/花园/里, in/park/公园/里, in/library/图书馆/里, at/school/学校/里, in/kitchen/厨房/里,
    in/bedroom/卧室/里, in/living room/客厅/里, in/classroom/教室/里, on/playground/操场/上, at/market/集市/上,
    in/bakery/面包店/里, in/bookshop/书店/里, in/toy shop/玩具店/里, in/museum/博物馆/里, at/zoo/动物园/里,
    on/farm/农场/里, in/barn/谷仓/里, in/forest/森林/里, in/meadow/草地/上, in/field/田野/里, on/hill/山坡上/,
    by/lake/湖边/, by/river/河边/, by/pond/池塘边/, on/beach/海滩/上, at/harbour/港口/, under/bridge/桥下/,
    at/train station/火车站/, at/bus stop/公交站/, in/post office/邮局/里, in/cave/山洞/里, at/lighthouse/灯塔/里,
    in/castle/城堡/里, at/mill/磨坊/里, in/orchard/果园/里, in/greenhouse/温室/里, in/vegetable patch/菜园/里,
    in/yard/院子/里, in/attic/阁楼/上, in/cellar/地下室/里, in/garage/车库/里, in/tree house/树屋/里,
    under/oak tree/大橡树下/, by/well/水井边/, by/fountain/喷泉边/, on/square/广场/上, in/theatre/剧院/里,
    by/swimming pool/泳池边/, in/gym/体育馆/里, in/workshop/木工房/里, in/bamboo grove/竹林/里, in/village/村子/里,
    in/tent/帐篷/里, in/stable/马棚/里, in/hut/小木屋/里, on/pier/码头/上, on/island/小岛/上,
    in/music room/音乐室/里, in/aquarium/水族馆/里, on/balcony/阳台/上
"""

_SPOTS = """
    in/drawer/抽屉/里, in/cupboard/柜子/里, on/wardrobe/衣柜/上面, on/bookshelf/书架/上, under/table/桌子/下面,
    under/bed/小床/下面, behind/sofa/沙发/后面, under/chair/椅子/下面, on/window sill/窗台/上,
    in/toy chest/玩具箱/里, in/shoebox/鞋盒/里, in/wooden crate/木箱/里, under/rug/地毯/下面,
    behind/curtain/窗帘/后面, behind/door/房门/后面, under/bench/长凳/下面, behind/hedge/树篱/后面,
    in/rose bush/玫瑰丛/里, in/haystack/干草堆/里, in/hollow tree/树洞/里, in/letter box/信箱/里,
    in/wheelbarrow/手推车/里, on/piano/钢琴/上, under/big stone/大石头/下面, under/stairs/楼梯/下面,
    by/fireplace/壁炉/旁边, on/roof/屋顶/上, on/branch/树枝/上
"""


def _place(entry: str, kind: str) -> Place:
    preposition, en, zh, suffix = entry.strip().split("/")
    return Place(en.replace(" ", "_"), en, preposition, zh, suffix, kind)


PLACES = tuple(_place(entry, kind) for kind, table in (("area", _AREAS), ("spot", _SPOTS)) for entry in table.split(","))
