// SPDX-License-Identifier: Apache-2.0
//
// What this machine adds to the picture: how its container clients are set up, and whether it can reach
// the origins by itself.
#pragma once

#include <filesystem>
#include <vector>

#include "doctor_report.hpp"
#include "portcullis/api/client_config.hpp"
#include "portcullis/upstream/registry.hpp"

namespace portcullis::cli {

/// Reads the files of docker, containerd, podman and CRI-O below `etc`; changes nothing, asks nobody.
void check_clients_here(const std::filesystem::path& etc, const api::Endpoint& portcullis, Diagnosis& out);

/// One TCP connection to each upstream's address, closed without a byte: never a pull.
void check_egress(const std::vector<upstream::Options>& upstreams, Diagnosis& out);

}  // namespace portcullis::cli
