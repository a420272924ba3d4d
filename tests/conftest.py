"""Set before SciPy is loaded, so that scikit-learn's checks with arrays of other libraries run in place of being skipped."""

import os

os.environ["SCIPY_ARRAY_API"] = "1"
