// `isocached healthcheck [ADDRESS] [--no-verify] [FLAGS]`: checks whether a server is healthy. For
// containers.
#pragma once

namespace isocache {

// Asks a running server for its `version`, or an HTTP port for /readyz, within 2 seconds.
// ADDRESS is "host:port", "port" (of 127.0.0.1), "/path/of/socket", "tls://host:port",
// "http://host:port" or "https://host:port". Without ADDRESS it asks the server that has the same
// flags, environment and configuration file on this machine: its first --http address, otherwise
// its first other address.
// If ADDRESS is given, the server's certificate is verified, by the system's authorities and -o
// ssl_ca_cert. --no-verify turns that off. -h prints a help and ends. argv[0] is the word
// "healthcheck".
// Prints a line on stdout. Returns 0 if the server is healthy, 1 if it is not. Throws UsageError,
// ConfigError.
int healthcheck(int argc, char** argv);

}  // namespace isocache
