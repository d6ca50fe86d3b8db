"""English questions, answers and summaries of the story world: patterns with slots, as data.

Comes in: nothing. Goes out: QUESTIONS and ANSWERS (question kind -> patterns), NOT_SAID (the answer where a story
leaves it open), SUMMARIES (plot -> one-sentence patterns) and SUMMARY_REQUESTS, STATEMENTS
(question kind -> what is so, what it is asked about first) and how they are asked for. Answers are short full sentences that
name what was asked for. It does not know which questions a story answers.
"""

QUESTIONS: dict[str, tuple[str, ...]] = {
    "where_thing": ("Where is {noun} now?", "Where is {noun} at the end?", "Can you tell me where {noun} is now?"),
    "who_has": ("Who has {noun} now?", "Who has {noun} at the end?", "Can you tell me who has {noun} now?"),
    "whose": ("Who does {noun} belong to?", "Who is the owner of {noun}?", "Who does {noun} belong to at the end?"),
    "colour": ("What colour is {noun}?", "Which colour is {noun}?", "Can you tell me the colour of {noun}?"),
    "where_found": ("Where did {actor} find {noun}?", "Where was {noun} when {actor} found it?"),
    "where_lost": ("Where did {actor} lose {noun}?", "Where was {actor} when {noun} got lost?"),
    "who_found": ("Who found {noun}?", "Can you tell me who found {noun}?"),
    "to_whom": ("Who did {actor} give {noun} to?", "To whom did {actor} give {noun}?"),
    "who_gave": ("Who gave {noun} to {other}?", "Who gave {other} {noun}?"),
    "who_broke": ("Who broke {noun}?", "Can you tell me who broke {noun}?"),
    "who_mended": ("Who mended {noun}?", "Can you tell me who mended {noun}?"),
    "where_met": ("Where did {actor} meet {other}?", "Where did {actor} and {other} meet?"),
    "when_went": ("When did {actor} go {to}?", "Can you tell me when {actor} went {to}?"),
    "feeling_end": ("How did {actor} feel at the end?", "How did {actor} feel in the end?"),
    "why_feeling": ("Why did {actor} feel {feeling}?", "Why was {actor} {feeling}?"),
    "trait": ("What was {actor} like?", "Can you tell me what {actor} was like?"),
    "who_helped": ("Who helped {other}?", "Can you tell me who helped {other}?"),
    "which_weather": ("What was the weather like?", "What kind of weather came?"),
    "what_won": ("What did {actor} win in {contest}?", "What was the prize when {actor} won {contest}?"),
    "who_taught": ("Who taught {other} to {skill}?", "From whom did {other} learn to {skill}?"),
    "which_animal": ("Which animal did {actor} help?", "Which animal did {actor} take care of?"),
    "what_ate": ("What did {actor} eat?", "Can you tell me what {actor} ate?"),
    "what_made": ("What did {actor} make?", "Can you tell me what {actor} made?"),
    "where_bought": ("Where did {actor} buy {noun}?", "Where was {actor} when {he} bought {noun}?"),
    "who_with": ("Who went {to} with {actor}?", "With whom did {actor} go {to}?"),
}

ANSWERS: dict[str, tuple[str, ...]] = {
    "where_thing": ("It is {at}.", "Now it is {at}."),
    "who_has": ("{actor} has {noun}.", "{actor} has it."),
    "whose": ("It belongs to {actor}.",),
    "colour": ("It is {colour}.",),
    "where_found": ("{actor} found {noun} {at}.", "{actor} found it {at}."),
    "where_lost": ("{actor} lost {noun} {at}.", "{actor} lost it {at}."),
    "who_found": ("{actor} found {noun}.", "{actor} found it."),
    "to_whom": ("{actor} gave {noun} to {other}.", "{actor} gave it to {other}."),
    "who_gave": ("{actor} gave {noun} to {other}.", "{actor} gave it to {other}."),
    "who_broke": ("{actor} broke {noun}.", "{actor} broke it."),
    "who_mended": ("{actor} mended {noun}.", "{actor} mended it."),
    "where_met": ("{actor} met {other} {at}.", "They met {at}."),
    "when_went": ("{actor} went {to} {time}.",),
    "feeling_end": ("{actor} felt {feeling}.", "At the end, {actor} felt {feeling}."),
    "why_feeling": ("Because {cause}.",),
    "trait": ("{actor} was {trait}.",),
    "who_helped": ("{actor} helped {other}.",),
    "which_weather": ("The {weather} came.",),
    "what_won": ("{actor} won {a_thing}.",),
    "who_taught": ("{actor} taught {other} to {skill}.",),
    "which_animal": ("{actor} helped {an_animal}.",),
    "what_ate": ("{actor} ate {noun}.",),
    "what_made": ("{actor} made {a_thing}.",),
    "where_bought": ("{actor} bought {noun} {at}.", "{actor} bought it {at}."),
    "who_with": ("{other} went {to} with {actor}.",),
}

NOT_SAID = "The story does not say."

RECITAL_REQUESTS = ("Tell me all you know.", "What do you know at the end?", "Say everything you remember.")
REPEAT_REQUESTS = ("Once more, please.", "Can you say it again, in any order?", "Again, please.")

STATEMENTS: dict[str, tuple[str, ...]] = {
    "where_thing": ("{noun} is {at}.",),
    "who_has": ("{noun} is with {actor}.",),
    "whose": ("{noun} belongs to {actor}.",),
    "colour": ("{noun} is {colour}.",),
    "trait": ("{actor} was {trait}.",),
    "feeling_end": ("{actor} felt {feeling}.",),
}

SUMMARY_REQUESTS = (
    "Tell me this story in one sentence.",
    "What is this story about? Say it in one sentence.",
    "Sum up this story in one sentence.",
    "Give me a summary of this story in one sentence.",
    "What happens in this story, in one sentence?",
)

SUMMARIES: dict[str, tuple[str, ...]] = {
    "lost_and_found": (
        "{actor} lost {a_thing} {at}, but {other} found it and gave it back.",
        "{other} found {a_thing} that {actor} had lost {at} and gave it back.",
        "This is how {other} found {a_thing} {at} and gave it back to {actor}.",
    ),
    "gift": (
        "{actor} gave {a_thing} to {other}.",
        "{other} got {a_thing} as a present from {actor}.",
        "This is how {actor} gave {other} {a_thing} as a present.",
    ),
    "broken_toy": (
        "{other} borrowed {a_thing} from {actor} and broke it, but then mended it.",
        "{actor} had {a_thing}, and {other} broke it but mended it again.",
        "This is how {other} broke {a_thing} that belonged to {actor} and mended it.",
    ),
    "trade": (
        "{actor} traded {a_thing} for {a_second} with {other}.",
        "{actor} gave {other} {a_thing} and got {a_second} for it.",
        "{other} got {a_thing} from {actor} and gave {a_second} for it.",
    ),
    "treasure": (
        "{actor} found {a_thing} {at} and showed it to {other}.",
        "This is how {actor} found {a_thing} {at} and let {other} see it.",
        "{other} got to see {a_thing} that {actor} had found {at}.",
    ),
    "shelter": (
        "When the {weather} came, {actor} and {other} ran {to} to be safe.",
        "{actor} and {other} were safe from the {weather} {at}.",
        "This is how {actor} and {other} ran {to} when the {weather} came.",
    ),
    "rescue": (
        "{actor} found {an_animal} {at}, took care of it and let it go.",
        "{actor} helped {an_animal} that {he} had found {at}.",
        "This is how {actor} found {an_animal} {at} and took care of it.",
    ),
    "contest": (
        "{actor} took part in {contest} and won {a_thing}.",
        "{actor} won {contest} and got {a_thing} as a prize.",
        "This is how {actor} won {a_thing} in {contest}.",
    ),
    "borrowed": (
        "{actor} borrowed {a_thing} from {other} and gave it back.",
        "{other} lent {actor} {a_thing} and got it back.",
        "This is how {actor} borrowed {a_thing} from {other} and brought it back.",
    ),
    "quarrel": (
        "{actor} and {other} quarrelled over {a_thing}, but then they took turns.",
        "{actor} and {other} both wanted {a_thing}, and in the end they took turns.",
        "This is how {actor} and {other} learned to take turns with {a_thing}.",
    ),
    "lesson": (
        "{other} taught {actor} to {skill}.",
        "{actor} could not {skill}, but {other} taught {him}.",
        "This is how {actor} learned to {skill} from {other}.",
    ),
    "new_friend": (
        "{actor} met {other} {at}, and they became friends.",
        "{actor} was lonely until {he} met {other} {at}.",
        "This is how {actor} found a new friend {at}: {other}.",
    ),
    "party": (
        "{actor} invited {other} to {occasion}, and {other} brought {a_thing}.",
        "{actor} had {occasion}, and {other} came with {a_thing} as a present.",
        "This is how {other} brought {actor} {a_thing} for {occasion}.",
    ),
    "meal": (
        "{actor} shared {a_thing} with {other}.",
        "{other} was hungry, and {actor} shared {a_thing} with {o_him}.",
        "This is how {actor} and {other} shared {a_thing}.",
    ),
    "stuck": (
        "{actor} could not reach {a_thing} {at}, but {other} got it back.",
        "{other} reached {a_thing} that was stuck {at} and gave it back to {actor}.",
        "This is how {other} helped {actor} when {a_thing} was stuck {at}.",
    ),
    "handmade": (
        "{actor} made {a_thing} and gave it to {other}.",
        "{other} got {a_thing} that {actor} had made.",
        "This is how {actor} made {a_thing} for {other}.",
    ),
    "market": (
        "{actor} bought {a_thing} {at} and took it home.",
        "This is how {actor} bought {a_thing} {at}.",
        "{actor} went {to}, bought {a_thing} and took it home.",
    ),
    "moved": (
        "{other} moved {a_thing}, and {actor} found it {at}.",
        "{actor} looked for {a_thing} and found it {at}, where {other} had put it.",
        "This is how {actor} found {a_thing} {at} after {other} had moved it.",
    ),
    "confession": (
        "{actor} broke {a_thing} that belonged to {other} and told the truth.",
        "{actor} borrowed {a_thing} from {other}, broke it and told the truth.",
        "This is how {actor} told {other} the truth about {a_thing}.",
    ),
    "refusal": (
        "{actor} did not want to lend {other} {a_thing}, but then {he} did.",
        "{actor} first said no, but then {he} lent {a_thing} to {other}.",
        "{other} asked {actor} for {a_thing} and was allowed to borrow it in the end.",
    ),
    "lost_way": (
        "{actor} lost {his} way {at}, and {other} led {him} home.",
        "{other} found {actor}, who was lost {at}, and led the way home.",
        "This is how {other} led {actor} home from {place}.",
    ),
    "delivery": (
        "{actor} carried {a_thing} {to} and gave it to {other}.",
        "{other} got {a_thing} that {actor} had carried {to}.",
        "This is how {actor} brought {a_thing} {to} for {other}.",
    ),
    "hiding_game": (
        "{other} hid {a_thing}, and {actor} found it {at}.",
        "{actor} found {a_thing} {at}, where {other} had hidden it.",
        "This is how {actor} found {a_thing} that {other} had hidden {at}.",
    ),
    "mistake": (
        "{actor} took {a_thing} from {other} by mistake, but gave it back.",
        "By mistake, {actor} took {a_thing} that belonged to {other} and then gave it back.",
        "{other} got back {a_thing} that {actor} had taken by mistake.",
    ),
    "chain": (
        "{actor} gave {a_thing} to {other}, who gave it to {third}.",
        "{third} got {a_thing} from {other}, who had got it from {actor}.",
        "This is how {a_thing} went from {actor} to {other} and then to {third}.",
    ),
    "mended": (
        "{actor} broke {a_thing}, and {other} mended it.",
        "{other} mended {a_thing} that {actor} had broken.",
        "This is how {other} helped {actor} and mended {a_thing}.",
    ),
    "brave_night": (
        "{actor} was scared when the {weather} came, but {other} stayed with {him}.",
        "{other} stayed with {actor}, who was scared of the {weather}.",
        "This is how {other} stayed with {actor} when the {weather} came.",
    ),
    "waiting": (
        "{actor} waited for {other} {at}, and {other} came late and brought {a_thing}.",
        "{actor} waited {at} until {other} came with {a_thing} as a present.",
        "{other} was late, but brought {a_thing} to {actor}, who was waiting {at}.",
    ),
}
