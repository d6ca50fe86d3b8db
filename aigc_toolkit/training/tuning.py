"""Find good settings: a search over `TrainConfig` and model settings with Optuna.

In: how to build a model, a corpus, a base config and a search space. Out: the best config, a table of all trials, a picture of what
mattered. Trials are kept in a file (or any Optuna storage), so that a search goes on where it stopped and several hosts can share
it. Searching, pruning and importance are Optuna's; this file only translates.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from torch import nn

from .config import TrainConfig
from .corpus_mark import corpus_marks
from .finite import TrainingDiverged
from .loop import train
from .model_settings import model_settings
from .optional import require

if TYPE_CHECKING:
    import optuna
    import plotly.graph_objects as go

    from ..corpora import Corpus

Range = tuple[float, float] | tuple[float, float, str] | Sequence[Any]
CONFIG_FIELDS = frozenset(field.name for field in fields(TrainConfig))
MAY_DIFFER = {"seed", "device", "compile", "tracker"}  # from host to host that share a search
SEARCH = "search"  # name of the attribute of a study that says what it searches


@dataclass(frozen=True)
class Tuning:
    """What a search found. `best`: its config; `settings`: what else to build the model with; `loss`: nats per token."""

    best: TrainConfig
    settings: dict[str, Any]
    loss: float
    study: "optuna.Study"

    @property
    def table(self) -> pd.DataFrame:
        """A row per trial, best first: number, state, validation loss (nats per token), steps, and what was tried."""
        rows = [
            {"trial": trial.number, "state": trial.state.name.lower(), "loss": trial.value, "steps": _last_step(trial)}
            | dict(trial.params)
            for trial in self.study.trials
        ]
        return pd.DataFrame(rows).sort_values("loss", na_position="last", ignore_index=True)

    def importance(self) -> "go.Figure":
        """How much of the difference between trials each setting explains, as bars.

        Source: Watanabe et al. 2023, "PED-ANOVA", arXiv:2304.10255. Raises ValueError with fewer than two finished trials.
        """
        import optuna

        finished = [trial for trial in self.study.trials if trial.state == optuna.trial.TrialState.COMPLETE]
        if len(finished) < 2:
            raise ValueError(f"{len(finished)} trials are finished; two or more can be compared. Run more trials.")
        evaluator = optuna.importance.PedAnovaImportanceEvaluator()
        return optuna.visualization.plot_param_importances(self.study, evaluator=evaluator)


def tune(
    make_model: Callable[..., nn.Module],
    corpus: "Corpus",
    config: TrainConfig,
    space: Mapping[str, Range],
    *,
    num_trials: int = 20,
    name: str = "tuning",
    storage: "str | Path | optuna.storages.BaseStorage" = "runs/tuning.journal",
) -> Tuning:
    """Search `space` for the lowest validation loss; `num_trials` more trials are run on top of those `storage` already holds.

    `space` maps names to what may be tried: (low, high), (low, high, "log") or a list of choices. Names of `TrainConfig` change the
    config, all others are given to `make_model`. `config.validate_every` decides how often a trial is compared with the others
    and stopped early (median rule). A trial that diverges counts as failed. `storage` is a file, or any Optuna storage or URL: then
    several hosts can run the same call. Raises ValueError for an empty space, a range that is none, no validation, without Optuna,
    and where `storage` has trials of another search (corpus, model, config or space) under this `name`.

    >>> config, space = TrainConfig(num_steps=200, validate_every=50), {"learning_rate": (1e-3, 1e-1, "log")}
    >>> tune(make_gpt, corpus, config, space).best.learning_rate
    0.0123...
    """
    require("optuna", "A search for settings (tune)")
    import optuna

    distributions = {key: _distribution(key, choices) for key, choices in space.items()}
    _check(distributions, config)
    study = optuna.create_study(
        study_name=name,
        storage=_storage(storage),
        load_if_exists=True,
        pruner=optuna.pruners.MedianPruner(n_startup_trials=4),
    )
    study.sampler = optuna.samplers.TPESampler(seed=config.seed + len(study.trials))  # going on, it draws other trials
    _check_same(study, _search(make_model, corpus, config, distributions))

    def objective(trial: "optuna.Trial") -> float:
        chosen = {key: _suggest(trial, key, distribution) for key, distribution in distributions.items()}
        return _trial_loss(trial, make_model, corpus, config, chosen)

    study.optimize(objective, n_trials=num_trials, catch=(TrainingDiverged,))
    if not any(trial.state == optuna.trial.TrialState.COMPLETE for trial in study.trials):
        raise ValueError(
            f"None of the {len(study.trials)} trials came to an end (they diverged); one is needed. "
            "Lower the learning rates in space."
        )
    own, others = _parted(study.best_params)
    return Tuning(replace(config, **own), others, study.best_value, study)


def _trial_loss(
    trial: "optuna.Trial", make_model: Callable[..., nn.Module], corpus: "Corpus", config: TrainConfig, chosen: dict[str, Any]
) -> float:
    """The last validation loss of one trial, or TrialPruned where the others were better by then."""
    import optuna

    own, others = _parted(chosen)
    loss = math.nan
    for step in train(make_model(**others), corpus, replace(config, **own)):
        if step.validation_loss is None:
            continue
        loss = step.validation_loss
        trial.report(loss, step.step)
        if step.step < config.num_steps and trial.should_prune():
            raise optuna.TrialPruned
    return loss


def _suggest(trial: "optuna.Trial", name: str, distribution: Any) -> Any:
    from optuna.distributions import CategoricalDistribution, IntDistribution

    if isinstance(distribution, CategoricalDistribution):
        return trial.suggest_categorical(name, distribution.choices)
    suggest = trial.suggest_int if isinstance(distribution, IntDistribution) else trial.suggest_float
    return suggest(name, distribution.low, distribution.high, log=distribution.log)


def _parted(chosen: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Settings of `TrainConfig`, and all others."""
    own = {name: value for name, value in chosen.items() if name in CONFIG_FIELDS}
    return own, {name: value for name, value in chosen.items() if name not in CONFIG_FIELDS}


def _distribution(name: str, choices: Range) -> "optuna.distributions.BaseDistribution":
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if isinstance(choices, list) and choices:
        return CategoricalDistribution(choices)
    is_range = isinstance(choices, tuple) and len(choices) in (2, 3) and all(isinstance(end, int | float) for end in choices[:2])
    if not is_range or choices[0] > choices[1] or choices[2:] not in ((), ("log",)):
        raise ValueError(
            f"space[{name!r}] is {choices!r}; (low, high), (low, high, 'log') or a list of choices is allowed. "
            "Write for example (1e-3, 1e-1, 'log')."
        )
    low, high, log = choices[0], choices[1], len(choices) == 3
    make = IntDistribution if isinstance(low, int) and isinstance(high, int) else FloatDistribution
    return make(low, high, log=log)


def _check(distributions: Mapping[str, Any], config: TrainConfig) -> None:
    if not distributions:
        raise ValueError("space is empty; at least one setting to try is needed. Name one, such as learning_rate.")
    if not config.validate_every:
        raise ValueError(
            "validate_every=0 in the config of a search, which compares validation losses; 1 or more steps are needed. "
            "Set validate_every to a quarter of num_steps."
        )
    for name in ("folder", "metrics_path"):
        if getattr(config, name) is not None:
            raise ValueError(
                f"{name}={getattr(config, name)!r} in the config of a search: its trials would be taken for one run; None is "
                "allowed. Leave it out."
            )


def _search(
    make_model: Callable[..., nn.Module], corpus: "Corpus", config: TrainConfig, distributions: Mapping[str, Any]
) -> dict[str, Any]:
    """What is searched, as JSON: two trials are comparable where it is the same. The model is that of the first choices."""
    from optuna.distributions import CategoricalDistribution, distribution_to_json

    first = {key: each.choices[0] if isinstance(each, CategoricalDistribution) else each.low for key, each in distributions.items()}
    model, settings = make_model(**_parted(first)[1]), asdict(config)
    return (
        {f"corpus.{split}": mark for split, mark in corpus_marks(corpus, config).items()}
        | {f"model.{name}": value for name, value in model_settings(model).items()}
        | {f"config.{name}": value for name, value in settings.items() if name not in MAY_DIFFER}
        | {"space": {key: distribution_to_json(each) for key, each in distributions.items()}}
    )


def _check_same(study: "optuna.Study", search: dict[str, Any]) -> None:
    """Notes in a new study what it searches; raises ValueError, naming what differs, for one that searches something else."""
    if SEARCH not in study.user_attrs:
        study.set_user_attr(SEARCH, search)
    began = study.user_attrs[SEARCH]
    other = [name for name in search if name in began and search[name] != began[name]]  # a younger setting is passed over
    if other:
        was, now = (", ".join(f"{name}={each[name]!r}" for name in other) for each in (began, search))
        raise ValueError(
            f"A search with {now} was given for name={study.study_name!r}, which began in this storage with {was}; only trials of "
            "one search can be compared. Give these values, or another name or storage."
        )


def _storage(storage: "str | Path | optuna.storages.BaseStorage") -> Any:
    """A journal file for a path; URLs and storages are Optuna's own business."""
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    if not isinstance(storage, str | Path) or "://" in str(storage):
        return storage
    Path(storage).parent.mkdir(parents=True, exist_ok=True)
    return JournalStorage(JournalFileBackend(str(storage)))


def _last_step(trial: "optuna.trial.FrozenTrial") -> int:
    return max(trial.intermediate_values, default=0)
