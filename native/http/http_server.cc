#include "native/http/http_server.h"

#include <utility>

namespace isocache {

struct HttpServer::Impl {};

HttpServer::HttpServer(const HttpServerOptions& /*options*/, Backend& /*backend*/,
                       HttpPages /*pages*/, const std::atomic<Readiness>& /*readiness*/,
                       TlsContext* /*tls*/, const Authenticator* /*passwords*/,
                       const HostClock& /*clock*/, const Verbosity& /*verbosity*/,
                       WorkerEvents& /*events*/) {}
HttpServer::~HttpServer() = default;
void HttpServer::start() {}
void HttpServer::adopt(FileDescriptor socket) { const FileDescriptor closed = std::move(socket); }
void HttpServer::drain() {}
void HttpServer::stop() {}
void HttpServer::join() {}
void HttpServer::add_counters(HostStats& /*stats*/) const {}
unsigned HttpServer::connection_count() const { return 0; }
void HttpServer::for_each_connection(
    const std::function<void(const ConnectionInfo&)>& /*visit*/) const {}

}  // namespace isocache
