"""scikit-learn: what a fitted pipeline has learned, from the live object or from a skops file, without unpickling.

No part of scikit-learn is imported, and nothing that a file holds is executed.
"""

from clew_connectors.sklearn.live import describe
from clew_connectors.sklearn.pipeline import PipelineDescription
from clew_connectors.sklearn.skops_file import read_skops
from clew_connectors.sklearn.translate import Names, events_of

__all__ = ["Names", "PipelineDescription", "describe", "events_of", "read_skops"]
