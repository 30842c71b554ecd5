"""Django's cache, on the client that the protocol's name gives: pymemcache, or pylibmc."""

import sys

import django
from django.conf import settings
from serve import serve

host, port, library = sys.argv[1:4]
backend = {'pymemcache': 'PyMemcacheCache', 'pylibmc': 'PyLibMCCache'}[library]
settings.configure(CACHES={
    'default': {
        'BACKEND': f'django.core.cache.backends.memcached.{backend}',
        'LOCATION': f'{host}:{port}',
        'OPTIONS': {'retry_timeout': 0.1, 'dead_timeout': 0.1} if library == 'pymemcache' else {},
    },
})
from django.core.cache import cache  # noqa: E402, it reads the settings


def store(key, value, ttl=None):
    cache.set(key, value, ttl)
    return key in cache


def count(change, key, by):
    try:
        return change(key, by)
    except ValueError:
        return None


serve(f'Django, {library}', django.__version__, {
    'set': store,
    'set_object': store,
    'get': cache.get,
    'set_multi': lambda values: cache.set_many(values) == [],
    'get_multi': cache.get_many,
    'delete_multi': lambda keys: cache.delete_many(keys) is None,
    'add': cache.add,
    'incr': lambda key, by: count(cache.incr, key, by),
    'decr': lambda key, by: count(cache.decr, key, by),
    'touch': cache.touch,
    'delete': cache.delete,
    'flush': lambda: cache.clear() is None,
})
