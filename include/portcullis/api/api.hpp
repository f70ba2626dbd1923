// SPDX-License-Identifier: Apache-2.0
//
// The admin API: `/api/v1`, JSON. A parsed request in, an answer out; sockets, credentials and cookies are
// `http`'s. Who a caller is comes with the request; what his role may do is decided here, from one table.
//
// Every error is a problem body (RFC 9457). All text that came from images, registries or clients has gone
// through util::safe_text(). The routes and their answers are described by the OpenAPI document that is
// served at /api/v1/openapi.json.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "portcullis/blobs/store.hpp"
#include "portcullis/gate/gate.hpp"
#include "portcullis/naming/name_index.hpp"
#include "portcullis/policy/policy.hpp"
#include "portcullis/policy/waiver_rules.hpp"
#include "portcullis/records/records.hpp"
#include "portcullis/records/rule_settings.hpp"
#include "portcullis/records/tokens.hpp"
#include "portcullis/scan/service.hpp"
#include "portcullis/upstream/registry.hpp"
#include "portcullis/util/clock.hpp"

namespace portcullis::api {

inline constexpr std::string_view kPrefix = "/api/v1";

struct Request {
  std::string method;  ///< GET also stands for HEAD
  std::string target;  ///< path and query, still percent-encoded; begins with kPrefix
  std::string content_type = {};
  std::string last_event_id = {};
  std::string body = {};
  std::optional<records::TokenRecord> caller = {};  ///< none: no credentials came along
  std::string address = {};                         ///< the client's
};

/// Events as server-sent events, as they are recorded. Thread-safe; dropping it ends it.
class EventStream {
 public:
  virtual ~EventStream() = default;
  /// Something can be taken, or nothing more will come. Does not wait.
  virtual bool has_news() const = 0;
  virtual std::string take() = 0;
  virtual bool ended() const = 0;
};

struct Answer {
  int status = 200;
  std::string content_type = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  std::shared_ptr<EventStream> stream = {};  ///< instead of `body`
};

/// What the API works with. All of it outlives the API.
struct Parts {
  gate::Gate* gate = nullptr;
  records::Records* records = nullptr;
  scan::Service* scanner = nullptr;
  blobs::Store* store = nullptr;
  std::vector<upstream::Registry*> registries = {};  ///< in order of configuration
  const util::Clock* clock = nullptr;
  /// The policy in force; any thread.
  std::function<policy::Policy()> policy = {};
  /// What names are compared with, as the configuration has it; any thread.
  std::function<naming::Options()> names = {};
  /// Reads configuration and rules again, as SIGHUP does, and waits for the end. The error says what stayed.
  std::function<util::Result<void>()> reload = {};
  /// Reloads the rules with one setting changed and then stores the change with its event; on failure both
  /// stay as they were.
  std::function<util::Result<void>(const records::RuleChange&)> change_rule = {};
  /// Measures the rules in use; takes a few seconds, with thousands of rules up to a minute.
  std::function<util::Result<std::vector<scan::RuleCost>>()> measure_rules = {};
};

struct Options {
  std::string version = {};
  std::string registry_url = {};  ///< where clients find the registry; empty: not known
  policy::WaiverLimits waivers = {};
  std::size_t max_streams = 64;
};

/// Thread-safe.
class Api {
 public:
  virtual ~Api() = default;
  /// Does not throw. May wait for the database or, for a reload, for the rules.
  virtual Answer answer(const Request& request) = 0;
  /// Ends all streams of events.
  virtual void stop() = 0;
};

std::unique_ptr<Api> make_api(const Parts& parts, const Options& options);

/// A problem body by itself, for who turns a request away before it gets here. `detail` is one line.
Answer problem(int status, std::string_view title, std::string_view detail, std::string_view instance);

/// One route of the table: what the OpenAPI document is held to.
struct RouteInfo {
  std::string_view method;
  std::string_view path;                     ///< below kPrefix, `/decisions/{id}`
  std::vector<std::string_view> parameters;  ///< of the query
  std::optional<records::Role> role;         ///< none: needs no token
  bool body = false;                         ///< takes a JSON object
};
std::vector<RouteInfo> routes();

}  // namespace portcullis::api
