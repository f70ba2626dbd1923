// SPDX-License-Identifier: Apache-2.0
//
// An http or https URL in parts, by curl's parser, so that what we check is what curl connects to.
#pragma once

#include <string>
#include <string_view>

#include "portcullis/util/result.hpp"

namespace portcullis::upstream {

struct Url {
  std::string scheme;  ///< `http` or `https`
  std::string host;    ///< lower case; an IPv6 address in brackets
  int port = 0;        ///< always filled in
  std::string path;    ///< starts with '/'
  std::string query;   ///< without '?'; never goes into messages: redirect targets are often signed

  bool is_https() const { return scheme == "https"; }
  std::string authority() const;  ///< `host:port`
  std::string text() const;
  /// For messages: no path, no query.
  std::string origin() const { return scheme + "://" + authority(); }
};

/// Refused: other schemes, user information, no host. A fragment is dropped. The message does not
/// quote `text`, which may be a signed URL.
util::Result<Url> parse_url(const std::string& text);
/// `reference` as found in a document at `base`; may be relative.
util::Result<Url> resolve_url(const Url& base, const std::string& reference);
/// Adds `name=value`, encoded, to the query.
util::Result<Url> with_query(const Url& url, std::string_view name, std::string_view value);

/// `name=value` as a form field.
util::Result<std::string> form_field(std::string_view name, std::string_view value);

bool same_origin(const Url& a, const Url& b);

}  // namespace portcullis::upstream
