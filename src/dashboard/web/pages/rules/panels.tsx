// SPDX-License-Identifier: Apache-2.0
//
// What is not in order about rule files.
import { useState } from 'preact/hooks';
import { useIsOperator } from '../../base/session';
import { counted } from '../../base/text';
import type { RuleNote, RuleSetting, Rules } from '../../base/types';
import { Button } from '../../ui/button';
import { Panel } from '../../ui/page';
import { Mono, OnDemand, Text } from '../../ui/text';
import { Time } from '../../ui/time';
import { RestoreDialog } from './settings';

export function SetAsidePanel({ files }: { files: Rules['set_aside'] }) {
  if (files.length === 0) return null;
  return (
    <Panel title={`${counted(files.length, 'rule file')} set aside`} class="verdict verdict-warn">
      <div class="stack-small">
        <p>
          Not in use, because the compiler refuses {files.length === 1 ? 'it' : 'them'}. Mend or remove{' '}
          {files.length === 1 ? 'it' : 'them'}, then read the rule files again.
        </p>
        <ul class="aside">
          {files.map(({ file, message }) => (
            <li key={file}>
              <strong>
                <Mono of={file} />
              </strong>
              <Mono of={message} most={600} />
            </li>
          ))}
        </ul>
      </div>
    </Panel>
  );
}

const levels: Record<RuleNote['level'], string> = { error: 'action-block', warning: 'action-warn' };

export function Note({ note }: { note: RuleNote }) {
  return (
    <li class="small">
      <span class={`mark ${levels[note.level] ?? ''}`}>{note.level}</span> <Mono of={`${note.file}:${note.line}`} most={160} />{' '}
      <Text of={note.message} most={300} />
    </li>
  );
}

export function NotesPanel({ notes }: { notes: readonly RuleNote[] }) {
  if (notes.length === 0) return null;
  return (
    <div class="notes">
      <OnDemand label={`${counted(notes.length, 'remark')} on rule files`}>
        {() => (
          <ul class="stack-small note-list">
            {notes.map((note, i) => (
              <Note key={i} note={note} />
            ))}
          </ul>
        )}
      </OnDemand>
    </div>
  );
}

/** They would count again if the rule came back. */
export function IdlePanel({ settings, onChange }: { settings: readonly RuleSetting[]; onChange(): void }) {
  const isOperator = useIsOperator();
  const [restoring, setRestoring] = useState<RuleSetting>();
  if (settings.length === 0) return null;
  return (
    <Panel title={`${counted(settings.length, 'setting')} of rules that are not there`}>
      <ul class="stack-small">
        {settings.map((setting) => (
          <li key={`${setting.file} ${setting.rule}`} class="row">
            <Mono of={setting.rule} most={120} />
            <span class="dim small">
              in <Mono of={setting.file} most={120} />: <SettingText setting={setting} />
            </span>
            {isOperator && <Button onClick={() => setRestoring(setting)}>Remove…</Button>}
          </li>
        ))}
      </ul>
      {restoring && (
        <RestoreDialog
          setting={restoring}
          onClose={() => setRestoring(undefined)}
          onDone={() => {
            setRestoring(undefined);
            onChange();
          }}
        />
      )}
    </Panel>
  );
}

export function SettingText({ setting }: { setting: RuleSetting }) {
  return (
    <>
      {setting.action === 'disable' ? 'disabled' : `severity ${setting.severity ?? ''}`} by <Text of={setting.author} most={60} />{' '}
      <Time at={setting.since} as="relative" />: <Text of={setting.reason} />
    </>
  );
}
