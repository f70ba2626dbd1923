// SPDX-License-Identifier: Apache-2.0
#include "retention.hpp"

#include <chrono>
#include <functional>
#include <limits>
#include <optional>
#include <vector>

#include "columns.hpp"
#include "query.hpp"
#include "tables.hpp"

namespace portcullis::records {
namespace {

using soci::session;

/// The images, blobs and layers of which something must stay.
constexpr std::string_view kDecisionIsCurrent =
    "EXISTS (SELECT 1 FROM images i WHERE i.decision = decisions.sequence)";
constexpr std::string_view kScanIsNeeded =
    "(EXISTS (SELECT 1 FROM decision_blobs b WHERE b.digest = scans.digest) AND NOT EXISTS (SELECT 1 FROM "
    "scans s2"
    " WHERE s2.digest = scans.digest AND s2.media_type = scans.media_type AND s2.finished_at > "
    "scans.finished_at))";
constexpr std::string_view kImageIsPulled =
    "(EXISTS (SELECT 1 FROM pulls p WHERE p.image = images.id)"
    " OR EXISTS (SELECT 1 FROM pullers p WHERE p.image = images.id))";
constexpr std::string_view kLayerIsUsed =
    "EXISTS (SELECT 1 FROM decision_blobs b WHERE b.digest = layers.digest)";
constexpr std::string_view kClientIsKnown =
    "(EXISTS (SELECT 1 FROM pullers p WHERE p.client = clients.id)"
    " OR EXISTS (SELECT 1 FROM pulls p WHERE p.client = clients.id))";

using Ids = std::vector<long long>;

void for_each_id(session& s, const Ids& ids, std::initializer_list<std::string> statements) {
  long long id = 0;
  for (const auto& text : statements) {
    soci::statement statement = (s.prepare << text, soci::use(id));
    for (const auto each : ids) {
      id = each;
      statement.execute(true);
    }
  }
}

std::string text(std::string_view start, std::string_view end) { return std::string(start).append(end); }

class Remover {
 public:
  Remover(Database& database, const Retention& retention, util::TimePoint now)
      : database_(database), retention_(retention), now_(now) {}

  util::Result<Removed> run() {
    bool any_worked = false;
    for (const auto kind : kKinds) {
      error_.reset();
      (this->*kind)();
      any_worked = any_worked || !error_;
      if (error_ && !removed_.trouble) removed_.trouble = error_;
    }
    if (!any_worked) return tl::unexpected(*removed_.trouble);
    return removed_;
  }

 private:
  /// Rows of `table` that are older than may be or more than may be, oldest first. `guard` is what keeps
  /// one all the same. `order` is "age column, id".
  Ids old_rows(std::string_view table, std::string_view id, std::string_view age, const Keep& keep,
               long long cutoff, std::string_view guard) {
    const auto find = [&](const std::function<void(Query&)>& limit) {
      return database_.read([&](session& s) {
        Ids ids;
        long long row = 0;
        Query sql(text("SELECT ", id).append(" FROM ").append(table));
        limit(sql);
        if (!guard.empty()) sql.where(guard);
        sql.add(text(" ORDER BY ", age).append(", ").append(id).append(" LIMIT ?"), retention_.batch);
        sql.each(
            s, [&] { ids.push_back(row); }, row);
        return ids;
      });
    };
    Ids found;
    if (keep.age.count() > 0) {
      found = take(find([&](Query& sql) { sql.where(text(age, " < ?"), cutoff); }));
    }
    if (keep.count > 0 && found.empty() && !error_) {
      const auto key = text("(", age).append(", ").append(id).append(")");
      const auto newest_over = text(" <= (SELECT ", age)
                                   .append(", ")
                                   .append(id)
                                   .append(" FROM ")
                                   .append(table)
                                   .append(" ORDER BY ")
                                   .append(age)
                                   .append(" DESC, ")
                                   .append(id)
                                   .append(" DESC LIMIT 1 OFFSET ?)");
      found = take(find([&](Query& sql) { sql.where(key + newest_over, keep.count); }));
    }
    if (found.size() >= retention_.batch) removed_.more = true;
    return found;
  }

  template <class T>
  T take(util::Result<T> result) {
    if (result) return *std::move(result);
    if (!error_) error_ = result.error();
    return {};
  }

  void write(std::uint64_t& count, const Ids& ids, const std::function<void(session&)>& work) {
    if (ids.empty() || error_) return;
    if (auto done = database_.write(work); !done) {
      error_ = done.error();
    } else {
      count += ids.size();
    }
  }

  long long cutoff(const Keep& keep) const { return util::to_millis(now_ - keep.age); }

  void pulls() {
    const auto minute = cutoff(retention_.pulls) / 60'000;
    const auto ids = old_rows("pulls", "id", "minute", retention_.pulls, minute, "");
    write(removed_.pulls, ids,
          [&](session& s) { for_each_id(s, ids, {"DELETE FROM pulls WHERE id = :id"}); });
  }

  /// They have no number of their own: found by image and client, and left alone when they pulled since.
  void pullers() {
    struct Pair {
      long long image;
      long long client;
      long long last;
    };
    const auto& keep = retention_.pullers;
    const auto find = [&](std::string_view condition, long long value) {
      return database_.read([&](session& s) {
        std::vector<Pair> pairs;
        Pair row{};
        Query sql("SELECT image, client, last_at FROM pullers");
        sql.where(condition, value).add(" ORDER BY last_at LIMIT ?", retention_.batch);
        sql.each(
            s, [&] { pairs.push_back(row); }, row.image, row.client, row.last);
        return pairs;
      });
    };
    std::vector<Pair> found;
    if (keep.age.count() > 0) found = take(find("last_at < ?", cutoff(keep)));
    if (keep.count > 0 && found.empty() && !error_) {
      found = take(find("last_at <= (SELECT last_at FROM pullers ORDER BY last_at DESC LIMIT 1 OFFSET ?)",
                        static_cast<long long>(keep.count)));
    }
    if (found.size() >= retention_.batch) removed_.more = true;
    const Ids ids(found.size());
    write(removed_.pullers, ids, [&](session& s) {
      Pair row{};
      soci::statement remove =
          (s.prepare
               << "DELETE FROM pullers WHERE image = :image AND client = :client AND last_at = :last_at",
           soci::use(row.image), soci::use(row.client), soci::use(row.last));
      for (const auto& pair : found) {
        row = pair;
        remove.execute(true);
      }
    });
  }

  void events() {
    const auto cursors = take(database_.read([](session& s) { return select_cursors(s); }));
    auto passed = std::numeric_limits<std::int64_t>::max();
    for (const auto& cursor : cursors) passed = std::min(passed, cursor.sequence);
    if (error_) return;
    const auto ids = old_rows("events", "sequence", "happened_at", retention_.events,
                              cutoff(retention_.events), "sequence <= " + std::to_string(passed));
    write(removed_.events, ids, [&](session& s) {
      for_each_id(s, ids,
                  {"DELETE FROM event_rules WHERE event = :id", "DELETE FROM events WHERE sequence = :id"});
    });
  }

  void decisions() {
    const auto ids = old_rows("decisions", "sequence", "decided_at", retention_.decisions,
                              cutoff(retention_.decisions), text("NOT ", kDecisionIsCurrent));
    // One that is not current never becomes current again.
    write(removed_.decisions, ids, [&](session& s) { delete_decisions(s, ids); });
  }

  static void delete_decisions(session& s, const Ids& ids) {
    for_each_id(
        s, ids,
        {"DELETE FROM decision_reasons WHERE decision = :id",
         "DELETE FROM decision_names WHERE decision = :id", "DELETE FROM decision_blobs WHERE decision = :id",
         "DELETE FROM decisions WHERE sequence = :id"});
  }

  /// With all decisions on it: an older one must not become current again.
  void images() {
    const auto old = cutoff(retention_.images);
    const Keep by_age{retention_.images.age, 0};
    const auto ids =
        old_rows("images", "id", "decided_at", by_age, old,
                 "pulled_at < " + std::to_string(old) + " AND NOT " + std::string(kImageIsPulled));
    std::uint64_t looked_at = 0;
    std::uint64_t gone = 0;
    write(looked_at, ids, [&](session& s) {
      gone = 0;
      for (const auto id : ids) gone += delete_image(s, id, old);
    });
    if (!error_) removed_.images += gone;
  }

  static std::uint64_t delete_image(session& s, long long id, long long old) {
    // Looked at again: it may have been decided or pulled since it was found.
    long long still = 0;
    s << text(
        "SELECT COUNT(*) FROM images WHERE id = :id AND decided_at < :decided AND pulled_at < :pulled AND "
        "NOT ",
        kImageIsPulled),
        soci::use(id), soci::use(old), soci::use(old), soci::into(still);
    if (still == 0) return 0;
    Ids decisions;
    long long sequence = 0;
    Query query(
        "SELECT d.sequence FROM images i JOIN names n ON n.id = i.name JOIN decisions d ON d.host = n.host"
        " AND d.repository = n.repository AND d.manifest = i.manifest");
    query.where("i.id = ?", id)
        .each(
            s, [&] { decisions.push_back(sequence); }, sequence);
    delete_decisions(s, decisions);
    s << "DELETE FROM images WHERE id = :id", soci::use(id);
    return 1;
  }

  void layers() {
    const Keep by_age{retention_.images.age, 0};
    const auto ids =
        old_rows("layers", "id", "recorded_at", by_age, cutoff(by_age), text("NOT ", kLayerIsUsed));
    // A layer may have very many files: one at a time, and a batch of its rows.
    if (ids.empty()) return;
    const Ids one(1, ids.front());
    removed_.more = true;
    std::uint64_t layers = 0;
    write(layers, one, [&](session& s) {
      // An image may have come that needs it; and what has lost some of its files is not whole any more.
      long long still = 0;
      s << text("SELECT COUNT(*) FROM layers WHERE id = :id AND NOT ", kLayerIsUsed), soci::use(ids.front()),
          soci::into(still);
      if (still == 0) return;
      s << "UPDATE layers SET complete = 0 WHERE id = :id", soci::use(ids.front());
      if (clear_layer(s, ids.front(), retention_.batch)) {
        s << "DELETE FROM layers WHERE id = :id", soci::use(ids.front());
      }
    });
  }

  void scans() {
    const auto ids = old_rows("scans", "id", "finished_at", retention_.scans, cutoff(retention_.scans),
                              text("NOT ", kScanIsNeeded));
    std::uint64_t looked_at = 0;
    Ids unused;
    write(looked_at, ids, [&](session& s) {
      unused.clear();
      for (const auto id : ids) {  // an image may have come that needs it
        long long still = 0;
        s << text("SELECT COUNT(*) FROM scans WHERE id = :id AND NOT ", kScanIsNeeded), soci::use(id),
            soci::into(still);
        if (still != 0) unused.push_back(id);
      }
      for_each_id(s, unused,
                  {"DELETE FROM matched_strings WHERE scan = :id", "DELETE FROM findings WHERE scan = :id",
                   "DELETE FROM scans WHERE id = :id"});
    });
    if (!error_) removed_.scans += unused.size();
  }

  void tag_history() {
    const auto ids = old_rows("tag_history", "sequence", "moved_at", retention_.tag_history,
                              cutoff(retention_.tag_history), "");
    write(removed_.tag_history, ids,
          [&](session& s) { for_each_id(s, ids, {"DELETE FROM tag_history WHERE sequence = :id"}); });
  }

  void waivers() {
    if (retention_.waivers.age.count() <= 0 || error_) return;
    const auto old = cutoff(retention_.waivers);
    std::uint64_t count = 0;
    const auto done = database_.write([&](session& s) {
      std::string id;
      count = 0;
      Query query(
          "DELETE FROM waivers WHERE (revoked_at <> 0 AND revoked_at < ?) OR (announced_at <> 0 AND "
          "expires_at < ?)"
          " RETURNING id",
          old, old);
      query.each(
          s, [&] { ++count; }, id);
    });
    if (!done) error_ = done.error();
    removed_.waivers += done ? count : 0;
  }

  void statistics() {
    if (retention_.statistics.age.count() <= 0 || error_) return;
    const auto hour = cutoff(retention_.statistics) / 3'600'000;
    const auto day = hour / 24;
    std::uint64_t count = 0;
    const auto done = database_.write([&](session& s) {
      long long row = 0;
      count = 0;
      const auto counted = [&] { ++count; };
      // The oldest of each at a time: years of days and names are too many for one transaction.
      Query(
          "DELETE FROM pull_hours WHERE hour < ? AND hour < (SELECT MIN(hour) FROM pull_hours) + 168"
          " RETURNING hour",
          hour)
          .each(s, counted, row);
      Query("DELETE FROM pull_days WHERE day < ? AND day = (SELECT MIN(day) FROM pull_days) RETURNING day",
            day)
          .each(s, counted, row);
      Query(
          "DELETE FROM reason_days WHERE day < ? AND day = (SELECT MIN(day) FROM reason_days) RETURNING day",
          day)
          .each(s, counted, row);
      Query("DELETE FROM squat_days WHERE day < ? AND day = (SELECT MIN(day) FROM squat_days) RETURNING day",
            day)
          .each(s, counted, row);
    });
    if (!done) error_ = done.error();
    if (done && count > 0) removed_.more = true;
    removed_.statistics += done ? count : 0;
  }

  /// What clients call themselves is theirs to invent: it must not pile up. Last: not while there is more to
  /// do that may free some.
  void clients() {
    if (removed_.more) return;
    const auto ids = take(database_.read([&](session& s) {
      Ids found;
      long long row = 0;
      Query sql("SELECT id FROM clients");
      sql.where(text("NOT ", kClientIsKnown)).add(" LIMIT ?", retention_.batch);
      sql.each(
          s, [&] { found.push_back(row); }, row);
      return found;
    }));
    if (ids.size() >= retention_.batch) removed_.more = true;
    std::uint64_t count = 0;
    write(count, ids, [&](session& s) {
      for_each_id(s, ids, {text("DELETE FROM clients WHERE id = :id AND NOT ", kClientIsKnown)});
    });
  }

  static constexpr void (Remover::*kKinds[])() = {
      &Remover::pulls,   &Remover::pullers,    &Remover::events, &Remover::decisions,
      &Remover::images,  &Remover::layers,     &Remover::scans,  &Remover::tag_history,
      &Remover::waivers, &Remover::statistics, &Remover::clients};

  Database& database_;
  const Retention& retention_;
  util::TimePoint now_;
  Removed removed_;
  std::optional<util::Error> error_;  ///< of the kind under way
};

}  // namespace

util::Result<Removed> remove_old(Database& database, const Retention& retention, util::TimePoint now) {
  return Remover(database, retention, now).run();
}

}  // namespace portcullis::records
