// `isocached healthcheck [ADDRESS] [--no-verify] [FLAGS]`: is a server well? For containers.
#pragma once

namespace isocache {

// Asks a server that is running for its `version`, or an HTTP port for /readyz, within 2 seconds.
// ADDRESS is "host:port", "port" (of 127.0.0.1), "/path/of/socket", "tls://host:port",
// "http://host:port" or "https://host:port"; without one, the address that the server with the same
// flags, environment and configuration file has on this machine: its first --http, otherwise its
// first other. A certificate is verified when ADDRESS names the server, by the system's authorities
// and -o ssl_ca_cert; --no-verify: not even then. -h prints this and ends. argv[0] is the word
// itself. Prints a line on stdout. 0: it is well, 1: it is not. Throws UsageError, ConfigError.
int healthcheck(int argc, char** argv);

}  // namespace isocache
