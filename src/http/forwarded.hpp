// SPDX-License-Identifier: Apache-2.0
//
// Whose request it is when a proxy stands in between. X-Forwarded-For is the only such header that is
// read: Location headers are relative, so neither X-Forwarded-Proto nor X-Forwarded-Host has a use here.
#pragma once

#include <string>
#include <vector>

#include "message.hpp"
#include "portcullis/http/network.hpp"

namespace portcullis::http {

/// The address nearest to us that is not one of `trusted`: the peer itself, or else the entries of
/// X-Forwarded-For from the right. Each entry was written by the hop to its right, so everything
/// left of the first stranger is that stranger's say. An entry that is no address ends the walk at the
/// last hop that is known.
std::string client_address(const std::string& peer, const Request& request,
                           const std::vector<Network>& trusted);

}  // namespace portcullis::http
