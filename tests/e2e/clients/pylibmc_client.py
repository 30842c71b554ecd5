import sys

import pylibmc
from serve import Tokens, serve

host, port, protocol, *login = sys.argv[1:]
more = dict(zip(('username', 'password'), login))
cache = pylibmc.Client([f'{host}:{port}'], binary=protocol == 'binary', behaviors={'cas': True}, **more)
tokens = Tokens(cache)


def replace(key, value):
    try:
        return cache.replace(key, value)
    except pylibmc.NotFound:  # raised in the binary protocol only
        return False


serve('pylibmc', pylibmc.__version__, {
    'set': cache.set,
    'set_object': cache.set,
    'set_packed': lambda key, value: cache.set(key, value, min_compress_len=1),
    'get': cache.get,
    'set_multi': lambda values: cache.set_multi(values) == [],
    'get_multi': cache.get_multi,
    'delete_multi': cache.delete_multi,
    'add': cache.add,
    'replace': replace,
    'append': cache.append,
    'prepend': cache.prepend,
    'gets': tokens.gets,
    'cas': tokens.cas,
    'incr': cache.incr,
    'decr': cache.decr,
    'touch': cache.touch,
    'delete': cache.delete,
    'items': lambda: int(cache.get_stats()[0][1]['curr_items']),
    'flush': cache.flush_all,
})
