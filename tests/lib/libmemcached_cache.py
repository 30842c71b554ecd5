"""libmemcached as `cache`, for python-cache.mjs: it has no bindings in Debian, so its C functions are called."""

import ctypes

library = ctypes.CDLL('libmemcached.so.11')
handle, text, size, pointer = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_void_p
library.memcached.restype = library.memcached_get.restype = pointer
library.memcached_set.argtypes = [handle, text, size, text, size, ctypes.c_long, ctypes.c_uint32]
library.memcached_get.argtypes = [handle, text, size, pointer, pointer, pointer]
library.memcached_generate_hash.argtypes = [handle, text, size]


class Cache:
    def __init__(self, configuration):
        configuration = ' '.join(configuration.split()).encode()
        self.handle = library.memcached(configuration, len(configuration))
        assert self.handle, configuration

    def set_many(self, values):
        """The keys whose values could not be stored."""
        return [key for key, value in values.items() if library.memcached_set(
            self.handle, key.encode(), len(key), value.encode(), len(value), 0, 0) != 0]

    def get_many(self, keys):
        """The values that were found. Those of a dead node are not."""
        values = {}
        for key in keys:
            length, flags, result = ctypes.c_size_t(), ctypes.c_uint32(), ctypes.c_int()
            value = library.memcached_get(self.handle, key.encode(), len(key), ctypes.byref(length),
                                          ctypes.byref(flags), ctypes.byref(result))
            if result.value == 0:
                values[key] = ctypes.string_at(value, length.value)
        return values

    def nodes(self, keys):
        """Which node each key is on."""
        return [library.memcached_generate_hash(self.handle, key.encode(), len(key)) for key in keys]
