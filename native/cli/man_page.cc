// The manual page in man(7)'s macros, made from the tables.
#include <fmt/format.h>

#include <string>

#include "native/cli/flag_table.h"

namespace isocache {
namespace {

// Escapes text for roff: no line of it is a request, and its hyphens can be copied to a shell.
std::string escaped(std::string_view text) {
  std::string roff;
  for (const char c : text) {
    if (c == '\\') {
      roff += "\\e";
    } else if (c == '-') {
      roff += "\\-";
    } else if (c == '\'' || c == '.') {
      roff += roff.empty() || roff.back() == '\n' ? fmt::format("\\&{}", c) : std::string(1, c);
    } else {
      roff += c;
    }
  }
  return roff;
}

std::string entry(std::string_view names, std::string_view argument, std::string_view joint,
                  std::string_view help) {
  std::string text = fmt::format(".TP\n\\fB{}\\fR", escaped(names));
  if (!argument.empty()) text += fmt::format("{}\\fI{}\\fR", joint, escaped(argument));
  return fmt::format("{}\n{}\n", text, help.empty() ? "No effect." : escaped(help));
}

std::string entry(const Flag& flag) {
  std::string names = flag.letter == kNoLetter ? "" : fmt::format("-{}", flag.letter);
  if (!flag.name.empty()) names += fmt::format("{}--{}", names.empty() ? "" : ", ", flag.name);
  return entry(names, flag.argument, "=", flag.help);
}

std::string entry(const Word& word) {
  return entry(fmt::format("-o {}", word.name), word.argument, "=", word.help);
}

std::string section(Purpose purpose) {
  std::string text = fmt::format(".SS {}\n", escaped(heading(purpose)));
  for (const Flag& flag : flag_table()) {
    if (flag.purpose == purpose) text += entry(flag);
  }
  for (const Word& word : word_table()) {
    if (word.purpose == purpose) text += entry(word);
  }
  return text;
}

constexpr std::string_view kBegin = R"(.SH NAME
isocached \- a cache that speaks memcached's text, meta and binary protocols
.SH SYNOPSIS
.B isocached
.RI [ flags ]
.br
.B isocached healthcheck
.RI [ address ]
.RB [ \-\-no\-verify ]
.RI [ flags ]
.br
.B isocached top
.RI [ address ]
.RB [ \-\-once ]
.SH DESCRIPTION
.B isocached
keeps items in memory and serves them to memcached's clients, over TCP, TLS, unix sockets, and (with
.BR \-\-http )
WebSockets. Without flags it listens on port 11211 of the loopback interface, with 64 MB and 4 threads.
.PP
.B isocached top
shows what happens in a running server: hot keys, hits by prefix, evictions, rates; live in a terminal, as text elsewhere.
.B isocached top \-h
lists its flags.
.PP
.B isocached healthcheck
asks a running server for its version, or an HTTP port for /readyz, prints a line, and ends with 0 if all is
well, with 1 if not or after 2 seconds. The address is
.IR host:port ,
.I port
(of 127.0.0.1),
.IR /path/of/socket ,
.IR tls://host:port ,
.I http://host:port
or
.IR https://host:port ;
without one, that of the server with the same flags, environment and configuration file. Certificates are
verified when the address is given, unless
.B \-\-no\-verify
is.
.SH OPTIONS
)";

constexpr std::string_view kEnd = R"(.SH CONFIGURATION
A file given to
.B \-\-config
has lines
.IR "name = value" ,
where name is the long name of a flag, or a word of
.BR \-o .
A switch stands alone or has the value yes or no. Behind a # is a comment. The same names, in capitals and with
_ for \-, are environment variables:
.BR ISOCACHED_MEMORY_LIMIT=1024 .
What a flag says counts before what the environment says, and that before what the file says.
.SH SIGNALS
.TP
.BR SIGTERM ", " SIGINT
Report not ready for
.B \-\-drain\-delay
seconds, then refuse new connections, finish what is under way within
.B \-\-drain\-timeout
seconds, and end. A second one ends it at once.
.TP
.B SIGUSR1
The same without the delay.
.TP
.B SIGHUP
Read certificates and passwords again. If that fails, the old ones stay in force.
.SH ENVIRONMENT
.TP
.BR NOTIFY_SOCKET ", " WATCHDOG_USEC
Set by systemd for services of Type=notify: where to say that the server is ready, reloads, stops, lives.
.SH EXIT STATUS
.TP
.B 0
It served, and was asked to end.
.TP
.B 64
The command line cannot be meant.
.TP
.B 67
There is no user as
.B \-u
names.
.TP
.B 71
The system refuses: a port that is taken, a limit.
.TP
.B 78
The configuration file, the environment, or what
.B \-\-check\-config
was to check is wrong.
.SH SEE ALSO
.BR memcached (1),
.BR systemd.service (5)
)";

}  // namespace

std::string man_page() {
  std::string text = fmt::format(
      ".\\\" Made by isocached --print man.\n.TH ISOCACHED 1 \"\" \"isocached {}\" \"\"\n",
      kIsocacheVersion);
  text += kBegin;
  for (const Purpose purpose : purposes()) text += section(purpose);
  text += kEnd;
  return text;
}

}  // namespace isocache
