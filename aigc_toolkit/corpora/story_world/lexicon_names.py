"""Names of the children in the story world, English and Chinese.

Comes in: nothing. Goes out: NAMES, language -> tuple of (name, gender), gender "f" or "m".
No name is another word of the lexicon and no name begins with another name, so a name can be found in a text by plain
search.
"""

_ENGLISH_GIRLS = """
Mia Emma Anna Lucy Clara Nora Ella Zoe Julia Sophie Hannah Alice Maya Leah Molly Sara Tina Nina Lena Eva Ida Lola
Bella Emily Olivia Amelia Charlotte Chloe Isla Freya Matilda Harriet Martha Edith Agnes Beatrice Carmen Diana Elena
Fiona Gloria Helen Irene Jenny Kate Laura Maria Naomi Paula Rachel Sandra Tessa Ursula Vera Wendy Yara Zelda Priya
Aisha Yuki Greta Heidi Ingrid Astrid
"""

_ENGLISH_BOYS = """
Tom Ben Max Leo Sam Noah Liam Oscar Felix Henry Jacob Daniel Lucas Ethan Oliver Hugo Theo Simon Peter David Adam
Aaron Martin Victor Anton Finn Gus Harry Ivan Jonas Karl Louis Milo Nathan Owen Philip Quentin Ralph Stefan Toby
Walter Xavier Yusuf Omar Amir Ravi Kenji Mateo Diego Pablo Carlos Andre Boris Casper Dylan Elliot Fred George Isaac
Kevin Lars Nico Otto Rufus
"""

_CHINESE_GIRLS = """
丽丽 芳芳 婷婷 娜娜 莉莉 圆圆 妞妞 佳佳 琪琪 倩倩 玲玲 珍珍 兰兰 燕燕 菲菲 妮妮 雯雯 蓉蓉 萱萱 瑶瑶 娟娟 慧慧 琳琳
美美 妙妙 思思 媛媛 楠楠 彤彤 婉婉 佩佩 安安 小芳 小丽 小梅 小兰 小玲 小燕 小敏 小娟 小琴 小慧 小莉 小霞 小婷 小倩
小佳 小薇 小蓉 若兰 语桐 欣怡 梦瑶 诗涵 美玲 秀英 玉兰 晓燕 晓梅 淑芬 阿珍 阿兰 阿梅 阿秀
"""

_CHINESE_BOYS = """
小明 小强 小刚 小军 小杰 小伟 小勇 小波 小亮 小东 小辉 小峰 小涛 小鹏 小志 小凯 小浩 小磊 强强 军军 杰杰 亮亮 东东
涛涛 鹏鹏 凯凯 浩浩 磊磊 豆豆 壮壮 乐乐 冬冬 阳阳 洋洋 宁宁 元元 斌斌 辰辰 轩轩 超超 康康 航航 昊昊 博博 坤坤 鑫鑫
栋栋 晨晨 大伟 大勇 大刚 志强 建华 文杰 子轩 浩然 宇航 俊杰 家豪 天佑 阿强 阿福 阿杰 阿德
"""

NAMES = {
    "en": tuple((name, "f") for name in _ENGLISH_GIRLS.split()) + tuple((name, "m") for name in _ENGLISH_BOYS.split()),
    "zh": tuple((name, "f") for name in _CHINESE_GIRLS.split()) + tuple((name, "m") for name in _CHINESE_BOYS.split()),
}
