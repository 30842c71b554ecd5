<?php
// PHP's sessions: two requests of a visitor, one after the other; or, with COUNT, so many requests that count up.
// `session.php HANDLER PATH COUNT [SETTING=VALUE...]`. Ends with an error, or prints "done".

[, $handler, $path, $count] = $argv;
foreach (array_slice($argv, 4) as $setting) ini_set(...explode('=', $setting, 2));
ini_set('session.save_handler', $handler);
ini_set('session.save_path', $path);
ini_set('session.use_cookies', '0');
ini_set('session.cache_limiter', '');

function visit(): void {
  if (!session_start()) exit(1);
}

if ((int)$count > 0) {
  session_id('counter');
  for ($i = 0; $i < (int)$count; ++$i) {
    visit();
    $_SESSION['visits'] = ($_SESSION['visits'] ?? 0) + 1;
    session_write_close();
    $_SESSION = [];
  }
  visit();
  echo $_SESSION['visits'], "\n";
  session_write_close();
  exit(0);
}

session_id('visitor');
visit();
$_SESSION['basket'] = str_repeat('x', 50000);
session_write_close();
$_SESSION = [];
visit();
if (strlen($_SESSION['basket'] ?? '') !== 50000) exit(1);
session_destroy();
visit();
if ($_SESSION !== []) exit(1);
echo "done\n";
