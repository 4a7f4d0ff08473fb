"""Linear layers that are quick for a few rows at once, as in writing answers token by token.

MKL multiplies one to eight rows from the right much more slowly than it multiplies their columns
from the left: measured on two AMD cores, three answers of 600 tokens' prompt took 113 ms a token
together before and 57 ms after, one alone 53 ms and 31 ms. The sums are the same.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import PreTrainedModel

FEW = 8
BOUNDARY = 64  # bytes; torch puts its own tensors there


def quicken(model: "PreTrainedModel") -> None:
    """Swap the linear layers of a model on the CPU, in place; without MKL nothing is changed."""
    import torch

    class FewRowsLinear(torch.nn.Linear):
        def forward(self, input: torch.Tensor) -> torch.Tensor:
            rows = input.flatten(0, -2)
            if len(rows) > FEW:
                return super().forward(input)
            # A matrix of two equal columns is quicker than a vector, too.
            columns = rows.T if len(rows) > 1 else rows.repeat(2, 1).T
            output = (self.weight @ columns)[:, : len(rows)].T
            if self.bias is not None:
                output = output + self.bias
            return output.unflatten(0, input.shape[:-1])

    if not torch.backends.mkl.is_available():
        return
    for module in model.modules():
        if type(module) is torch.nn.Linear:
            module.__class__ = FewRowsLinear


def align(model: "PreTrainedModel") -> None:
    """Move weights on the CPU, in place, to where torch would have put them.

    MKL adds up in another order where a row begins elsewhere, and a text that hangs by a hair then
    goes on otherwise. Files lay weights out as they like: with this, equal weights answer alike.
    """
    for weights in model.parameters():
        if weights.data_ptr() % BOUNDARY:
            weights.data = weights.data.clone()
