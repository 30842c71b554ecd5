<?php
// php-memcached in the binary protocol, against the server at this address: `memcached.php HOST PORT [USER PASSWORD]`.
// Ends with an error, or prints "done", waits for a line, which says that the server was restarted, and prints "again".

function same($actual, $expected): void {
  if ($actual === $expected) return;
  fwrite(STDERR, json_encode([$actual, $expected]) . (new Exception())->getTraceAsString());
  exit(1);
}

[, $host, $port, $user, $password] = $argv + [3 => null, 4 => null];
$cache = new Memcached();
$cache->setOption(Memcached::OPT_BINARY_PROTOCOL, true);
if ($user !== null) $cache->setSaslAuthData($user, $password);
$cache->addServer($host, (int)$port);
same($cache->set('a', 'text'), true);
same($cache->get('a'), 'text');
same($cache->get('none'), false);
same($cache->getResultCode(), Memcached::RES_NOTFOUND);
$cache->set('object', ['b' => [1, 2.5, null, 'ü']]);
same($cache->get('object'), ['b' => [1, 2.5, null, 'ü']]);
$large = random_bytes(900000);
same($cache->set('large', $large), true);
same($cache->get('large'), $large);
$many = [];
for ($i = 0; $i < 200; ++$i) $many["key$i"] = $i;
same($cache->setMulti($many), true);
same($cache->getMulti(array_keys($many), Memcached::GET_PRESERVE_ORDER), $many);
same($cache->add('a', 'other'), false);
same($cache->replace('none', 'other'), false);
$got = $cache->get('a', null, Memcached::GET_EXTENDED);
same($cache->cas($got['cas'], 'a', 'new'), true);
same($cache->cas($got['cas'], 'a', 'newer'), false);
same($cache->getResultCode(), Memcached::RES_DATA_EXISTS);
same($cache->increment('hits', 5, 10), 10);
same($cache->increment('hits', 5), 15);
same($cache->decrement('hits', 20), 0);
$cache->setOption(Memcached::OPT_COMPRESSION, false);
$cache->set('raw', 'b');
same($cache->append('raw', 'c') && $cache->prepend('raw', 'a'), true);
same($cache->get('raw'), 'abc');
same($cache->touch('a', 100), true);
$cache->set('short', 1, 1);
usleep(2100000);
same($cache->get('short'), false);
same($cache->delete('a'), true);
same($cache->get('a'), false);
$stats = $cache->getStats();
same(array_key_exists('curr_items', reset($stats)), true);
same($cache->flush(), true);
same($cache->get('object'), false);
echo "done\n";
fgets(STDIN);
for ($i = 0; $i < 20; ++$i) {
  if ($cache->set('a', 'later') && $cache->get('a') === 'later') exit("again\n");
  usleep(100000);
}
