// SPDX-License-Identifier: Apache-2.0
//
// Are these the credentials of a user? bcrypt is slow on purpose, and a pull is many requests: what
// fitted is remembered for a while, few checks run at a time, and an address that guesses has to wait.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "guess_limit.hpp"
#include "htpasswd.hpp"

namespace portcullis::http {

enum class Credentials {
  good,
  bad,
  guessing,  ///< too many bad ones from there lately; these were not looked at
  busy,      ///< too many checks wait already
};

struct PasswordLimits {
  std::chrono::seconds remember{300};
  std::size_t remembered = 4096;
  std::size_t checks = 2;  ///< that run at a time
  std::size_t waiting = 64;
  GuessLimits guesses = {};
};

/// Thread-safe; check() may take a while and belongs on a worker thread.
class PasswordCheck {
 public:
  using Clock = std::chrono::steady_clock;

  explicit PasswordCheck(Htpasswd users, const PasswordLimits& limits = {});

  /// `site` is whose guesses are counted together.
  Credentials check(const std::string& user, const std::string& password, const std::string& site,
                    Clock::time_point now = Clock::now());

 private:
  struct Remembered {
    std::string key;
    Clock::time_point until;
  };

  std::string key_of(const std::string& user, const std::string& password, const std::string& hash) const;
  bool is_remembered(const std::string& key, Clock::time_point now);
  void remember(const std::string& key, Clock::time_point now);

  const Htpasswd users_;
  const PasswordLimits limits_;
  std::array<unsigned char, 32> secret_;  ///< of this process: what is remembered is no hash to steal

  std::mutex mutex_;
  std::condition_variable done_;
  std::size_t running_ = 0;
  std::size_t waiting_ = 0;
  std::list<Remembered> remembered_;  ///< the oldest first
  std::unordered_map<std::string, std::list<Remembered>::iterator> by_key_;
  GuessLimit guesses_;
};

}  // namespace portcullis::http
