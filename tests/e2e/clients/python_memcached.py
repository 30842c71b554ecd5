import sys
from importlib.metadata import version

import memcache
from serve import serve

host, port = sys.argv[1:3]
cache = memcache.Client([f'{host}:{port}'], dead_retry=0.1, socket_timeout=20, cache_cas=True, server_max_value_length=0)


def forget_and_gets(key):
    cache.reset_cas()
    return cache.gets(key)


serve('python-memcached', version('python-memcached'), {
    'set': cache.set,
    'set_object': cache.set,
    'set_packed': lambda key, value: cache.set(key, value, min_compress_len=1),
    'get': cache.get,
    'set_multi': lambda values: cache.set_multi(values) == [],
    'get_multi': cache.get_multi,
    'delete_multi': lambda keys: bool(cache.delete_multi(keys)),
    'add': lambda key, value: bool(cache.add(key, value)),
    'replace': cache.replace,
    'append': cache.append,
    'prepend': cache.prepend,
    'gets': forget_and_gets,
    'cas': cache.cas,
    'incr': cache.incr,
    'decr': cache.decr,
    'touch': lambda key, ttl: bool(cache.touch(key, ttl)),
    'delete': lambda key: bool(cache.delete(key)),
    'items': lambda: int(cache.get_stats()[0][1]['curr_items']),
    'flush': lambda: cache.flush_all() is None,
})
