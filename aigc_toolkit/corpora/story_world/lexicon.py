"""The words of the story world in English and Chinese, as plain data.

Comes in: nothing. Goes out: tuples of words by class (NAMES, THINGS, PLACES, COLOURS, TRAITS, ...), each word with a
language-neutral key. Knows nothing of stories, sentences or grammar beyond what a word needs (article, measure word).
"""

from dataclasses import dataclass

from .lexicon_names import NAMES
from .lexicon_places import PLACES, Place
from .lexicon_things import THINGS, Thing

__all__ = [
    "ANIMALS",
    "COLOURS",
    "CONTESTS",
    "FEELINGS",
    "NAMES",
    "OCCASIONS",
    "PLACES",
    "RELATIONS",
    "SKILLS",
    "THINGS",
    "TIMES",
    "TRAITS",
    "WEATHERS",
    "Animal",
    "Place",
    "Thing",
    "Word",
]


@dataclass(frozen=True)
class Word:
    """One word in both languages.

    >>> COLOURS[0]
    Word(key='red', en='red', zh='红色')
    """

    key: str
    en: str
    zh: str


@dataclass(frozen=True)
class Animal:
    """One animal that may need help; `en` has no article, `measure` is the Chinese measure word.

    >>> ANIMALS[0]
    Animal(key='bird', en='bird', zh='小鸟', measure='只')
    """

    key: str
    en: str
    zh: str
    measure: str


COLOURS = (
    Word("red", "red", "红色"),
    Word("blue", "blue", "蓝色"),
    Word("green", "green", "绿色"),
    Word("yellow", "yellow", "黄色"),
    Word("white", "white", "白色"),
    Word("black", "black", "黑色"),
    Word("purple", "purple", "紫色"),
    Word("pink", "pink", "粉色"),
    Word("orange", "orange", "橙色"),
    Word("brown", "brown", "棕色"),
)

# Every Chinese trait fits both "很…" and "…的女孩".
TRAITS = (
    Word("kind", "kind", "善良"),
    Word("brave", "brave", "勇敢"),
    Word("honest", "honest", "诚实"),
    Word("curious", "curious", "好奇"),
    Word("clever", "clever", "聪明"),
    Word("patient", "patient", "有耐心"),
    Word("gentle", "gentle", "温柔"),
    Word("cheerful", "cheerful", "开朗"),
    Word("quiet", "quiet", "文静"),
    Word("polite", "polite", "有礼貌"),
    Word("careful", "careful", "细心"),
    Word("generous", "generous", "大方"),
    Word("funny", "funny", "风趣"),
    Word("hard_working", "hard-working", "勤快"),
    Word("shy", "shy", "害羞"),
    Word("helpful", "helpful", "热心"),
)

# Every Chinese feeling fits "很…" and "觉得很…".
FEELINGS = (
    Word("happy", "happy", "高兴"),
    Word("sad", "sad", "难过"),
    Word("proud", "proud", "自豪"),
    Word("worried", "worried", "担心"),
    Word("angry", "angry", "生气"),
    Word("grateful", "grateful", "感激"),
    Word("surprised", "surprised", "惊讶"),
    Word("scared", "scared", "害怕"),
    Word("lonely", "lonely", "孤单"),
    Word("relieved", "relieved", "安心"),
    Word("excited", "excited", "激动"),
    Word("sorry", "sorry", "内疚"),
    Word("hungry", "hungry", "饿"),
)

TIMES = (
    Word("morning", "one morning", "一天早上"),
    Word("afternoon", "one afternoon", "一天下午"),
    Word("evening", "one evening", "一天傍晚"),
    Word("monday", "on Monday", "星期一"),
    Word("saturday", "on Saturday", "星期六"),
    Word("spring", "on a spring day", "春天里的一天"),
    Word("summer", "on a summer day", "夏天里的一天"),
    Word("winter", "on a winter day", "冬天里的一天"),
)

# Every Chinese weather fits "来了一场…".
WEATHERS = (
    Word("rain", "rain", "大雨"),
    Word("snow", "snow", "大雪"),
    Word("wind", "wind", "大风"),
    Word("storm", "storm", "暴风雨"),
    Word("fog", "fog", "大雾"),
)

ANIMALS = (
    Animal("bird", "bird", "小鸟", "只"),
    Animal("kitten", "kitten", "小猫", "只"),
    Animal("puppy", "puppy", "小狗", "只"),
    Animal("rabbit", "rabbit", "小兔子", "只"),
    Animal("hedgehog", "hedgehog", "小刺猬", "只"),
    Animal("squirrel", "squirrel", "小松鼠", "只"),
    Animal("duckling", "duckling", "小鸭子", "只"),
    Animal("turtle", "turtle", "小乌龟", "只"),
    Animal("frog", "frog", "小青蛙", "只"),
    Animal("fox", "fox", "小狐狸", "只"),
    Animal("lamb", "lamb", "小羊", "只"),
    Animal("owl", "owl", "猫头鹰", "只"),
    Animal("deer", "deer", "小鹿", "只"),
    Animal("mouse", "mouse", "小老鼠", "只"),
)

# Every Chinese skill fits "会…", "学…" and "教她…".
SKILLS = (
    Word("swim", "swim", "游泳"),
    Word("whistle", "whistle", "吹口哨"),
    Word("skate", "skate", "滑冰"),
    Word("ride_a_bike", "ride a bike", "骑自行车"),
    Word("do_magic_tricks", "do magic tricks", "变魔术"),
    Word("dance", "dance", "跳舞"),
    Word("cook", "cook", "做饭"),
    Word("play_chess", "play chess", "下棋"),
    Word("fold_paper_boats", "fold paper boats", "折纸船"),
    Word("climb_trees", "climb trees", "爬树"),
    Word("do_a_handstand", "do a handstand", "倒立"),
    Word("write_poems", "write poems", "写诗"),
)

CONTESTS = (
    Word("drawing", "the drawing contest", "画画比赛"),
    Word("singing", "the singing contest", "唱歌比赛"),
    Word("running", "the running contest", "跑步比赛"),
    Word("jumping", "the jumping contest", "跳远比赛"),
    Word("storytelling", "the storytelling contest", "讲故事比赛"),
    Word("dancing", "the dancing contest", "舞蹈比赛"),
    Word("handwriting", "the handwriting contest", "写字比赛"),
    Word("cooking", "the cooking contest", "厨艺比赛"),
)

OCCASIONS = (
    Word("birthday_party", "a birthday party", "生日会"),
    Word("picnic", "a picnic", "野餐会"),
    Word("tea_party", "a tea party", "茶话会"),
    Word("costume_party", "a costume party", "化装舞会"),
    Word("concert", "a concert", "音乐会"),
    Word("new_year_party", "a New Year party", "新年晚会"),
    Word("campfire_party", "a campfire party", "篝火晚会"),
    Word("harvest_party", "a harvest party", "丰收聚会"),
)

RELATIONS = (
    Word("friend", "friend", "朋友"),
    Word("sister", "sister", "妹妹"),
    Word("brother", "brother", "哥哥"),
    Word("neighbour", "neighbour", "邻居"),
    Word("cousin", "cousin", "亲戚"),
    Word("classmate", "classmate", "同学"),
)
