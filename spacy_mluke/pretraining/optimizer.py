"""AdamW with a learning rate that rises and falls linearly (mLUKE's recipe)."""

from typing import Dict, List

import torch
from torch import Tensor, nn

from ..errors import Errors
from .settings import OptimizerSettings, StageSettings

# Weights that do not decay, by the end of their names, as in the reference.
_NO_DECAY = ("bias", "LayerNorm.weight", "layer_norm.weight")


def trainable_weights(
    model: nn.Module, stage: StageSettings, *, with_entities: bool
) -> Dict[str, nn.Parameter]:
    """Choose the weights that take part in a stage. The others get `requires_grad = False`.

    model (nn.Module): The model. stage (StageSettings): The stage.
    with_entities (bool): False leaves out all entity parts.
    RETURNS (Dict[str, nn.Parameter]): By name.
    """
    named = {}
    for name, parameter in model.named_parameters():
        is_entity = "entity_embeddings." in name or name.startswith("entity_predictions.")
        chosen = with_entities if is_entity else stage.trainable == "all"
        parameter.requires_grad_(chosen)
        if chosen:
            named[name] = parameter
    return named


class StageOptimizer:
    """The optimizer of one stage.

    weights (Dict[str, nn.Parameter]): What it trains, on the device where it stays.
    stage (StageSettings), settings (OptimizerSettings): How.
    """

    def __init__(
        self, weights: Dict[str, nn.Parameter], stage: StageSettings, settings: OptimizerSettings
    ) -> None:
        self.named, self.stage, self.settings = weights, stage, settings
        decaying: List[nn.Parameter] = []
        others: List[nn.Parameter] = []
        for name, parameter in self.named.items():
            (others if name.endswith(_NO_DECAY) else decaying).append(parameter)
        self.adam = torch.optim.AdamW(
            [{"params": decaying}, {"params": others}],
            betas=(settings.beta1, settings.beta2),
            eps=settings.eps,
            fused=True,
        )

    def rate(self, step: int) -> float:
        """RETURNS (float): The learning rate of a step of the stage, counted from 0."""
        stage = self.stage
        rising = (step + 1) / stage.warmup if stage.warmup else 1.0
        falling = (stage.steps - step) / max(stage.steps - stage.warmup, 1)
        return stage.learn_rate * min(rising, falling, 1.0)

    def step(self, step: int) -> float:
        """Update the weights with their gradients, and drop these.

        step (int): Of the stage, counted from 0.
        RETURNS (float): Length of the gradient.
        """
        parameters = list(self.named.values())
        limit = self.settings.clip or float("inf")
        norm = float(nn.utils.clip_grad_norm_(parameters, limit))
        rate, decay = self.rate(step), self.settings.weight_decay
        if not self.settings.bias_correction:
            # torch's AdamW always corrects; this takes the correction out of the step again, and
            # out of the decay, which is the rate times it.
            first = 1 - self.settings.beta1 ** (step + 1)
            second = 1 - self.settings.beta2 ** (step + 1)
            factor = first / second**0.5
            rate, decay = rate * factor, decay / factor
        decaying, others = self.adam.param_groups
        decaying.update(lr=rate, weight_decay=decay)
        others.update(lr=rate, weight_decay=0.0)
        self.adam.step()
        self.adam.zero_grad()
        return norm

    def state(self) -> Dict[str, Tensor]:
        """RETURNS (Dict[str, Tensor]): Averages by "name|kind"; empty before the first step."""
        return {
            f"{name}|{kind}": value
            for name, parameter in self.named.items()
            for kind, value in self.adam.state[parameter].items()
        }

    def restore(self, tensors: Dict[str, Tensor]) -> None:
        """tensors (Dict[str, Tensor]): From `state`. RAISES (ValueError): If they don't fit."""
        kinds: List[str] = sorted({key.rpartition("|")[2] for key in tensors})
        for name, parameter in self.named.items():
            missing = [kind for kind in kinds if f"{name}|{kind}" not in tensors]
            if missing or not kinds:
                raise ValueError(Errors.M746.format(name=name))
            device = parameter.device
            state = {kind: tensors[f"{name}|{kind}"].to(device) for kind in kinds}
            self.adam.state[parameter] = state
