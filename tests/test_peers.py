"""The detectors that ours is compared with are asked what the comparison says."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from benchmarks.peer_models import make_peer
from omr.config import ModelConfig

MODEL = ModelConfig(name="", families={"all": ("stem",)})


@pytest.mark.parametrize("rescale", [False, True])
def test_torchvisions_detectors_see_the_same_pixels_unless_they_are_to_rescale(
    *, rescale: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    peer = make_peer("retinanet", MODEL, "iou", rescale=rescale)
    peer.net.eval()
    seen: list[tuple[int, ...]] = []

    def backbone(images: torch.Tensor) -> None:
        seen.append(tuple(images.shape[2:]))
        raise StopIteration

    monkeypatch.setattr(peer.net.backbone, "forward", backbone)
    with pytest.raises(StopIteration):
        peer.find(np.zeros((96, 160), np.uint8))
    assert seen == [(800, 1344) if rescale else (96, 160)]
