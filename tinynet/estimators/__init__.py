"""Estimators: networks as scikit-learn's estimators.

Come in to change what stands where MLPClassifier stood.
"""

from .classifier import NetClassifier
from .regressor import NetRegressor

__all__ = ["NetClassifier", "NetRegressor"]
