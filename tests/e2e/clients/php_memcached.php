<?php
require __DIR__ . '/serve.php';

[, $host, $port, $protocol, $user, $password] = $argv + [4 => null, 5 => null];
$cache = new Memcached();
$cache->setOption(Memcached::OPT_BINARY_PROTOCOL, $protocol === 'binary');
$cache->setOption(Memcached::OPT_COMPRESSION, false);
if ($user !== null) $cache->setSaslAuthData($user, $password);
$cache->addServer($host, (int)$port);
$packing = new Memcached();
$packing->setOption(Memcached::OPT_BINARY_PROTOCOL, $protocol === 'binary');
if ($user !== null) $packing->setSaslAuthData($user, $password);
$packing->addServer($host, (int)$port);
$tokens = [];

$verbs = [
  'set' => fn($key, $value, $ttl = 0) => $cache->set($key, $value, $ttl),
  'set_object' => fn($key, $value) => $cache->set($key, $value),
  'set_packed' => fn($key, $value) => $packing->set($key, $value),
  'get' => fn($key) => orNull($cache->get($key)),
  'set_multi' => fn($values) => $cache->setMulti($values),
  'get_multi' => fn($keys) => (object)$cache->getMulti($keys),
  'delete_multi' => fn($keys) => !in_array(false, $cache->deleteMulti($keys), true),
  'add' => fn($key, $value) => $cache->add($key, $value),
  'replace' => fn($key, $value) => $cache->replace($key, $value),
  'append' => fn($key, $value) => $cache->append($key, $value),
  'prepend' => fn($key, $value) => $cache->prepend($key, $value),
  'gets' => function ($key) use ($cache, &$tokens) {
    ['value' => $value, 'cas' => $tokens[$key]] = $cache->get($key, null, Memcached::GET_EXTENDED);
    return $value;
  },
  'cas' => function ($key, $value) use ($cache, &$tokens) {
    return $cache->cas($tokens[$key], $key, $value);
  },
  'incr' => fn($key, $by) => orNull($cache->increment($key, $by)),
  'decr' => fn($key, $by) => orNull($cache->decrement($key, $by)),
  'touch' => fn($key, $ttl) => $cache->touch($key, $ttl),
  'delete' => fn($key) => $cache->delete($key),
  'items' => fn() => (int)current($cache->getStats())['curr_items'],
  'version' => fn() => current($cache->getVersion()),
  'flush' => fn() => $cache->flush(),
];
if ($protocol === 'binary') $verbs['incr_from'] = fn($key, $by, $first) => $cache->increment($key, $by, $first);
serve('php-memcached', phpversion('memcached'), $verbs);
