<?php
require __DIR__ . '/serve.php';

[, $host, $port] = $argv;
ini_set('memcache.allow_failover', '0');
$cache = new Memcache();
$cache->addServer($host, (int)$port, true, 1, 20, 0); // a server that failed is asked again at once
$cache->setCompressThreshold(PHP_INT_MAX);
$tokens = [];

serve('php-memcache', phpversion('memcache'), [
  'set' => fn($key, $value, $ttl = 0) => @$cache->set($key, $value, 0, $ttl),
  'set_object' => fn($key, $value) => $cache->set($key, $value),
  'set_packed' => fn($key, $value) => $cache->set($key, $value, MEMCACHE_COMPRESSED),
  'get' => fn($key) => orNull($cache->get($key)),
  'get_multi' => fn($keys) => (object)$cache->get($keys),
  'add' => fn($key, $value) => $cache->add($key, $value),
  'replace' => fn($key, $value) => $cache->replace($key, $value),
  'append' => fn($key, $value) => $cache->append($key, $value),
  'prepend' => fn($key, $value) => $cache->prepend($key, $value),
  'gets' => function ($key) use ($cache, &$tokens) {
    $value = $cache->get($key, $flags, $tokens[$key]);
    return $value;
  },
  'cas' => function ($key, $value) use ($cache, &$tokens) {
    return $cache->cas($key, $value, 0, 0, $tokens[$key]);
  },
  'incr' => fn($key, $by) => orNull(@$cache->increment($key, $by)),
  'decr' => fn($key, $by) => orNull(@$cache->decrement($key, $by)),
  'delete' => fn($key) => $cache->delete($key),
  'items' => fn() => (int)$cache->getStats()['curr_items'],
  'version' => fn() => $cache->getVersion(),
  'flush' => fn() => $cache->flush(),
]);
