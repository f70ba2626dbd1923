// SPDX-License-Identifier: Apache-2.0
#include "service.hpp"

namespace portcullis::api {
namespace {

constexpr std::size_t kMostExported = 10'000;

records::PullQuery read_filters(Query& query) {
  return {.from = query.time("from"),
          .until = query.time("until"),
          .action = query.action("action"),
          .host = query.text("host"),
          .repository = query.text("repository"),
          .manifest = query.digest("manifest"),
          .client = query.text("client"),
          .user = query.text("user"),
          .rule = query.text("rule"),
          .text = query.text("text")};
}

/// RFC 4180. A leading sign or tab would make a formula of hostile text in a spreadsheet.
std::string csv_field(const Json& value) {
  auto text = value.is_string() ? value.get<std::string>() : value.dump();
  if (!text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos) {
    text.insert(0, "'");
  }
  if (text.find_first_of("\",\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + '"';
}

constexpr const char* kColumns[] = {"first",  "last", "action", "name",     "reference", "manifest",
                                    "client", "user", "agent",  "requests", "decision",  "summary"};

std::string to_csv(const Json& rows) {
  std::string text;
  const char* separator = "";
  for (const auto* column : kColumns) text.append(std::exchange(separator, ",")).append(column);
  text += "\r\n";
  for (const auto& row : rows) {
    separator = "";
    for (const auto* column : kColumns) {
      text.append(std::exchange(separator, ",")).append(csv_field(row[column]));
    }
    text += "\r\n";
  }
  return text;
}

std::string to_lines(const Json& rows) {
  std::string text;
  for (const auto& row : rows) text += row.dump() + "\n";
  return text;
}

}  // namespace

Outcome<Answer> list_pulls(Service& service, Call& call) {
  auto query = read_filters(call.query);
  query.after = call.query.page();
  query.limit = call.query.limit();
  if (const auto& wrong = call.query.problem()) return tl::unexpected(*wrong);
  const auto page = service.parts.records->search().pulls(query);
  if (!page) return unavailable("pulls", page.error());
  return json_answer({{"pulls", list(page->pulls)}, {"next", to_text(page->next)}});
}

Outcome<Answer> export_pulls(Service& service, Call& call) {
  static constexpr std::string_view kFormats[] = {"csv", "jsonl"};
  auto query = read_filters(call.query);
  query.limit = kMostExported;
  const auto format = call.query.choice("format", kFormats);
  if (const auto& wrong = call.query.problem()) return tl::unexpected(*wrong);
  const auto page = service.parts.records->search().pulls(query);
  if (!page) return unavailable("pulls", page.error());
  const auto rows = list(page->pulls);
  const bool csv = format == "csv";
  Answer answer;
  answer.content_type = csv ? "text/csv; charset=utf-8; header=present" : "application/jsonl";
  answer.body = csv ? to_csv(rows) : to_lines(rows);
  answer.headers = {
      {"Content-Disposition", "attachment; filename=\"portcullis-pulls." + std::string(format) + "\""},
      // Whether there are more than were written: ask again with an earlier `until`.
      {"Portcullis-Truncated", page->next.empty() ? "false" : "true"}};
  return answer;
}

}  // namespace portcullis::api
