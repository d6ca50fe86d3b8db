"""Chinese words for events: SENTENCES (event kind -> patterns) and CLAUSES (why somebody feels something, after 因为).

Comes in: patterns for people, things and ways. Goes out: both dictionaries. The narrator fills the slots: {at} is
a where ("花园里"), {to} a where-to ("花园"), {thing} a known thing, {a_thing} a new one with its measure word.
A clause calls the one who feels by pronoun only and has no final stop.
"""

from .chinese_sentences_of_people import PEOPLE_SENTENCES
from .chinese_sentences_of_things import THING_SENTENCES
from .chinese_sentences_of_ways import WAY_SENTENCES

SENTENCES = PEOPLE_SENTENCES | THING_SENTENCES | WAY_SENTENCES

# (event kind, who feels) -> clauses
CLAUSES = {
    ("lose", "actor"): ("{he}把{thing}丢在了{at}", "{he}在{at}弄丢了{thing}"),
    ("miss", "actor"): ("{he}找不到{thing}了", "{he}发现{thing}不见了"),
    ("find", "actor"): ("{he}在{at}找到了{thing}", "{he}终于在{at}找到了{thing}"),
    ("find_new", "actor"): ("{he}在{at}发现了{thing}", "{he}在{at}捡到了{thing}"),
    ("give", "other"): ("{actor}把{thing}送给了{o_him}", "{o_he}收到了{actor}送的{thing}"),
    ("give", "actor"): ("{he}把{thing}送给了{other}", "{other}收下了{he}送的{thing}"),
    ("give_back", "other"): ("{actor}把{thing}还给了{o_him}", "{o_he}从{actor}那里拿回了{thing}"),
    ("break", "actor"): ("{he}弄坏了{thing}", "{he}不小心把{thing}弄坏了"),
    ("break_of", "other"): ("{actor}弄坏了{o_his}{thing}", "{actor}把{o_his}{thing}弄坏了"),
    ("mend_of", "other"): ("{actor}修好了{o_his}{thing}", "{actor}把{o_his}{thing}修好了"),
    ("help", "other"): ("{actor}帮助了{o_him}", "{actor}帮了{o_him}的忙"),
    ("help", "actor"): ("{he}帮助了{other}", "{he}帮了{other}的忙"),
    ("win", "actor"): ("{he}赢了{contest}，得到了{thing}", "{he}在{contest}中赢得了{thing}"),
    ("refuse", "other"): ("{actor}不肯把{thing}借给{o_him}", "{actor}没有把{thing}借给{o_him}"),
    ("refuse", "actor"): ("{he}不肯把{thing}借给{other}", "{he}没有把{thing}借给{other}"),
    ("trade", "actor"): ("{he}用{thing}跟{other}换来了{second}", "{other}用{second}换了{he}手里的{thing}"),
    ("trade", "other"): ("{o_he}用{second}跟{actor}换来了{thing}", "{actor}用{thing}换了{o_he}手里的{second}"),
    ("meet", "actor"): ("{he}在{at}遇到了{other}", "{he}在{at}认识了{other}"),
    ("teach", "other"): ("{actor}教会了{o_him}{skill}", "{o_he}跟{actor}学会了{skill}"),
    ("teach", "actor"): ("{he}教会了{other}{skill}", "{other}跟{him}学会了{skill}"),
    ("weather", "actor"): ("{he}遇上了{weather}", "{weather}来了"),
    ("lose_way", "actor"): ("{he}在{at}迷路了", "{he}在{at}找不到回家的路"),
    ("lead_home", "other"): ("{actor}把{o_him}送回了家", "{actor}带着{o_him}回了家"),
    ("stay_with", "other"): ("{actor}一直陪着{o_him}", "{actor}留下来陪{o_him}"),
    ("share_food", "other"): ("{actor}和{o_him}分着吃了{thing}", "{actor}把{thing}分给了{o_him}"),
    ("bring", "other"): ("{actor}送给{o_him}的礼物是{thing}", "{actor}给{o_him}带来了{thing}"),
    ("let_go", "actor"): ("{he}让{animal}回家去了", "{he}放走了{animal}"),
    ("quarrel", "actor"): ("{he}和{other}为了{thing}吵了架", "{other}和{him}都想要{thing}"),
    ("quarrel", "other"): ("{o_he}和{actor}为了{thing}吵了架", "{actor}和{o_him}都想要{thing}"),
    ("forgive", "actor"): ("{he}原谅了{other}", "{he}不再生{other}的气了"),
    ("confess", "actor"): (
        "{he}对{other}说了实话，承认弄坏了{thing}",
        "{he}告诉了{other}，{thing}是自己弄坏的",
    ),
    ("by_mistake", "actor"): ("{he}拿错了{other}的{thing}", "{he}错拿了{other}的{thing}"),
    ("make", "actor"): ("{he}自己做好了{thing}", "{thing}是{he}亲手做的"),
    ("stuck", "actor"): ("{his}{thing}在{at}卡住了", "{thing}在{at}卡住了，{he}拿不到"),
    ("reach_for", "other"): ("{actor}帮{o_him}拿到了{thing}", "{actor}替{o_him}拿回了{thing}"),
    ("alone", "actor"): ("没有人陪{him}玩", "{he}没有朋友一起玩"),
    ("no_food", "actor"): ("{he}什么也没有吃", "{he}没有东西吃"),
    ("wait", "actor"): ("{he}在{at}等{other}，等了很久", "{other}很久都没有到{place}来，{he}只好一直等"),
    ("lend", "other"): ("{actor}把{thing}借给了{o_him}", "{o_he}从{actor}那里借到了{thing}"),
}
