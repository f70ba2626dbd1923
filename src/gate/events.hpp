// SPDX-License-Identifier: Apache-2.0
//
// The events of the gate, complete: whoever reads one needs no second look-up to know what it is about.
#pragma once

#include <string>
#include <vector>

#include "judged.hpp"
#include "portcullis/gate/gate.hpp"

namespace portcullis::gate {

/// What a decision rests on, worst first: the findings, and reasons that are none (`deny:digest`,
/// `outcome:timed_out`, ...) by their code. Bounded.
std::vector<findings::EventRule> event_rules(const policy::Inputs& inputs,
                                             const findings::Decision& decision);
/// The worst that was found, whatever was decided about it.
findings::Severity worst_severity(const findings::Decision& decision);

/// `allowed`, `warned` or `blocked`.
std::string ending(findings::Action action);

/// `image-blocked`, `image-warned` or `image-allowed`.
records::Event image_event(const Judged& judged);
/// `scan-failed`, for each blob whose scan did not complete; bounded.
std::vector<records::Event> scan_failures(const Judged& judged, const policy::Inputs& inputs);
/// `name-squat`, for each suspicion of the name that the decision has a reason for.
std::vector<records::Event> name_events(const Judged& judged);
/// `pull-blocked`, `pull-warned` or `pull-allowed`.
records::Event pull_event(const records::PullRecord& pull, const Judged& judged);
records::Event pull_event(const records::PullRecord& pull, const records::NameDecision& decision);
/// `tag-moved`.
records::Event tag_moved(const records::TagRecord& before, const records::TagRecord& now);
/// `waiver-expired`.
records::Event waiver_expired(const findings::Waiver& waiver, util::TimePoint now);

/// With all that is said of an image in any event.
records::Event event_about(const Judged& judged, std::string action);

/// Ids of the waivers that the decision leans on, each once.
std::vector<std::string> waivers_of(const findings::Decision& decision);
std::string joined(const std::vector<std::string>& texts);

}  // namespace portcullis::gate
