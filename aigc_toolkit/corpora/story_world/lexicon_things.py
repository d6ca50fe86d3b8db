"""Things that a child can carry, find, lose and give away, in English and Chinese.

Comes in: nothing. Goes out: THINGS, a tuple of Thing. All English words and all Chinese words differ.
Knows no colours and no owners: those belong to a story.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Thing:
    """One kind of thing; `en` has no article, `measure` is the Chinese measure word ("把" in "一把钥匙").

    >>> next(thing for thing in THINGS if thing.key == "key")
    Thing(key='key', en='key', zh='钥匙', measure='把', kind='tool')
    """

    key: str
    en: str
    zh: str
    measure: str
    kind: str


# One thing per entry: English / Chinese / measure word.
_TABLE = {
    "toy": """
        kite/风筝/只, ball/皮球/个, doll/布娃娃/个, teddy bear/玩具熊/只, spinning top/陀螺/个, yo-yo/溜溜球/个,
        toy car/玩具车/辆, toy train/小火车/列, toy boat/小帆船/只, toy plane/玩具飞机/架, robot/机器人/个,
        puzzle/拼图/盒, marble/弹珠/颗, wooden horse/木马/只, puppet/木偶/个, toy duck/玩具鸭/只,
        skateboard/滑板/块, skipping rope/跳绳/根, balloon/气球/个, pinwheel/风车/个, paper plane/纸飞机/架,
        mask/面具/个, building block/积木/块, frisbee/飞盘/个, hoop/呼啦圈/个, shuttlecock/毽子/个,
        toy truck/玩具卡车/辆, wooden sword/木剑/把, snow globe/水晶球/个, basketball/篮球/个, football/足球/个,
        tennis racket/网球拍/只, toy dinosaur/玩具恐龙/只, beanbag/沙包/个, kaleidoscope/万花筒/个,
        toy whale/玩具鲸鱼/只
    """,
    "tool": """
        hammer/锤子/把, shovel/铲子/把, watering can/洒水壶/个, rake/耙子/把, flashlight/手电筒/只,
        compass/指南针/个, magnifying glass/放大镜/个, rope/绳子/根, bucket/水桶/个, fishing rod/鱼竿/根,
        butterfly net/捕虫网/个, paintbrush/画笔/支, pencil/铅笔/支, crayon/蜡笔/支, ruler/尺子/把, eraser/橡皮/块,
        telescope/望远镜/个, key/钥匙/把, lantern/灯笼/盏, screwdriver/螺丝刀/把, broom/扫帚/把, camera/相机/台,
        alarm clock/闹钟/个, pencil case/文具盒/个, pen/钢笔/支
    """,
    "clothing": """
        hat/帽子/顶, scarf/围巾/条, coat/大衣/件, jacket/夹克/件, sweater/毛衣/件, raincoat/雨衣/件,
        dress/连衣裙/条, shirt/衬衫/件, belt/腰带/条, ribbon/丝带/条, cloak/斗篷/件, apron/围裙/条, glove/手套/只,
        sock/袜子/只, boot/靴子/只, bow tie/领结/个, vest/背心/件, handkerchief/手帕/块, backpack/书包/个,
        purse/钱包/个, cloth bag/布袋/个, umbrella/雨伞/把, bracelet/手链/条, slipper/拖鞋/只, helmet/头盔/个
    """,
    "book": """
        storybook/故事书/本, picture book/图画书/本, notebook/笔记本/本, diary/日记本/本, map/地图/张,
        postcard/明信片/张, songbook/歌本/本, cookbook/菜谱/本, comic book/漫画书/本, sketchbook/画册/本,
        calendar/日历/本, dictionary/字典/本, photo album/相册/本
    """,
    "instrument": """
        drum/小鼓/个, flute/笛子/支, violin/小提琴/把, guitar/吉他/把, trumpet/小号/支, harmonica/口琴/个,
        bell/铃铛/个, tambourine/铃鼓/个, xylophone/木琴/架, horn/号角/支, accordion/手风琴/架, rattle/沙锤/个
    """,
    "treasure": """
        shell/贝壳/个, coin/硬币/枚, ring/戒指/枚, necklace/项链/条, pearl/珍珠/颗, feather/羽毛/根, gem/宝石/颗,
        crown/王冠/顶, medal/奖牌/块, brooch/胸针/枚, music box/八音盒/个, pebble/鹅卵石/块, pine cone/松果/个,
        acorn/橡果/颗, stamp/邮票/张, badge/徽章/枚, button/纽扣/颗, bead/珠子/颗, treasure box/百宝箱/个,
        pocket watch/怀表/块, trophy/奖杯/个, fossil/化石/块, leaf/树叶/片
    """,
    "household": """
        cup/杯子/个, plate/盘子/个, wooden bowl/木碗/个, spoon/勺子/把, teapot/茶壶/个, vase/花瓶/个,
        candle/蜡烛/根, basket/篮子/个, pillow/枕头/个, blanket/毯子/条, lamp/台灯/盏, mirror/镜子/面,
        towel/毛巾/条, jar/罐子/个, bottle/瓶子/个, lunch box/饭盒/个, piggy bank/存钱罐/个, picture frame/相框/个,
        comb/梳子/把, toothbrush/牙刷/支, cushion/坐垫/个, fan/扇子/把, stool/小凳子/张, flowerpot/花盆/个,
        radio/收音机/台
    """,
    "food": """
        apple/苹果/个, pear/梨子/个, peach/桃子/个, banana/香蕉/根, tangerine/橘子/个, plum/李子/个,
        strawberry/草莓/颗, cherry/樱桃/颗, melon/甜瓜/个, pancake/煎饼/块, cookie/饼干/块, cake/蛋糕/块,
        sandwich/三明治/个, steamed bun/包子/个, dumpling/饺子/个, pie/馅饼/块, doughnut/甜甜圈/个,
        carrot/胡萝卜/根, tomato/西红柿/个, potato/土豆/个, mooncake/月饼/块, lollipop/棒棒糖/根, waffle/华夫饼/块,
        egg/鸡蛋/个, mango/芒果/个, bread roll/小面包/个, rice ball/饭团/个, spring roll/春卷/个, walnut/核桃/个
    """,
}


def _thing(entry: str, kind: str) -> Thing:
    en, zh, measure = entry.strip().split("/")
    return Thing(en.replace(" ", "_").replace("-", "_"), en, zh, measure, kind)


THINGS = tuple(_thing(entry, kind) for kind, table in _TABLE.items() for entry in table.split(","))
