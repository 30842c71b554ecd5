"""pylibmc against the server at this address: `pylibmc.py ADDRESS text|binary [USER PASSWORD]`.

Ends with an error, or prints "done", waits for a line, which says that the server was restarted, and prints "again".
"""

import sys
import time

import pylibmc

address, protocol, *login = sys.argv[1:]
more = dict(zip(('username', 'password'), login))
cache = pylibmc.Client([address], binary=protocol == 'binary', behaviors={'cas': True}, **more)
assert cache.set('a', 'text')
assert cache.get('a') == 'text'
assert cache.get('none') is None
cache['object'] = {'b': [1, 2.5, None, 'ü']}
assert cache['object'] == {'b': [1, 2.5, None, 'ü']}
large = b'x' * 900_000
assert cache.set('large', large)
assert cache.get('large') == large
many = {f'key{i}': i for i in range(200)}
assert cache.set_multi(many) == []
assert cache.get_multi(list(many) + ['none']) == many
assert not cache.add('a', 'other')
try:
    assert not cache.replace('none', 'other')
except pylibmc.NotFound:  # it raises this in the binary protocol only
    pass
_, cas = cache.gets('a')
assert cache.cas('a', 'new', cas)
assert not cache.cas('a', 'newer', cas)
cache.set('hits', 10)
assert cache.incr('hits', 5) == 15
assert cache.decr('hits', 20) == 0
cache.set('raw', 'b')
assert cache.append('raw', 'c') and cache.prepend('raw', 'a')
assert cache.get('raw') == 'abc'
assert cache.touch('a', 100)
cache.set('short', 1, time=1)
time.sleep(2.1)
assert cache.get('short') is None
assert cache.delete('a')
assert cache.get('a') is None
assert b'curr_items' in cache.get_stats()[0][1] or 'curr_items' in cache.get_stats()[0][1]
assert cache.flush_all()
assert cache.get('object') is None
print('done', flush=True)
sys.stdin.readline()
for _ in range(20):
    try:
        if cache.set('a', 'later') and cache.get('a') == 'later':
            print('again')
            break
    except pylibmc.Error:
        time.sleep(0.1)
