"""Texts that part from each other: a tree of generations.

In: a finished `Generation`. Out: a `GenerationTree` whose nodes are generations; a branch goes on from another token, or from a
changed text, without reading again what it shares with its parent. The running branch is in `branch_stream`, the file format in
`saved_tree`. Does not know how a text is drawn on a page.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .branch_stream import BranchStream, Departure, departure, edited
from .records import Alternative, Generation, Origin
from .saved_tree import read_tree, write_tree

if TYPE_CHECKING:
    import pandas

    from ..language_model import LanguageModel

SHOWN_CHARACTERS = 48


@dataclass(frozen=True)
class Node:
    """One generation of a tree. `position`: the first position where it is not its parent; None for the root."""

    number: int
    generation: Generation
    parent: int | None
    position: int | None

    @property
    def mean_logprob(self) -> float | None:
        """Mean log-probability of the generated tokens, nats."""
        return self.generation.mean_logprob

    @property
    def mean_entropy(self) -> float | None:
        """Mean entropy of the distributions the tokens were chosen from, nats."""
        return self.generation.mean_entropy

    @property
    def own_text(self) -> str:
        """What it does not share with its parent."""
        first = 0 if self.position is None else max(self.position - len(self.generation.prompt_ids), 0)
        return "".join(step.text for step in self.generation.tokens[first:])


class GenerationTree:
    """Generations that grew from one, numbered in the order they were made; 0 is the root.

    Wherever a generation is asked for, its number does as well. `tree[number]` is a `Node`, iterating gives all of them, printing
    shows the tree. Positions count tokens from the start of the prompt.

    Raises ValueError for a generation of another tree, and as `branch`, `edit`, `prune` and `load` say.

    >>> story = generate(lm, "Once upon a time", max_new_tokens=8, temperature=0)
    >>> other = story.branch(story.tokens[3].position, " girl")
    >>> print(story.tree)
    0  'Once upon a time' ', there was a boy named Owen.'
       1  at 7  ' girl named Ingrid. Ingrid had a cousin called'
    """

    def __init__(self, root: Generation):
        self._nodes: dict[int, Node] = {}
        self._next_number = 0
        self._add(root, None, None)

    def branch(self, generation: Generation | int, position: int, token: int | str | Alternative, **settings) -> Generation:
        """Go on from `token` at `position`, which counts from the start of the prompt as `TokenStep.position` does.

        `token` is an id, an `Alternative`, or any text; "" lets the model choose again. The new generation has the parent's tokens
        before `position`, then the given ones with their numbers, then new ones. `settings` override the parent's; the keys and
        values of the shared beginning are used again while they are kept (`prefix_cache`: 256 MiB for each model).

        Raises ValueError for a position outside the generated part, a token the model does not have, and a generation
        that did not come from a model on this computer.

        >>> story.branch(story.tokens[3].position, story.tokens[3].alternatives[1]).text
        ', there was an honest girl named Naomi. Naomi had a'
        """
        return self.stream(generation, position, token, **settings).finish()

    def stream(self, generation: Generation | int, position: int, token: int | str | Alternative, **settings) -> BranchStream:
        """`branch` as a stream of its steps from the given token on; it joins the tree when it has ended."""
        node = self.node(generation)
        return self._grow(node, departure(node.generation, position, token), settings)

    def edit(self, generation: Generation | int, text: str, **settings) -> Generation:
        """Go on from `text`, which is the prompt and the generated text, changed anywhere.

        It is tokenized again from the token that the first change touches; tokens before it stay. A change in the prompt makes
        the whole text the new prompt. For an encoder-decoder `text` is the generated text alone.
        Raises ValueError for an unchanged text, and as `branch` does.
        """
        return self.stream_edit(generation, text, **settings).finish()

    def stream_edit(self, generation: Generation | int, text: str, **settings) -> BranchStream:
        """`edit` as a stream of its steps."""
        node = self.node(generation)
        return self._grow(node, edited(node.generation, text), settings)

    def node(self, generation: Generation | int) -> Node:
        """The node of a generation or a number. Raises ValueError where this tree has none."""
        for node in self._nodes.values():
            if node.generation is generation or (isinstance(generation, int) and node.number == generation):
                return node
        raise ValueError(
            f"{generation!r} is not in this tree; it has the numbers {', '.join(map(str, self._nodes))}. "
            "Pass one of them, or a generation made by branch()."
        )

    def children(self, generation: Generation | int) -> list[Node]:
        """The branches that part from it."""
        number = self.node(generation).number
        return [node for node in self._nodes.values() if node.parent == number]

    def path(self, generation: Generation | int) -> list[Node]:
        """From the root to it."""
        node = self.node(generation)
        return [*(self.path(node.parent) if node.parent is not None else []), node]

    def prune(self, generation: Generation | int) -> int:
        """Take it and what grew from it out of the tree, and say how many. Raises ValueError for the root."""
        node = self.node(generation)
        if node.parent is None:
            raise ValueError("The root cannot be pruned: every branch grew from it. Prune a branch, or drop the whole tree.")
        below = sum(self.prune(child.number) for child in self.children(node.number))
        del self._nodes[node.number]
        object.__setattr__(node.generation, "_tree", None)
        return 1 + below

    def compare(self) -> pandas.DataFrame:
        """A row for each branch: parent, position, tokens, mean log-probability and entropy (nats), how it ended, text."""
        import pandas

        rows = [
            {
                "number": node.number,
                "parent": node.parent,
                "position": node.position,
                "num_tokens": len(node.generation.tokens),
                "mean_logprob": node.mean_logprob,
                "mean_entropy": node.mean_entropy,
                "stop_reason": node.generation.stop_reason,
                "text": node.generation.text,
            }
            for node in self
        ]
        return pandas.DataFrame(rows).astype({"parent": "Int64", "position": "Int64"}).set_index("number")

    def save(self, path: str | os.PathLike) -> Path:
        """Write the tree as JSON: every record and number, no weights and no cache."""
        return write_tree(path, [(node.number, node.parent, node.position, node.generation) for node in self])

    @classmethod
    def load(cls, path: str | os.PathLike, lm: LanguageModel | None = None) -> GenerationTree:
        """The tree in a file; with `lm`, the model that wrote it, it can go on growing.

        Raises FileNotFoundError where there is no file, ValueError for a file that is no tree, or another model's.
        """
        saved = read_tree(path, None if lm is None else lm.name)
        tree = cls.__new__(cls)
        tree._nodes, tree._next_number = {}, 0
        for number, parent, position, generation, settings in saved:
            tree._next_number = number
            tree._add(generation if lm is None else generation.with_origin(Origin(lm, settings)), parent, position)
        return tree

    def _grow(self, node: Node, start: Departure, settings: dict) -> BranchStream:
        return BranchStream(node.generation, start, settings, lambda made: self._add(made, node.number, start.position))

    def _add(self, generation: Generation, parent: int | None, position: int | None) -> None:
        self._nodes[self._next_number] = Node(self._next_number, generation, parent, position)
        self._next_number += 1
        object.__setattr__(generation, "_tree", self)

    def __getitem__(self, number: int) -> Node:
        return self.node(number)

    def __iter__(self) -> Iterator[Node]:
        return iter(list(self._nodes.values()))

    def __len__(self) -> int:
        return len(self._nodes)

    def __repr__(self) -> str:
        return f"GenerationTree({len(self)} generations by {self[0].generation.model_name!r})"

    def __str__(self) -> str:
        return "\n".join(self._lines(self[0], ""))

    def _lines(self, node: Node, indent: str) -> Iterator[str]:
        where = _short(node.generation.prompt) if node.position is None else f"at {node.position}"
        yield f"{indent}{node.number}  {where}{' ' if node.position is None else '  '}{_short(node.own_text)}"
        for child in self.children(node.number):
            yield from self._lines(child, indent + "   ")


def tree_of(generation: Generation) -> GenerationTree:
    """The tree a generation is in; a new one of its own where it is in none."""
    return generation._tree or GenerationTree(generation)


def _short(text: str) -> str:
    return repr(text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…")
