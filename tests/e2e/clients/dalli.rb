require 'dalli'
require 'logger'
require_relative 'serve'

host, port, protocol, user, password = ARGV
options = { username: user, password: password, protocol: protocol.to_sym, value_max_bytes: 8 << 20, down_retry_delay: 0.1,
            socket_timeout: 20, compress: false }
cache = Dalli::Client.new("#{host}:#{port}", options)
packing = Dalli::Client.new("#{host}:#{port}", options.merge(compress: true, compression_min_size: 1))
plain = { raw: true }
tokens = {}
Dalli.logger = Logger.new($stderr)
# A write answers the item's cas value, which is 0 if nothing was written.
written = ->(cas) { ![nil, false, 0].include?(cas) }

verbs = {
  set: ->(key, value, ttl = 0) { written.(cache.set(key, value, ttl, plain)) },
  set_object: ->(key, value) { written.(cache.set(key, value)) },
  set_packed: ->(key, value) { written.(packing.set(key, value)) },
  get: ->(key) { cache.get(key) },
  # Quiet: no answer says whether each was stored.
  set_multi: ->(values) { cache.multi { values.each { |key, value| cache.set(key, value, 0, plain) } } && true },
  get_multi: ->(keys) { cache.get_multi(*keys) },
  add: ->(key, value) { written.(cache.add(key, value, 0, plain)) },
  replace: ->(key, value) { written.(cache.replace(key, value, 0, plain)) },
  append: ->(key, value) { cache.append(key, value) && true },
  prepend: ->(key, value) { cache.prepend(key, value) && true },
  gets: lambda { |key|
    value, tokens[key] = cache.get_cas(key)
    value
  },
  cas: ->(key, value) { written.(cache.set_cas(key, value, tokens[key], 0, plain)) },
  incr: ->(key, by) { cache.incr(key, by) },
  decr: ->(key, by) { cache.decr(key, by) },
  incr_from: ->(key, by, first) { cache.incr(key, by, nil, first) },
  touch: ->(key, ttl) { cache.touch(key, ttl) && true },
  gat: ->(key, ttl) { cache.gat(key, ttl) },
  delete: ->(key) { cache.delete(key) },
  items: -> { cache.stats.values.first['curr_items'].to_i },
  version: -> { cache.version.values.first },
  flush: -> { cache.flush && true }
}
serve('Dalli', Dalli::VERSION, verbs)
