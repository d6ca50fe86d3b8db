"""English sentences of the story world: patterns with slots, as data.

Comes in: the parts by subject. Goes out: SENTENCES (event kind -> patterns) and CLAUSES ((event kind, who feels) ->
what follows "because"). Every pattern names all roles of its kind and adds no fact of its own; a kind that may carry a
time or a cause also has patterns with {Time}, {time} or {cause}. No sentence begins with a slot written small ({thing},
{at}), and no pronoun of {actor} stands before {actor}. It does not know words, plots or how slots get filled.
"""

from .english_sentences_deeds import DEEDS
from .english_sentences_people import PEOPLE
from .english_sentences_things import THINGS
from .english_sentences_ways import WAYS

SENTENCES: dict[str, tuple[str, ...]] = {**PEOPLE, **WAYS, **THINGS, **DEEDS}

# The feeler is always a pronoun ({he} or {o_he}), the other person a name.
CLAUSES: dict[tuple[str, str], tuple[str, ...]] = {
    ("lose", "actor"): ("{he} had lost {thing} {at}", "{he} had dropped {thing} {at}"),
    ("miss", "actor"): ("{he} could not find {thing}", "{he} did not know where {thing} was"),
    ("find", "actor"): ("{he} had found {thing} {at}", "{thing} was {at}, and {he} had found it"),
    ("find_new", "actor"): ("{he} had found {thing} {at}", "{thing} had been {at}, and {he} had found it"),
    ("give", "other"): ("{actor} had given {o_him} {thing}", "{actor} had given {thing} to {o_him}"),
    ("give", "actor"): ("{he} had given {thing} to {other}", "{he} had given {other} {thing}"),
    ("give_back", "other"): ("{actor} had given {thing} back to {o_him}", "{o_he} had got {thing} back from {actor}"),
    ("break", "actor"): ("{he} had broken {thing}", "{thing} was broken, and {he} had done it"),
    ("break_of", "other"): (
        "{actor} had broken {thing}, which belonged to {o_him}",
        "{actor} had broken {thing} that {o_he} loved",
    ),
    ("mend_of", "other"): (
        "{actor} had mended {thing} for {o_him}",
        "{o_he} had {thing} whole again, thanks to {actor}",
    ),
    ("help", "other"): ("{actor} had helped {o_him}", "{actor} had come to help {o_him}"),
    ("help", "actor"): ("{he} had helped {other}", "{he} had been able to help {other}"),
    ("win", "actor"): ("{he} had won {thing} in {contest}", "{he} had won {contest} and got {thing}"),
    ("refuse", "other"): (
        "{actor} did not want to lend {o_him} {thing}",
        "{actor} had said no when {o_he} asked for {thing}",
    ),
    ("refuse", "actor"): (
        "{he} had said no when {other} asked for {thing}",
        "{he} had not let {other} have {thing}",
    ),
    ("trade", "actor"): (
        "{he} had traded {thing} for {second} with {other}",
        "{other} had given {him} {second} for {thing}",
    ),
    ("trade", "other"): (
        "{o_he} had traded {second} for {thing} with {actor}",
        "{actor} had given {o_him} {thing} for {second}",
    ),
    ("meet", "actor"): ("{he} had met {other} {at}", "{other} had said hello to {him} {at}"),
    ("teach", "other"): ("{actor} had taught {o_him} to {skill}", "{o_he} had learned to {skill} from {actor}"),
    ("teach", "actor"): ("{he} had taught {other} to {skill}", "{other} had learned to {skill} from {him}"),
    ("weather", "actor"): ("the {weather} had come", "{he} did not like the {weather}"),
    ("lose_way", "actor"): ("{he} had lost {his} way {at}", "{he} was lost {at}"),
    ("lead_home", "other"): ("{actor} had led {o_him} home", "{actor} had shown {o_him} the way home"),
    ("stay_with", "other"): ("{actor} had stayed with {o_him}", "{actor} had stayed, and {o_he} was not alone"),
    ("share_food", "other"): ("{actor} had shared {thing} with {o_him}", "{actor} had given {o_him} half of {thing}"),
    ("bring", "other"): ("{actor} had brought {o_him} {thing}", "{actor} had given {o_him} {thing} as a present"),
    ("let_go", "actor"): ("{he} had let {animal} go", "{animal} was well again, and {he} had let it go"),
    ("quarrel", "actor"): ("{he} had quarrelled with {other} over {thing}", "{he} and {other} both wanted {thing}"),
    ("quarrel", "other"): ("{o_he} had quarrelled with {actor} over {thing}", "{o_he} and {actor} both wanted {thing}"),
    ("forgive", "actor"): ("{he} had forgiven {other}", "{he} and {other} were friends again"),
    ("confess", "actor"): (
        "{he} had told {other} the truth about {thing}",
        "{he} had been honest with {other} about {thing}",
    ),
    ("by_mistake", "actor"): (
        "{he} had taken {thing} by mistake, and it belonged to {other}",
        "{thing} belonged to {other}, and {he} had taken it by mistake",
    ),
    ("make", "actor"): ("{he} had made {thing} all alone", "{he} had made {thing} with {his} own hands"),
    ("stuck", "actor"): ("{thing} was stuck {at}, and {he} could not reach it", "{he} could not reach {thing} {at}"),
    ("reach_for", "other"): ("{actor} had reached {thing} for {o_him}", "{actor} had got {thing} back for {o_him}"),
    ("alone", "actor"): ("{he} had no friend to play with", "{he} had nobody to play with"),
    ("no_food", "actor"): ("{he} had nothing to eat", "there was nothing for {him} to eat"),
    ("wait", "actor"): ("{he} had waited for {other} {at}", "{he} was still waiting for {other} {at}"),
    ("lend", "other"): ("{actor} had lent {thing} to {o_him}", "{actor} had let {o_him} borrow {thing}"),
}
