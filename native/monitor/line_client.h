// A connection to a memcached port that speaks in lines: plain, TLS, or over a unix socket.
#pragma once

#include <openssl/types.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace isocache {

struct MonitorTarget {
  std::string address;  // host:port, /path/of/socket
  bool tls = false;
  bool verify = true;   // the server's certificate
  std::string ca_file;  // authorities besides the system's; empty: none
  std::string login;    // "user password"; empty: nobody has to log in
};

class LineClient {
 public:
  using Time = std::chrono::steady_clock;

  // Connects, and logs in. Throws SystemError.
  explicit LineClient(const MonitorTarget& target);
  ~LineClient();

  int fd() const;
  // Throws SystemError if the server has gone.
  void send(std::string_view text);
  // Takes what has come, without waiting. False: the server has ended the connection. Bytes that a
  // terminal would obey become '?'.
  bool receive();
  // The next whole line without its end. False: there is none yet. It is valid until receive().
  // Throws SystemError if it is too long for any server of ours.
  bool next_line(std::string_view* line);
  // Waits for a line. Throws SystemError if the server has gone, or the line is not there in time.
  std::string wait_for_line(Time::time_point end);
  // How long a server may take for an answer.
  static Time::time_point soon() { return Time::now() + std::chrono::seconds(5); }

 private:
  struct Free {
    void operator()(BIO* bio) const;
    void operator()(SSL_CTX* context) const;
  };
  void open(const MonitorTarget& target);
  void open_unix(const std::string& path);
  bool read_ahead();
  void connect() const;
  [[noreturn]] void fail_at_end();
  void wait(Time::time_point end, short events) const;

  const std::string address_;
  std::unique_ptr<SSL_CTX, Free> context_;
  std::unique_ptr<BIO, Free> bio_;
  std::string input_;
  std::size_t taken_ = 0;  // of the input
};

}  // namespace isocache
