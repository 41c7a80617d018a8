# SPDX-License-Identifier: Apache-2.0
"""What tests of several subjects use."""

import contextlib
import signal


class Foreign:
    """An array of another library: nothing but DLPack."""

    def __init__(self, array):
        self.array = array

    def __dlpack__(self, **keywords):
        return self.array.__dlpack__(**keywords)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


class Learning(Foreign):
    """A tensor that requires a gradient."""

    requires_grad = True


class Alarm(Exception):  # noqa: N818
    """What `ring` raises."""


def ring(_number, _frame):
    """A handler of signals that raises."""
    raise Alarm


@contextlib.contextmanager
def alarm(handler=ring, seconds=0.02, again=0.0):
    """Call `handler` after so many seconds, and again after so many."""
    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, seconds, again)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def require_refusals_by_name(function, arguments, odd):
    """Each argument in turn becomes each odd value; refusals begin with the function's name."""

    def refusal(name, value):
        try:
            function(**{**arguments, name: value})
        except (TypeError, ValueError) as error:
            return str(error)
        return None

    function(**arguments)
    refusals = [refusal(name, value) for name in arguments for value in odd]
    messages = [message for message in refusals if message is not None]
    assert len(messages) > len(odd) // 2  # some of them are fine for some arguments
    for message in messages:
        assert message.startswith(f"{function.__name__}: ")
