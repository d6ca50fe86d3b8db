"""Where token sequences come from: the story world, text files, and the split into training and validation."""

from .corpus import Corpus
from .story_corpus import StoryCorpus, story_corpus
from .text_files import text_corpus

__all__ = ["Corpus", "StoryCorpus", "story_corpus", "text_corpus"]
