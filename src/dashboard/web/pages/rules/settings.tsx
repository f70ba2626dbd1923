// SPDX-License-Identifier: Apache-2.0
//
// Switching a rule off, giving it another severity, and taking that back.
import { useState } from 'preact/hooks';
import { address, put, remove } from '../../base/api';
import type { Rule, RuleSetting, Severity } from '../../base/types';
import { useAnnounce } from '../../ui/announce';
import { Select } from '../../ui/field';
import { severityNames } from '../../ui/marks';
import { ReasonDialog } from '../../ui/reason';
import { Mono } from '../../ui/text';

interface Place {
  file: string;
  rule: string;
}

const pathOf = ({ file, rule }: Place) => `/rules/settings/${encodeURIComponent(file)}/${encodeURIComponent(rule)}`;
const recorded = 'It is recorded with your name. The rules are read again, and images are judged by them from then on.';

interface Props {
  rule: Rule;
  onClose(): void;
  onDone(): void;
}

export function DisableDialog({ rule, onClose, onDone }: Props) {
  const announce = useAnnounce();
  return (
    <ReasonDialog
      title="Disable the rule"
      hint={recorded}
      action="Disable"
      kind="danger"
      onClose={onClose}
      work={async (reason) => {
        await put(pathOf({ file: rule.file, rule: rule.name }), { action: 'disable', reason });
        announce('The rule is disabled');
        onDone();
      }}
    >
      <p>
        <Mono of={rule.name} most={160} /> will find nothing until it is restored. To let one image through, sign a waiver instead.
      </p>
    </ReasonDialog>
  );
}

const severities = severityNames.map((name) => [name, name] as const);

export function SeverityDialog({ rule, onClose, onDone }: Props) {
  const announce = useAnnounce();
  const [severity, setSeverity] = useState<Severity>(rule.severity);
  return (
    <ReasonDialog
      title="Change the severity"
      hint={recorded}
      action="Change"
      onClose={onClose}
      work={async (reason) => {
        await put(pathOf({ file: rule.file, rule: rule.name }), { action: 'severity', severity, reason });
        announce(`The rule is ${severity} now`);
        onDone();
      }}
    >
      <p>
        <Mono of={rule.name} most={160} /> says {rule.own_severity ?? rule.severity} itself.
      </p>
      <Select<Severity> label="Severity" value={severity} options={severities} onChange={setSeverity} />
    </ReasonDialog>
  );
}

interface RestoreProps {
  setting: RuleSetting;
  onClose(): void;
  onDone(): void;
}

export function RestoreDialog({ setting, onClose, onDone }: RestoreProps) {
  const announce = useAnnounce();
  return (
    <ReasonDialog
      title="Restore the rule"
      hint={recorded}
      action="Restore"
      onClose={onClose}
      work={async (reason) => {
        await remove(address(pathOf(setting), { reason }));
        announce('The rule is as its file says');
        onDone();
      }}
    >
      <p>
        <Mono of={setting.rule} most={160} /> will be again what its file and the configuration say.
      </p>
    </ReasonDialog>
  );
}
