// SPDX-License-Identifier: Apache-2.0
//
// Which name it pretends to be, letter by letter.
import { visible } from '../../base/text';
import type { Decision, Letter, NameVerdict } from '../../base/types';
import { ReasonMark, SeverityMark } from '../../ui/marks';
import { Fact, Facts, Panel } from '../../ui/page';
import { Mono, Text } from '../../ui/text';
import { inWords, isVerdict } from './letters';

export function NamesPanel({ decision }: { decision: Decision }) {
  const verdicts = decision.names.filter(isVerdict);
  if (verdicts.length === 0) return null;
  return (
    <Panel title="The name">
      <div class="stack">
        {verdicts.map((verdict, i) => (
          <Verdict key={i} verdict={verdict} />
        ))}
      </div>
    </Panel>
  );
}

function Verdict({ verdict }: { verdict: NameVerdict }) {
  return (
    <div class="stack-small">
      <div class="row">
        <ReasonMark of={verdict.action} />
        <SeverityMark of={verdict.severity} />
        <span>
          <Text of={verdict.reason} />
        </span>
      </div>
      {verdict.letters.length > 0 && <Letters verdict={verdict} />}
      <Facts>
        <Fact name="How">
          {visible(verdict.operation)} in the {visible(verdict.component)}, {Math.round(verdict.score * 100)} % sure
        </Fact>
        {verdict.suggestion !== '' && (
          <Fact name="Probably meant">
            <Mono of={verdict.suggestion} />
          </Fact>
        )}
      </Facts>
    </div>
  );
}

function Letters({ verdict }: { verdict: NameVerdict }) {
  return (
    <figure class="letters">
      <figcaption class="unseen">
        {visible(verdict.subject)} beside {visible(verdict.target)}: {inWords(verdict.letters)}
      </figcaption>
      <Side label="asked for" letters={verdict.letters} of={(letter) => letter.seen} />
      <Side label="looks like" letters={verdict.letters} of={(letter) => letter.expected} />
    </figure>
  );
}

function Side({ label, letters, of }: { label: string; letters: readonly Letter[]; of(letter: Letter): string }) {
  return (
    <div class="letters-side" aria-hidden="true">
      <span class="letters-label dim small">{label}</span>
      <code class="letters-text">
        {letters.map((letter, i) => {
          const wide = Math.max(letter.seen.length, letter.expected.length);
          return (
            <span key={i} class={letter.kind === 'same' ? 'letter' : 'letter letter-other'}>
              {visible(of(letter)).padEnd(wide, '\u00a0')}
            </span>
          );
        })}
      </code>
    </div>
  );
}
