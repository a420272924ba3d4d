"""For all tests: SciPy takes arrays of other libraries, and what one test registers is unknown to
the next.
"""

import os
import signal

# a shell that starts the tests in the background has Ctrl-C ignored, also in their processes
signal.signal(signal.SIGINT, signal.default_int_handler)

# before SciPy is loaded, or scikit-learn skips its checks with such arrays
os.environ["SCIPY_ARRAY_API"] = "1"

import pytest  # noqa: E402

from tinynet.files.registry import KNOWN  # noqa: E402


@pytest.fixture(autouse=True)
def known_classes_stay_as_they_were():
    before = dict(KNOWN)
    yield
    KNOWN.clear()
    KNOWN.update(before)
