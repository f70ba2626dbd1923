// SPDX-License-Identifier: Apache-2.0
//
// What the API answers (/api/v1/openapi.json). A member that an older server does not send is optional.

export type Severity = 'info' | 'low' | 'medium' | 'high' | 'critical';
export type Action = 'allow' | 'warn' | 'block';
export type Role = 'viewer' | 'operator';
/** RFC 3339, UTC. */
export type Timestamp = string;

export interface Token {
  id: string;
  name: string;
  role: Role;
  created: Timestamp;
  expires: Timestamp;
  last_used: Timestamp | null;
  revoked: Timestamp | null;
}

export interface MatchedString {
  identifier: string;
  offset: number;
  text: string;
  hex: string;
  before_hex?: string;
  after_hex?: string;
}

export interface Finding {
  source: 'yara' | 'layer_check' | 'config_check' | 'manifest_check' | 'name_check';
  rule: string;
  rule_file: string;
  severity: Severity;
  techniques: string[];
  description: string;
  author: string;
  license: string;
  reference: string;
  path: string;
  file_hash: string;
  strings: MatchedString[];
}

export interface Reason {
  action: Action;
  severity: Severity;
  code: string;
  text: string;
  waiver: string;
}

export interface Scan {
  outcome: string;
  reason: string;
  profile: string;
  started: Timestamp;
  finished: Timestamp;
  counts: { entries: number; files: number; files_skipped: number; bytes_in: number; bytes_unpacked: number };
  findings: Finding[];
  findings_truncated: boolean;
}

export interface Blob {
  place: string;
  digest: string;
  media_type: string;
  size: number;
  scan: Scan | null;
}

export interface ImageConfig {
  platform: string;
  created: string;
  author: string;
  user: string;
  entrypoint: string[];
  cmd: string[];
  env: string[];
  exposed_ports: string[];
  labels: Record<string, string>;
  history: { created_by: string; comment: string; empty_layer: boolean }[];
}

export interface Image {
  host: string;
  repository: string;
  name: string;
  manifest: string;
  tags: string[];
  decision: string;
  action: Action;
  would_block: boolean;
  summary: string;
  profile: string;
  decided: Timestamp;
  last_pull: Timestamp | null;
}

export interface Pull {
  host: string;
  repository: string;
  name: string;
  reference: string;
  manifest: string;
  action: Action;
  check_only: boolean;
  client: string;
  user: string;
  agent: string;
  decision: string;
  first: Timestamp;
  last: Timestamp;
  requests: number;
  summary: string;
}

export interface Puller {
  host: string;
  repository: string;
  name: string;
  manifest: string;
  client: string;
  user: string;
  agent: string;
  first: Timestamp;
  last: Timestamp;
  requests: number;
  action: Action;
}

export interface EventRule {
  rule: string;
  severity: Severity;
  techniques: string[];
  path: string;
  file_hash: string;
  layer: string;
}

export interface Event {
  sequence: number;
  at: Timestamp;
  action: string;
  severity: Severity;
  host: string;
  repository: string;
  name: string;
  reference: string;
  manifest: string;
  decision: string;
  client: string;
  user: string;
  agent: string;
  message: string;
  rules: EventRule[];
  extra: Record<string, string>;
}

export interface Ranked {
  name: string;
  count: number;
}

export interface Bucket {
  start: Timestamp;
  allowed: number;
  warned: number;
  blocked: number;
}

export interface WaiverCounts {
  active: number;
  expired: number;
  revoked: number;
}

export interface Overview {
  from: Timestamp;
  until: Timestamp;
  width_hours: number;
  buckets: Bucket[];
  totals: { allowed: number; warned: number; blocked: number };
  top_rules: Ranked[];
  top_squats: (RankedSquat | Ranked)[];
  top_names: Ranked[];
  top_blocked: Ranked[];
  waivers: WaiverCounts;
  /** The open ones; older servers send their events. */
  retro_alerts: (RetroAlert | Event)[];
  retro_alerts_open?: number;
  protection?: Protection;
}

export interface RankedSquat {
  name: string;
  component: string;
  target: string;
  count: number;
}

export interface RetroAlert {
  id: string;
  state: 'open' | 'closed';
  at: Timestamp;
  host: string;
  repository: string;
  name: string;
  reference: string;
  manifest: string;
  severity: Severity;
  cause: string;
  previous: string;
  message: string;
  rules: EventRule[];
  pullers: { client: string; user: string; agent: string; first: Timestamp; last: Timestamp; requests: number }[];
  pullers_count: number;
  closed: Timestamp | null;
  closed_by: string;
  closed_why: string;
}

export interface Protection {
  well: boolean;
  /** One sentence each, the worst first. */
  concerns: string[];
}

export interface Upstream {
  name: string;
  url: string;
  well: boolean;
  last_success: Timestamp | null;
  last_failure: Timestamp | null;
  last_error: string;
  failures_in_a_row: number;
  rate_limit: {
    limit: number | null;
    remaining: number | null;
    window_seconds: number | null;
    source: string;
    at: Timestamp;
  } | null;
  retry_after_seconds: number | null;
}

export interface Judging {
  name: string;
  reference: string;
  manifest: string;
  why: 'asked' | 'rescan';
  since: Timestamp;
  blobs: number;
  blobs_done: number;
  bytes: number;
  bytes_done: number;
}

export interface Status {
  version: string;
  now: Timestamp;
  started: Timestamp;
  uptime_seconds: number;
  mode: 'enforce' | 'audit';
  policy: string;
  scanner: {
    ready: boolean;
    profile: string;
    rules: number;
    rule_files: number;
    set_aside: { file: string; message: string }[];
    protections: string[];
  };
  upstreams: Upstream[];
  judging: Judging[];
  rescans: {
    profile: string;
    since: Timestamp | null;
    until: Timestamp | null;
    total: number;
    done: number;
    left: number;
    failed: number;
    last_failure: string;
    current: string[];
  };
  store: { bytes: number };
  waivers: WaiverCounts;
  events: { newest: number };
  notify: { name: string; sequence: number; behind: number; updated: Timestamp }[];
}

/** One step from the name that was asked for to the one that it resembles, left to right. */
export interface Letter {
  kind: 'same' | 'added' | 'missing' | 'changed' | 'swapped';
  seen: string;
  expected: string;
}

export interface NameVerdict {
  component: string;
  operation: string;
  subject: string;
  target: string;
  score: number;
  severity: Severity;
  effect: 'hint' | 'warn' | 'block';
  action: Action;
  reason: string;
  suggestion: string;
  waiver: string;
  letters: Letter[];
}

export interface Moment {
  at: Timestamp;
  what: string;
  text: string;
  decision: string;
}

export interface Decision {
  id: string;
  host: string;
  repository: string;
  name: string;
  reference: string;
  manifest: string;
  media_type: string;
  action: Action;
  would_block: boolean;
  summary: string;
  client_line: string;
  at: Timestamp;
  current: boolean;
  current_decision: string;
  profile: string;
  policy: string;
  reasons: Reason[];
  /** Older servers send what `reasons` has of them. */
  names: (NameVerdict | Reason)[];
  blobs: Blob[];
  config: ImageConfig | null;
  timeline: Moment[];
  pullers: Puller[];
  /** Those that it leans on, and active ones that could apply. */
  waivers?: { used: boolean; waiver: Waiver }[];
  /** `name`: blocked for its name before anything was asked of a registry; there is no manifest then. */
  about?: 'image' | 'name';
}

export interface Waiver {
  id: string;
  state: 'active' | 'expired' | 'revoked';
  rule: string;
  repository: string;
  digest: string;
  file_hash: string;
  reason: string;
  author: string;
  created: Timestamp;
  expires: Timestamp;
  revoked: Timestamp | null;
  revoked_by: string;
  revoked_why: string;
}

/** `report` instead of the four terms: the narrowest waivers for all that blocks the image of that decision. */
export interface NewWaiver {
  report?: string;
  rule?: string;
  repository?: string;
  digest?: string;
  file_hash?: string;
  reason: string;
  expires: string;
}

export interface WaiverEffect {
  passing: number;
  still_blocked: number;
  not_blocked: number;
  findings: number;
  worst: Severity | null;
  complete: boolean;
  images: {
    host: string;
    repository: string;
    name: string;
    manifest: string;
    decision: string;
    blocked: boolean;
    passes: boolean;
    covered: string[];
    left: string[];
  }[];
}

export interface WaiverPreview {
  waivers: Waiver[];
  effect: WaiverEffect;
}

/** A layer or config of an image, and who else has it. */
export interface SharedBlob extends Blob {
  shared_with: { name: string; manifest: string; decision: string; action: Action }[];
  shared_with_more: boolean;
}

export interface ImageDetails {
  manifest: string;
  images: Image[];
  blobs: SharedBlob[];
  pullers: Puller[];
}

export interface LayerFile {
  path: string;
  hash: string;
  size: number;
  type: string;
  setuid?: boolean;
}

export interface FilePlace {
  layer: string;
  path: string;
  hash: string;
  size: number;
  type: string;
}

export interface FileHits {
  places: FilePlace[];
  images: Image[];
  pullers: Puller[];
  truncated: boolean;
}

export interface RuleSetting {
  file: string;
  rule: string;
  action: 'disable' | 'severity';
  severity: Severity | null;
  reason: string;
  author: string;
  since: Timestamp;
}

export interface Rule {
  name: string;
  file: string;
  /** Older servers list active ones only, and settle nothing. */
  state?: 'active' | 'disabled';
  severity: Severity;
  own_severity?: Severity;
  severity_given: boolean;
  helper: boolean;
  /** Null for a disabled rule: the configuration disables it. */
  setting?: RuleSetting | null;
  techniques: string[];
  tags: string[];
  description: string;
  author: string;
  license: string;
  reference: string;
  decisions: number;
}

export interface FileCost {
  file: string;
  rules: number;
  ms_per_mb: number;
  share: number;
  slow: boolean;
}

export interface RulesCost {
  measured: Timestamp;
  sample_files: number;
  sample_bytes: number;
  mb_per_second: number;
  mb_per_second_without_rules: number;
  files: FileCost[];
}

export interface RuleNote {
  level: 'error' | 'warning';
  file: string;
  line: number;
  rule: string;
  message: string;
}

export interface Rules {
  profile: string;
  total: number;
  files: number;
  rules: Rule[];
  truncated: boolean;
  set_aside: { file: string; message: string }[];
  notes: RuleNote[];
  idle_settings?: RuleSetting[];
  cost?: RulesCost | null;
}

export interface ClientConfig {
  client: string;
  url: string;
  notes: string[];
  files: { path: string; content: string }[];
  text: string;
}

export interface Canary {
  blocked: boolean;
  message: string;
  decision: string;
}
