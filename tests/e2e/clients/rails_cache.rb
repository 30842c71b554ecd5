# The cache of Ruby on Rails, ActiveSupport's mem_cache_store, which has Dalli below it.

require 'active_support'
require 'active_support/cache/mem_cache_store'
require_relative 'serve'

host, port = ARGV
cache = ActiveSupport::Cache::MemCacheStore.new("#{host}:#{port}", down_retry_delay: 0.1, socket_timeout: 20,
                                                                   value_max_bytes: 8 << 20, compress: false)
Dalli.logger = Logger.new($stderr)
plain = { raw: true }

serve('Rails mem_cache_store', ActiveSupport::VERSION::STRING,
      set: ->(key, value, ttl = nil) { cache.write(key, value, plain.merge(expires_in: ttl)) && true },
      set_object: ->(key, value) { cache.write(key, value) && true },
      set_packed: ->(key, value) { cache.write(key, value, compress: true, compress_threshold: 1) && true },
      get: ->(key) { cache.read(key) },
      set_multi: ->(values) { cache.write_multi(values, plain) && true },
      get_multi: ->(keys) { cache.read_multi(*keys) },
      delete_multi: ->(keys) { cache.delete_multi(keys) == keys.length },
      add: ->(key, value) { cache.write(key, value, plain.merge(unless_exist: true)) && true },
      incr: ->(key, by) { cache.increment(key, by) },
      decr: ->(key, by) { cache.decrement(key, by) },
      delete: ->(key) { cache.delete(key) },
      items: -> { cache.stats.values.first['curr_items'].to_i },
      flush: -> { cache.clear && true })
