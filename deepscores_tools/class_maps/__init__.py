"""The vocabularies of the field's datasets, the maps between them, SMuFL code points.

`printed` is what this project detects: the 136 classes of DeepScoresV2 and the extensions.
`deepscores-v2-second` is DeepScoresV2's second annotation set, which it calls muscima++.
"""

from deepscores_tools.class_maps.apply import MapReport, apply_map
from deepscores_tools.class_maps.maps import ClassMap, Mapped, class_map, read_map
from deepscores_tools.class_maps.tables import (
    DEEPSCORES_V1,
    DEEPSCORES_V2_SECOND,
    VOCABULARIES,
    smufl,
    vocabulary,
)

__all__ = [
    "DEEPSCORES_V1",
    "DEEPSCORES_V2_SECOND",
    "VOCABULARIES",
    "ClassMap",
    "MapReport",
    "Mapped",
    "apply_map",
    "class_map",
    "read_map",
    "smufl",
    "vocabulary",
]
