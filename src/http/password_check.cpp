// SPDX-License-Identifier: Apache-2.0
#include "password_check.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <stdexcept>

namespace portcullis::http {

PasswordCheck::PasswordCheck(Htpasswd users, const PasswordLimits& limits)
    : users_(std::move(users)), limits_(limits), secret_{}, guesses_(limits.guesses) {
  if (RAND_bytes(secret_.data(), static_cast<int>(secret_.size())) != 1) {
    throw std::runtime_error("no random numbers");
  }
}

Credentials PasswordCheck::check(const std::string& user, const std::string& password,
                                 const std::string& site, Clock::time_point now) {
  const auto& hash = users_.hash_for(user);
  const auto key = key_of(user, password, hash);
  {
    std::unique_lock lock(mutex_);
    // First of all: those who are known get in, whatever their neighbours behind one address try.
    if (is_remembered(key, now)) return Credentials::good;
    if (guesses_.is_guessing(site, now)) return Credentials::guessing;
    if (running_ >= limits_.checks) {
      if (waiting_ >= limits_.waiting) return Credentials::busy;
      ++waiting_;
      done_.wait(lock, [&] { return running_ < limits_.checks; });
      --waiting_;
      // The same client's other requests, or its other guesses, may have been decided meanwhile.
      if (is_remembered(key, now)) return Credentials::good;
      if (guesses_.is_guessing(site, now)) return Credentials::guessing;
    }
    ++running_;
  }
  const bool fits = password_fits(password, hash);
  {
    const std::lock_guard lock(mutex_);
    --running_;
    if (fits) {
      remember(key, now);
    } else {
      guesses_.note_failure(site, now);
    }
  }
  // All: one that turns out to be decided does not pass the turn on.
  done_.notify_all();
  return fits ? Credentials::good : Credentials::bad;
}

std::string PasswordCheck::key_of(const std::string& user, const std::string& password,
                                  const std::string& hash) const {
  const std::string text = user + '\0' + hash + '\0' + password;
  std::string key(EVP_MAX_MD_SIZE, '\0');
  unsigned int length = 0;
  HMAC(EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(),
       reinterpret_cast<unsigned char*>(key.data()), &length);
  key.resize(length);
  return key;
}

bool PasswordCheck::is_remembered(const std::string& key, Clock::time_point now) {
  while (!remembered_.empty() && remembered_.front().until <= now) {
    by_key_.erase(remembered_.front().key);
    remembered_.pop_front();
  }
  return by_key_.contains(key);
}

void PasswordCheck::remember(const std::string& key, Clock::time_point now) {
  if (by_key_.contains(key)) return;
  if (remembered_.size() >= limits_.remembered) {
    by_key_.erase(remembered_.front().key);
    remembered_.pop_front();
  }
  remembered_.push_back({key, now + limits_.remember});
  by_key_[key] = std::prev(remembered_.end());
}

}  // namespace portcullis::http
