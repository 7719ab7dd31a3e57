"""Records of tests lie in folders of their own, and no nanny outlives the tests."""

from tests.deploy.conftest import _end_nanny, runtime

__all__ = ["_end_nanny", "runtime"]
