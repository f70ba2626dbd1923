// SPDX-License-Identifier: Apache-2.0
//
// All about one rule, and what can be done about it.
import { useState } from 'preact/hooks';
import { address } from '../../base/api';
import { useIsOperator } from '../../base/session';
import { counted } from '../../base/text';
import type { RuleNote } from '../../base/types';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { SeverityMark, Technique } from '../../ui/marks';
import { Fact, Facts } from '../../ui/page';
import { Mono, Text, WebLink } from '../../ui/text';
import { canBeSettled } from './listing';
import type { RuleRow } from './listing';
import { Note, SettingText } from './panels';
import { DisableDialog, RestoreDialog, SeverityDialog } from './settings';

interface Props {
  row: RuleRow;
  notes: readonly RuleNote[];
  onClose(): void;
  onChange(): void;
}

type Step = 'look' | 'disable' | 'severity' | 'restore';

export function RuleDialog({ row, notes, onClose, onChange }: Props) {
  const [step, setStep] = useState<Step>('look');
  const { rule } = row;
  const back = () => setStep('look');
  const done = () => {
    onClose();
    onChange();
  };
  if (step === 'disable') return <DisableDialog rule={rule} onClose={back} onDone={done} />;
  if (step === 'severity') return <SeverityDialog rule={rule} onClose={back} onDone={done} />;
  if (step === 'restore' && rule.setting) return <RestoreDialog setting={rule.setting} onClose={back} onDone={done} />;
  const own = notes.filter((note) => note.file === rule.file && note.rule === rule.name);
  return (
    <Dialog title={<Mono of={rule.name} most={160} />} onClose={onClose}>
      <div class="stack">
        {rule.description !== '' && (
          <p>
            <Text of={rule.description} most={600} />
          </p>
        )}
        <RuleFacts row={row} />
        {own.length > 0 && (
          <ul class="stack-small">
            {own.map((note, i) => (
              <Note key={i} note={note} />
            ))}
          </ul>
        )}
        <RuleActions row={row} onStep={setStep} />
      </div>
    </Dialog>
  );
}

function RuleFacts({ row: { rule, state, cost } }: { row: RuleRow }) {
  return (
    <Facts>
      <Fact name="State">
        {state}
        {rule.setting && (
          <span class="dim">
            {' · '}
            <SettingText setting={rule.setting} />
          </span>
        )}
        {state === 'disabled' && !rule.setting && <span class="dim"> by the configuration of the server</span>}
      </Fact>
      <Fact name="Severity">
        {rule.helper ? 'none: other rules are made of it' : <SeverityMark of={rule.severity} />}
        {!rule.helper && rule.own_severity !== undefined && rule.own_severity !== rule.severity && (
          <span class="dim"> instead of {rule.own_severity}</span>
        )}
        {!rule.helper && !rule.severity_given && <span class="dim"> (the rule says none)</span>}
      </Fact>
      <Fact name="Decisions">
        {rule.decisions === 0 ? (
          'none in 30 days'
        ) : (
          <a href={address('/images', { rule: rule.name })}>{counted(rule.decisions, 'decision')} in 30 days</a>
        )}
      </Fact>
      <Fact name="File">
        <Mono of={rule.file} most={200} />
        {cost && (
          <span class="dim">
            {' '}
            with {counted(cost.rules, 'rule')}, {cost.ms_per_mb.toFixed(2)} ms/MB, {Math.round(cost.share * 100)} % of the time of all
          </span>
        )}
      </Fact>
      {rule.author !== '' && (
        <Fact name="Author">
          <Text of={rule.author} most={120} />
          {rule.license !== '' && (
            <>
              , <Text of={rule.license} most={80} />
            </>
          )}
        </Fact>
      )}
      {rule.reference !== '' && (
        <Fact name="Reference">
          <WebLink to={rule.reference} />
        </Fact>
      )}
      {rule.techniques.length > 0 && (
        <Fact name="Techniques">
          <span class="row">
            {rule.techniques.map((id) => (
              <Technique key={id} id={id} />
            ))}
          </span>
        </Fact>
      )}
      {rule.tags.length > 0 && (
        <Fact name="Tags">
          <Text of={rule.tags.join(', ')} most={200} />
        </Fact>
      )}
    </Facts>
  );
}

function RuleActions({ row: { rule, state }, onStep }: { row: RuleRow; onStep(step: Step): void }) {
  const isOperator = useIsOperator();
  if (!isOperator || !canBeSettled(rule)) return null;
  return (
    <div class="row dialog-end">
      {rule.setting && <Button onClick={() => onStep('restore')}>Restore…</Button>}
      {state === 'active' && <Button onClick={() => onStep('severity')}>Change severity…</Button>}
      {state === 'active' && (
        <Button kind="danger" onClick={() => onStep('disable')}>
          Disable…
        </Button>
      )}
    </div>
  );
}
