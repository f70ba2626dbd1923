// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <limits>

#include "columns.hpp"
#include "encoding.hpp"
#include "query.hpp"
#include "search_terms.hpp"
#include "tables.hpp"

namespace portcullis::records {
namespace {

using findings::Action;

long long minute_of(util::TimePoint time) {
  return std::chrono::floor<std::chrono::minutes>(time).time_since_epoch().count();
}

/// What a term of the query means in numbers: `column` is one of `ids`.
struct Term {
  std::string_view what;
  std::string column;
  std::vector<long long> ids;
};

/// More numbers than this are not worth an index walk each.
constexpr std::size_t kMaxWalks = 64;

std::vector<long long> ids_of(soci::session& session, Query& query) {
  std::vector<long long> ids;
  long long id = 0;
  query.add(" LIMIT ?", kMaxWalks + 1);
  query.each(
      session, [&] { ids.push_back(id); }, id);
  return ids;
}

/// The pulls of a query, newest first, as ids. A list by repository, image or client is made of one
/// walk along an index for each of their numbers, which stops after the rows that one page needs:
/// how many pulls there are then does not matter. When too many numbers match, pulls are looked at
/// from the newest on, and a page fills soon because many match.
class PullSearch {
 public:
  PullSearch(soci::session& session, const PullQuery& query, std::size_t rows)
      : session_(session), query_(query), rows_(rows) {}

  /// False when nothing can match.
  bool resolve() {
    if (!query_.host.empty() || !query_.repository.empty()) {
      Query names("SELECT id FROM names");
      if (!query_.host.empty()) names.where("host = ?", encode(query_.host));
      if (!query_.repository.empty()) names.where("repository = ?", encode(query_.repository));
      if (!add_term("name", ids_of(session_, names))) return false;
    }
    if (query_.manifest) {
      Query images("SELECT id FROM images");
      images.where("manifest = ?", query_.manifest->text());
      if (!add_term("image", ids_of(session_, images))) return false;
    }
    if (!query_.rule.empty()) {
      Query images("SELECT id FROM images WHERE ");
      add_rule(images, "decision", query_.rule);
      if (!add_term("rule", ids_of(session_, images))) return false;
    }
    if (!query_.client.empty() || !query_.user.empty()) {
      Query clients("SELECT id FROM clients");
      if (!query_.client.empty()) clients.where("address = ?", encode(query_.client));
      if (!query_.user.empty()) clients.where("user_name = ?", encode(query_.user));
      if (!add_term("client", ids_of(session_, clients))) return false;
    }
    if (!query_.text.empty()) {
      Query names("SELECT id FROM names");
      names.where("LOWER(host || '/' || repository) LIKE ? ESCAPE '!'", like_anywhere(query_.text));
      text_names_ = ids_of(session_, names);
      Query clients("SELECT id FROM clients");
      const auto pattern = like_anywhere(query_.text);
      clients.where(
          "(LOWER(address) LIKE ? ESCAPE '!' OR LOWER(user_name) LIKE ? ESCAPE '!'"
          " OR LOWER(agent) LIKE ? ESCAPE '!')",
          pattern, pattern, pattern);
      text_clients_ = ids_of(session_, clients);
      if (text_names_.empty() && text_clients_.empty()) return false;
    }
    return true;
  }

  /// "SELECT id, minute ..." of one page.
  void write(Query& sql) {
    const auto best = std::ranges::min_element(terms_, {}, [](const Term& term) { return term.ids.size(); });
    if (best != terms_.end() && best->ids.size() <= kMaxWalks) {
      walk(sql, best->column, best->ids, &*best);
    } else if (!query_.text.empty() && text_names_.size() + text_clients_.size() <= kMaxWalks) {
      walk(sql, "name", text_names_, nullptr);
      walk(sql, "client", text_clients_, nullptr);
    } else {
      sql.add("SELECT id, minute FROM (");
      select(sql, {}, 0, nullptr);
      sql.add(") newest");
    }
  }

 private:
  bool add_term(const char* what, std::vector<long long> ids) {
    if (ids.empty()) return false;
    const std::string_view column = what == std::string_view("rule") ? "image" : what;
    terms_.push_back({what, std::string(column), std::move(ids)});
    return true;
  }

  /// `held` is the term that the walks themselves hold; null: the text.
  void walk(Query& sql, const std::string& column, const std::vector<long long>& ids, const Term* held) {
    for (const auto id : ids) {
      sql.add(walks_++ == 0 ? "SELECT id, minute FROM (" : " UNION SELECT id, minute FROM (");
      select(sql, column, id, held);
      sql.add(") walk" + std::to_string(walks_));
    }
  }

  /// One walk, along the index that begins with `column`, or along all pulls. The plus signs keep
  /// SQLite from another index than that.
  void select(Query& sql, const std::string& column, long long id, const Term* held) {
    const char* word = " WHERE ";
    const auto where = [&] { return std::exchange(word, " AND "); };
    sql.add("SELECT id, minute FROM pulls");
    if (!column.empty()) sql.add(where() + column + " = ?", id);
    if (query_.action) {
      const bool served = *query_.action == Action::allow;
      sql.add(std::string(where()) + "action = ?", name(*query_.action));
      if (!served && column.empty()) sql.add(" AND action <> 'allow'");  // what its index is for
    }
    // The minute is what indexes know; the exact times decide.
    if (query_.from) {
      sql.add(std::string(where()) + "minute >= ? AND last_at >= ?", minute_of(*query_.from),
              util::to_millis(*query_.from));
    }
    if (query_.until) {
      sql.add(std::string(where()) + "minute <= ? AND first_at < ?", minute_of(*query_.until),
              util::to_millis(*query_.until));
    }
    if (!query_.after.empty()) {
      sql.add(std::string(where()) + "(minute, id) < (?, ?)", query_.after.key, query_.after.id);
    }
    for (const auto& term : terms_) {
      if (&term == held) continue;
      sql.add(where()), restrict(sql, term);
    }
    const bool text_held = !column.empty() && held == nullptr;
    if (!query_.text.empty() && !text_held) sql.add(where()), restrict_text(sql);
    sql.add(" ORDER BY minute DESC, id DESC LIMIT ?", rows_);
  }

  void restrict(Query& sql, const Term& term) {
    if (term.ids.size() <= kMaxWalks) {
      sql.add("+" + term.column + " IN (");
      const char* separator = "?";
      for (const auto id : term.ids) sql.add(std::exchange(separator, ", ?"), id);
      sql.add(")");
    } else if (term.what == "rule") {
      sql.add("+image IN (SELECT id FROM images WHERE ");
      add_rule(sql, "decision", query_.rule);
      sql.add(")");
    } else if (term.column == "name") {
      sql.add("+name IN (SELECT id FROM names WHERE 1 = 1");
      if (!query_.host.empty()) sql.add(" AND host = ?", encode(query_.host));
      if (!query_.repository.empty()) sql.add(" AND repository = ?", encode(query_.repository));
      sql.add(")");
    } else if (term.column == "image") {
      sql.add("+image IN (SELECT id FROM images WHERE manifest = ?)", query_.manifest->text());
    } else {
      sql.add("+client IN (SELECT id FROM clients WHERE 1 = 1");
      if (!query_.client.empty()) sql.add(" AND address = ?", encode(query_.client));
      if (!query_.user.empty()) sql.add(" AND user_name = ?", encode(query_.user));
      sql.add(")");
    }
  }

  void restrict_text(Query& sql) {
    const auto pattern = like_anywhere(query_.text);
    sql.add(
        "(+name IN (SELECT id FROM names WHERE LOWER(host || '/' || repository) LIKE ? ESCAPE '!')"
        " OR +client IN (SELECT id FROM clients WHERE LOWER(address) LIKE ? ESCAPE '!'"
        " OR LOWER(user_name) LIKE ? ESCAPE '!' OR LOWER(agent) LIKE ? ESCAPE '!'))",
        pattern, pattern, pattern, pattern);
  }

  static std::string name(Action action) { return std::string(findings::to_string(action)); }

  soci::session& session_;
  const PullQuery& query_;
  std::size_t rows_;
  std::vector<Term> terms_;
  std::vector<long long> text_names_;
  std::vector<long long> text_clients_;
  int walks_ = 0;
};

/// "SELECT id": the images that a query is about; false when it is about all.
bool add_images(Query& sql, const PullerQuery& query) {
  if (!query.manifest && query.host.empty() && query.repository.empty() && query.file_hash.empty())
    return false;
  sql.add("SELECT id FROM images WHERE 1 = 1");
  if (query.manifest) sql.add(" AND manifest = ?", query.manifest->text());
  if (!query.file_hash.empty()) {
    sql.add(" AND id IN (");
    add_images_of_file(sql, query.file_hash);
    sql.add(")");
  }
  if (!query.host.empty()) sql.add(" AND name IN (SELECT id FROM names WHERE host = ?)", encode(query.host));
  if (!query.repository.empty()) {
    sql.add(" AND name IN (SELECT id FROM names WHERE repository = ?)", encode(query.repository));
  }
  return true;
}

/// Few images: all of their pullers are read and sorted. Many: pullers are looked at from the newest on,
/// which the plus sign asks SQLite for, and a page fills soon.
void restrict_pullers(soci::session& session, Query& sql, const PullerQuery& query) {
  const char* word = " WHERE ";
  Query images("");
  if (add_images(images, query)) {
    const auto ids = ids_of(session, images);
    sql.add(std::exchange(word, " AND "));
    if (ids.size() <= kMaxWalks) {
      sql.add("image IN (-1");
      for (const auto id : ids) sql.add(", ?", id);
    } else {
      sql.add("+image IN (");
      add_images(sql, query);
    }
    sql.add(")");
  }
  if (query.client.empty()) return;
  sql.add(word).add(
      "client IN (SELECT id FROM clients WHERE address = ? UNION SELECT id FROM clients WHERE user_name = ?)",
      encode(query.client), encode(query.client));
}

}  // namespace

PullPage search_pulls(soci::session& session, const PullQuery& query) {
  PullPage page;
  const auto wanted = std::clamp<std::size_t>(query.limit, 1, kMaxRows);
  PullSearch search(session, query, wanted + 1);
  if (!search.resolve()) return page;
  Query sql(
      "SELECT p.id, p.minute, n.host, n.repository, c.address, c.user_name, c.agent, i.manifest, p.reference,"
      " p.action, p.check_only, p.decision_id, p.first_at, p.last_at, p.requests, COALESCE(d.summary, '')"
      " FROM (SELECT id, minute FROM (");
  search.write(sql);
  sql.add(
      ") found ORDER BY minute DESC, id DESC LIMIT ?) page JOIN pulls p ON p.id = page.id"
      " JOIN names n ON n.id = p.name JOIN images i ON i.id = p.image JOIN clients c ON c.id = p.client"
      " LEFT JOIN decisions d ON d.id = p.decision_id ORDER BY p.minute DESC, p.id DESC",
      wanted + 1);
  PullRow row;
  PageCursor cursor;
  std::string manifest;
  long long requests = 0;
  bool more = false;
  sql.each(
      session,
      [&] {
        if (page.pulls.size() == wanted) {
          more = true;
          return;
        }
        PullRow pull = row;
        decode_all(std::tie(pull.host, pull.repository, pull.reference, pull.client_address, pull.client_user,
                            pull.client_agent, pull.decision_id, pull.summary));
        pull.manifest = manifest_column(manifest);
        constexpr long long kMost = std::numeric_limits<std::uint32_t>::max();
        pull.requests = static_cast<std::uint32_t>(std::clamp(requests, 0LL, kMost));
        page.pulls.push_back(std::move(pull));
        page.next = cursor;
      },
      cursor.id, cursor.key, row.host, row.repository, row.client_address, row.client_user, row.client_agent,
      manifest, row.reference, row.action, row.check_only, row.decision_id, row.first, row.last, requests,
      row.summary);
  if (!more) page.next = {};
  return page;
}

std::vector<Puller> search_pullers(soci::session& session, const PullerQuery& query) {
  Query sql(
      "SELECT n.host, n.repository, i.manifest, c.address, c.user_name, c.agent, p.first_at, p.last_at, "
      "p.requests,"
      " p.action FROM (SELECT image, client, first_at, last_at, requests, action FROM pullers");
  restrict_pullers(session, sql, query);
  sql.add(
      " ORDER BY last_at DESC, image DESC, client DESC LIMIT ? OFFSET ?) p JOIN images i ON i.id = p.image"
      " JOIN names n ON n.id = i.name JOIN clients c ON c.id = p.client"
      " ORDER BY p.last_at DESC, p.image DESC, p.client DESC",
      std::min(query.limit, kMaxRows), query.skip);
  std::vector<Puller> pullers;
  Puller row;
  std::string manifest;
  sql.each(
      session,
      [&] {
        Puller puller = row;
        decode_all(std::tie(puller.host, puller.repository, puller.address, puller.user, puller.agent));
        puller.manifest = manifest_column(manifest);
        pullers.push_back(std::move(puller));
      },
      row.host, row.repository, manifest, row.address, row.user, row.agent, row.first, row.last, row.requests,
      row.action);
  return pullers;
}

}  // namespace portcullis::records
