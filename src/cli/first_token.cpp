// SPDX-License-Identifier: Apache-2.0
#include "first_token.hpp"

#include <cstdio>

namespace portcullis::cli {
namespace {

constexpr std::chrono::hours kLife{24 * 90};

}  // namespace

util::Result<std::optional<records::NewToken>> make_first_token(records::Tokens& tokens,
                                                                util::TimePoint now) {
  const auto known = tokens.list();
  if (!known) return util::fail("tokens", known.error());
  if (!known->empty()) return std::nullopt;
  records::Event event;
  event.at = now;
  event.action = "token-created";
  event.message = "token for first-start, operator: none was there";
  auto made = tokens.create("first-start", records::Role::operator_, now, now + kLife, event);
  if (!made) return util::fail("tokens", made.error());
  return std::optional(*std::move(made));
}

void show_login_link(const std::string& admin_url, const records::NewToken& token) {
  std::fprintf(stderr,
               "\nFirst start: this link logs an operator in. It is shown once and is good until %s.\n"
               "  %s/#token=%s\n\n",
               util::to_rfc3339(token.record.expires).substr(0, 10).c_str(), admin_url.c_str(),
               token.secret.c_str());
}

}  // namespace portcullis::cli
