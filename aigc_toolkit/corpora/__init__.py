"""Where token sequences come from: the story world, text of one's own, and the split into training and validation.

Read in this order: sources, cleaning, duplicates, preprocessing; splits; tokenizer, encoding, corpus; text_files, which puts them
together, and corpus_folder, which keeps the outcome in files; then ngrams and rulers, which say what a loss on a corpus means.
"""

from .character_tokenizer import character_tokenizer
from .corpus import Corpus
from .preprocessing import Preprocessing, PreprocessingReport, preprocess
from .rulers import Ruler, Rulers, measure_rulers
from .splits import SplitCheck, check_splits, split_documents
from .story_corpus import StoryCorpus, story_corpus
from .text_files import text_corpus
from .tokenizer import train_tokenizer

__all__ = [
    "Corpus",
    "Preprocessing",
    "PreprocessingReport",
    "Ruler",
    "Rulers",
    "SplitCheck",
    "StoryCorpus",
    "character_tokenizer",
    "check_splits",
    "measure_rulers",
    "preprocess",
    "split_documents",
    "story_corpus",
    "text_corpus",
    "train_tokenizer",
]
