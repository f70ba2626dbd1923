// SPDX-License-Identifier: Apache-2.0
import { useState } from 'preact/hooks';
import type { Waiver } from '../../base/types';
import { Field } from '../../ui/field';
import { WaiverDialog } from '../../ui/waiver';
import { termsOf } from './states';
import type { TermFields } from './states';

const fields: readonly { name: keyof TermFields; label: string; hint: string; example: string }[] = [
  { name: 'rule', label: 'Rule', hint: 'A rule or check, or a pattern over their names', example: 'miner_xmrig' },
  { name: 'repository', label: 'Repository', hint: 'With its registry; * fits any component', example: 'docker.io/team/*' },
  { name: 'digest', label: 'Manifest', hint: 'The image and no other one', example: 'sha256:…' },
  { name: 'file_hash', label: 'File', hint: 'SHA-256: the file in any image', example: '64 hexadecimal digits' },
];

const longest = 512;

/** By hand; that of a report is made on its page. */
export function NewWaiverDialog({ onClose, onDone }: { onClose(): void; onDone(waivers: Waiver[]): void }) {
  const [given, setGiven] = useState<TermFields>({ rule: '', repository: '', digest: '', file_hash: '' });
  return (
    <WaiverDialog title="New waiver" terms={termsOf(given)} onClose={onClose} onDone={onDone}>
      <p class="dim">
        For one blocked image, <a href="/pulls?action=block">its report</a> makes the narrowest waiver. By hand, give two of these at
        least; rules of severity high or critical need a manifest or a file.
      </p>
      <div class="columns">
        {fields.map(({ name, label, hint, example }) => (
          <Field key={name} label={label} hint={hint}>
            {(id) => (
              <input
                {...id}
                type="text"
                placeholder={example}
                spellcheck={false}
                autocomplete="off"
                maxLength={longest}
                value={given[name]}
                onInput={(event) => setGiven({ ...given, [name]: event.currentTarget.value })}
              />
            )}
          </Field>
        ))}
      </div>
    </WaiverDialog>
  );
}
