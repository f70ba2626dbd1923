// SPDX-License-Identifier: Apache-2.0
//
// Pieces that samples are put together from, each harmless and each split, so that no file of the
// sources has the traits itself.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "samples.hpp"

namespace portcullis::test {

inline const std::string kShebang = "#!/bin/sh\n";
inline const std::string kCurl = std::string("cu") + "rl ";
inline const std::string kPipeShell = std::string(" | ") + "sh\n";
inline const std::string kDevTcp = std::string("/dev") + "/tcp/";
inline const std::string kStratum = std::string("stratum") + "+tcp://";
inline const std::string kPreload = std::string("/etc/ld.so") + ".preload";

enum ElfType : char { kModule = 1, kProgram = 2, kLibrary = 3 };

/// An ELF header of the given type, one program header counted, and text behind it.
std::string elf(char type, const std::vector<std::string>& texts);
std::string joined(std::initializer_list<std::string> parts);
/// `size` bytes that look like noise; the same ones every time.
std::string noise(std::size_t size);

// By behaviour, as the directories of rules/yara.
std::vector<Sample> config_samples();
std::vector<Sample> download_source_samples();
std::vector<Sample> masquerade_samples();
std::vector<Sample> miner_program_samples();
std::vector<Sample> miner_script_samples();
std::vector<Sample> packed_samples();
std::vector<Sample> persistence_samples();
std::vector<Sample> rootkit_samples();

}  // namespace portcullis::test
