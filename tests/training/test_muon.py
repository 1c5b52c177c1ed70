"""Muon, against singular values, torch's own Adam and, where torch has it, torch's own Muon."""

import pytest
import torch

from sr_demo.training.muon import Muon, orthogonalised


@pytest.fixture(params=["float32", "bfloat16"], autouse=True)
def precision(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> torch.dtype | None:
    half = torch.bfloat16 if request.param == "bfloat16" else None
    monkeypatch.setattr("sr_demo.training.muon.half_precision", lambda device: half)
    return half


@pytest.mark.parametrize("shape", [(5, 16, 144), (1, 64, 25), (2, 3, 1), (1, 7, 7)])
def test_directions_stay_and_sizes_become_one(shape: tuple[int, int, int]) -> None:
    matrices = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    u, s, vh = torch.linalg.svd(matrices, full_matrices=False)
    made = torch.linalg.svdvals(orthogonalised(matrices))
    clear = s > 0.02 * s.amax(-1, keepdim=True)  # smaller ones need more rounds
    assert ((made - 1).abs()[clear] < 0.4).all()
    alignment = (u.mT @ orthogonalised(matrices) @ vh.mT).diagonal(dim1=-2, dim2=-1)
    assert ((alignment - 1).abs()[clear] < 0.4).all()


def test_no_gradient_no_step() -> None:
    assert not orthogonalised(torch.zeros(1, 4, 9)).any()


def test_vectors_go_by_adam() -> None:
    ours, theirs = (torch.nn.Parameter(torch.arange(6.0)) for _ in range(2))
    muon = Muon([ours], lr=0.1, betas=(0.9, 0.99))
    adam = torch.optim.Adam([theirs], lr=0.1, betas=(0.9, 0.99))
    for k in range(5):
        for parameter, optimizer in ((ours, muon), (theirs, adam)):
            parameter.grad = torch.sin(parameter.detach() + k)
            optimizer.step()
    torch.testing.assert_close(ours, theirs)


@pytest.mark.skipif(not hasattr(torch.optim, "Muon"), reason="this torch has no Muon")
def test_matrices_go_by_torchs_muon() -> None:
    start = torch.randn(8, 4, 3, 3, generator=torch.Generator().manual_seed(1))
    kernels = torch.nn.Parameter(start.clone())
    matrix = torch.nn.Parameter(start.flatten(1).clone())
    ours = Muon([kernels], lr=0.01)
    theirs = torch.optim.Muon(
        [matrix], lr=0.01, weight_decay=0.0, momentum=0.95, adjust_lr_fn="match_rms_adamw"
    )
    for k in range(5):
        kernels.grad = torch.sin(3 * kernels.detach() + k)
        matrix.grad = torch.sin(3 * matrix.detach() + k)
        ours.step()
        theirs.step()
    # Of updates of 0.01 · 0.2 · √36 · 0.17 each: torch iterates in bfloat16
    torch.testing.assert_close(kernels.flatten(1), matrix, rtol=0, atol=1e-3)


def test_layers_of_one_shape_learn_apart() -> None:
    """Stacking is for speed alone: two layers step as each would by itself."""
    together = [torch.nn.Parameter(torch.full((4, 2, 3, 3), float(i))) for i in range(2)]
    gradients = [
        torch.randn(4, 2, 3, 3, generator=torch.Generator().manual_seed(i)) for i in range(2)
    ]
    for parameter, gradient in zip(together, gradients, strict=True):
        parameter.grad = gradient
    Muon(together, lr=0.1).step()
    for i, gradient in enumerate(gradients):
        alone = torch.nn.Parameter(torch.full((4, 2, 3, 3), float(i)))
        alone.grad = gradient
        Muon([alone], lr=0.1).step()
        torch.testing.assert_close(alone, together[i])


def test_a_closure_is_refused() -> None:
    with pytest.raises(ValueError, match="closure"):
        Muon([torch.nn.Parameter(torch.zeros(2, 2))], lr=0.1).step(lambda: 0.0)
