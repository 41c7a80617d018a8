// SPDX-License-Identifier: Apache-2.0

// Has the headers of the tests precompiled; nothing of its own.
