"""Several texts of one model, written together: one forward pass gives each of them its next token.

In: a `LanguageModel`, and prompts with settings, added and removed at any time. Out: a `Choice` for each text and step, equal to
what the text gets alone (but for float rounding): own settings, own seed, own processors. Does not know text, ends or who asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from transformers import DynamicCache

from ..language_model import LanguageModel
from .prompts import Start, start_of
from .readers import reader_for
from .records import Prompt
from .sampling import Choice, Chooser, measure
from .settings import DecodingSettings
from .threads import is_small, one_thread


@dataclass
class _Row:
    slot: int
    chooser: Chooser
    num_alternatives: int
    start: Start
    reuse: bool
    length: int  # tokens the model has read, once `logits` or `last` is there
    logits: Tensor | None = None  # (V,) after the prompt, until the first step
    last: Tensor | None = None  # the id chosen last, not read yet


class Batch:
    """At most `max_sequences` texts of at most `max_tokens` tokens each (None: the model's context), prompts included.

    >>> batch = Batch(lm, max_sequences=2)
    >>> slots = [batch.add(lm.texts.encode(text), DecodingSettings(temperature=0)) for text in ("Once upon", "Mia had a")]
    >>> [lm.texts.display(choice.id) for _, choice in batch.step()]
    [' a', ' yellow']
    """

    def __init__(self, lm: LanguageModel, max_sequences: int = 1, max_tokens: int | None = None):
        self._lm, self._max_sequences = lm, max_sequences
        self._max_tokens = max_tokens or lm.context_length or 1024
        self._reader = reader_for(lm, max_sequences, self._max_tokens)
        self._rows: list[_Row] = []  # as the reader's rows: first those that have had a step, last those not read yet
        self._num_read = 0
        self._is_small = is_small(lm.model)

    @property
    def num_free(self) -> int:
        """How many texts can be added now."""
        return self._max_sequences - len(self._rows)

    def add(
        self, prompt: Sequence[int] | Start, settings: DecodingSettings, *, seed: int | None = None, reuse: bool = False
    ) -> int:
        """Take a text and give its slot, a number that is free again once the text is removed; `seed` goes before the settings'.

        Prompts are read at the next `step` or `read`, those of several texts together. Texts with one and the same `Start`, added
        one after the other, share its reading. Raises ValueError where the batch is full or the text is longer than `max_tokens`,
        and for settings out of range.
        """
        self._check_room()
        start = prompt
        if not isinstance(prompt, Start):
            settings.check(self._lm)
            start = start_of(self._lm, Prompt("", tuple(prompt)), settings)
        if len(start.ids) >= self._max_tokens:
            raise ValueError(
                f"The prompt has {len(start.ids)} tokens; this batch holds texts of {self._max_tokens}, so at most "
                f"{self._max_tokens - 1} are allowed. Shorten the prompt, or make a batch with a larger max_tokens."
            )
        taken = {row.slot for row in self._rows}
        slot = next(number for number in range(self._max_sequences) if number not in taken)
        chooser = Chooser(settings, self._lm, start.ids, seed=seed)
        self._rows.append(_Row(slot, chooser, settings.num_alternatives, start, reuse, len(start.ids)))
        return slot

    @torch.inference_mode()
    def read(self) -> None:
        """Read the prompts of the texts added since the last step."""
        unread = self._rows[self._num_read :]
        if unread:
            logits = self._reader.add([row.start for row in unread], reuse=[row.reuse for row in unread])
            for row, each in zip(unread, logits, strict=True):
                row.logits = each
            self._num_read = len(self._rows)

    @torch.inference_mode()
    def step(self) -> list[tuple[int, Choice]]:
        """The next token of every text, in one forward pass. Raises ValueError where the logits hold NaN."""
        if not self._rows:
            return []
        self.read()
        with one_thread(self._is_small):
            logits = self._logits()  # (B, V)
            chosen = self._chosen(logits)
            choices = measure(logits, chosen, max(row.num_alternatives for row in self._rows))
        for row, token_id in zip(self._rows, chosen, strict=True):
            row.last, row.logits = token_id, None
        return [(row.slot, _trimmed(choice, row.num_alternatives)) for row, choice in zip(self._rows, choices, strict=True)]

    @torch.inference_mode()
    def remove(self, slot: int) -> None:
        """Forget a text; its slot can be used again."""
        row, num_begun = self._row(slot), self._num_begun()
        if row >= self._num_read:
            self._rows.pop(row)
            return
        if row < num_begun:  # the last begun text takes its place, the last new one the place of that
            self._move(num_begun - 1, row)
            row = num_begun - 1
        self._move(self._num_read - 1, row)
        self._num_read -= 1
        self._rows.pop(self._num_read)
        self._reader.drop_last()

    @torch.inference_mode()
    def cache(self, slot: int) -> DynamicCache | None:
        """The keys and values of a text that has had a step, where they can be kept for others that begin alike."""
        row = self._row(slot)
        return self._reader.cache(row, self._rows[row].length)

    def _logits(self) -> Tensor:
        num_begun = self._num_begun()
        parts = [row.logits[None] for row in self._rows[num_begun:]]
        if num_begun:
            begun = self._rows[:num_begun]
            ids = begun[0].last[None] if num_begun == 1 else torch.stack([row.last for row in begun])
            parts.insert(0, self._reader.step(ids, [row.length for row in begun]))
            for row in begun:
                row.length += 1
        return parts[0] if len(parts) == 1 else torch.cat(parts)

    def _chosen(self, logits: Tensor) -> Tensor:
        if all(row.chooser.is_plain for row in self._rows):
            return logits.argmax(-1)
        return torch.stack([row.chooser.choose(scores) for row, scores in zip(self._rows, logits, strict=True)])

    def _check_room(self) -> None:
        if not self.num_free:
            raise ValueError(
                f"The batch holds {len(self._rows)} texts; {self._max_sequences} are allowed. "
                "Remove one first, or make a larger batch."
            )

    def _row(self, slot: int) -> int:
        for number, row in enumerate(self._rows):
            if row.slot == slot:
                return number
        raise ValueError(f"Slot {slot} holds no text; {sorted(row.slot for row in self._rows)} do. Use a slot that add() gave.")

    def _move(self, row: int, to: int) -> None:
        if row != to:
            self._rows[to] = self._rows[row]
            self._reader.move(row, to)

    def _num_begun(self) -> int:
        return sum(row.last is not None for row in self._rows)


def _trimmed(choice: Choice, num_alternatives: int) -> Choice:
    return choice if len(choice.best) == num_alternatives else replace(choice, best=choice.best[:num_alternatives])
