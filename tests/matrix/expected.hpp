// SPDX-License-Identifier: Apache-2.0
//
// What every client does with Portcullis in front of Docker Hub: the one table from which the tests
// take what they assert and README.md takes what it says. Facts about clients: the table is measured,
// cell by cell, by matrix_test.cpp.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

namespace portcullis::matrix {

/// In the order of the columns.
enum class Situation {
  clean,            ///< nothing is wrong
  blocked,          ///< the image is infected; the origin would serve it
  still_scanning,   ///< the scan outlasts every hop
  upstream_down,    ///< nobody listens where Portcullis looks for the upstream, and nothing is cached
  corrupt,          ///< the upstream serves a layer that is not what its digest says
  absent,           ///< neither the upstream nor the origin has the image
  portcullis_down,  ///< nobody listens where the client looks for Portcullis
};
inline constexpr std::size_t kSituations = 7;
std::string_view name_of(Situation situation);

enum class Outcome {
  served,       ///< exit 0, the image is there, the origin was not asked
  held,         ///< the pull fails, the image is not there, the origin was not asked
  asks_origin,  ///< the origin was asked: a known limit
};
std::string_view name_of(Outcome outcome);

/// Why a client asks the origin although Portcullis is configured. Each is a note below the table of
/// the README.
enum class Limit {
  none,
  truth,      ///< a 404 of the upstream is passed on as it is
  no_answer,  ///< there is no Portcullis that could answer
};

struct Cell {
  Outcome outcome;
  std::string_view message = {};  ///< part of what the client prints
  std::string_view older = {};    ///< what older versions print instead; empty: the same
  Limit limit = Limit::none;
};

struct Row {
  std::string_view key;
  std::string_view client;
  std::string_view configuration;
  std::array<Cell, kSituations> cells;

  Cell& at(Situation situation) { return cells[static_cast<std::size_t>(situation)]; }
  const Cell& at(Situation situation) const { return cells[static_cast<std::size_t>(situation)]; }
};

const std::vector<Row>& expected();
const Row& expected(std::string_view key);

}  // namespace portcullis::matrix
