import sys
from importlib.metadata import version

import bmemcached
from serve import Tokens, serve

host, port, _, *login = sys.argv[1:]
cache = bmemcached.Client([f'{host}:{port}'], *login, socket_timeout=20)
cache.enable_retry_delay(False)
tokens = Tokens(cache)


def set_packed(key, value):
    return cache.set(key, value, compress_level=6)


serve('python-binary-memcached', version('python-binary-memcached'), {
    'set': lambda key, value, ttl=0: cache.set(key, value, time=ttl, compress_level=0),
    'set_object': cache.set,
    'set_packed': set_packed,
    'get': cache.get,
    'set_multi': lambda values: cache.set_multi(values) in (True, []),
    'get_multi': cache.get_multi,
    'delete_multi': cache.delete_multi,
    'add': cache.add,
    'replace': cache.replace,
    'gets': tokens.gets,
    'cas': tokens.cas,
    'incr_from': lambda key, by, first: cache.incr(key, by, default=first),
    'decr': cache.decr,
    'delete': cache.delete,
    'items': lambda: next(iter(cache.stats().values()))['curr_items'],
    'version': lambda: next(iter(cache.stats().values()))['version'],
    'flush': cache.flush_all,
})
