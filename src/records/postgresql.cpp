// SPDX-License-Identifier: Apache-2.0
#include "postgresql.hpp"

#include <libpq-fe.h>
#include <soci/postgresql/soci-postgresql.h>

#include <algorithm>

#include "watchdog.hpp"

namespace portcullis::records {
namespace {

/// Any number, the same in every Portcullis: "portcullis" has no other meaning in an advisory lock.
#define PORTCULLIS_WRITER_LOCK "SELECT pg_advisory_xact_lock(7809660317231)"

const Dialect kDialect{
    .identity = "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    .text = "TEXT COLLATE \"C\"",
    .clustered = "",
    .begin_write = {"BEGIN", PORTCULLIS_WRITER_LOCK},
    .begin_migration = {"BEGIN", "SET LOCAL lock_timeout = 0", "SET LOCAL statement_timeout = 0",
                        PORTCULLIS_WRITER_LOCK},
    .begin_read = {"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"},
    .table_names =
        "SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE schemaname = current_schema()"
        " ORDER BY tablename LIMIT 200",
};
#undef PORTCULLIS_WRITER_LOCK

constexpr std::string_view kPrefixes[] = {"postgresql://", "postgres://"};

std::string first_line(std::string text) {
  text.resize(std::min(text.find('\n'), text.size()));
  return text;
}

/// SOCI puts this in front of what libpq says when it cannot connect, and gives no SQLSTATE.
constexpr std::string_view kNoConnection = "Cannot establish connection to the database.";

/// https://www.postgresql.org/docs/15/errcodes-appendix.html
Trouble trouble(const std::string& state, const std::string& message) {
  auto problem = first_line(message);
  if (problem == kNoConnection && message.size() > problem.size()) {
    return {
        Fault::gone, first_line(message.substr(problem.size() + 1)),
        "make sure that the database exists, that its server runs and can be reached, and that it lets this "
        "user in"};
  }
  const auto in = [&](std::initializer_list<std::string_view> classes) {
    return std::ranges::any_of(classes, [&](std::string_view start) { return state.starts_with(start); });
  };
  if (in({"55P03", "57014", "40"})) {
    return {Fault::locked, std::move(problem),
            "other work on the database did not finish in time; look at its load and its locks"};
  }
  if (in({"53100", "53200", "54"})) {
    return {Fault::full, std::move(problem), "give the database server more disk space or memory"};
  }
  if (in({"XX001", "XX002"})) {
    return {Fault::corrupt, std::move(problem), "the database is damaged; restore it from a backup"};
  }
  if (in({"28", "42501", "25006"})) {
    return {Fault::denied, std::move(problem),
            "make sure that this user may log in, and write to the tables of this database"};
  }
  if (in({"3D000"})) return {Fault::denied, std::move(problem), "create the database first: createdb"};
  if (in({"08", "57P", "53300"})) {
    return {Fault::gone, std::move(problem), "make sure that the database server runs and can be reached"};
  }
  return {Fault::other, std::move(problem), "look at the log of the database server"};
}

/// The answer of PQconninfoParse, owned.
using Settings = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

util::Result<Settings> parse_url(const std::string& url) {
  char* message = nullptr;
  Settings settings(PQconninfoParse(url.c_str(), &message), &PQconninfoFree);
  const std::unique_ptr<char, decltype(&PQfreemem)> owned(message, &PQfreemem);
  if (!settings) {
    // Not quoted: a text that does not parse may hold a password anywhere.
    return util::fail(util::ErrorKind::invalid,
                      "the records' URL is none that PostgreSQL understands (e.g. "
                      "postgresql://portcullis@db.example.com:5432/portcullis?sslmode=verify-full)");
  }
  return settings;
}

std::string quote_value(std::string_view value) {
  std::string text = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') text += '\\';
    text += c;
  }
  return text + '\'';
}

std::string seconds(std::chrono::milliseconds time) {
  return std::to_string(std::max<std::int64_t>(2, std::chrono::ceil<std::chrono::seconds>(time).count()));
}

/// What libpq connects with: the URL, and what we set where it says nothing.
util::Result<std::string> connection_text(const std::string& url, const PostgresqlOptions& options) {
  const auto settings = parse_url(url);
  if (!settings) return tl::unexpected(settings.error());
  std::map<std::string, std::string> values = {
      {"application_name", "portcullis"},
      {"connect_timeout", seconds(options.connect_timeout)},
      {"tcp_user_timeout", std::to_string(options.transaction_timeout.count())},
      {"keepalives_idle", seconds(options.transaction_timeout)},
      {"keepalives_interval", "5"},
      {"keepalives_count", "3"}};
  for (const auto* setting = settings->get(); setting->keyword != nullptr; ++setting) {
    if (setting->val != nullptr) values[setting->keyword] = setting->val;
  }
  if (values.contains("password")) {
    return util::fail(
        util::ErrorKind::invalid,
        "the records' URL holds a password; keep it apart, in a file that [records] password_file "
        "names");
  }
  if (!options.password.empty()) values["password"] = options.password;
  values["options"] += " -c lock_timeout=" + std::to_string(options.lock_timeout.count()) +
                       " -c statement_timeout=" + std::to_string(options.statement_timeout.count());
  std::string text;
  for (const auto& [key, value] : values) text += key + '=' + quote_value(value) + ' ';
  return text;
}

class Postgresql final : public Engine {
 public:
  Postgresql(std::string connection, std::chrono::milliseconds transaction_timeout)
      : connection_(std::move(connection)),
        timeout_(transaction_timeout),
        watchdog_(std::min<std::chrono::milliseconds>(timeout_ / 4, std::chrono::seconds(1))) {}

  const Dialect& dialect() const override { return kDialect; }

  std::unique_ptr<soci::session> connect(Access) override {
    auto session = std::make_unique<soci::session>();
    session->open(soci::postgresql, connection_);
    // Stricter settings, such as remote_apply, stay.
    *session << "SELECT set_config('synchronous_commit', 'on', false)"
                " WHERE current_setting('synchronous_commit') = 'off'";
    return session;
  }

  bool lost(soci::session& session) const override { return PQstatus(connection(session)) != CONNECTION_OK; }

  void bounded(soci::session& session, const std::function<void()>& work) override {
    const Watchdog::Watch watch(watchdog_, PQsocket(connection(session)), timeout_);
    work();
  }

  /// The server's business.
  void check_in_place() const override {}

  Trouble current_trouble() const override {
    try {
      throw;
    } catch (const soci::postgresql_soci_error& error) {
      // A connection that is lost has no SQLSTATE; SOCI then gives blanks.
      const auto state = error.sqlstate();
      return trouble(state.empty() || state.starts_with(' ') ? "08" : state, error.get_error_message());
    } catch (const soci::soci_error& error) {
      // Without the context that SOCI would add: it quotes the values of the statement.
      return trouble(error.get_error_category() == soci::soci_error::connection_error ? "08" : "",
                     error.get_error_message());
    } catch (const std::exception& error) {
      return trouble("", error.what());
    }
  }

 private:
  static PGconn* connection(soci::session& session) {
    return static_cast<soci::postgresql_session_backend*>(session.get_backend())->conn_;
  }

  std::string connection_;  ///< holds the password
  std::chrono::milliseconds timeout_;
  Watchdog watchdog_;
};

}  // namespace

bool is_postgresql(std::string_view location) {
  return std::ranges::any_of(kPrefixes,
                             [&](std::string_view prefix) { return location.starts_with(prefix); });
}

util::Result<std::unique_ptr<Database>> open_postgresql(const std::string& location, OpenMode mode,
                                                        const PostgresqlOptions& options) {
  const auto connection = connection_text(location, options);
  if (!connection) return tl::unexpected(connection.error());
  auto database = std::make_unique<Database>(
      DatabaseOptions{location, mode, options.readers, options.transaction_timeout, options.metrics},
      std::make_unique<Postgresql>(*connection, options.transaction_timeout));
  if (auto started = database->start(); !started) return tl::unexpected(started.error());
  return database;
}

}  // namespace portcullis::records
