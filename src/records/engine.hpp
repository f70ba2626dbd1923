// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <soci/soci.h>

#include <functional>
#include <memory>

#include "dialect.hpp"
#include "fault.hpp"

namespace portcullis::records {

enum class Access { read_write, read_only };

/// What is particular to SQLite or PostgreSQL beside the words of their SQL. Thread-safe.
class Engine {
 public:
  virtual ~Engine() = default;

  virtual const Dialect& dialect() const = 0;
  /// A new connection, ready for work. Throws what SOCI throws.
  virtual std::unique_ptr<soci::session> connect(Access access) = 0;
  /// After an error: is this connection of no more use?
  virtual bool lost(soci::session& session) const = 0;
  /// Runs `work` with a bound on how long it may take altogether, where the connection has none of its own.
  virtual void bounded(soci::session& session, const std::function<void()>& work) = 0;
  /// Throws when what is about to be written would not be found again.
  virtual void check_in_place() const = 0;
  /// Call inside a catch block.
  virtual Trouble current_trouble() const = 0;
};

}  // namespace portcullis::records
