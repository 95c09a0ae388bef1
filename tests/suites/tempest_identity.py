"""Tempest's tests of the Identity API, against the identity service that is built into `cpal serve`.

python -m tests.suites.tempest_identity [REGULAR EXPRESSION]
"""

from __future__ import annotations

import sys

from tests.suites.tempest import Left, suite

TESTS = r"^tempest\.api\.identity\."
NOT_BUILT_IN = "not built in, where another service than those of networks asks for it: use a Keystone"
LEFT: Left = {
    r"\.test_credentials\.|\.test_ec2_credentials\.": NOT_BUILT_IN,
    r"\.test_domain_configuration\.": NOT_BUILT_IN,
    r"\.test_endpoint_groups\.": NOT_BUILT_IN,
    r"\.test_oauth_consumers\.": NOT_BUILT_IN,
    r"\.test_policies\.": NOT_BUILT_IN,
    r"\.test_trusts\.": NOT_BUILT_IN,
}


def main(tests: str = TESTS) -> int:
    """Run it and write what it came to; the exit code."""
    return suite("tempest_identity", tests, left=LEFT)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
