import sys

import pymemcache
from serve import Tokens, serve

host, port = sys.argv[1:3]
cache = pymemcache.Client((host, int(port)), serde=pymemcache.serde.pickle_serde, default_noreply=False)
tokens = Tokens(cache)

serve('pymemcache', pymemcache.__version__, {
    'set': cache.set,
    'set_object': cache.set,
    'get': cache.get,
    'set_multi': lambda values: cache.set_many(values) == [],
    'get_multi': cache.get_many,
    'delete_multi': cache.delete_many,
    'add': cache.add,
    'replace': cache.replace,
    'append': cache.append,
    'prepend': cache.prepend,
    'gets': tokens.gets,
    'cas': tokens.cas,
    'incr': cache.incr,
    'decr': cache.decr,
    'touch': cache.touch,
    'delete': cache.delete,
    'items': lambda: cache.stats()[b'curr_items'],
    'version': cache.version,
    'flush': cache.flush_all,
})
