"""What the clients of Python have in common. README.md says what the lines are."""

import json
import sys


def say(answer):
    print(json.dumps(answer, default=bytes.decode), flush=True)


def serve(name, version, verbs):
    say({'client': name, 'version': version, 'verbs': list(verbs)})
    for line in sys.stdin:
        verb, *arguments = json.loads(line)
        try:
            say({'is': verbs[verb](*arguments)})
        except Exception as error:
            say({'failed': repr(error)[:300]})


class Tokens:
    """gets and cas of a client that leaves the tokens to its caller."""

    def __init__(self, cache):
        self.cache = cache
        self.tokens = {}

    def gets(self, key):
        value, self.tokens[key] = self.cache.gets(key)
        return value

    def cas(self, key, value):
        return self.cache.cas(key, value, self.tokens[key])
