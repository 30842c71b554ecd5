<?php
// What the clients of PHP have in common. README.md says what the lines are.

function say(array $answer): void {
  echo json_encode($answer, JSON_PRESERVE_ZERO_FRACTION | JSON_INVALID_UTF8_SUBSTITUTE), "\n";
}

function serve(string $name, string $version, array $verbs): void {
  say(['client' => $name, 'version' => $version, 'verbs' => array_keys($verbs)]);
  while (($line = fgets(STDIN)) !== false) {
    $arguments = json_decode($line, true);
    $verb = array_shift($arguments);
    try {
      say(['is' => $verbs[$verb](...$arguments)]);
    } catch (Throwable $error) {
      say(['failed' => $error->getMessage()]);
    }
  }
}

/** What PHP's clients say of a key that is not there. */
function orNull(mixed $value): mixed {
  return $value === false ? null : $value;
}
