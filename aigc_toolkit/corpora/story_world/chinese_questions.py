"""Chinese questions about a story, their answers, and one-sentence summaries.

Comes in: nothing. Goes out: QUESTIONS and ANSWERS (question kind -> patterns), NOT_SAID, SUMMARIES (plot -> patterns),
SUMMARY_REQUESTS. {noun} is a thing without its colour ("风筝"); a "why" answer takes the clause of the cause.
"""

QUESTIONS = {
    "where_thing": ("{noun}现在在哪里？", "最后，{noun}在哪里？", "故事结束的时候，{noun}在什么地方？"),
    "who_has": ("最后，{noun}在谁手里？", "现在谁拿着{noun}？", "故事结束的时候，{noun}在谁那里？"),
    "whose": ("{noun}是谁的？", "谁是{noun}的主人？"),
    "colour": ("{noun}是什么颜色的？", "{noun}是哪种颜色的？", "故事里的{noun}是什么颜色？"),
    "where_found": ("{actor}是在哪里找到{noun}的？", "{actor}在什么地方找到了{noun}？"),
    "where_lost": ("{actor}是在哪里弄丢{noun}的？", "{actor}把{noun}丢在了哪里？"),
    "who_found": ("是谁找到了{noun}？", "谁找到了{noun}？"),
    "to_whom": ("{actor}把{noun}送给了谁？", "谁收到了{actor}送的{noun}？"),
    "who_gave": ("是谁把{noun}送给了{other}？", "谁送给{other}{noun}？"),
    "who_broke": ("是谁弄坏了{noun}？", "谁把{noun}弄坏了？"),
    "who_mended": ("是谁修好了{noun}？", "谁把{noun}修好了？"),
    "where_met": ("{actor}是在哪里遇到{other}的？", "{actor}和{other}在什么地方见了面？"),
    "when_went": ("{actor}是什么时候去{to}的？", "{actor}去{to}是在什么时候？"),
    "feeling_end": ("最后，{actor}的心情怎么样？", "故事结束的时候，{actor}有什么感觉？", "{actor}最后觉得怎么样？"),
    "why_feeling": ("{actor}为什么很{feeling}？", "{actor}为什么觉得很{feeling}？", "为什么{actor}很{feeling}？"),
    "trait": ("{actor}是一个什么样的孩子？", "{actor}是个怎样的人？", "{actor}的性格怎么样？"),
    "who_helped": ("是谁帮助了{other}？", "谁帮了{other}的忙？"),
    "which_weather": ("故事里来了什么天气？", "故事里的天气怎么样？"),
    "what_won": ("{actor}在{contest}中赢得了什么？", "{contest}结束后，{actor}得到了什么奖品？"),
    "who_taught": ("是谁教{other}{skill}的？", "谁教会了{other}{skill}？"),
    "which_animal": ("{actor}帮助了什么动物？", "{actor}照顾了哪一种动物？"),
    "what_ate": ("{actor}吃了什么？", "故事里{actor}吃了什么东西？"),
    "what_made": ("{actor}做了什么东西？", "{actor}亲手做了什么？"),
    "where_bought": ("{actor}是在哪里买到{noun}的？", "{actor}在什么地方买了{noun}？"),
    "who_with": ("谁和{actor}一起去了{to}？", "{actor}是和谁一起去{to}的？"),
}

ANSWERS = {
    "where_thing": ("{noun}在{at}。",),
    "who_has": ("{noun}在{actor}手里。",),
    "whose": ("{noun}是{actor}的。",),
    "colour": ("{noun}是{colour}的。",),
    "where_found": ("{actor}在{at}找到了{noun}。",),
    "where_lost": ("{actor}把{noun}丢在了{at}。",),
    "who_found": ("{actor}找到了{noun}。",),
    "to_whom": ("{actor}把{noun}送给了{other}。",),
    "who_gave": ("{actor}把{noun}送给了{other}。",),
    "who_broke": ("{actor}弄坏了{noun}。",),
    "who_mended": ("{actor}修好了{noun}。",),
    "where_met": ("{actor}在{at}遇到了{other}。",),
    "when_went": ("{time}，{actor}去了{to}。",),
    "feeling_end": ("{actor}很{feeling}。", "最后，{actor}觉得很{feeling}。"),
    "why_feeling": ("因为{cause}。",),
    "trait": ("{actor}很{trait}。", "{actor}是一个{trait}的孩子。"),
    "who_helped": ("{actor}帮助了{other}。",),
    "which_weather": ("故事里来了一场{weather}。",),
    "what_won": ("{actor}赢得了{a_thing}。",),
    "who_taught": ("{actor}教{other}{skill}。",),
    "which_animal": ("{actor}帮助了{an_animal}。",),
    "what_ate": ("{actor}吃了{noun}。",),
    "what_made": ("{actor}做了{a_thing}。",),
    "where_bought": ("{actor}在{at}买了{noun}。",),
    "who_with": ("{other}和{actor}一起去了{to}。",),
}

NOT_SAID = "故事里没有说。"

SUMMARIES = {
    "lost_and_found": (
        "{actor}在{at}弄丢了{a_thing}，{other}找到后还给了{him}。",
        "{actor}把{a_thing}丢在了{at}，后来{other}帮{him}找了回来。",
        "{other}在{at}找到了{actor}弄丢的{a_thing}。",
    ),
    "gift": (
        "{actor}有{a_thing}，后来把它送给了{other}。",
        "{actor}送给{other}{a_thing}。",
        "{other}收到了{actor}送的礼物：{a_thing}。",
    ),
    "broken_toy": (
        "{other}弄坏了{actor}的{a_thing}，后来又修好了。",
        "{actor}有{a_thing}，{other}把它弄坏了，后来又修好了它。",
        "{actor}把{a_thing}借给了{other}，{other}弄坏了它，又把它修好。",
    ),
    "trade": (
        "{actor}用{a_thing}跟{other}换来了{a_second}。",
        "{actor}和{other}交换东西，{actor}用{a_thing}换到了{a_second}。",
        "{other}得到了{actor}的{a_thing}，{actor}得到了{a_second}。",
    ),
    "treasure": (
        "{actor}在{at}发现了{a_thing}，还拿给{other}看。",
        "{actor}在{at}捡到{a_thing}，把它拿给{other}看。",
        "{other}看到了{actor}在{at}找到的宝贝：{a_thing}。",
    ),
    "shelter": (
        "{weather}来了，{actor}和{other}一起躲到了{to}。",
        "{actor}和{other}遇上了{weather}，跑到{to}躲了起来。",
        "因为{weather}来了，{actor}和{other}一起躲在{at}。",
    ),
    "rescue": (
        "{actor}在{at}救了{an_animal}，照顾好以后放走了它。",
        "{actor}在{at}发现{an_animal}受了伤，把它照顾好了。",
        "{actor}照顾了{an_animal}，那是{he}在{at}遇到的。",
    ),
    "contest": (
        "{actor}在{contest}中赢得了{a_thing}。",
        "{actor}参加了{contest}，得了第一名，奖品是{a_thing}。",
        "{actor}赢了{contest}，得到了{a_thing}。",
    ),
    "borrowed": (
        "{actor}向{other}借了{a_thing}，后来还了回去。",
        "{other}把{a_thing}借给{actor}，{actor}用完又还给了{o_him}。",
        "{actor}从{other}那里借来{a_thing}，最后还了回去。",
    ),
    "quarrel": (
        "{actor}和{other}为了{a_thing}吵了架，后来和好了。",
        "{actor}和{other}都想要{a_thing}，最后两个人轮流玩。",
        "{actor}和{other}因为{a_thing}吵架，又成了好朋友。",
    ),
    "lesson": (
        "{other}教会了{actor}{skill}。",
        "{actor}不会{skill}，{other}就教{him}。",
        "{actor}跟着{other}学会了{skill}。",
    ),
    "new_friend": (
        "{actor}在{at}认识了新朋友{other}。",
        "{actor}很孤单，后来在{at}遇到了{other}。",
        "{actor}和{other}在{at}相遇，成了朋友。",
    ),
    "party": (
        "{actor}请{other}参加{occasion}，{other}带来了{a_thing}。",
        "{other}来参加{actor}的{occasion}，送给{him}{a_thing}。",
        "{actor}办了{occasion}，收到{other}送的{a_thing}。",
    ),
    "meal": (
        "{actor}把{a_thing}分给了{other}一半。",
        "{actor}和{other}分着吃了{a_thing}。",
        "{other}饿了，{actor}和{o_him}一起吃了{a_thing}。",
    ),
    "stuck": (
        "{actor}在{at}够不着{a_thing}，{other}帮{him}拿到了。",
        "{actor}有{a_thing}在{at}卡住了，{other}把它拿了下来。",
        "{other}帮{actor}拿到了在{at}卡住的{a_thing}。",
    ),
    "handmade": (
        "{actor}亲手做了{a_thing}，送给了{other}。",
        "{actor}自己做了{a_thing}，把它送给{other}。",
        "{other}收到了{actor}亲手做的礼物：{a_thing}。",
    ),
    "market": (
        "{actor}在{at}买了{a_thing}。",
        "{actor}去{to}买了{a_thing}，把它带回了家。",
        "{actor}从{at}买回了{a_thing}。",
    ),
    "moved": (
        "{other}把{actor}的{a_thing}放到了{at}，{actor}后来找到了它。",
        "{actor}找不到{a_thing}，原来{other}把它放到了{at}。",
        "{other}搬动了{a_thing}，{actor}最后在{at}找到了它。",
    ),
    "confession": (
        "{actor}弄坏了{other}的{a_thing}，最后说了实话。",
        "{actor}向{other}借了{a_thing}，弄坏了它，最后说了实话。",
        "{actor}告诉{other}自己弄坏了{a_thing}，{other}原谅了{him}。",
    ),
    "refusal": (
        "{actor}先是不肯借{a_thing}，后来把它借给了{other}。",
        "{other}想借{a_thing}，{actor}起初不肯，后来答应了。",
        "{actor}不愿意把{a_thing}借给{other}，后来改变了主意。",
    ),
    "lost_way": (
        "{actor}在{at}迷了路，{other}把{him}送回了家。",
        "{actor}在{at}找不到路，{other}带{him}回了家。",
        "{other}把在{at}迷路的{actor}带回了家。",
    ),
    "delivery": (
        "{actor}带着{a_thing}来到{to}，把它送给了{other}。",
        "{actor}把{a_thing}带到{to}，交给了{other}。",
        "{other}在{at}收到了{actor}送来的{a_thing}。",
    ),
    "hiding_game": (
        "{other}把{a_thing}藏在{at}，{actor}找到了它。",
        "{actor}在{at}找到了{other}藏起来的{a_thing}。",
        "{other}藏起了{a_thing}，{actor}找了又找，在{at}找到了它。",
    ),
    "mistake": (
        "{actor}拿错了{other}的{a_thing}，后来还给了{o_him}。",
        "{actor}不小心拿走了{other}的{a_thing}，后来还了回去。",
        "{other}有{a_thing}，{actor}拿错了，后来又还给了{o_him}。",
    ),
    "chain": (
        "{actor}把{a_thing}送给{other}，{other}又把它送给了{third}。",
        "{a_thing}从{actor}到了{other}手里，又到了{third}手里。",
        "{third}得到了{a_thing}，是{actor}送给{other}、{other}又送出的。",
    ),
    "mended": (
        "{actor}的{a_thing}坏了，{other}把它修好了。",
        "{actor}弄坏了{a_thing}，{other}帮{him}修好了它。",
        "{other}帮{actor}修好了{a_thing}。",
    ),
    "brave_night": (
        "{weather}来了，{other}一直陪着{actor}。",
        "{weather}来的时候，{actor}很害怕，{other}留下来陪{him}。",
        "{other}陪着{actor}，一起等{weather}过去。",
    ),
    "waiting": (
        "{actor}在{at}等{other}，{other}来晚了，带来了{a_thing}。",
        "{actor}在{at}等了很久，{other}终于来了，送给{him}{a_thing}。",
        "{other}让{actor}在{at}等了很久，然后送给{him}{a_thing}。",
    ),
}

RECITAL_REQUESTS = ("把你知道的都告诉我。", "故事结束的时候，你知道些什么？", "说说你记住的一切。")
REPEAT_REQUESTS = ("请再说一遍。", "换个顺序再说一遍。", "再来一遍吧。")

STATEMENTS: dict[str, tuple[str, ...]] = {
    "where_thing": ("{noun}在{at}。",),
    "who_has": ("{noun}在{actor}手里。",),
    "whose": ("{noun}是{actor}的。",),
    "colour": ("{noun}是{colour}的。",),
    "trait": ("{actor}很{trait}。",),
    "feeling_end": ("{actor}觉得很{feeling}。",),
}

SUMMARY_REQUESTS = (
    "请用一句话讲讲这个故事。",
    "用一句话概括这个故事。",
    "这个故事讲了什么？请用一句话回答。",
    "请把这个故事总结成一句话。",
    "一句话告诉我，故事里发生了什么？",
)
