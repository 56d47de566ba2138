"""Find every defect of a dataset. Readers stop at the first broken entry; these go on."""

from deepscores_tools.checking.check import CheckReport, check_dataset
from deepscores_tools.checking.defects import KINDS, Defect

__all__ = ["KINDS", "CheckReport", "Defect", "check_dataset"]
