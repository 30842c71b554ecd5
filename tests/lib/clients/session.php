<?php
// PHP's sessions in memcached with the settings that the extension comes with: two requests of a visitor, one after the
// other. `session.php HOST PORT`. Ends with an error, or prints "done".

[, $host, $port] = $argv;
ini_set('session.save_handler', 'memcached');
ini_set('session.save_path', "$host:$port");
ini_set('session.use_cookies', '0');
ini_set('session.cache_limiter', '');
session_id('visitor');
if (!session_start()) exit(1);
$_SESSION['basket'] = str_repeat('x', 50000);
session_write_close();
$_SESSION = [];
if (!session_start() || strlen($_SESSION['basket'] ?? '') !== 50000) exit(1);
session_destroy();
if (!session_start() || $_SESSION !== []) exit(1);
echo "done\n";
