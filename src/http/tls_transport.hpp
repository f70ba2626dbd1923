// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "tls_context.hpp"
#include "transport.hpp"

namespace portcullis::http {

/// `socket` is connected and non-blocking. Costs no memory to speak of until handshake() is called.
std::unique_ptr<Transport> make_tls_transport(util::UniqueFd socket, std::shared_ptr<const TlsContext> tls);

}  // namespace portcullis::http
