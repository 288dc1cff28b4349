"""What holds for all tests: one thread of torch's each, in every process that a test starts.

On maps as small as those of the tests several threads mostly wait for each other, and where other
processes run beside them the suite takes three times as long.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
