# SPDX-License-Identifier: Apache-2.0
"""What tests of several subjects use."""

import contextlib
import ctypes
import signal

import numpy as np


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


class _Tensor(ctypes.Structure):
    """DLPack's DLManagedTensor."""

    _fields_ = [
        ("data", ctypes.c_void_p),
        ("device_type", ctypes.c_int32),
        ("device_id", ctypes.c_int32),
        ("ndim", ctypes.c_int32),
        ("code", ctypes.c_uint8),
        ("bits", ctypes.c_uint8),
        ("lanes", ctypes.c_uint16),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
        ("manager", ctypes.c_void_p),
        ("deleter", ctypes.c_void_p),
    ]


class Bfloat16:
    """A bfloat16 array of another library: float32, rounded to the nearest, any strides."""

    dtype = "bfloat16"

    def __init__(self, array, layout=lambda words: words):
        bits = np.ascontiguousarray(array, np.float32).view(np.uint32).astype(np.uint64)
        rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16
        self.words = layout(rounded.astype(np.uint16))
        self.shape = self.words.shape
        integers = ctypes.c_int64 * self.words.ndim
        self._shape = integers(*self.shape)
        self._strides = integers(*(step // 2 for step in self.words.strides))
        self._tensor = _Tensor(
            data=self.words.ctypes.data,
            device_type=1,
            ndim=self.words.ndim,
            code=4,
            bits=16,
            lanes=1,
            shape=self._shape,
            strides=self._strides,
        )

    def single(self):
        """The same numbers in float32."""
        return (self.words.astype(np.uint32) << 16).view(np.float32)

    def __dlpack__(self, **_keywords):
        new = ctypes.pythonapi.PyCapsule_New
        new.restype = ctypes.py_object
        new.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
        return new(ctypes.addressof(self._tensor), b"dltensor", None)

    def __dlpack_device__(self):
        return (1, 0)
