"""A small world that is known exactly: characters, things and places, events that change them, and stories that tell of it.

Read in this order: `world` (events and what follows from them), `cast` (who takes part), `plots` (what happens), `questions`
(what can be asked, with the truth), `narrator` and `languages` (the words), `documents` (what a model reads), `reader`
and `verdicts` (what a text says, and whether it is true), `beginnings` (stories for somebody to go on with).
"""

from .documents import FORMS, USUAL_FORMS, StoryDocument, make_document

__all__ = ["FORMS", "USUAL_FORMS", "StoryDocument", "make_document"]
